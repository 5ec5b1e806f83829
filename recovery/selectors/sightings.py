"""Which files hold the same rows, counted over the first of them."""

from collections import Counter
from typing import NamedTuple

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
    ids = list(rows.values_list("entry__source_file_id", flat=True)[: _LOOKED_AT + 1])
    return _seen(ids[:_LOOKED_AT], is_cut=len(ids) > _LOOKED_AT)


def sightings_after(source_file: SourceFile) -> Seen:
    """Files that repeat rows which this file brought in.

    Entries have no index by file: the files of the same venue and time that repeat
    anything at all are asked instead.
    """
    later = SourceFile.objects.filter(
        venue=source_file.venue,
        duplicate__gt=0,
        first_at__lte=source_file.last_at,
        last_at__gte=source_file.first_at,
    ).exclude(pk=source_file.pk)
    files = list(later.order_by("-pk").values_list("pk", flat=True)[:_FILES])
    rows = list(
        Sighting.objects.filter(source_file__in=files).values_list(
            "source_file_id", "entry__source_file_id"
        )[: _LOOKED_AT + 1]
    )
    own = [file for file, first in rows[:_LOOKED_AT] if first == source_file.pk]
    return _seen(own, is_cut=len(rows) > _LOOKED_AT)


def _seen(ids: list[int], *, is_cut: bool) -> Seen:
    counted = Counter(ids)
    names = SourceFile.objects.in_bulk(counted)
    files = [(pk, names[pk].name, count) for pk, count in counted.most_common(_FILES)]
    return Seen(files, _LOOKED_AT, is_cut)
