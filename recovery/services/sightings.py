"""How well a row is proven: by the strongest of the files that hold it.

A customer's file may bring a row in first and the platform's own file bring it again.
The row is one row; that both hold it is kept, and the platform's word counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import QuerySet
from psycopg import sql

from recovery.models import LedgerEntry, Provenance, Sighting, SourceFileState

# Rows of a staged chunk that an earlier file brought in. Run in the chunk's own
# transaction; again changes nothing.
SIGHTINGS_NOTED = sql.SQL("""
    INSERT INTO recovery_sighting (entry_id, source_file_id, row_number)
    SELECT e.id, s.source_file_id, s.row_number
    FROM {staging} s JOIN {table} e
      ON e.account_id = s.account_id AND e.fingerprint = s.fingerprint
     AND e.ordinal = s.ordinal
    WHERE e.source_file_id <> s.source_file_id
    ORDER BY e.id
    ON CONFLICT DO NOTHING
""")
_STRENGTH = (
    Provenance.CUSTOMER_SUPPLIED,
    Provenance.STAFF_OBTAINED,
    Provenance.VENUE_API,
    Provenance.HOUSE,
)
_COLUMNS = (
    "source_file__sha256", "source_file__provenance", "source_file__manifest__agrees",
)  # fmt: skip


class Holder(NamedTuple):
    """A file that holds a row and was not undone.

    `agrees` is False where the manifest of the file and its rows disagree.
    """

    sha256: str
    provenance: str
    agrees: bool | None = None


def strength_of(provenance: str) -> int:
    """How much the word of a provenance counts."""
    return _STRENGTH.index(Provenance(provenance))


def strongest(holders: Sequence[Holder]) -> Holder:
    """The holder whose word counts; among equals the one named last."""
    return max(
        reversed(holders),
        key=lambda one: (
            strength_of(one.provenance),
            one.agrees is not False,
        ),
    )


def sightings_of(account_ids: Iterable[int]) -> dict[int, list[Holder]]:
    """Further files that hold entries of accounts, by entry; undone ones left out."""
    rows = Sighting.objects.filter(entry__account__in=list(account_ids))
    return _by_entry(rows)


def entries_held(
    entries: "QuerySet[LedgerEntry]",
) -> list[tuple[LedgerEntry, Holder | None]]:
    """Entries with the strongest file that holds each; None where all were undone."""
    rows = list(entries.select_related("source_file"))
    seen = _by_entry(Sighting.objects.filter(entry__in=rows))
    return [(entry, _holder(entry, seen.get(entry.pk, []))) for entry in rows]


def _holder(entry: LedgerEntry, seen: list[Holder]) -> Holder | None:
    file = entry.source_file
    holders = [*seen]
    if file.state != SourceFileState.UNDONE:
        agrees = (file.manifest or {}).get("agrees")
        holders.append(Holder(file.sha256, file.provenance, agrees))
    return strongest(holders) if holders else None


def _by_entry(rows: "QuerySet[Sighting]") -> dict[int, list[Holder]]:
    found: dict[int, list[Holder]] = defaultdict(list)
    active = rows.exclude(source_file__state=SourceFileState.UNDONE)
    for entry_id, *holder in active.order_by("id").values_list("entry_id", *_COLUMNS):
        found[entry_id].append(Holder(*holder))
    return found
