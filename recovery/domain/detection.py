"""Finds events in the items of one account (design §5, EXPORTS §1.6 to §4.1).

Where rows carry the platform's own event id, that id groups them. Where not, an
event runs from the first forced fill of an instrument until its position is zero
or the customer's own fill of it appears. Trailing fee, fund and cover rows of the
last instant belong to it. Rows that name another party's liquidation start nothing.
Rows that tell amounts without sizes are searched by `detection_money`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from recovery.domain.detection_money import add_emptied, add_marked
from recovery.domain.event_window import RESULT_ROLES, EventWindow
from recovery.domain.history import Fill, Item, Movement
from recovery.domain.ledger import (
    FORCED_MARKERS,
    EventMarker,
    LedgerLine,
    LedgerRole,
)

__all__ = ["EventWindow", "detect_events"]

_TRAILING_ROLES = frozenset({LedgerRole.FEE, LedgerRole.LIQFEE, LedgerRole.INS})
# What a row without a size may say; a cover proves that something was missing.
_SAYING = FORCED_MARKERS | {EventMarker.COVER}
# Rows of one settlement straddle seconds at venues with second resolution.
_TRAILING = timedelta(seconds=2)


@dataclass(slots=True)
class _Search:
    """What is known so far of the events of one account."""

    windows: list[EventWindow] = field(default_factory=list)
    running: dict[str, EventWindow] = field(default_factory=dict)  # By instrument.
    # One number of the platform may close several positions: one event of each.
    numbered: dict[tuple[str, str], EventWindow] = field(default_factory=dict)
    latest: dict[str, EventWindow] = field(default_factory=dict)  # By number.
    marked: list[int] = field(default_factory=list)  # Rows that tell no size.
    has_results: bool = False  # Results stand in rows of their own.


def detect_events(
    items: Sequence[Item], *, is_marked: bool = True
) -> list[EventWindow]:
    """Events of one account, in time order, with their later credits.

    Args:
        items: What `gather_items` gave for one account.
        is_marked: Whether the venue's rows always say what was forced. Where they do
            not, a loss that leaves nothing of a wallet is an event too.
    """
    search = _Search()
    for index, item in enumerate(items):
        if isinstance(item, Fill):
            _take_fill(item, index, search)
        else:
            _take_movement(item, index, search)
    if search.marked or search.has_results:
        add_marked(search.windows, items, search.marked)
    if not is_marked:
        add_emptied(search.windows, items)
    for window in search.windows:
        window.close(items)
    return search.windows


def _take_fill(fill: Fill, index: int, search: _Search) -> None:
    window = search.running.get(fill.instrument)
    if fill.marker not in FORCED_MARKERS:
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
    if line.marker in _SAYING and line.role != LedgerRole.INFO:
        search.marked.append(index)
    elif line.role in RESULT_ROLES:
        search.has_results = True
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
