"""Which files hold the same rows, counted over the first of them."""

from collections import Counter
from typing import NamedTuple

from django.db.models import QuerySet

from recovery.models import Sighting, SourceFile

_LOOKED_AT = 5_000
_FILES = 10


class Seen(NamedTuple):
    """Files with how many of the rows looked at each holds.

    Attributes:
        is_cut: More rows are there than were looked at.
    """

    files: list[tuple[int, str, int]]
    looked_at: int
    is_cut: bool


def sightings_before(source_file: SourceFile) -> Seen:
    """Files that brought in rows which this file only repeats."""
    rows = Sighting.objects.filter(source_file=source_file)
    return _seen(rows, "entry__source_file_id")


def sightings_after(source_file: SourceFile) -> Seen:
    """Files that repeat rows which this file brought in."""
    rows = Sighting.objects.filter(entry__source_file=source_file)
    return _seen(rows, "source_file_id")


def _seen(rows: "QuerySet[Sighting]", holder: str) -> Seen:
    ids = list(rows.values_list(holder, flat=True)[: _LOOKED_AT + 1])
    counted = Counter(ids[:_LOOKED_AT])
    names = SourceFile.objects.in_bulk(counted)
    files = [(pk, names[pk].name, count) for pk, count in counted.most_common(_FILES)]
    return Seen(files, min(len(ids), _LOOKED_AT), len(ids) > _LOOKED_AT)
