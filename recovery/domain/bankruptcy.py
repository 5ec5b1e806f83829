"""Bankruptcy price: where closing leaves nothing of what backs a position."""

from decimal import Decimal

from recovery.domain.case_errors import CaseFieldError
from recovery.domain.instruments import notional_of, price_of_cash, signed_cash
from recovery.domain.margin_tiers import maintenance_in_force
from recovery.domain.money import ZERO, divide, round_amount
from recovery.domain.policy_words import BankruptcyAllocation, NotionalBasis
from recovery.domain.settlement_case import OtherPosition
from recovery.domain.settlement_state import ScopeState, required


def scope_bankruptcy_price(state: ScopeState) -> Decimal | None:
    """Bankruptcy price of what is open, by the policy's allocation.

    Returns:
        None where no price above 0 takes all that backs the position.

    Source: liquidation math, section 2.5.
    """
    units = state.signed_units(state.qty)
    cash = _cash_at_bankruptcy(state, units)
    return price_of_cash(state.product, units, cash, state.policy.bankruptcy_fee_rate)


def _cash_at_bankruptcy(state: ScopeState, units: Decimal) -> Decimal:
    """Cash the close must bring in so that the backing money is gone."""
    allocation = state.policy.bankruptcy_allocation
    everything = allocation is BankruptcyAllocation.ALL_OTHER_EQUITY
    if everything or not state.has_other_positions:
        # Closing at the entry brings the entry value; the backing may be lost.
        backing = state.wallet + state.other_profit()
        return signed_cash(state.product, units, state.entry_required()) - backing
    return cash_required(state, state.qty)


def cash_required(state: ScopeState, qty: Decimal) -> Decimal:
    """Signed cash that closing a part must bring in, with the equity shared.

    Args:
        state: the scope before the fill; the mark must be known.
        qty: contracts to close, at most what is open.

    Source: case format, section 5.1; liquidation math, section 2.5 (b) and (c).
    """
    at_mark = signed_cash(state.product, state.signed_units(qty), state.mark_required())
    cash = at_mark - equity_share(state, qty)
    return round_amount(cash, state.policy.rounding.cash_flow)


def equity_share(state: ScopeState, qty: Decimal) -> Decimal:
    """The part of the scope's equity that backs a part of the position."""
    by_value = state.policy.bankruptcy_allocation is BankruptcyAllocation.PRO_RATA_VALUE
    if by_value:
        part = state.notional(qty, state.mark_required())
        whole = value_of_scope(state)
    else:
        part, whole = _maintenance_parts(state, qty)
    if not whole:
        raise CaseFieldError(
            "maintenance_margin_rate", "no maintenance margin to share the equity by"
        )
    return divide((state.equity() + state.unbooked) * part, whole)


def value_of_scope(state: ScopeState) -> Decimal:
    """Value of all positions at the mark."""
    return state.notional(state.qty, state.mark_required()) + value_of_others(state)


def value_of_others(state: ScopeState) -> Decimal:
    """Value of the other positions of the scope, each at its mark."""
    others = enumerate(state.scope.other_positions)
    return sum((_other_notional(state, other, index) for index, other in others), ZERO)


def _maintenance_parts(state: ScopeState, qty: Decimal) -> tuple[Decimal, Decimal]:
    """Maintenance margin freed by closing a part, and that of the whole scope."""
    scope, tiers = state.scope, state.policy.maintenance.tiers
    known = scope.maintenance_margin_rate is not None or tiers
    if not known and not state.has_other_positions:
        return qty, state.qty  # Any constant rate shares alike.
    before = own_maintenance(state, state.qty)
    freed = before - own_maintenance(state, state.qty - qty)
    return freed, before + other_maintenance(state)


def own_maintenance(state: ScopeState, qty: Decimal) -> Decimal:
    """Maintenance margin of a size of the position, at the policy's basis."""
    if not qty:
        return ZERO
    policy, scope = state.policy.maintenance, state.scope
    at_entry = policy.basis is NotionalBasis.ENTRY
    price = state.entry_required() if at_entry else state.mark_required()
    notional = state.notional(qty, price)
    maintenance = maintenance_in_force(
        policy,
        rate=scope.maintenance_margin_rate,
        amount=scope.maintenance_amount,
        notional=notional,
        qty=qty,
    )
    return maintenance.margin_of(notional)


def other_maintenance(state: ScopeState) -> Decimal:
    """Maintenance margin of the other positions, each at its own rate."""
    margin = ZERO
    for index, other in enumerate(state.scope.other_positions):
        if other.qty:
            margin += maintenance_of_other(state, other, index)
    return margin


def maintenance_of_other(
    state: ScopeState, other: OtherPosition, index: int
) -> Decimal:
    """Maintenance margin of one other position: its own rate, else the tiers."""
    policy, path = state.policy.maintenance, f"other_positions[{index}]"
    at_entry = policy.basis is NotionalBasis.ENTRY and other.entry_price is not None
    price = other.entry_price if at_entry else other.mark_price
    price = required(price, f"{path}.mark_price")
    units = other.qty * other.contract_size
    notional = notional_of(state.product, units, price)
    if other.maintenance_margin_rate is not None:
        amount = other.maintenance_amount or ZERO
        return other.maintenance_margin_rate * notional - amount
    return maintenance_in_force(
        policy,
        rate=None,
        amount=None,
        notional=notional,
        qty=other.qty,
        path=f"{path}.maintenance_margin_rate",
    ).margin_of(notional)


def _other_notional(state: ScopeState, other: OtherPosition, index: int) -> Decimal:
    """Value of one other position at its mark."""
    mark = required(other.mark_price, f"other_positions[{index}].mark_price")
    return notional_of(state.product, other.qty * other.contract_size, mark)
