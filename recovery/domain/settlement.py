"""Settlement: what is left after a forced close, line by line.

    settle(SettlementCase(scope, events, policy)) -> Settlement(values, lines)

The case format and the assessment of ledger rows use this one engine. Events
are applied in the order given; every assessment checks that the money closes.
Source: liquidation math, section 3; case format, sections 3 to 6.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from recovery.domain.case_errors import CaseFieldError, InvariantBrokenError
from recovery.domain.money import ZERO, exact
from recovery.domain.policy import Policy
from recovery.domain.policy_reading import parse_policy
from recovery.domain.settlement_case import (
    Counterparty,
    Event,
    FeeRow,
    Fill,
    FillFee,
    FillRole,
    Funding,
    InterestCharge,
    LineLabel,
    MarkChange,
    OtherPosition,
    ResultValue,
    Scope,
    Settlement,
    SettlementCase,
    SettlementLine,
    Takeover,
    Transfer,
)
from recovery.domain.settlement_fees import apply_fee_row
from recovery.domain.settlement_fills import apply_fill
from recovery.domain.settlement_forced import settle_close
from recovery.domain.settlement_state import ScopeState
from recovery.domain.settlement_takeover import take_over
from recovery.domain.settlement_values import settlement_values

__all__ = [
    "Counterparty",
    "Event",
    "FeeRow",
    "Fill",
    "FillFee",
    "FillRole",
    "Funding",
    "InterestCharge",
    "LineLabel",
    "MarkChange",
    "OtherPosition",
    "Policy",
    "ResultValue",
    "Scope",
    "Settlement",
    "SettlementCase",
    "SettlementLine",
    "Takeover",
    "Transfer",
    "apply_event",
    "check_money",
    "conclude",
    "parse_policy",
    "replay",
    "settle",
]


# Reading a member from its class costs more than the sums of a fill.
_OPENING = LineLabel.OPENING_BALANCE
_CLOSING = LineLabel.CLOSING_BALANCE
_FUNDING = LineLabel.FUNDING


def settle(case: SettlementCase) -> Settlement:
    """What is left, who gets it and who bears what is missing.

    Args:
        case: scope, events in order, policy in force. `margin` must be known,
            or the bankruptcy price in a takeover.

    Returns:
        Values by the names of the case format, section 5.1 (a value that cannot
        be known is absent), and lines of which opening + all others = closing.

    Raises:
        CaseFieldError: something needed is missing or impossible; `field` is
            its path in the case.
        CaseUnsupportedError: a policy that is known but not modelled.
        InvariantBrokenError: the money does not close; a defect of this engine.

    Units: the settlement asset; nothing is rounded but by `policy.rounding`.
    """
    with exact():
        return conclude(replay(case))


def replay(
    case: SettlementCase, on_event: Callable[[ScopeState, Event], None] | None = None
) -> ScopeState:
    """The scope after all events, before anything is settled at the close.

    Args:
        case: scope, events and policy; call inside `exact()`.
        on_event: told the state after every event.
    """
    state = ScopeState(case.scope, case.policy)
    if on_event is not None:
        state.is_staged = True
        state.sizes_only = all(fill.price is None for fill in _fills(case))
    if case.scope.counterparty is not None:
        state.only_fill = len(_fills(case)) == 1
    for index, event in enumerate(case.events):
        state.event_index = index
        _APPLY[type(event)](state, event)
        if on_event is not None:
            on_event(state, event)
    return state


def apply_event(state: ScopeState, event: Event) -> None:
    """Let one event happen; `state.event_index` says which it is."""
    _APPLY[type(event)](state, event)


def conclude(state: ScopeState) -> Settlement:
    """Settle what a replay has closed, check the money, and name the figures.

    Raises:
        CaseFieldError: the money is not known and no takeover makes that good.
    """
    if state.scope.margin is None and not state.taken_over:
        raise CaseFieldError("margin", "missing")
    if not state.qty and state.closed_qty and not state.taken_over:
        state.event_index = state.last_fill_index
        settle_close(state)
    check_money(state)
    return Settlement(settlement_values(state), _lines(state))


def _fills(case: SettlementCase) -> list[Fill]:
    """The fills among the events."""
    return [event for event in case.events if isinstance(event, Fill)]


def _apply_mark(state: ScopeState, event: MarkChange) -> None:
    """The mark from now on."""
    state.previous_mark, state.mark = state.mark, event.price
    state.marked_at = event.occurred_at


def _apply_funding(state: ScopeState, event: Funding) -> None:
    """Funding on the size open now."""
    amount = state.money(funding_amount(state, event))
    state.funding += amount
    state.book(_FUNDING, amount)


def funding_amount(state: ScopeState, event: Funding) -> Decimal:
    """The amount stated, or the one that follows from the rate.

    Source: liquidation math, section 2.3: a positive rate is paid by the long.
    """
    if event.amount is not None:
        return event.amount
    if event.rate is None:
        raise CaseFieldError(state.here("amount"), "missing")
    if event.reference_price is None:
        raise CaseFieldError(state.here("reference_price"), "missing")
    notional = state.fee_notional(state.qty, event.reference_price)
    return -state.sign * event.rate * notional * event.year_fraction


def _apply_interest(state: ScopeState, event: InterestCharge) -> None:
    """Interest booked."""
    state.interest += event.amount
    state.book(LineLabel.INTEREST, event.amount)


def _apply_transfer(state: ScopeState, event: Transfer) -> None:
    """Money moved in or out."""
    state.transfers += event.amount
    state.book(LineLabel.TRANSFER, event.amount)


def _apply_takeover(state: ScopeState, event: Takeover) -> None:
    """The venue takes over what is open."""
    del event
    take_over(state)


_APPLY: dict[type, Callable[[ScopeState, Any], None]] = {
    Fill: apply_fill,
    MarkChange: _apply_mark,
    Funding: _apply_funding,
    InterestCharge: _apply_interest,
    Transfer: _apply_transfer,
    FeeRow: apply_fee_row,
    Takeover: _apply_takeover,
}


def check_money(state: ScopeState) -> None:
    """The paired invariants of every assessment.

    Raises:
        InvariantBrokenError: the lines, or the totals, do not give the balance,
            or what the parties got is not what the scope and the fund gave.
    """
    opening = state.lines[0].amount
    totals = (
        opening
        + state.customer_pnl
        + (state.booked_pnl or ZERO)
        + state.funding
        + state.interest
        + state.transfers
        - state.trading_fee_booked
        - state.liquidation_fee
        - state.taken
        + state.cover
    )
    _must_be_zero("cash of the scope", totals - state.wallet)
    asset = state.scope.settle_asset
    lines = ZERO
    for _, line_asset, amount, _ in state.lines:
        if line_asset == asset:
            lines += amount
    _must_be_zero("sum of the lines", lines - state.wallet)
    parties = sum(state.received.values(), ZERO)
    booked = state.taken - state.cover - state.cover_pending
    venue = state.venue_gain - state.venue_shortfall
    _must_be_zero("sum of the parties", parties - booked - venue)


def _must_be_zero(invariant: str, difference: Decimal) -> None:
    """Refuse a difference."""
    if difference:
        raise InvariantBrokenError(invariant, difference)


def _lines(state: ScopeState) -> tuple[SettlementLine, ...]:
    """The waterfall: opening, what happened, closing; per asset."""
    if state.scope.margin is None:
        return ()
    asset = state.scope.settle_asset
    closing = [SettlementLine(_CLOSING, asset, state.wallet)]
    opening = []
    for other, movement in state.fee_assets.items():
        # Its balance is not followed: it opens at 0 and closes at the movement.
        opening.append(SettlementLine(_OPENING, other, ZERO))
        closing.append(SettlementLine(_CLOSING, other, movement))
    return (*state.lines[:1], *opening, *state.lines[1:], *closing)
