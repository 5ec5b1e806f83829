"""Fills: the position they change, the result they realise, what they cost."""

from decimal import Decimal

from recovery.domain.bankruptcy import scope_bankruptcy_price
from recovery.domain.case_errors import CaseFieldError
from recovery.domain.instruments import average_entry, notional_of, profit_of
from recovery.domain.ledger import Side
from recovery.domain.money import ZERO, round_amount
from recovery.domain.policy_words import AdlPrice, FeeRule, SettlePer
from recovery.domain.settlement_case import Fill, FillRole, LineLabel
from recovery.domain.settlement_fees import Executed, charge_trading_fee
from recovery.domain.settlement_forced import (
    excess_of_fill,
    rate_left,
    settle_close,
    settle_forced_fill,
)
from recovery.domain.settlement_partner import meet_counterparty
from recovery.domain.settlement_planned import planned_qty
from recovery.domain.settlement_state import LONG_SIGN, SHORT_SIGN, ScopeState
from recovery.domain.settlement_takeover import take_over, venue_fill

# Reading a member from its class costs more than the sums of a fill.
_ORDER = FillRole.ORDER
_LIQUIDATION = FillRole.LIQUIDATION
_ASSIGNMENT = FillRole.ASSIGNMENT
_BUY = Side.BUY
_REALISED_PNL = LineLabel.REALISED_PNL
_PER_FILL = SettlePer.FILL
_SCALED = FeeRule.SCALED_TO_REMAINING


def apply_fill(state: ScopeState, fill: Fill) -> None:
    """A fill of the customer, or of the venue after a takeover."""
    forced = fill.role is _LIQUIDATION
    if forced and state.policy.takeover_at_bankruptcy and not state.taken_over:
        take_over(state)
    if state.taken_over and fill.role is not _ORDER:
        venue_fill(state, fill)
    else:
        _customer_fill(state, fill)


def _customer_fill(state: ScopeState, fill: Fill) -> None:
    """A fill of the customer's own position: a trade, or size that only leaves."""
    sign = _sign_of_fill(state, fill)
    qty = _qty_of_fill(state, fill) if fill.qty is None else fill.qty
    price = _price_of_fill(state, fill) if fill.price is None else fill.price
    state.last_fill_index = state.event_index
    if fill.role is _ASSIGNMENT:
        state.assigned_qty += qty
    if not qty:
        return
    closing = min(qty, state.qty) if sign != state.sign else ZERO
    if price is None:
        _move_size(state, closing, qty)
    else:
        _trade(state, fill, _executed(state, (qty, price), closing), sign)


def _executed(
    state: ScopeState, traded: tuple[Decimal, Decimal], closing: Decimal
) -> Executed:
    """Size, price and value of a fill, with the entry it meets."""
    qty, price = traded
    notional = notional_of(state.product, qty * state.contract_size, price)
    if state.notional_rounding is not None:
        notional = round_amount(notional, state.notional_rounding)
    return Executed(qty, price, closing, state.entry_price, notional)


def _trade(state: ScopeState, fill: Fill, done: Executed, sign: Decimal) -> None:
    """Close first, open what is left over, then charge."""
    forced = fill.role is _LIQUIDATION
    excess = None
    if forced and state.policy.liquidation_fee.rule is _SCALED:
        state.scaled_rate = rate_left(state)
    if forced and state.policy.settle_per is _PER_FILL:
        excess = excess_of_fill(state, done.closed, done.price)
    if state.scope.counterparty is not None:
        meet_counterparty(state, fill, done)
    if done.closed:
        _close_part(state, done.closed, done.price)
    if done.qty != done.closed:
        _open_part(state, done.qty - done.closed, done.price, sign)
    charge_trading_fee(state, fill, done)
    if forced:
        settle_forced_fill(state, done, excess)


def _sign_of_fill(state: ScopeState, fill: Fill) -> Decimal:
    """+1 of a purchase, -1 of a sale; unstated, the direction that reduces."""
    if fill.side is not None and fill.side is not Side.NONE:
        return LONG_SIGN if fill.side is _BUY else SHORT_SIGN
    if not state.qty:
        raise CaseFieldError(state.here("side"), "missing, nothing is open to reduce")
    return -state.sign


def _qty_of_fill(state: ScopeState, fill: Fill) -> Decimal:
    """Size out of the entry notional, or planned by the policy."""
    if fill.notional is not None:
        return state.qty_of_notional(fill.notional)
    return planned_qty(state, fill)


def _price_of_fill(state: ScopeState, fill: Fill) -> Decimal | None:
    """Price by the policy of an ADL; None where only size moves."""
    if fill.role is _ASSIGNMENT:
        return None
    if fill.role is FillRole.ADL:
        return _adl_price(state)
    if state.sizes_only:
        return None
    raise CaseFieldError(state.here("price"), "missing")


def _adl_price(state: ScopeState) -> Decimal:
    """Price of an ADL fill that states none."""
    if state.policy.adl_price is AdlPrice.MARK:
        return state.mark_required()
    if state.policy.adl_price is AdlPrice.PREVIOUS_MARK:
        if state.previous_mark is None:
            raise CaseFieldError(state.here("price"), "no previous mark is known")
        return state.previous_mark
    price = scope_bankruptcy_price(state)
    if price is None:
        raise CaseFieldError(state.here("price"), "there is no bankruptcy price")
    state.bankruptcy_price = price
    return price


def _move_size(state: ScopeState, closing: Decimal, qty: Decimal) -> None:
    """Size leaves without a price and so without a result."""
    if qty > closing:
        raise CaseFieldError(state.here("qty"), "more than what is open")
    state.qty -= closing
    state.closed_qty += closing


def _close_part(state: ScopeState, qty: Decimal, price: Decimal) -> None:
    """Realise the result of a part; the average entry stays."""
    units = state.sign * qty * state.contract_size
    entry = state.entry_price or state.entry_required()
    pnl = profit_of(state.product, units, entry, price)
    if state.money_rounding is not None:
        pnl = round_amount(pnl, state.money_rounding)
    state.customer_pnl += pnl
    state.qty -= qty
    state.closed_qty += qty
    state.book(_REALISED_PNL, pnl)


def _open_part(state: ScopeState, qty: Decimal, price: Decimal, sign: Decimal) -> None:
    """Add in the same direction, or open anew at the fill's price."""
    if not state.qty:
        if state.forced_fills:
            settle_close(state)
        state.sign, state.qty, state.entry_price = sign, qty, price
        return
    held = (state.qty, state.entry_required())
    state.entry_price = average_entry(state.product, held, (qty, price))
    state.qty += qty
