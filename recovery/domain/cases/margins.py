"""Kinds about margin: maintenance_margin, margin_level, interest.

Source: case format, section 5.3; liquidation math, sections 1, 2.3, 2.4, 5.
"""

from collections.abc import Callable
from decimal import Decimal

from recovery.domain.bankruptcy import other_maintenance, own_maintenance
from recovery.domain.case_errors import CaseFieldError
from recovery.domain.cases.answer import NONE, Answer, Values
from recovery.domain.cases.collateral import debt_values, values_of_collateral
from recovery.domain.cases.fields import CaseFields
from recovery.domain.cases.scope import (
    Needs,
    entry_price_of,
    margin_of_value,
    read_others,
    read_scope,
)
from recovery.domain.instruments import Product, notional_of
from recovery.domain.margin_level import (
    LEVEL_PATH,
    close_fee_rate,
    close_fee_value,
    compares,
    fee_of_whole,
    is_past_scale,
)
from recovery.domain.margin_tiers import maintenance_in_force
from recovery.domain.money import ONE, ZERO, divide, round_amount, round_up
from recovery.domain.policy import MarginLevelPolicy, Policy
from recovery.domain.policy_words import (
    InterestRule,
    LevelConvention,
    NotionalBasis,
    PriceBasis,
)
from recovery.domain.settlement_case import OtherPosition
from recovery.domain.settlement_state import ScopeState, required

HUNDRED = Decimal(100)


def answer_maintenance_margin(case: CaseFields) -> Answer:
    """Maintenance margin of a notional, by rate or by tiers."""
    policy: Policy = case.need("policy")
    notional = _notional(case, policy)
    maintenance = maintenance_in_force(
        policy.maintenance,
        rate=case.get("maintenance_margin_rate"),
        amount=case.get("maintenance_amount"),
        notional=notional,
        qty=case.get("qty"),
    )
    return Answer(
        {
            "notional": notional,
            "maintenance_margin": maintenance.margin_of(notional),
            "maintenance_amount": maintenance.amount,
        }
    )


def _notional(case: CaseFields, policy: Policy) -> Decimal:
    """The notional as given, or size x price of the policy's basis."""
    if case.has("notional"):
        given: Decimal = case.get("notional")
        return given
    qty = case.need("qty")
    at_entry = policy.maintenance.basis is NotionalBasis.ENTRY
    names = ("entry_price", "mark_price") if at_entry else ("mark_price", "entry_price")
    price = case.get(names[0]) or case.get(names[1])
    price = required(price, names[0])
    product: Product = case.need("product")
    return notional_of(product, qty * case.contract_size, price)


def answer_interest(case: CaseFields) -> Answer:
    """Interest of a loan; started time counts in full.

    Source: case format, `policy.interest`.
    """
    borrowed, hours = case.need("borrowed"), case.need("hours")
    policy: Policy = case.need("policy")
    if policy.interest is None:
        raise CaseFieldError("policy.interest", "missing")
    rate = required(policy.interest.rate, "policy.interest.rate")
    path = "policy.interest.period_hours"
    period = required(policy.interest.period_hours, path)
    due = _INTEREST_DUE[policy.interest.rule](borrowed * rate, hours, period)
    return Answer({"interest": round_amount(due, policy.rounding.money)})


def _per_hour(per_period: Decimal, hours: Decimal, period: Decimal) -> Decimal:
    """A part of the period's interest for every started hour."""
    return divide(per_period * round_up(hours, ONE), period)


def _per_period(per_period: Decimal, hours: Decimal, period: Decimal) -> Decimal:
    """The period's interest for every started period."""
    return per_period * divide(round_up(hours, period), period)


def _opening_and_rollovers(
    per_period: Decimal, hours: Decimal, period: Decimal
) -> Decimal:
    """Once for opening, and for every started period."""
    return per_period + _per_period(per_period, hours, period)


_INTEREST_DUE: dict[InterestRule, Callable[[Decimal, Decimal, Decimal], Decimal]] = {
    InterestRule.PER_STARTED_HOUR: _per_hour,
    InterestRule.PER_STARTED_PERIOD: _per_period,
    InterestRule.OPENING_PLUS_ROLLOVER: _opening_and_rollovers,
}


def answer_margin_level(case: CaseFields) -> Answer:
    """The level in the policy's convention, and whether it triggers."""
    policy: Policy = case.need("policy")
    if policy.margin_level is None:
        raise CaseFieldError(LEVEL_PATH, "missing")
    level = policy.margin_level
    numerator, denominator, values = _LEVELS[level.convention](case, policy, level)
    values |= _level_values(level, numerator, denominator)
    return Answer(values)


def _level_values(
    level: MarginLevelPolicy, numerator: Decimal, denominator: Decimal
) -> Values:
    """The ratio, and what it means against the trigger."""
    ratio = divide(numerator, denominator) if denominator else None
    values: Values = {
        "margin_level": NONE if ratio is None else ratio,
        "margin_level_percent": NONE if ratio is None else ratio * HUNDRED,
    }
    if level.trigger is not None:
        values["triggered"] = ratio is not None and (
            compares(level.comparison, ratio, level.trigger)
            or is_past_scale(level.convention, denominator)
        )
    return values


_Parts = tuple[Decimal, Decimal, Values]


def _over_used(case: CaseFields, policy: Policy, level: MarginLevelPolicy) -> _Parts:
    """Equity over used margin."""
    equity, values = _equity(case, policy)
    used = _used_margin(case, level)
    values["used_margin"] = used
    if level.trigger is not None:
        values["trigger_equity"] = level.trigger * used
    return equity, used, values


def _used_margin(case: CaseFields, level: MarginLevelPolicy) -> Decimal:
    """Used margin as given, or by rate or leverage of the position's notional."""
    if case.has("used_margin"):
        used: Decimal = case.get("used_margin")
        return used
    rated = case.has("initial_margin_rate") or case.has("leverage")
    if not (case.has("qty") and rated):
        raise CaseFieldError("used_margin", "missing")
    name = "entry_price" if level.used_basis is NotionalBasis.ENTRY else "mark_price"
    price = entry_price_of(case) if name == "entry_price" else case.get(name)
    value = notional_of(
        case.need("product"),
        case.need("qty") * case.contract_size,
        required(price, name),
    )
    others = read_others(case)
    value += sum((_value_of(case, other, name) for other in others.items()), ZERO)
    return margin_of_value(case, value)


def _value_of(
    case: CaseFields, placed: tuple[str, OtherPosition], name: str
) -> Decimal:
    """Value of another position at its entry or its mark."""
    path, other = placed
    price = other.entry_price if name == "entry_price" else other.mark_price
    units = other.qty * other.contract_size
    return notional_of(case.need("product"), units, required(price, f"{path}.{name}"))


def _over_maintenance(
    case: CaseFields, policy: Policy, level: MarginLevelPolicy
) -> _Parts:
    """Equity over maintenance margin."""
    equity, values = _equity(case, policy)
    needed = _maintenance(case, policy, level)
    return equity, needed, values


def _maintenance_over(
    case: CaseFields, policy: Policy, level: MarginLevelPolicy
) -> _Parts:
    """Maintenance margin over equity."""
    equity, needed, values = _over_maintenance(case, policy, level)
    return needed, equity, values


def _maintenance(case: CaseFields, policy: Policy, level: MarginLevelPolicy) -> Decimal:
    """Maintenance margin, with the closing fee where the level holds it."""
    if case.has("maintenance_margin"):
        margin: Decimal = case.get("maintenance_margin")
    else:
        state = _state(case, policy)
        margin = own_maintenance(state, state.qty) + other_maintenance(state)
    if not level.includes_close_fee:
        return margin
    rate = close_fee_rate(policy.maintenance, level)
    return margin + rate * _close_fee_notional(case, policy)


def _close_fee_notional(case: CaseFields, policy: Policy) -> Decimal:
    """Value of the position at the price the closing fee is taken at."""
    basis = policy.maintenance.close_fee_basis
    if basis is PriceBasis.MARK:
        return _mark_notional(case)
    return close_fee_value(_state(case, policy))


def _mark_notional(case: CaseFields) -> Decimal:
    """Value of the position at the mark."""
    units = case.need("qty") * case.contract_size
    return notional_of(case.need("product"), units, case.need("mark_price"))


def _over_liquidation_fee(
    case: CaseFields, policy: Policy, level: MarginLevelPolicy
) -> _Parts:
    """Equity over the liquidation fee."""
    del level
    equity, values = _equity(case, policy)
    due = fee_of_whole(policy.liquidation_fee, lambda: _mark_notional(case))
    return equity, due, values


def _over_debt(case: CaseFields, policy: Policy, level: MarginLevelPolicy) -> _Parts:
    """Total asset value over debt with interest; haircuts gate borrowing only."""
    assets, usable = _assets(case)
    debt = case.get("debt") if case.has("debt") else sum(debt_values(case), ZERO)
    values: Values = {"equity": assets - debt}
    if usable is not None:
        values["collateral_level"] = divide(usable, debt) if debt else NONE
    if level.includes_close_fee:
        rate: Decimal = case.get("maintenance_margin_rate") or ZERO
        debt *= (ONE + rate) * (ONE + close_fee_rate(policy.maintenance, level))
    return assets, debt, values


def _assets(case: CaseFields) -> tuple[Decimal, Decimal | None]:
    """Asset value, and the part that counts after haircuts where it is known."""
    if case.has("asset_value"):
        value: Decimal = case.get("asset_value")
        ratio = case.get("collateral_ratio")
        return value, None if ratio is None else value * ratio
    worth = values_of_collateral(case)
    return worth.market, worth.usable


_LEVELS: dict[
    LevelConvention, Callable[[CaseFields, Policy, MarginLevelPolicy], _Parts]
] = {
    LevelConvention.EQUITY_OVER_USED: _over_used,
    LevelConvention.EQUITY_OVER_MAINTENANCE: _over_maintenance,
    LevelConvention.MAINTENANCE_OVER_EQUITY: _maintenance_over,
    LevelConvention.ASSETS_OVER_DEBT: _over_debt,
    LevelConvention.EQUITY_OVER_LIQUIDATION_FEE: _over_liquidation_fee,
}


def _equity(case: CaseFields, policy: Policy) -> tuple[Decimal, Values]:
    """Equity as given, as margin and result, or of a position at the mark."""
    if case.has("equity"):
        equity: Decimal = case.get("equity")
        return equity, {"equity": equity}
    if case.has("margin", "unrealised_pnl"):
        profit = case.get("unrealised_pnl")
        equity = case.get("margin") + profit
    elif case.has("collateral") or case.has("asset_value"):
        margin, profit = _margin_in_kind(case), _profit(case, policy)
        equity = margin + profit
    elif case.has("qty") or case.has("notional"):
        state = _state(case, policy)
        profit = state.own_profit() + state.other_profit()
        equity = state.wallet + profit
    else:
        raise CaseFieldError("equity", "missing")
    return equity, {"equity": equity, "unrealised_pnl": profit}


def _margin_in_kind(case: CaseFields) -> Decimal:
    """Collateral after its haircuts, less what is owed.

    Source: liquidation math, section 5: margin equity with haircuts.
    """
    assets, usable = _assets(case)
    owed: Decimal = case.get("debt") or ZERO
    if case.has("debts"):
        owed += sum(debt_values(case), ZERO)
    return (assets if usable is None else usable) - owed


def _profit(case: CaseFields, policy: Policy) -> Decimal:
    """Unrealised result as given, or of a position at the mark."""
    if case.has("unrealised_pnl"):
        given: Decimal = case.get("unrealised_pnl")
        return given
    if not case.has("qty"):
        return ZERO
    state = ScopeState(read_scope(case, Needs(margin=False)), policy)
    return state.own_profit() + state.other_profit()


def _state(case: CaseFields, policy: Policy) -> ScopeState:
    """The position of the case as a scope."""
    return ScopeState(read_scope(case, Needs()), policy)
