"""Finds events in the items of one account (design §5, EXPORTS §1.6 to §4.1).

Where rows carry the platform's own event id, that id groups them. Where not, an
event runs from the first forced fill of an instrument until its position is zero
or the customer's own fill of it appears. Trailing fee, fund and cover rows of the
last instant belong to it. Rows that name another party's liquidation start nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from recovery.domain.history import Fill, Item, Movement
from recovery.domain.ledger import ZERO, EventMarker, LedgerRole
from recovery.domain.words import EventKind

_FORCED = frozenset(
    {
        EventMarker.LIQUIDATION,
        EventMarker.REDUCTION,
        EventMarker.ADL,
        EventMarker.TAKEOVER,
    }
)
_TRAILING_ROLES = frozenset({LedgerRole.FEE, LedgerRole.LIQFEE, LedgerRole.INS})
# Rows of one settlement straddle seconds at venues with second resolution.
_TRAILING = timedelta(seconds=2)


@dataclass(slots=True)
class EventWindow:
    """The items of one event, as positions in the account's item list.

    Attributes:
        before: How many items stand before the first one of the event.
        items: Every item inside the window that belongs to the scope.
        credits: Later credits that name the event.
    """

    instrument: str
    before: int
    items: list[Item] = field(default_factory=list)
    credits: list[Movement] = field(default_factory=list)
    reference: str = ""
    last_index: int = 0

    @property
    def fills(self) -> list[Fill]:
        """Forced fills and, between them, the customer's own."""
        return [item for item in self.items if isinstance(item, Fill)]

    @property
    def forced(self) -> list[Fill]:
        """Forced fills of the instrument only."""
        return [
            fill
            for fill in self.fills
            if fill.marker in _FORCED and fill.instrument == self.instrument
        ]

    @property
    def started_at(self) -> datetime:
        """Instant of the first item."""
        return self.items[0].at

    @property
    def ended_at(self) -> datetime:
        """Instant of the last item."""
        return max(item.at for item in self.items)

    @property
    def position_after(self) -> Decimal | None:
        """Signed size after the last forced fill, where the records tell."""
        return self.forced[-1].position_after

    def goes_on_with(self, fill: Fill) -> bool:
        """Whether a forced fill of the same instrument belongs to this event."""
        if self.reference or fill.event_reference:
            return self.reference == fill.event_reference
        return self.position_after != ZERO

    @property
    def kind(self) -> EventKind:
        """What happened, by the markers and by what is left."""
        markers = {fill.marker for fill in self.forced}
        if markers == {EventMarker.ADL}:
            return EventKind.ADL
        if self.position_after not in (None, ZERO):
            return EventKind.POSITION_REDUCTION
        return EventKind.LIQUIDATION


def detect_events(items: Sequence[Item]) -> list[EventWindow]:
    """Events of one account, in time order, with their later credits.

    Args:
        items: What `gather_items` gave for one account.
    """
    windows: list[EventWindow] = []
    running: dict[str, EventWindow] = {}
    by_reference: dict[str, EventWindow] = {}
    for index, item in enumerate(items):
        if isinstance(item, Fill):
            _take_fill(item, index, windows, running, by_reference)
        else:
            _take_movement(item, index, running, by_reference, windows)
    for window in windows:
        _fill_in_between(window, items)
    return windows


def _take_fill(
    fill: Fill,
    index: int,
    windows: list[EventWindow],
    running: dict[str, EventWindow],
    by_reference: dict[str, EventWindow],
) -> None:
    window = running.get(fill.instrument)
    if fill.marker not in _FORCED:
        # The customer's own fill ends an event that the platform did not number.
        if window and not window.reference:
            del running[fill.instrument]
        return
    if window is None or not window.goes_on_with(fill):
        window = by_reference.get(fill.event_reference or "-")
    if window is None:
        window = EventWindow(fill.instrument, index, reference=fill.event_reference)
        windows.append(window)
        if fill.event_reference:
            by_reference[fill.event_reference] = window
    running[fill.instrument] = window
    window.items.append(fill)
    window.last_index = index


def _take_movement(
    item: Movement,
    index: int,
    running: dict[str, EventWindow],
    by_reference: dict[str, EventWindow],
    windows: list[EventWindow],
) -> None:
    line = item.entry.line
    named = by_reference.get(line.event_reference) if line.event_reference else None
    if line.role == LedgerRole.CREDIT:
        if named:
            named.credits.append(item)
        return
    if named:
        named.items.append(item)
        named.last_index = index
        return
    if line.role not in _TRAILING_ROLES:
        return
    window = running.get(line.instrument) if line.instrument else _latest(windows)
    if window and not window.reference and item.at - window.ended_at <= _TRAILING:
        window.items.append(item)
        window.last_index = index


def _latest(windows: list[EventWindow]) -> EventWindow | None:
    return windows[-1] if windows else None


def _fill_in_between(window: EventWindow, items: Sequence[Item]) -> None:
    """Take every item between first and last into the window, in order.

    The scope's balance runs through all of them, so a line left out (funding between
    two reductions, a transfer) would open a gap in the arithmetic.
    """
    inside = items[window.before : window.last_index + 1]
    credit_ids = {id(credit) for credit in window.credits}
    window.items = [item for item in inside if id(item) not in credit_ids]
