"""What an import brought, in the fixed shape of the command line and the API."""

from typing import Any

from django.db.models import Exists, OuterRef

from recovery.domain.money import format_amount
from recovery.models import (
    Assessment,
    Event,
    LedgerEntry,
    RejectedRecord,
    SourceFile,
    SourceFileState,
)
from recovery.selectors.file_sums import sums_read

PROBLEMS_SHOWN = 1000


def import_report(source_file: SourceFile, *, name: str = "") -> dict[str, Any]:
    """One file's report (design §8); amounts are decimal strings.

    A refused file carries `refused` with the reason instead of its figures.
    """
    head = {"file": name or source_file.name, "sha256": source_file.sha256}
    if source_file.state == SourceFileState.REFUSED:
        return {**head, "refused": source_file.refusal}
    return {
        **head,
        "venue": source_file.venue,
        "layout": source_file.layout,
        "zone": source_file.zone,
        "records": source_file.records,
        "accepted": source_file.accepted,
        "duplicate": source_file.duplicate,
        "ignored": source_file.ignored,
        "rejected": source_file.rejected,
        "sums": sums_read(source_file),
        "first_at": source_file.first_at and source_file.first_at.isoformat(),
        "last_at": source_file.last_at and source_file.last_at.isoformat(),
        "problems": [
            problem_report(row)
            for row in source_file.rejected_records.order_by("row_number")[
                :PROBLEMS_SHOWN
            ]
        ],
        "warnings": source_file.warnings,
        "events": [event_report(event) for event in events_of_file(source_file)],
    }


def problem_report(row: RejectedRecord) -> dict[str, Any]:
    """One record refused."""
    return {
        "row": row.row_number,
        "column": row.column,
        "value": row.value,
        "reason": row.reason,
    }


def events_of_file(source_file: SourceFile) -> list[Event]:
    """Events whose window holds a ledger entry of this file, in time order."""
    if source_file.first_at is None:
        return []
    inside = LedgerEntry.objects.filter(
        source_file=source_file,
        account=OuterRef("account"),
        occurred_at__gte=OuterRef("started_at"),
        occurred_at__lte=OuterRef("ended_at"),
    )
    rows = Event.objects.filter(
        Exists(inside),
        started_at__lte=source_file.last_at,
        ended_at__gte=source_file.first_at,
    )
    return list(
        rows.select_related("account", "active_assessment")
        .prefetch_related("active_assessment__results")
        .order_by("started_at", "reference")
    )


def event_report(event: Event) -> dict[str, Any]:
    """One event with the results of its active assessment."""
    return {
        "reference": event.reference,
        "kind": event.kind,
        "account": event.account.number,
        "instrument": event.instrument,
        "started_at": event.started_at.isoformat(),
        "ended_at": event.ended_at.isoformat(),
        **assessment_report(event.active_assessment),
    }


def assessment_report(assessment: Assessment | None) -> dict[str, Any]:
    """Results per asset and the verified share."""
    if assessment is None:
        return {"results": [], "verified_share": "0"}
    return {
        "results": [
            {
                "asset": result.asset,
                "residual": format_amount(result.residual_amount),
                "deficit": format_amount(result.deficit_amount),
                "received": format_amount(result.received_amount),
                "variance": format_amount(result.variance_amount),
            }
            for result in assessment.results.all()
        ],
        "verified_share": format_amount(assessment.verified_share),
    }
