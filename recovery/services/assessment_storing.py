"""What was computed becomes rows: events, assessments, lines, breaks.

An equal receipt stores nothing. Lines go by COPY: there are ten to every event.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from recovery.domain.breaks import Finding
from recovery.domain.money import format_amount
from recovery.domain.opening import window_asset
from recovery.domain.words import EXPLAINED, DecisionStatus
from recovery.models import (
    Assessment,
    AssessmentResult,
    Break,
    BreakState,
    Decision,
    Event,
)
from recovery.reading.copy_text import copy_line
from recovery.services.computing import Computed
from recovery.services.loading import RowWriter, Target
from recovery.services.recomputed import cases_told, decisions_follow
from recovery.services.watch_list import watch_events

LINE_TARGET = Target(
    table="recovery_assessmentline",
    columns=(
        "assessment_id", "position", "asset", "label", "expected", "recorded",
        "difference", "basis", "evidence", "note",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """A stored event, and the digest of its active assessment."""

    event: Event
    digest: str


def assessments_store(
    computed: Sequence[Computed], events: Mapping[str, Known], now: datetime
) -> int:
    """Store what differs from the active assessments, in the caller's transaction.

    Args:
        computed: Every event of the accounts that is there now.
        events: Their rows, as `events_store` gave them.
        now: Aware UTC.

    Returns:
        How many assessments were new.
    """
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
    RowWriter(LINE_TARGET).write(
        [line.encode() for one, assessment in pairs for line in _lines(one, assessment)]
    )
    _activate(pairs)
    _follow_breaks(list(zip(changed, results, strict=True)), now)
    decisions_follow(results, now=now)
    cases_told(results)
    watch_events(one.event for one in assessments if one.number == 1)
    return len(changed)


def events_gone(references: Sequence[str], now: datetime) -> None:
    """Let go of events that the rows do not show any more, where nothing rests on them.

    Their assessments stay: an event whose rows come back gets the next number.
    """
    if not references:
        return
    gone = Event.objects.filter(reference__in=references).exclude(
        pk__in=Decision.objects.exclude(
            status__in=(DecisionStatus.RETURNED, DecisionStatus.VOIDED)
        ).values("result__assessment__event")
    )
    ids = list(gone.values_list("pk", flat=True))
    Break.objects.filter(event__in=ids).update(
        state=BreakState.RESOLVED, changed_at=now
    )
    Event.objects.filter(pk__in=ids).update(active_assessment=None)


def events_store(computed: Sequence[Computed], gone: Sequence[str]) -> dict[str, Known]:
    """Event rows of what was computed, made or brought up to date, and so locked.

    Args:
        computed: Every event of the accounts that is there now.
        gone: References of events that are not there any more: locked only.
    """
    if gone:
        list(
            Event.objects.select_for_update(no_key=True)
            .filter(reference__in=gone)
            .order_by("pk")
            .values_list("pk")
        )
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
        event.reference: Known(
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
        position_before=window.position_before,
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


def _lines(one: Computed, assessment: Assessment) -> Iterator[str]:
    for position, line in enumerate(one.assessment.lines):
        yield copy_line(
            (
                assessment.pk,
                position,
                line.asset,
                line.label,
                format_amount(line.expected),
                format_amount(line.recorded),
                format_amount(line.difference),
                line.basis.value,
                json.dumps(line.evidence),
                line.note,
            )
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
