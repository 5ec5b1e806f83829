"""Files that tell the same money once more must not make it twice.

Venues give one account several files: the log of its wallet, and lists of trades or
closed positions whose fees and results stand in that log too. The layout of a file
says which others it restates. Where such a file covers a time, restating rows of that
time move no balance. They begin no event either, unless they name one of which the
wallet's own rows say nothing: then they stay, as evidence without money.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from recovery.domain.history import Entry
from recovery.domain.ledger import FORCED_MARKERS, ZERO, LedgerLine, LedgerRole

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


def told_once(entries: Sequence[Entry], restating: Restating) -> list[Entry]:
    """The entries that count: restating ones only where no file they restate covers them.

    Args:
        entries: Of one account, in any order.
        restating: Files whose layout restates others, with those others.
    """
    if not any(entry.file in restating for entry in entries):
        return list(entries)
    spans = spans_of(entries)
    forced = [
        entry
        for entry in entries
        if entry.file not in restating and entry.line.marker in FORCED_MARKERS
    ]
    counted = []
    for entry in entries:
        told = restating.get(entry.file, frozenset())
        at = entry.line.occurred_at
        if not any(name in told and spans[name].holds(at) for name in spans):
            counted.append(entry)
        elif entry.line.marker in FORCED_MARKERS and not _is_named(entry.line, forced):
            counted.append(entry._replace(line=_without_money(entry.line)))
    return counted


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
