"""Files that tell the same money once more must not make it twice.

Venues give one account several files: the log of its wallet, and lists of trades or
closed positions whose fees and results stand in that log too. The layout of a file
says whether it restates another. Where the log covers a time, restating rows of that
time explain and prove, but they neither move a balance nor begin an event.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from recovery.domain.history import Entry

# Lists of closed positions are dated to the minute.
SLACK = timedelta(minutes=1)


class Span(NamedTuple):
    """A stretch of time that a file of the wallet covers."""

    first_at: datetime
    last_at: datetime

    def holds(self, at: datetime) -> bool:
        """Whether the instant lies in it, to the minute."""
        return self.first_at - SLACK <= at <= self.last_at + SLACK


def spans_of(entries: Iterable[Entry], restating: frozenset[str]) -> list[Span]:
    """What the files of the wallet cover, one span a file.

    Args:
        entries: Of one account.
        restating: Files whose layout restates another.
    """
    spans: dict[str, Span] = {}
    for entry in entries:
        if entry.file in restating:
            continue
        at = entry.line.occurred_at
        known = spans.get(entry.file, Span(at, at))
        spans[entry.file] = Span(min(known.first_at, at), max(known.last_at, at))
    return list(spans.values())


def told_once(entries: Sequence[Entry], restating: frozenset[str]) -> list[Entry]:
    """The entries that count: restating ones only where no wallet file covers them.

    Args:
        entries: Of one account, in any order.
        restating: Files whose layout restates another.
    """
    if not restating:
        return list(entries)
    spans = spans_of(entries, restating)
    return [
        entry
        for entry in entries
        if entry.file not in restating
        or not any(span.holds(entry.line.occurred_at) for span in spans)
    ]
