"""Assessments: find events of accounts, compute them, store what changed.

Run for a set of accounts after an import, a changed rule or on demand. The same
rows under the same rules give the same receipt, and an equal receipt stores nothing:
running twice, or twice at once, changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol

from django.db import transaction
from django.db.models import Max

from accounts.models import TradingAccount
from recovery.domain.assessment import EventAssessment, assess_event
from recovery.domain.breaks import Finding, find_reason
from recovery.domain.detection import EventWindow, detect_events
from recovery.domain.errors import NotReadyError
from recovery.domain.history import Entry, gather_items, in_booked_order
from recovery.domain.ledger import EventMarker, LedgerLine, LedgerRole, Side
from recovery.domain.money import exact
from recovery.domain.opening import Opening, find_openings, window_asset
from recovery.domain.receipt import receipt_digest, write_receipt
from recovery.domain.references import event_reference
from recovery.domain.rulebook import RuleBook
from recovery.domain.words import EXPLAINED
from recovery.models import (
    Assessment,
    AssessmentLine,
    AssessmentResult,
    Break,
    BreakState,
    Event,
    LedgerEntry,
    Provenance,
)
from recovery.services.batches import payments_post
from recovery.services.recomputed import decisions_follow
from recovery.services.rules import RuleLoader

ACCOUNTS_PER_CHUNK = 50


class _Lease(Protocol):
    def beat(self, done: int, total: int = 0, unit: str = "") -> None: ...


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


def accounts_assess(lease: _Lease, account_ids: Sequence[int], *, now: datetime) -> int:
    """Find and assess every event of the accounts; one transaction per chunk.

    Returns:
        How many assessments were new.
    """
    loader = RuleLoader()
    stored = 0
    for start in range(0, len(account_ids), ACCOUNTS_PER_CHUNK):
        chunk = account_ids[start : start + ACCOUNTS_PER_CHUNK]
        with transaction.atomic():
            stored += _assess_chunk(chunk, loader, now)
            done = min(start + ACCOUNTS_PER_CHUNK, len(account_ids))
            lease.beat(done, len(account_ids), "accounts")
    return stored


def _assess_chunk(ids: Sequence[int], loader: RuleLoader, now: datetime) -> int:
    # The account rows are the lock: two runs over one account take turns.
    accounts = list(
        TradingAccount.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    )
    books = loader.books(accounts)
    by_id = {account.pk: account for account in accounts}
    names = EventNames(ids)
    computed = [
        one
        for account_id, entries in entries_by_account(by_id)
        for one in compute_account(by_id[account_id], entries, books[account_id], names)
    ]
    stored = _store_all(computed, now)
    _post_credits(ids, now)
    return stored


# Order of a ledger inside one account: time, then file, then place in the file.
_ORDER = ("account_id", "occurred_at", "source_file_id", "sequence")
_COLUMNS = (
    "id", "source_file__sha256", "source_file__provenance", "account_id",
    "row_number", "occurred_at", "asset", "role", "operation", "amount", "fee_amount",
    "funding_amount", "liquidation_fee_amount", "instrument", "marker", "side",
    "quantity", "price", "mark_price", "entry_price", "position_after",
    "balance_after", "source_id", "order_id", "event_reference",
    "source_file__manifest__agrees",
)  # fmt: skip


def entries_by_account(
    accounts: Iterable[int],
) -> Iterator[tuple[int, list[Entry]]]:
    """Ledger entries of accounts, oldest first, as values of the core."""
    rows = (
        LedgerEntry.objects.filter(account__in=list(accounts))
        .order_by(*_ORDER)
        .values_list(*_COLUMNS)
    )
    for account_id, group in groupby(rows.iterator(10_000), key=lambda row: row[3]):
        yield account_id, [_entry(row) for row in group]


def _entry(row: tuple[Any, ...]) -> Entry:
    line = LedgerLine(
        row[4], "", row[5], row[6], LedgerRole(row[7]), row[8], row[9], row[10],
        row[11], row[12], row[13], EventMarker(row[14]), Side(row[15]), *row[16:25],
    )  # fmt: skip
    return Entry(row[0], row[1][:12], row[2], line, is_doubted=row[25] is False)


class EventNames:
    """References of events: one that is stored keeps its own.

    A late row can move the start of an event. The stored event whose time overlaps is
    the same one, so cases and payments stay where they belong.
    """

    def __init__(self, account_ids: Sequence[int]) -> None:
        rows = Event.objects.filter(account__in=account_ids).order_by("started_at")
        self._known: dict[tuple[int, str], list[tuple[datetime, datetime, str]]] = {}
        for account_id, instrument, start, end, reference in rows.values_list(
            "account_id", "instrument", "started_at", "ended_at", "reference"
        ):
            place = self._known.setdefault((account_id, instrument), [])
            place.append((start, end, reference))

    def reference(self, account: TradingAccount, window: EventWindow) -> str:
        """The stored reference, each given once, else the one that follows."""
        known = self._known.get((account.pk, window.instrument), [])
        for place in known:
            start, end, reference = place
            if start <= window.ended_at and window.started_at <= end:
                known.remove(place)
                return reference
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

    An event of an instrument or time nobody wrote rules for is skipped: it is found
    again as soon as there are some.
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
    windows = [
        window
        for window in detect_events(items)
        if window.instrument in rules.instruments
    ]
    openings = find_openings(items, windows)
    for window, opening in zip(windows, openings, strict=True):
        try:
            reference = names.reference(account, window)
            yield compute_event(account, window, opening, rules, reference)
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


# --- storing ----------------------------------------------------------------------


def _store_all(computed: Sequence[Computed], now: datetime) -> int:
    events = _events(computed)
    changed = [one for one in computed if events[one.reference].digest != one.digest]
    if not changed:
        return 0
    numbers = dict(
        Assessment.objects.filter(event__reference__in=[c.reference for c in changed])
        .values_list("event_id")
        .annotate(last=Max("number"))
    )
    assessments = Assessment.objects.bulk_create(
        Assessment(
            event=events[one.reference].event,
            number=numbers.get(events[one.reference].event.pk, 0) + 1,
            computed_at=now,
            input_digest=one.digest,
            receipt=one.receipt,
            digest=one.digest,
            verified_share=one.assessment.verified_share,
        )
        for one in changed
    )
    pairs = list(zip(changed, assessments, strict=True))
    results = AssessmentResult.objects.bulk_create(
        _result(one, assessment) for one, assessment in pairs
    )
    AssessmentLine.objects.bulk_create(
        line for one, assessment in pairs for line in _lines(one, assessment)
    )
    _activate(pairs)
    _follow_breaks(list(zip(changed, results, strict=True)), now)
    decisions_follow(results, now=now)
    return len(changed)


@dataclass(frozen=True, slots=True)
class _Known:
    event: Event
    digest: str


def _events(computed: Sequence[Computed]) -> dict[str, _Known]:
    """Event rows of what was computed, made or brought up to date."""
    Event.objects.bulk_create(
        (_event(one) for one in computed),
        update_conflicts=True,
        unique_fields=["reference"],
        update_fields=[
            "source_reference", "asset", "kind", "started_at", "ended_at", "position_before",
            "position_after",
        ],
    )  # fmt: skip
    rows = Event.objects.filter(reference__in=[one.reference for one in computed])
    return {
        event.reference: _Known(
            event, event.active_assessment.digest if event.active_assessment else ""
        )
        for event in rows.select_related("active_assessment")
    }


def _event(one: Computed) -> Event:
    window = one.window
    return Event(
        reference=one.reference,
        source_reference=window.reference,
        account=one.account,
        instrument=window.instrument,
        asset=window_asset(window),
        kind=window.kind,
        started_at=window.started_at,
        ended_at=window.ended_at,
        position_before=window.forced[0].position_before,
        position_after=window.position_after,
    )


def _result(one: Computed, assessment: Assessment) -> AssessmentResult:
    numbers = one.assessment
    return AssessmentResult(
        assessment=assessment,
        asset=numbers.asset,
        residual_amount=numbers.residual,
        deficit_amount=numbers.deficit,
        received_amount=numbers.received,
        variance_amount=numbers.variance,
        reason=one.finding.reason or "",
        parts=[
            {"reason": part.reason, "amount": str(part.amount), "lines": part.lines}
            for part in one.finding.parts
        ],
    )


def _lines(one: Computed, assessment: Assessment) -> Iterator[AssessmentLine]:
    for position, line in enumerate(one.assessment.lines):
        yield AssessmentLine(
            assessment=assessment,
            position=position,
            asset=line.asset,
            label=line.label,
            expected=line.expected,
            recorded=line.recorded,
            difference=line.difference,
            basis=line.basis,
            evidence=list(line.evidence),
            note=line.note,
        )


def _activate(pairs: Sequence[tuple[Computed, Assessment]]) -> None:
    events = []
    for _, assessment in pairs:
        assessment.event.active_assessment = assessment
        events.append(assessment.event)
    Event.objects.bulk_update(events, ["active_assessment"])


def _follow_breaks(
    pairs: Sequence[tuple[Computed, AssessmentResult]], now: datetime
) -> None:
    """Open, explain or resolve the break of each result."""
    rows = [
        Break(
            event=result.assessment.event,
            asset=result.asset,
            result=result,
            reason=one.finding.reason,
            state=_state(one.finding),
            variance_amount=result.variance_amount,
            opened_at=now,
            changed_at=now,
        )
        for one, result in pairs
        if one.finding.reason
    ]
    Break.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["event", "asset"],
        update_fields=["result", "reason", "state", "variance_amount", "changed_at"],
    )
    tied = [result for one, result in pairs if not one.finding.reason]
    for result in tied:
        Break.objects.filter(
            event=result.assessment.event_id, asset=result.asset
        ).update(
            state=BreakState.RESOLVED,
            result=result,
            variance_amount=result.variance_amount,
            changed_at=now,
        )


def _state(finding: Finding) -> BreakState:
    return BreakState.EXPLAINED if finding.reason in EXPLAINED else BreakState.OPEN


def _post_credits(ids: Sequence[int], now: datetime) -> None:
    # A customer's own file proves no booking of the platform.
    seen = LedgerEntry.objects.filter(
        account__in=ids, role=LedgerRole.CREDIT, order_id__startswith="PY-"
    ).exclude(source_file__provenance=Provenance.CUSTOMER_SUPPLIED)
    payments_post(list(seen), now=now)


def event_recompute(event: Event, *, now: datetime) -> Event:
    """Assess one event's account again, at once.

    Raises:
        NotReadyError: The event is not found in the ledger any more.
    """
    with transaction.atomic():
        _assess_chunk([event.account_id], RuleLoader(), now)
    event.refresh_from_db()
    return event
