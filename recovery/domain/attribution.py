"""What moved the money of an event: parts that sum to the change, exactly."""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from recovery.domain.bankruptcy import scope_bankruptcy_price
from recovery.domain.case_errors import CaseFieldError
from recovery.domain.instruments import profit_of
from recovery.domain.money import ZERO, divide, exact, round_amount
from recovery.domain.settlement import apply_event, conclude
from recovery.domain.settlement_case import (
    Event,
    Fill,
    FillRole,
    LineLabel,
    SettlementCase,
    SettlementLine,
)
from recovery.domain.settlement_state import ScopeState


class Cause(StrEnum):
    """What can move the money behind a position."""

    PRICE = "price"  # From the entry to the mark in force, or to the fill.
    SLIPPAGE = "slippage"  # From the mark to the fill, down to the bankruptcy price.
    SLIPPAGE_BEYOND_BANKRUPTCY = "slippage_beyond_bankruptcy"  # Of forced fills.
    TRADING_FEE = "trading_fee"
    FUNDING = "funding"
    INTEREST = "interest"
    TRANSFER = "transfer"
    LIQUIDATION_FEE = "liquidation_fee"
    TAKEOVER = "takeover"
    SURPLUS_TAKEN = "surplus_taken"
    COVER_RECEIVED = "cover_received"
    CONVERSION = "conversion"  # Lost or gained in rounding what is paid out in kind.


class _Slippage(NamedTuple):
    """What fills lost or won against the mark, in two parts."""

    within: Decimal = ZERO
    beyond: Decimal = ZERO


def attribute(case: SettlementCase) -> dict[Cause, Decimal]:
    """Every cause with the amount by which it moved the customer's money.

    Args:
        case: as for a settlement; slippage is told where a mark was known.

    Returns:
        Amounts signed from the customer's side; opening balance + their sum is
        the closing balance, exactly, and where the residual is paid in another
        asset the value of what was paid.
    """
    with exact():
        state, slipped = ScopeState(case.scope, case.policy), _Slippage()
        for index, event in enumerate(case.events):
            state.event_index = index
            part = _apply(state, event)
            slipped = _Slippage(
                slipped.within + part.within, slipped.beyond + part.beyond
            )
        lines = conclude(state).lines[1:]
        own = [line for line in lines if line.asset == case.scope.settle_asset]
        parts = {cause: _sum(own, cause) for cause in Cause}
        realised = _sum(own, LineLabel.REALISED_PNL)
        parts[Cause.SLIPPAGE] = slipped.within
        parts[Cause.SLIPPAGE_BEYOND_BANKRUPTCY] = slipped.beyond
        parts[Cause.PRICE] = realised - slipped.within - slipped.beyond
        parts[Cause.CONVERSION] = _converted(state)
        return parts


def _apply(state: ScopeState, event: Event) -> _Slippage:
    """Let one event happen; what its fill lost against the mark."""
    if not isinstance(event, Fill):
        apply_event(state, event)
        return _Slippage()
    mark, closed_before, sign = state.mark, state.closed_qty, state.sign
    limit = _limit_of(state, event)
    was_customers = not state.taken_over
    apply_event(state, event)
    if not (was_customers and not state.taken_over and mark and event.price):
        return _Slippage()
    units = sign * (state.closed_qty - closed_before) * state.contract_size
    whole = profit_of(state.product, units, mark, event.price)
    if limit is None or sign * (event.price - limit) >= 0:
        return _Slippage(within=whole)
    start = min(mark, limit) if sign > 0 else max(mark, limit)
    beyond = min(profit_of(state.product, units, start, event.price), ZERO)
    return _Slippage(whole - beyond, beyond)


def _limit_of(state: ScopeState, fill: Fill) -> Decimal | None:
    """The bankruptcy price before a forced fill; None where it is not known."""
    forced = fill.role is FillRole.LIQUIDATION
    if not forced or state.taken_over or not state.qty or state.mark is None:
        return None
    try:
        return scope_bankruptcy_price(state)
    except CaseFieldError:
        return None


def _converted(state: ScopeState) -> Decimal:
    """What rounding costs where the residual is paid in another asset."""
    price = state.scope.collateral_asset_price
    if price is None:
        return ZERO
    rounding = state.policy.rounding.collateral_asset
    if rounding is None:
        return ZERO
    paid = round_amount(divide(state.residual, price), rounding)
    return paid * price - state.residual


def _sum(lines: list[SettlementLine], label: str) -> Decimal:
    """Sum of the lines with one label."""
    return sum((line.amount for line in lines if line.label == label), ZERO)
