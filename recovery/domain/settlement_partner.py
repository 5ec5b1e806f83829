"""The other side of an ADL fill: what it gets, and what it would have had."""

from decimal import Decimal

from recovery.domain.instruments import PositionSide, profit_of, signed_cash
from recovery.domain.settlement_case import Counterparty, Fill, FillRole
from recovery.domain.settlement_fees import Executed
from recovery.domain.settlement_state import (
    LONG_SIGN,
    SHORT_SIGN,
    PartnerTotals,
    ScopeState,
)


def meet_counterparty(state: ScopeState, fill: Fill, done: Executed) -> None:
    """Settle the partner against an ADL fill, or against the only fill."""
    partner = state.scope.counterparty
    if partner is None or not (fill.role is FillRole.ADL or state.only_fill):
        return
    sign = SHORT_SIGN if partner.side is PositionSide.SHORT else LONG_SIGN
    units = sign * done.qty * state.contract_size
    before = state.partner or PartnerTotals()
    state.partner = PartnerTotals(
        before.cash + signed_cash(state.product, units, done.price),
        _plus(before.pnl, _pnl_of(state, partner, units, done.price)),
        _plus(before.forgone_pnl, _forgone(state, units, done.price)),
    )


def _pnl_of(
    state: ScopeState, partner: Counterparty, units: Decimal, price: Decimal
) -> Decimal | None:
    """The partner's result against the entry, where that is known."""
    if partner.entry_price is None:
        return None
    return profit_of(state.product, units, partner.entry_price, price)


def _forgone(state: ScopeState, units: Decimal, price: Decimal) -> Decimal | None:
    """The result the partner would have had from the fill to the mark."""
    if state.mark is None:
        return None
    return profit_of(state.product, units, price, state.mark)


def _plus(total: Decimal | None, part: Decimal | None) -> Decimal | None:
    """A sum that is unknown as soon as a part is."""
    return None if total is None or part is None else total + part
