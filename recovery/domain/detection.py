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
from recovery.domain.ledger import ZERO, EventMarker, LedgerLine, LedgerRole
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
        forced: Forced fills of the instrument.
    """

    instrument: str
    before: int
    items: list[Item] = field(default_factory=list)
    credits: list[Movement] = field(default_factory=list)
    reference: str = ""
    last_index: int = 0
    forced: list[Fill] = field(default_factory=list)

    @property
    def fills(self) -> list[Fill]:
        """Forced fills and, between them, the customer's own and other positions'."""
        return [item for item in self.items if isinstance(item, Fill)]

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


@dataclass(slots=True)
class _Search:
    """What is known so far of the events of one account."""

    windows: list[EventWindow] = field(default_factory=list)
    running: dict[str, EventWindow] = field(default_factory=dict)  # By instrument.
    # One number of the platform may close several positions: one event of each.
    numbered: dict[tuple[str, str], EventWindow] = field(default_factory=dict)
    latest: dict[str, EventWindow] = field(default_factory=dict)  # By number.


def detect_events(items: Sequence[Item]) -> list[EventWindow]:
    """Events of one account, in time order, with their later credits.

    Args:
        items: What `gather_items` gave for one account.
    """
    search = _Search()
    for index, item in enumerate(items):
        if isinstance(item, Fill):
            _take_fill(item, index, search)
        else:
            _take_movement(item, index, search)
    for window in search.windows:
        _fill_in_between(window, items)
    return search.windows


def _take_fill(fill: Fill, index: int, search: _Search) -> None:
    window = search.running.get(fill.instrument)
    if fill.marker not in _FORCED:
        # The customer's own fill ends an event that the platform did not number.
        if window and not window.reference:
            del search.running[fill.instrument]
        return
    number = fill.event_reference
    if window is None or not window.goes_on_with(fill):
        window = search.numbered.get((number, fill.instrument)) if number else None
    if window is None:
        window = EventWindow(fill.instrument, index, reference=number)
        search.windows.append(window)
        if number:
            search.numbered[number, fill.instrument] = window
    if number:
        search.latest[number] = window
    search.running[fill.instrument] = window
    window.items.append(fill)
    window.forced.append(fill)
    window.last_index = index


def _take_movement(item: Movement, index: int, search: _Search) -> None:
    line = item.entry.line
    named = _named_by(line, search)
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
    windows = search.windows
    latest = windows[-1] if windows else None
    window = search.running.get(line.instrument) if line.instrument else latest
    if window and not window.reference and item.at - window.ended_at <= _TRAILING:
        window.items.append(item)
        window.last_index = index


def _named_by(line: LedgerLine, search: _Search) -> EventWindow | None:
    """The event a row names: that of its instrument, else the last of the number."""
    number = line.event_reference
    if not number:
        return None
    own = search.numbered.get((number, line.instrument))
    return own or search.latest.get(number)


def _fill_in_between(window: EventWindow, items: Sequence[Item]) -> None:
    """Take every item between first and last into the window, in order.

    The scope's balance runs through all of them, so a line left out (funding between
    two reductions, a transfer) would open a gap in the arithmetic.
    """
    inside = items[window.before : window.last_index + 1]
    credit_ids = {id(credit) for credit in window.credits}
    window.items = [item for item in inside if id(item) not in credit_ids]
