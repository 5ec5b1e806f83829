"""Takeover: the venue owns the position at the bankruptcy price.

The customer's statement ends there; what later fills bring is the venue's.
Source: liquidation math, section 3.1.
"""

from decimal import Decimal

from recovery.domain.bankruptcy import scope_bankruptcy_price
from recovery.domain.case_errors import CaseFieldError
from recovery.domain.instruments import profit_of
from recovery.domain.money import ZERO
from recovery.domain.policy_words import AdlPrice, BankruptcyAllocation
from recovery.domain.settlement_case import Fill, FillRole, LineLabel
from recovery.domain.settlement_cover import bear_deficit, cover_deficit
from recovery.domain.settlement_fees import Executed
from recovery.domain.settlement_partner import meet_counterparty
from recovery.domain.settlement_state import ScopeState, required


def take_over(state: ScopeState) -> None:
    """Book the position out at its bankruptcy price.

    Raises:
        CaseFieldError: nothing is open, it is taken over already, or no price
            above 0 would take all the money.
    """
    if state.taken_over or not state.qty:
        raise CaseFieldError(state.here("type"), "nothing is open to take over")
    price = state.scope.bankruptcy_price or scope_bankruptcy_price(state)
    if price is None:
        raise CaseFieldError("margin", "the position has no bankruptcy price")
    state.taken_over, state.bankruptcy_price = True, price
    if state.entry_price is not None:
        _book_customer_side(state, price)
    state.venue_qty = state.qty
    state.closed_qty += state.qty
    state.qty = ZERO


def _book_customer_side(state: ScopeState, price: Decimal) -> None:
    """The customer's result at the bankruptcy price and the fee inside it."""
    rate = state.policy.bankruptcy_fee_rate
    fee = state.money(rate * state.notional(state.qty, price)) if rate else ZERO
    booked = _booked_pnl(state, price, fee)
    state.booked_pnl = booked
    state.book(LineLabel.TAKEOVER, booked)
    state.trading_fee_booked += fee
    state.book(LineLabel.TRADING_FEE, -fee)
    if not state.has_other_positions:
        _leave_nothing(state)


def _booked_pnl(state: ScopeState, price: Decimal, fee: Decimal) -> Decimal:
    """Result at the bankruptcy price; exactly the money behind it where it is all."""
    allocation = state.policy.bankruptcy_allocation
    takes_all = (
        allocation is BankruptcyAllocation.ALL_OTHER_EQUITY
        or not state.has_other_positions
    )
    if takes_all and state.scope.bankruptcy_price is None:
        return fee - state.wallet - state.other_profit()
    return state.money(state.profit_to(state.qty, price))


def _leave_nothing(state: ScopeState) -> None:
    """A stated takeover price may leave digits; the venue has them or bears them."""
    rest = state.wallet
    if rest > 0:
        state.pay(state.policy.takeover_surplus_to, rest)
        state.taken += rest
        state.book(LineLabel.SURPLUS_TAKEN, -rest)
    elif rest < 0:
        cover_deficit(state, -rest)


def venue_fill(state: ScopeState, fill: Fill) -> None:
    """A fill of what the venue took over: better than the price it gains."""
    qty = _venue_qty(state, fill)
    price = _venue_price(state, fill)
    taken_at = required(state.bankruptcy_price, "bankruptcy_price")
    notional = state.notional(qty, price)
    meet_counterparty(
        state, fill, Executed(qty, price, qty, state.entry_price, notional)
    )
    units = state.signed_units(qty)
    state.venue_qty -= qty
    fund_before = state.fund_delta
    gain = state.money(profit_of(state.product, units, taken_at, price))
    if gain >= 0:
        state.venue_gain += gain
        state.pay(state.policy.takeover_surplus_to, gain)
    else:
        state.venue_shortfall += bear_deficit(state, -gain)
    state.fund_moves.append(state.fund_delta - fund_before)
    _add_pnl(state, units, price)


def _add_pnl(state: ScopeState, units: Decimal, price: Decimal) -> None:
    """Result of a fill of the venue against the customer's entry."""
    entry = state.entry_price
    if entry is None or state.venue_fill_pnl is None:
        state.venue_fill_pnl = None
        return
    pnl = state.money(profit_of(state.product, units, entry, price))
    state.venue_fill_pnl += pnl


def _venue_qty(state: ScopeState, fill: Fill) -> Decimal:
    """Size of a fill of the venue, at most what it took over."""
    qty = fill.qty
    if qty is None and fill.notional is not None:
        qty = state.qty_of_notional(fill.notional)
    qty = required(qty, state.here("qty"))
    if qty > state.venue_qty:
        raise CaseFieldError(state.here("qty"), "more than was taken over")
    return qty


def _venue_price(state: ScopeState, fill: Fill) -> Decimal:
    """Price of a fill of the venue; an ADL without one has the policy's."""
    if fill.price is not None:
        return fill.price
    if fill.role is FillRole.ADL:
        if state.policy.adl_price is AdlPrice.MARK:
            return state.mark_required()
        if state.policy.adl_price is AdlPrice.BANKRUPTCY:
            return required(state.bankruptcy_price, "bankruptcy_price")
        return required(state.previous_mark, state.here("price"))
    raise CaseFieldError(state.here("price"), "missing")
