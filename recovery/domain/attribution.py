"""What moved the money of an event: parts that sum to the change, exactly."""

from decimal import Decimal
from enum import StrEnum

from recovery.domain.instruments import profit_of
from recovery.domain.money import ZERO, exact
from recovery.domain.settlement import apply_event, conclude
from recovery.domain.settlement_case import (
    Fill,
    LineLabel,
    SettlementCase,
    SettlementLine,
)
from recovery.domain.settlement_state import ScopeState


class Cause(StrEnum):
    """What can move the money behind a position."""

    PRICE = "price"  # From the entry to the mark in force, or to the fill.
    SLIPPAGE = "slippage"  # From the mark to the fill.
    TRADING_FEE = "trading_fee"
    FUNDING = "funding"
    INTEREST = "interest"
    TRANSFER = "transfer"
    LIQUIDATION_FEE = "liquidation_fee"
    TAKEOVER = "takeover"
    SURPLUS_TAKEN = "surplus_taken"
    COVER_RECEIVED = "cover_received"


def attribute(case: SettlementCase) -> dict[Cause, Decimal]:
    """Every cause with the amount by which it moved the balance.

    Args:
        case: as for a settlement; slippage is told where a mark was known.

    Returns:
        Amounts signed from the customer's side; closing balance = opening
        balance + their sum, exactly.
    """
    with exact():
        state, slippage = ScopeState(case.scope, case.policy), ZERO
        for index, event in enumerate(case.events):
            state.event_index = index
            mark, closed_before = state.mark, state.closed_qty
            sign, is_customers = state.sign, not state.taken_over
            apply_event(state, event)
            closed = state.closed_qty - closed_before
            is_own = is_customers and not state.taken_over
            if isinstance(event, Fill) and is_own and mark and event.price:
                units = sign * closed * state.contract_size
                slippage += profit_of(state.product, units, mark, event.price)
        lines = conclude(state).lines[1:]
        own = [line for line in lines if line.asset == case.scope.settle_asset]
        parts = {cause: _sum(own, cause) for cause in Cause}
        realised = _sum(own, LineLabel.REALISED_PNL)
        parts[Cause.SLIPPAGE] = slippage
        parts[Cause.PRICE] = realised - slippage
        return parts


def _sum(lines: list[SettlementLine], label: str) -> Decimal:
    """Sum of the lines with one label."""
    return sum((line.amount for line in lines if line.label == label), ZERO)
