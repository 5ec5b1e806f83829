"""Rejected records by their reason."""

from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from recovery.models import MendedRecord, SourceFile, SourceFileState

_GROUPS = 50


class RejectedGroup(NamedTuple):
    """Records rejected for one reason in one column."""

    column: str
    reason: str
    records: int
    mended_records: int


def mendings_counting() -> "QuerySet[MendedRecord]":
    """Mended records but for those of files that were undone."""
    return MendedRecord.objects.exclude(source_file__state=SourceFileState.UNDONE)


def rejected_groups(source_file: SourceFile) -> list[RejectedGroup]:
    """The commonest reasons first."""
    counts = Q(pk__in=mendings_counting().values("rejected"))
    rows = (
        source_file.rejected_records.values_list("column", "reason")
        .annotate(records=Count("pk"), mends=Count("pk", filter=counts, distinct=True))
        .order_by("-records", "column", "reason")
    )
    return [RejectedGroup(*row) for row in rows[:_GROUPS]]
