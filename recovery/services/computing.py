"""Events of accounts, computed from stored rows and rules. Writes nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from accounts.models import TradingAccount
from recovery.domain.assessment import EventAssessment, assess_event
from recovery.domain.assessment_expected import marks_needed
from recovery.domain.breaks import Finding, find_reason
from recovery.domain.detection import EventWindow, detect_events
from recovery.domain.errors import NotReadyError
from recovery.domain.history import Entry, gather_items, in_booked_order
from recovery.domain.ledger import EventMarker, LedgerLine, LedgerRole, Side
from recovery.domain.money import exact
from recovery.domain.opening import Opening, find_openings
from recovery.domain.receipt import receipt_digest, write_receipt
from recovery.domain.references import event_reference
from recovery.domain.restated import SLACK, told_once
from recovery.domain.rulebook import RuleBook
from recovery.domain.transfers import without_twins
from recovery.models import Event, LedgerEntry, SourceFileState
from recovery.selectors.operation_mappings import operation_meanings
from recovery.services.mark_prices import rules_marked
from recovery.services.restated_files import restated_files
from recovery.services.sightings import (
    Holder,
    sightings_of,
    strength_of,
    strongest,
)
from recovery.venues.loading import unmarked_venues
from recovery.venues.operation_meanings import OperationMeanings, line_meant


@dataclass(frozen=True, slots=True)
class Computed:
    """One event of one account, computed and not yet stored."""

    account: TradingAccount
    window: EventWindow
    reference: str
    assessment: EventAssessment
    finding: Finding
    receipt: str
    digest: str


# Order of a ledger inside one account: time, then file, then place in the file.
_ORDER = ("account_id", "occurred_at", "source_file_id", "sequence")
_COLUMNS = (
    "id", "source_file__sha256", "source_file__provenance", "account_id",
    "row_number", "occurred_at", "asset", "role", "operation", "amount", "fee_amount",
    "funding_amount", "liquidation_fee_amount", "instrument", "marker", "side",
    "quantity", "price", "mark_price", "entry_price", "position_after",
    "balance_after", "source_id", "order_id", "event_reference",
    "source_file__manifest__agrees", "source_file__state",
)  # fmt: skip


def entries_by_account(
    accounts: Iterable[int], meanings: OperationMeanings | None = None
) -> Iterator[tuple[int, list[Entry]]]:
    """Ledger entries of accounts, oldest first, as values of the core.

    Each under the strongest file that holds it. Rows of files that were undone are
    left out, unless another file holds them too, and so are rows that tell money once
    more which another file tells already, also where it tells only the same transfer
    a few seconds apart. Row types no profile knows have the role
    that staff gave them.

    Args:
        meanings: What unknown row types mean; as approved when left out.
    """
    ids = list(accounts)
    seen = sightings_of(ids)
    known = operation_meanings() if meanings is None else meanings
    known_files = restated_files(ids)
    rows = (
        LedgerEntry.objects.filter(account__in=ids)
        .order_by(*_ORDER)
        .values_list(*_COLUMNS)
    )
    for account_id, group in groupby(rows.iterator(10_000), key=lambda row: row[3]):
        entries = (_entry(row, seen.get(row[0], ()), known) for row in group)
        held = [entry for entry in entries if entry is not None]
        yield account_id, without_twins(told_once(held, *known_files), strength_of)


def _entry(
    row: tuple[Any, ...], seen: Sequence[Holder], meanings: OperationMeanings
) -> Entry | None:
    holders = [*seen]
    if row[26] != SourceFileState.UNDONE:
        holders.append(Holder(row[1], row[2], row[25]))
    if not holders:
        return None
    best = strongest(holders)
    line = LedgerLine(
        row[4], "", row[5], row[6], LedgerRole(row[7]), row[8], row[9], row[10],
        row[11], row[12], row[13], EventMarker(row[14]), Side(row[15]), *row[16:25],
    )  # fmt: skip
    is_doubted = best.agrees is False
    entry = Entry(row[0], best.sha256[:12], best.provenance, line, is_doubted)
    return _meant(entry, row[1], meanings) if line.role == LedgerRole.UNKNOWN else entry


def _meant(entry: Entry, sha256: str, meanings: OperationMeanings) -> Entry:
    """An entry of an unknown row type, with the role staff gave it."""
    line = entry.line
    found = meanings.meaning(sha256, line.operation, line.occurred_at)
    if found is None:
        return entry
    line = line_meant(line, found)
    return entry._replace(line=line, mapping=found.name)


class _Stored(NamedTuple):
    """An event as it is stored: where, when, under which name."""

    instrument: str
    started_at: datetime
    ended_at: datetime
    reference: str

    def is_of(self, window: EventWindow, slack: timedelta) -> bool:
        """Whether it is the event of a window, give or take the slack."""
        if not self.instrument or not window.instrument:
            is_same = bool(slack)
        else:
            is_same = self.instrument == window.instrument
        return (
            is_same
            and self.started_at - slack <= window.ended_at
            and window.started_at <= self.ended_at + slack
        )

    def is_to_the_minute(self, window: EventWindow) -> bool:
        """Whether one of the two was told by a list that is dated to the minute."""
        starts = (self.started_at, window.started_at)
        return any(not at.second and not at.microsecond for at in starts)


class EventNames:
    """References of events: one that is stored keeps its own.

    A late row can move the start of an event, and the wallet's own file says to the
    second what a list of closed positions said to the minute. The stored event whose
    time overlaps is the same one, so cases and payments stay where they belong.
    """

    def __init__(self, account_ids: Sequence[int]) -> None:
        rows = Event.objects.filter(account__in=account_ids).order_by("started_at")
        self._known: dict[int, list[_Stored]] = {}
        for account_id, instrument, start, end, reference in rows.values_list(
            "account_id", "instrument", "started_at", "ended_at", "reference"
        ):
            known = self._known.setdefault(account_id, [])
            known.append(_Stored(instrument, start, end, reference))

    def unmatched(self) -> list[str]:
        """References of stored events that the rows do not show any more."""
        return [one.reference for known in self._known.values() for one in known]

    def references(
        self, account: TradingAccount, windows: Sequence[EventWindow]
    ) -> list[str]:
        """The stored references, each given once, else those that follow."""
        known = self._known.get(account.pk, [])
        found: dict[int, str] = {}
        for slack in (timedelta(), SLACK) if known else ():
            for place, window in enumerate(windows):
                if place not in found and (one := _stored(known, window, slack)):
                    known.remove(one)
                    found[place] = one.reference
        return [
            found.get(place) or _reference_of(account, window)
            for place, window in enumerate(windows)
        ]


def _stored(
    known: Sequence[_Stored], window: EventWindow, slack: timedelta
) -> _Stored | None:
    for one in known:
        if one.is_of(window, slack) and (not slack or one.is_to_the_minute(window)):
            return one
    return None


def _reference_of(account: TradingAccount, window: EventWindow) -> str:
    return event_reference(
        account.venue,
        account.number,
        window.instrument,
        window.started_at.isoformat(),
    )


def compute_account(
    account: TradingAccount,
    entries: Sequence[Entry],
    rules: RuleBook,
    names: EventNames,
) -> list[Computed]:
    """Events of one account, assessed. Writes nothing.

    An event of a time nobody wrote rules for is skipped: it is found again as soon as
    there are some. One of an instrument nobody wrote down is shown as recorded.
    """
    with exact():
        return list(_computed(account, entries, rules, names))


def _computed(
    account: TradingAccount,
    entries: Sequence[Entry],
    rules: RuleBook,
    names: EventNames,
) -> Iterator[Computed]:
    items = gather_items(in_booked_order(entries))
    is_marked = account.venue not in unmarked_venues()
    windows = detect_events(items, is_marked=is_marked)
    openings = find_openings(items, windows)
    references = names.references(account, windows)
    marked = rules_marked(
        rules, account.venue, list(map(marks_needed, windows, openings))
    )
    for window, opening, reference, known in zip(
        windows, openings, references, marked, strict=True
    ):
        try:
            yield compute_event(account, window, opening, known, reference)
        except NotReadyError:
            continue


def compute_event(
    account: TradingAccount,
    window: EventWindow,
    opening: Opening,
    rules: RuleBook,
    reference: str,
) -> Computed:
    """One event, assessed, with its receipt.

    Raises:
        NotReadyError: No policy was in force.
    """
    assessment = assess_event(window, opening, rules)
    finding = find_reason(assessment)
    receipt = write_receipt(
        reference=reference,
        venue=account.venue,
        account=account.number,
        window=window,
        opening=opening,
        rules=rules,
        assessment=assessment,
        finding=finding,
    )
    return Computed(
        account,
        window,
        reference,
        assessment,
        finding,
        receipt,
        receipt_digest(receipt),
    )
