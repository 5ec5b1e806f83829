"""Events in rows that tell amounts and no sizes (EXPORTS §1.6, §8 to §10).

A wallet's history books a liquidation as a result, a fee and a row of the fund, and
only one of them says what it was, or none. Rows of one instrument and instant belong
together; what a row without an instrument says, it says of the wallet.
"""

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from recovery.domain.event_window import RESULT_ROLES, EventWindow
from recovery.domain.history import Item, Movement, item_entries
from recovery.domain.ledger import ZERO, EventMarker, LedgerLine, LedgerRole

# Rows of one settlement straddle seconds at venues with second resolution.
NEAR = timedelta(seconds=2)
# Forced sales of collateral are ordinary rows of the same minute; a ladder of closes
# takes its steps within it.
MINUTE = timedelta(minutes=1)
# What is left of a wallet that was emptied, as a share of what was in it.
_LEFT = Decimal("0.01")
_SETTLING = RESULT_ROLES | {
    LedgerRole.FEE,
    LedgerRole.LIQFEE,
    LedgerRole.INS,
    LedgerRole.CLAW,
}
_OF_LOANS = frozenset({LedgerRole.REPAY, LedgerRole.SOLD, LedgerRole.BOUGHT})
_WITH_LOANS = _SETTLING | _OF_LOANS | {LedgerRole.INT, LedgerRole.CONV}


def add_marked(
    windows: list[EventWindow], items: Sequence[Item], marked: Sequence[int]
) -> None:
    """Add the events that rows without sizes name, and their rows to known ones.

    Args:
        windows: Events of fills, in order; new ones are put among them.
        items: All items of the account.
        marked: Places of the rows that say something was forced.
    """
    places = _Places(windows)
    for index in marked:
        line = _line_of(items[index])
        window = places.near(index, items[index])
        if window is None:
            if line.marker == EventMarker.COVER and not _has_result(items, index):
                continue
            window = EventWindow(line.instrument, index, last_index=index)
            places.add(window)
        if not window.reference:
            place = 0 if index < window.before else len(window.items)
            window.items.insert(place, items[index])
            window.markers.add(line.marker)
            _stretch(window, index)
    for window in places.every:
        if not window.reference:
            _widen(window, items)
    windows[:] = sorted(places.every, key=lambda window: window.before)


class _Places:
    """Windows by instrument, in the order in which they begin."""

    def __init__(self, windows: Sequence[EventWindow]) -> None:
        self.every: list[EventWindow] = []
        self._named: dict[str, list[EventWindow]] = {}
        for window in windows:
            self.add(window)

    def add(self, window: EventWindow) -> None:
        """Put a window in its place."""
        insort(self.every, window, key=_begins)
        insort(self._named.setdefault(window.instrument, []), window, key=_begins)

    def near(self, index: int, item: Item) -> EventWindow | None:
        """The window a marked row belongs to: that of its instrument, then any."""
        name = _line_of(item).instrument
        rows = [self._named.get(name, ()), self._named.get("", ())]
        for row in rows if name else [self.every]:
            at = bisect_right(row, index, key=_begins)
            for window in reversed(row[max(at - 1, 0) : at + 1]):
                # What names no instrument settles the wallet, some seconds after.
                after = NEAR if window.forced and name else MINUTE
                if window.started_at - NEAR <= item.at <= window.ended_at + after:
                    return window
        return None


def _begins(window: EventWindow) -> int:
    return window.before


def _stretch(window: EventWindow, index: int) -> None:
    window.before = min(window.before, index)
    window.last_index = max(window.last_index, index)


def _line_of(item: Item) -> LedgerLine:
    return item_entries(item)[0].line


def _has_result(items: Sequence[Item], index: int) -> bool:
    """Whether a result without a size stands beside the row."""
    own = _line_of(items[index])
    return any(
        isinstance(items[place], Movement)
        and _line_of(items[place]).role in RESULT_ROLES
        and _line_of(items[place]).asset == own.asset
        for place in _around(items, index, index, NEAR)
    )


def _around(
    items: Sequence[Item], first: int, last: int, span: timedelta
) -> Iterator[int]:
    """Places of the items that near the window, before and after it."""
    for step, start, at in ((-1, first, items[first].at), (1, last, items[last].at)):
        place = start + step
        while 0 <= place < len(items) and abs(items[place].at - at) <= span:
            yield place
            place += step


def _widen(window: EventWindow, items: Sequence[Item]) -> None:
    """Take results, fees and fund rows of the same instant into the window."""
    lines = [_line_of(item) for item in window.items]
    roles, span = _SETTLING, NEAR
    if not window.forced and any(line.role in _OF_LOANS for line in lines):
        roles, span = _WITH_LOANS, MINUTE
    for place in list(_around(items, window.before, window.last_index, span)):
        item = items[place]
        if isinstance(item, Movement) and _settles(item.entry.line, window, roles):
            _stretch(window, place)


def _settles(
    line: LedgerLine, window: EventWindow, roles: frozenset[LedgerRole]
) -> bool:
    return (
        line.role in roles
        and line.marker != EventMarker.COUNTERPARTY
        and not line.event_reference
        and (not line.instrument or line.instrument == window.instrument)
    )


# --- wallets that a loss left empty -------------------------------------------------


@dataclass(slots=True)
class _Wallet:
    """A running balance that was seen from its beginning."""

    balance: Decimal = ZERO
    is_whole: bool = True
    is_seen: bool = False
    emptied: EventWindow | None = None

    def take(self, line: LedgerLine) -> None:
        stated = line.balance_after
        before = self.balance if stated is None else stated - line.amount
        if not self.is_seen and stated is None and line.amount < ZERO:
            self.is_whole = False
        self.is_seen = True
        self.balance = before + line.amount


@dataclass(slots=True)
class _Emptying:
    wallets: dict[str, _Wallet] = field(default_factory=dict)
    found: list[EventWindow] = field(default_factory=list)


def add_emptied(windows: list[EventWindow], items: Sequence[Item]) -> None:
    """Add losses that left nothing of a wallet, where no row names a liquidation.

    The wallet must have been seen from its beginning, nothing may have been taken out
    at that instant, and nothing was traded with it until money came in again.
    """
    state = _Emptying()
    for first, last in _instants(items):
        _take_instant(state, items, first, last)
    for wallet in state.wallets.values():
        _settle(state, wallet)
    known = [window for window in windows if window.items]
    for window in state.found:
        at = window.started_at
        if not any(
            one.started_at - MINUTE <= at <= one.ended_at + MINUTE for one in known
        ):
            insort(windows, window, key=_begins)


def _instants(items: Sequence[Item]) -> Iterator[tuple[int, int]]:
    """First and last place of items that follow each other within the slack."""
    first = 0
    for place in range(1, len(items) + 1):
        if place == len(items) or items[place].at - items[place - 1].at > NEAR:
            yield first, place - 1
            first = place


def _take_instant(
    state: _Emptying, items: Sequence[Item], first: int, last: int
) -> None:
    by_asset: dict[str, list[tuple[int, LedgerLine]]] = {}
    for place in range(first, last + 1):
        for entry in item_entries(items[place]):
            if entry.line.amount:
                rows = by_asset.setdefault(entry.line.asset, [])
                rows.append((place, entry.line))
    for asset, rows in by_asset.items():
        wallet = state.wallets.setdefault(asset, _Wallet())
        _let_go(state, wallet, [line for _, line in rows])
        before = wallet.balance
        for _, line in rows:
            wallet.take(line)
        if wallet.is_whole and _is_emptied(before, wallet.balance, rows):
            wallet.emptied = _window_of(items, rows)


def _let_go(state: _Emptying, wallet: _Wallet, lines: Sequence[LedgerLine]) -> None:
    """Money that comes in proves the end; trading on disproves it."""
    if wallet.emptied is None:
        return
    if any(line.role in _SETTLING or line.role == LedgerRole.FUND for line in lines):
        wallet.emptied = None
    else:
        _settle(state, wallet)


def _settle(state: _Emptying, wallet: _Wallet) -> None:
    if wallet.emptied is not None:
        state.found.append(wallet.emptied)
        wallet.emptied = None


def _is_emptied(
    before: Decimal, after: Decimal, rows: Sequence[tuple[int, LedgerLine]]
) -> bool:
    """Whether a result, and nothing else, left next to nothing."""
    lines = [line for _, line in rows]
    lost = any(
        line.role in RESULT_ROLES and line.principal_amount < ZERO for line in lines
    )
    only = all(line.role in _SETTLING or line.role == LedgerRole.FUND for line in lines)
    is_open = any(line.position_after for line in lines)
    return lost and only and not is_open and before > ZERO and after <= before * _LEFT


def _window_of(
    items: Sequence[Item], rows: Sequence[tuple[int, LedgerLine]]
) -> EventWindow:
    worst = min((line for _, line in rows), key=lambda line: line.amount)
    window = EventWindow(worst.instrument, rows[0][0], last_index=rows[-1][0])
    window.items = list(items[window.before : window.last_index + 1])
    return window
