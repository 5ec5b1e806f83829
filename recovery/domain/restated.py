"""Files that tell the same money once more must not make it twice.

Venues give one account several files: the log of its wallet, and lists of trades or
closed positions whose fees and results stand in that log too. The layout of a file
says which others it restates. Where such a file covers a time, restating rows of that
time move no balance. They begin no event either, unless they name one of which the
wallet's own rows say nothing: then they stay, as evidence without money.

A list of closed positions covers no stretch of time: each of its rows sums the fees
and funding of one position since it was opened, which may be long before the list
begins. It covers an instrument from the opening of the first position it tells, judged
by the fills of the restating file, to the close of the last one.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from recovery.domain.history import Entry
from recovery.domain.ledger import FORCED_MARKERS, ZERO, LedgerLine, LedgerRole, Side
from recovery.domain.money import exact

# Lists of closed positions are dated to the minute.
SLACK = timedelta(minutes=1)
# Restating file to the files that tell the same money.
Restating = Mapping[str, frozenset[str]]


class Span(NamedTuple):
    """A stretch of time that a file of the wallet covers."""

    first_at: datetime
    last_at: datetime

    def holds(self, at: datetime) -> bool:
        """Whether the instant lies in it, to the minute."""
        return self.first_at - SLACK <= at <= self.last_at + SLACK


def spans_of(entries: Iterable[Entry]) -> dict[str, Span]:
    """What each file covers.

    Args:
        entries: Of one account.
    """
    spans: dict[str, Span] = {}
    for entry in entries:
        at = entry.line.occurred_at
        known = spans.get(entry.file, Span(at, at))
        spans[entry.file] = Span(min(known.first_at, at), max(known.last_at, at))
    return spans


def told_once(
    entries: Sequence[Entry], restating: Restating, sums: frozenset[str] = frozenset()
) -> list[Entry]:
    """The entries that count: restating ones only where no file they restate covers them.

    Args:
        entries: Of one account, oldest first.
        restating: Files whose layout restates others, with those others.
        sums: Files that are lists of closed positions.
    """
    if not any(entry.file in restating for entry in entries):
        return list(entries)
    told_again = _told_again(entries, restating, sums)
    forced = [
        entry
        for entry in entries
        if entry.id not in told_again and entry.line.marker in FORCED_MARKERS
    ]
    counted = []
    for entry in entries:
        if entry.id not in told_again:
            counted.append(entry)
        elif entry.line.marker in FORCED_MARKERS and not _is_named(entry.line, forced):
            counted.append(entry._replace(line=_without_money(entry.line)))
    return counted


def _told_again(
    entries: Sequence[Entry], restating: Restating, sums: frozenset[str]
) -> set[int]:
    """Rows whose money another file tells."""
    spans = spans_of(entries)
    found = {
        entry.id
        for entry in entries
        if any(
            spans[name].holds(entry.line.occurred_at)
            for name in restating.get(entry.file, frozenset()) - sums
            if name in spans
        )
    }
    for name in sums & spans.keys():
        fills = [one for one in entries if name in restating.get(one.file, frozenset())]
        closes = [one for one in entries if one.file == name]
        found |= _summed(fills, closes)
    return found


def _summed(fills: Sequence[Entry], closes: Iterable[Entry]) -> set[int]:
    """Rows of positions that a list tells as closed."""
    closed: dict[str, list[datetime]] = defaultdict(list)
    for entry in closes:
        closed[entry.line.instrument].append(entry.line.occurred_at)
    ordered = sorted(fills, key=lambda one: (one.line.instrument, one.file))
    found: set[int] = set()
    for (instrument, _), group in groupby(
        ordered, key=lambda one: (one.line.instrument, one.file)
    ):
        if instrument in closed:
            first, last = min(closed[instrument]), max(closed[instrument])
            rows = [one for one in group if one.line.occurred_at <= last + SLACK]
            early = [one for one in rows if one.line.occurred_at < first - SLACK]
            found.update(one.id for one in rows[len(early) :])
            found.update(one.id for one in _still_open(early))
    return found


def _still_open(fills: Iterable[Entry]) -> list[Entry]:
    """The rows since the position was opened that is open after the last of them.

    Before the first row there was none: a list that begins within a position says
    nothing of its size.
    """
    held, since = ZERO, list[Entry]()
    with exact():
        for entry in fills:
            after = held + _moved(entry.line)
            if not after:
                since = []
            elif after * held < 0:  # Turned round by one fill, which opens the next.
                since = [entry]
            else:
                since.append(entry)
            held = after
    return since


def _moved(line: LedgerLine) -> Decimal:
    """What a fill adds to the position; funding states a size and moves none."""
    size = line.quantity or ZERO
    if line.role is LedgerRole.FUND or line.side is Side.NONE:
        return ZERO
    return size if line.side is Side.BUY else -size


def _is_named(line: LedgerLine, forced: Iterable[Entry]) -> bool:
    """Whether a row of the wallet names the same event."""
    return any(
        abs(one.line.occurred_at - line.occurred_at) <= SLACK
        and (not one.line.instrument or one.line.instrument == line.instrument)
        for one in forced
    )


def _without_money(line: LedgerLine) -> LedgerLine:
    """What the row says of the position; its money stands elsewhere."""
    return line._replace(
        role=LedgerRole.INFO,
        amount=ZERO,
        fee_amount=ZERO,
        funding_amount=ZERO,
        liquidation_fee_amount=ZERO,
        balance_after=None,
    )
