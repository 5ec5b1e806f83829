"""Liquidation price: the mark at which the equity is down to the threshold.

The threshold is what stays the same (`fixed`) plus a rate of the value at the
price asked for; solving equity = threshold for that price gives one formula
per payoff. It is a trigger, never the price of a settlement.
Source: liquidation math, section 2.6.
"""

from decimal import Decimal
from typing import NamedTuple

from recovery.domain.bankruptcy import other_maintenance, scope_bankruptcy_price
from recovery.domain.case_errors import CaseUnsupportedError
from recovery.domain.instruments import PositionSide, Product, signed_cash
from recovery.domain.margin_tiers import (
    TIERS_PATH,
    Maintenance,
    maintenance_in_force,
    maintenance_of_tier,
    tier_index,
    tier_upper,
)
from recovery.domain.money import ONE, ZERO, divide
from recovery.domain.policy import MaintenancePolicy
from recovery.domain.policy_words import NotionalBasis, PriceBasis, TierMode, TierUnit
from recovery.domain.settlement_state import ScopeState, required


class Threshold(NamedTuple):
    """Equity needed: a fixed amount and a rate of the value at the price."""

    fixed: Decimal
    rate: Decimal


def scope_liquidation_price(state: ScopeState) -> Decimal | None:
    """Liquidation price of what is open.

    Returns:
        None where no price above 0 brings the equity down to the threshold.
    """
    if not state.qty:
        return None
    rest = _closing_fee(state)
    rest = Threshold(rest.fixed + other_maintenance(state), rest.rate)
    policy = state.policy.maintenance
    if policy.basis is NotionalBasis.ENTRY:
        margin = entry_maintenance(state)
        return _price_at(state, Threshold(rest.fixed + margin, rest.rate))
    if policy.tiers and policy.tier_unit is TierUnit.NOTIONAL:
        return _price_among_tiers(state, rest)
    return _price_at(state, _with(rest, _rate_in_force(state)))


def entry_maintenance(state: ScopeState) -> Decimal:
    """Maintenance margin of what is open, at the entry value."""
    notional = state.notional(state.qty, state.entry_required())
    return maintenance_in_force(
        state.policy.maintenance,
        rate=state.scope.maintenance_margin_rate,
        amount=state.scope.maintenance_amount,
        notional=notional,
        qty=state.qty,
    ).margin_of(notional)


def _with(rest: Threshold, maintenance: Maintenance) -> Threshold:
    """A threshold with maintenance margin at the price asked for."""
    fixed = rest.fixed - maintenance.amount
    return Threshold(fixed, rest.rate + maintenance.rate)


def _closing_fee(state: ScopeState) -> Threshold:
    """The closing fee inside the threshold, at the price its basis names."""
    policy = state.policy.maintenance
    if not policy.includes_close_fee:
        return Threshold(ZERO, ZERO)
    path = "policy.maintenance.close_fee_rate"
    rate = required(policy.close_fee_rate, path)
    if policy.close_fee_basis is PriceBasis.MARK:
        return Threshold(ZERO, rate)
    price: Decimal | None = state.entry_required()
    if policy.close_fee_basis is PriceBasis.BANKRUPTCY:
        price = scope_bankruptcy_price(state)
    value = ZERO if price is None else state.notional(state.qty, price)
    return Threshold(rate * value, ZERO)


def _price_at(state: ScopeState, threshold: Threshold) -> Decimal | None:
    """The price at which the equity equals a threshold.

    Equity at a price p is backing - cash(entry) + cash(p), cash being what
    closing brings; the threshold adds its rate to the units that must be paid.
    """
    units = state.signed_units(state.qty)
    backing = state.wallet + state.other_profit()
    at_entry = signed_cash(state.product, units, state.entry_required())
    cash = at_entry - backing + threshold.fixed
    weighted = threshold.rate * units.copy_abs()
    if state.product is Product.INVERSE:
        numerator, denominator = -(units + weighted), cash
    else:
        numerator, denominator = cash, units - weighted
    if not denominator:
        return None
    price = divide(numerator, denominator)
    return price if price > 0 else None


def _rate_in_force(state: ScopeState) -> Maintenance:
    """The stated rate; with bounds in contracts, that of the size's tier."""
    policy, scope = state.policy.maintenance, state.scope
    if not policy.tiers:
        path = "maintenance_margin_rate"
        rate = required(scope.maintenance_margin_rate, path)
        return Maintenance(rate, scope.maintenance_amount or ZERO)
    index = tier_index(policy.tiers, state.qty)
    # A deduction counted in contracts grows with the price: part of the rate.
    flat = maintenance_of_tier(policy, index, lambda _: ZERO)
    unit = maintenance_of_tier(policy, index, lambda bound: divide(bound, state.qty))
    return Maintenance(flat.rate - (unit.amount - flat.amount), flat.amount)


def _price_among_tiers(state: ScopeState, rest: Threshold) -> Decimal | None:
    """Of the tiers' own prices, the one that lies in its tier and is met first."""
    policy = state.policy.maintenance
    found = [
        price
        for index in range(len(policy.tiers))
        if (price := _price_in_tier(state, rest, index)) is not None
    ]
    if not found and policy.mode is TierMode.FLAT:
        found = _prices_of_jumps(state, rest)
    if not found:
        return None
    return max(found) if state.sign > 0 else min(found)


def _tier_price(state: ScopeState, rest: Threshold, index: int) -> Decimal | None:
    """The price by the rate of one tier, wherever it lies."""
    maintenance = maintenance_of_tier(
        state.policy.maintenance, index, lambda bound: bound
    )
    return _price_at(state, _with(rest, maintenance))


def _price_in_tier(state: ScopeState, rest: Threshold, index: int) -> Decimal | None:
    """The price by the rate of one tier, if its value lies in that tier."""
    price = _tier_price(state, rest, index)
    if price is None:
        return None
    tiers = state.policy.maintenance.tiers
    value, upper = state.notional(state.qty, price), tier_upper(tiers, index)
    inside = value > tiers[index].lower and (upper is None or value <= upper)
    return price if inside else None


def _prices_of_jumps(state: ScopeState, rest: Threshold) -> list[Decimal]:
    """Bounds at which a flat rate jumps over the equity."""
    tiers, found = state.policy.maintenance.tiers, []
    for index in range(len(tiers) - 1):
        bound = required(tier_upper(tiers, index), f"tiers[{index}].upper")
        below = _equity_left(state, rest, index, bound)
        above = _equity_left(state, rest, index + 1, bound)
        if below >= 0 > above:
            found.append(_price_of_value(state, bound))
    return found


def _equity_left(
    state: ScopeState, rest: Threshold, index: int, value: Decimal
) -> Decimal:
    """Equity beyond the threshold of a tier where the position has a value."""
    price = _price_of_value(state, value)
    maintenance = maintenance_of_tier(
        state.policy.maintenance, index, lambda bound: bound
    )
    threshold = _with(rest, maintenance)
    equity = state.wallet + state.other_profit() + state.profit_to(state.qty, price)
    return equity - threshold.fixed - threshold.rate * value


def _price_of_value(state: ScopeState, value: Decimal) -> Decimal:
    """The price at which the position has a value."""
    units = state.qty * state.contract_size
    if state.product is Product.INVERSE:
        return divide(units, value)
    return divide(value, units)


def spot_liquidation_price(
    policy: MaintenancePolicy,
    side: PositionSide,
    balance: tuple[Decimal, Decimal],
    rate: Decimal,
) -> Decimal | None:
    """Liquidation price of a spot margin loan.

    Args:
        policy: whether and at which rate a closing fee is inside.
        side: long borrows the quote, short borrows the base.
        balance: debt in the borrowed asset, assets in the other one.
        rate: maintenance margin rate.

    Raises:
        CaseUnsupportedError: the policy has tiers; what they measure of a loan is
            not said.

    Source: liquidation math, section 2.6, last formula.
    """
    fee = ZERO
    if policy.includes_close_fee:
        fee = required(policy.close_fee_rate, "policy.maintenance.close_fee_rate")
    if policy.tiers:
        raise CaseUnsupportedError(TIERS_PATH, "of a loan")
    debt, assets = balance
    needed = debt * (ONE + rate) * (ONE + fee)
    paid, held = (needed, assets) if side is PositionSide.LONG else (assets, needed)
    if not held:
        return None
    price = divide(paid, held)
    return price if price > 0 else None
