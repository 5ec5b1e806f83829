"""What a file proves or disproves by itself, told while it is read."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice

from recovery.domain.booked_order import in_chain
from recovery.domain.ledger import LedgerLine
from recovery.domain.money import exact, format_amount
from recovery.venues.outcomes import Outcome
from recovery.venues.profile import Layout, LayoutKind, RowOrder
from recovery.venues.proofs import balance_gaps, in_time_order, zone_shift

LINES_KEPT = 50_000
GAPS_TOLD = 20


class FileProofs:
    """Keeps the lines of a file and tells what they prove.

    A file too long to keep is not looked into, and that is told; one of the house has
    its manifest then.

    Args:
        layout: of the file.
        kept: how many lines are looked into at most.
    """

    def __init__(self, layout: Layout, kept: int = LINES_KEPT) -> None:
        self._layout = layout
        self._kept = kept
        self._lines: list[LedgerLine] = []
        self._is_house = bool(layout.announced_as)
        self._is_watched = layout.kind is LayoutKind.LEDGER
        self._is_too_long = False

    def watched(self, outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
        """The same outcomes, looked at on their way."""
        return self._watched(outcomes) if self._is_watched else outcomes

    def told(self) -> list[str]:
        """What the file says against itself, in sentences; empty when nothing."""
        if self._is_too_long and self._is_house:
            return []
        if self._is_too_long:
            unproven = (
                f"More than {self._kept:,} rows: balances and hours of funding were not "
                "compared. Send shorter periods to have them proven."
            )
            return [unproven]
        ordered = in_time_order(self._lines, self._order())
        if self._layout.has_running_balance:
            with exact():
                ordered = list(in_chain(ordered, _itself))
        gaps = self._gaps(ordered) if self._layout.has_running_balance else []
        if self._is_house:  # Its zone is fixed; its ids are told of when they are kept.
            return gaps
        told = [*gaps, *_shift_told(zone_shift(ordered))]
        return [*told, *islice(self._conflicts(), GAPS_TOLD)]

    def _conflicts(self) -> Iterator[str]:
        """Rows under one id of the venue that say different things."""
        known: dict[tuple[str, str], LedgerLine] = {}
        for line in self._lines:
            if not line.source_id:
                continue
            first = known.setdefault((line.account, line.source_id), line)
            if line._replace(row_number=first.row_number) != first:
                yield (
                    f"Rows {first.row_number} and {line.row_number} carry one id, "
                    f"{line.source_id}, and differ: only one of them is kept. Ask the "
                    "venue which is right."
                )

    def _watched(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        remaining = iter(outcomes)
        for outcome in remaining:
            if isinstance(outcome, LedgerLine):
                self._lines.append(outcome)
                if len(self._lines) > self._kept:
                    self._is_too_long = True
                    self._lines.clear()
            yield outcome
            if self._is_too_long:
                break
        yield from remaining

    def _order(self) -> RowOrder:
        """The order of the file, also when somebody has turned it round."""
        order = self._layout.order
        if order is RowOrder.BY_ID or not self._lines:
            return order
        first, last = self._lines[0].occurred_at, self._lines[-1].occurred_at
        if first == last:
            return order
        return RowOrder.OLDEST_FIRST if first < last else RowOrder.NEWEST_FIRST

    def _gaps(self, ordered: Sequence[LedgerLine]) -> list[str]:
        gaps = list(balance_gaps(ordered))
        told = [
            f"Between rows {gap.after_row} and {gap.before_row}, account {gap.account}: "
            f"the balance moves by {format_amount(gap.amount)} {gap.asset} without a row."
            for gap in gaps[:GAPS_TOLD]
        ]
        if len(gaps) > GAPS_TOLD:
            told.append(f"{len(gaps) - GAPS_TOLD} more gaps in the balances.")
        return told


def _itself(line: LedgerLine) -> LedgerLine:
    return line


def _shift_told(shift: timedelta | None) -> list[str]:
    if not shift:
        return []
    hours = shift // timedelta(hours=1)
    side = "after" if hours > 0 else "before"
    suspicion = (
        f"Funding rows stand {abs(hours)} hours {side} 00, 08 and 16 UTC: the zone of "
        "the file may be another."
    )
    return [suspicion]
