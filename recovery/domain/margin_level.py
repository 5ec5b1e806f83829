"""The margin level of a scope, in either direction, and what triggers.

Source: liquidation math, section 1; case format, `policy.margin_level`.
"""

from collections.abc import Callable
from decimal import Decimal

from recovery.domain.bankruptcy import (
    other_maintenance,
    own_maintenance,
    scope_bankruptcy_price,
    value_of_scope,
)
from recovery.domain.case_errors import CaseFieldError, CaseUnsupportedError
from recovery.domain.instruments import notional_of
from recovery.domain.money import ZERO, divide
from recovery.domain.policy import (
    LiquidationFeePolicy,
    MaintenancePolicy,
    MarginLevelPolicy,
)
from recovery.domain.policy_words import (
    Comparison,
    FeeRule,
    LevelConvention,
    NotionalBasis,
    PriceBasis,
)
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


def used_margin_of_others(state: ScopeState) -> Decimal:
    """Used margin of the other positions of the scope, at the one rate stated."""
    at_entry = level_policy(state).used_basis is NotionalBasis.ENTRY
    value = ZERO
    for index, other in enumerate(state.scope.other_positions):
        name = "entry_price" if at_entry else "mark_price"
        price = other.entry_price if at_entry else other.mark_price
        price = required(price, f"other_positions[{index}].{name}")
        value += notional_of(state.product, other.qty * other.contract_size, price)
    return value * (state.scope.initial_margin_rate or ZERO)


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
        own = rate * state.notional(state.qty, used_price(state))
        return equity, own + used_margin_of_others(state)
    if level.convention is LevelConvention.EQUITY_OVER_LIQUIDATION_FEE:
        return equity, fee_of_whole(
            state.policy.liquidation_fee, lambda: _own_value(state)
        )
    if level.convention is LevelConvention.ASSETS_OVER_DEBT:
        raise CaseUnsupportedError(f"{LEVEL_PATH}.convention", level.convention)
    needed = own_maintenance(state, state.qty) + other_maintenance(state)
    if level.includes_close_fee:
        needed += close_fee_rate(state.policy.maintenance, level) * close_fee_value(
            state
        )
    if level.convention is LevelConvention.MAINTENANCE_OVER_EQUITY:
        return needed, equity
    return equity, needed


def _own_value(state: ScopeState) -> Decimal:
    """Value of what is open at the mark."""
    return state.notional(state.qty, state.mark_required())


def close_fee_value(state: ScopeState) -> Decimal:
    """Value that the closing fee inside the level is taken of.

    At the mark that of the whole scope; at the entry or at the bankruptcy price that
    of the position alone, since only its prices are known.
    """
    basis = state.policy.maintenance.close_fee_basis
    if basis is PriceBasis.MARK:
        return value_of_scope(state)
    if basis is PriceBasis.ENTRY:
        return state.notional(state.qty, state.entry_required())
    price = scope_bankruptcy_price(state)
    return ZERO if price is None else state.notional(state.qty, price)


def close_fee_rate(maintenance: MaintenancePolicy, level: MarginLevelPolicy) -> Decimal:
    """Rate of the closing fee inside the level; that of the maintenance stands in.

    Raises:
        CaseFieldError: neither states one.
    """
    rate = level.close_fee_rate
    if rate is None:
        rate = maintenance.close_fee_rate
    return required(rate, f"{LEVEL_PATH}.close_fee_rate")


def fee_of_whole(policy: LiquidationFeePolicy, value: Callable[[], Decimal]) -> Decimal:
    """The liquidation fee that closing everything would cost.

    Args:
        policy: the fee.
        value: finds the whole notional; asked only where a rate needs it.

    Raises:
        CaseFieldError: the policy states neither an amount nor a rate.
    """
    if policy.rule is FeeRule.FIXED:
        return required(policy.amount, "policy.liquidation_fee.amount")
    return required(policy.rate, "policy.liquidation_fee.rate") * value()
