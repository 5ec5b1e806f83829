"""The margin level of a scope, in either direction, and what triggers.

Source: liquidation math, section 1; case format, `policy.margin_level`.
"""

from decimal import Decimal

from recovery.domain.bankruptcy import other_maintenance, own_maintenance
from recovery.domain.case_errors import CaseFieldError, CaseUnsupportedError
from recovery.domain.money import divide
from recovery.domain.policy import MarginLevelPolicy
from recovery.domain.policy_words import Comparison, LevelConvention, NotionalBasis
from recovery.domain.settlement_state import ScopeState, required

LEVEL_PATH = "policy.margin_level"


def compares(comparison: Comparison, level: Decimal, trigger: Decimal) -> bool:
    """Whether the level stands to the trigger as the policy says."""
    return {
        Comparison.BELOW: level < trigger,
        Comparison.AT_OR_BELOW: level <= trigger,
        Comparison.ABOVE: level > trigger,
        Comparison.AT_OR_ABOVE: level >= trigger,
    }[comparison]


def is_past_scale(convention: LevelConvention, denominator: Decimal) -> bool:
    """Maintenance over an equity below 0: past any level that could be named."""
    return convention is LevelConvention.MAINTENANCE_OVER_EQUITY and denominator < 0


def level_policy(state: ScopeState) -> MarginLevelPolicy:
    """The policy of the level.

    Raises:
        CaseFieldError: there is none.
    """
    level = state.policy.margin_level
    if level is None:
        raise CaseFieldError(LEVEL_PATH, "missing")
    return level


def used_price(state: ScopeState) -> Decimal:
    """The price used margin is taken at."""
    at_entry = level_policy(state).used_basis is NotionalBasis.ENTRY
    return state.entry_required() if at_entry else state.mark_required()


def scope_level(state: ScopeState) -> Decimal | None:
    """The level of what is open, at the mark; None where there is none.

    Raises:
        CaseUnsupportedError: a convention that needs more than a position.
    """
    numerator, denominator = _level_parts(state, level_policy(state))
    return divide(numerator, denominator) if denominator else None


def is_triggered(state: ScopeState) -> bool:
    """Whether the level of what is open triggers a reduction."""
    level = level_policy(state)
    trigger = required(level.trigger, f"{LEVEL_PATH}.trigger")
    numerator, denominator = _level_parts(state, level)
    if not denominator:
        return False
    past = is_past_scale(level.convention, denominator)
    return past or compares(level.comparison, divide(numerator, denominator), trigger)


def _level_parts(
    state: ScopeState, level: MarginLevelPolicy
) -> tuple[Decimal, Decimal]:
    """Numerator and denominator by the convention."""
    equity = state.equity()
    if level.convention is LevelConvention.EQUITY_OVER_USED:
        rate = required(state.scope.initial_margin_rate, "initial_margin_rate")
        return equity, rate * state.notional(state.qty, used_price(state))
    if level.includes_close_fee:
        raise CaseUnsupportedError(f"{LEVEL_PATH}.includes_close_fee", "true")
    maintenance = own_maintenance(state, state.qty) + other_maintenance(state)
    if level.convention is LevelConvention.EQUITY_OVER_MAINTENANCE:
        return equity, maintenance
    if level.convention is LevelConvention.MAINTENANCE_OVER_EQUITY:
        return maintenance, equity
    raise CaseUnsupportedError(f"{LEVEL_PATH}.convention", level.convention)
