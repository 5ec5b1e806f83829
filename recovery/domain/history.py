"""One account's ledger lines in order, turned into what happened to a position.

Venues write one fill as one row (Bybit), as a position leg and a cash leg (Kraken)
or as a result row and fee rows (house). Here they become one `Fill` each; every
other line becomes a `Movement`. Nothing is dropped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from recovery.domain.booked_order import (
    follows,
    in_chain,
    is_in_chain,
    note_balance,
)
from recovery.domain.ledger import ZERO, EventMarker, LedgerLine, LedgerRole, Side
from recovery.domain.money import exact

_FILL_ROLES = frozenset({LedgerRole.PNL, LedgerRole.ADL})
_FEE_ROLES = frozenset({LedgerRole.FEE, LedgerRole.LIQFEE})


class Entry(NamedTuple):
    """A ledger line with the place it is stored at: entry id, file, provenance.

    `is_doubted` when the manifest of its file and the rows disagree. `mapping` names
    the version by which staff gave the row its role.
    """

    id: int
    file: str
    provenance: str
    line: LedgerLine
    is_doubted: bool = False
    mapping: str = ""


@dataclass(slots=True)
class Fill:
    """One fill: size and price, and what the records booked for it.

    Attributes:
        signed_quantity: + bought, - sold, in contracts.
        pnl, fee, liquidation_fee, funding: As recorded, customer's side.
        position_before, position_after: Signed, where the records tell.
    """

    entries: list[Entry]
    at: datetime
    instrument: str
    marker: EventMarker
    signed_quantity: Decimal
    price: Decimal | None
    order_id: str
    event_reference: str
    position_after: Decimal | None
    entry_price_after: Decimal | None
    pnl: Decimal = ZERO
    fee: Decimal = ZERO
    liquidation_fee: Decimal = ZERO
    funding: Decimal = ZERO
    has_fee: bool = False
    has_liquidation_fee: bool = False

    @property
    def position_before(self) -> Decimal | None:
        """Signed size before the fill, where the records tell it after."""
        if self.position_after is None:
            return None
        return self.position_after - self.signed_quantity


@dataclass(slots=True)
class Movement:
    """A line that is no fill: funding, transfer, fund movement, credit, unknown."""

    entry: Entry

    @property
    def at(self) -> datetime:
        """When it was booked."""
        return self.entry.line.occurred_at


Item = Fill | Movement


def item_entries(item: Item) -> list[Entry]:
    """The ledger entries an item was made of."""
    return [item.entry] if isinstance(item, Movement) else item.entries


@dataclass(slots=True)
class _Gathering:
    items: list[Item] = field(default_factory=list)
    open_legs: dict[str, Fill] = field(default_factory=dict)
    last_fills: dict[str, list[Fill]] = field(default_factory=dict)


def in_booked_order(entries: Sequence[Entry]) -> list[Entry]:
    """Entries of one account in the order in which they were booked.

    Inside a file the venue's own order stands, unless the running balances contradict
    it. Where one instant is spread over several files, whichever came in first, they
    tell the order too.

    Args:
        entries: By time, then file, then place in the file.
    """
    with exact():
        if len({entry.file for entry in entries}) > 1:
            entries = _merged(entries)
        if is_in_chain(entries, _line_of):
            return list(entries)
        return list(in_chain(entries, _line_of))


def _line_of(entry: Entry) -> LedgerLine:
    return entry.line


def _merged(entries: Sequence[Entry]) -> list[Entry]:
    """Rows of several files, those of one instant as one chain of balances."""
    ordered: list[Entry] = []
    balances: dict[tuple[str, str], Decimal] = {}
    for _, group in groupby(entries, key=lambda entry: entry.line.occurred_at):
        same = list(group)
        if same[0].file != same[-1].file:
            same = _merged_instant(same, dict(balances))
        for entry in same:
            note_balance(balances, entry.line)
        ordered += same
    return ordered


def _merged_instant(
    entries: Sequence[Entry], balances: dict[tuple[str, str], Decimal]
) -> list[Entry]:
    files = [list(rows) for _, rows in groupby(entries, key=lambda entry: entry.file)]
    merged = []
    while files:
        heads = [rows[0].line for rows in files]
        fits = [place for place, line in enumerate(heads) if follows(line, balances)]
        # A row that moves nothing fits before the one that moves on, never after.
        fits.sort(key=lambda place: heads[place].amount != ZERO)
        taken = files[fits[0] if fits else 0].pop(0)
        note_balance(balances, taken.line)
        merged.append(taken)
        files = [rows for rows in files if rows]
    return merged


def gather_items(entries: Iterable[Entry]) -> list[Item]:
    """Fills and movements of one account, in the order of its entries.

    Args:
        entries: One account, oldest first.
    """
    state = _Gathering()
    for entry in entries:
        _take(state, entry)
    return state.items


def _take(state: _Gathering, entry: Entry) -> None:
    line = entry.line
    if line.marker == EventMarker.COUNTERPARTY and line.role == LedgerRole.INFO:
        state.items.append(Movement(entry))
    elif line.role in _FILL_ROLES and line.quantity is not None:
        _add_fill(state, entry)
    elif line.role == LedgerRole.INFO and line.quantity is not None:
        state.open_legs[line.instrument] = _add_fill(state, entry)
    elif line.role in _FILL_ROLES and (name := _leg_of(state, line)) is not None:
        _book(state.open_legs.pop(name), entry)
    elif line.role in _FEE_ROLES and (fill := _fill_charged(state, line)):
        _book(fill, entry)
    else:
        state.items.append(Movement(entry))


def _leg_of(state: _Gathering, line: LedgerLine) -> str | None:
    """The instrument of the open position leg that a cash row belongs to.

    Old files do not name it on the cash row: then a leg of the same type and instant.
    """
    if line.instrument:
        return line.instrument if line.instrument in state.open_legs else None
    for name, leg in state.open_legs.items():
        is_same = leg.entries[0].line.operation == line.operation
        if is_same and leg.at == line.occurred_at:
            return name
    return None


def _add_fill(state: _Gathering, entry: Entry) -> Fill:
    line = entry.line
    quantity = line.quantity or ZERO
    fill = Fill(
        entries=[],
        at=line.occurred_at,
        instrument=line.instrument,
        marker=line.marker,
        signed_quantity=-quantity if line.side == Side.SELL else quantity,
        price=line.price,
        order_id=line.order_id,
        event_reference=line.event_reference,
        position_after=line.position_after,
        entry_price_after=line.entry_price,
    )
    _book(fill, entry)
    state.items.append(fill)
    recent = state.last_fills.setdefault(line.instrument, [])
    recent.append(fill)
    del recent[:-8]
    return fill


def _book(fill: Fill, entry: Entry) -> None:
    line = entry.line
    fill.entries.append(entry)
    fill.fee += line.fee_amount
    fill.liquidation_fee += line.liquidation_fee_amount
    fill.funding += line.funding_amount
    if line.role == LedgerRole.FEE:
        fill.fee += line.principal_amount
        fill.has_fee = True
    elif line.role == LedgerRole.LIQFEE:
        fill.liquidation_fee += line.principal_amount
        fill.has_liquidation_fee = True
    elif line.role in _FILL_ROLES:
        fill.pnl += line.principal_amount


def _fill_charged(state: _Gathering, line: LedgerLine) -> Fill | None:
    """The recent fill of the same order that this fee row belongs to.

    A fee in another asset than the fill's result moves that asset only (MATH §7.7).
    """
    if not line.order_id:
        return None
    for fill in reversed(state.last_fills.get(line.instrument, [])):
        has_one = (
            fill.has_fee if line.role == LedgerRole.FEE else fill.has_liquidation_fee
        )
        same_size = line.quantity is None or line.quantity == abs(fill.signed_quantity)
        is_own = fill.order_id == line.order_id and line.asset in _cash_assets(fill)
        if is_own and same_size and not has_one:
            return fill
    return None


def _cash_assets(fill: Fill) -> set[str]:
    """Assets in which a fill booked its result."""
    return {e.line.asset for e in fill.entries if e.line.role in _FILL_ROLES}
