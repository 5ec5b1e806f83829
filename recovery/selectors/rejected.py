"""Rejected records by their reason."""

from typing import NamedTuple

from django.db.models import Count

from recovery.models import SourceFile

_GROUPS = 50


class RejectedGroup(NamedTuple):
    """Records rejected for one reason in one column."""

    column: str
    reason: str
    records: int
    mended_records: int


def rejected_groups(source_file: SourceFile) -> list[RejectedGroup]:
    """The commonest reasons first."""
    rows = (
        source_file.rejected_records.values_list("column", "reason")
        .annotate(records=Count("pk"), mends=Count("mended"))
        .order_by("-records", "column", "reason")
    )
    return [RejectedGroup(*row) for row in rows[:_GROUPS]]
