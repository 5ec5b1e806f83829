"""Rejected records go out with their columns, are mended, and come in again.

The rejected record stays as it is; a row of the mended file is linked to it, once.
Nothing is counted twice: a row whose record was mended before is left out, and equal
rows are numbered after those of the file they belong to.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import count, filterfalse
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet

from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.models import (
    LedgerEntry,
    MendedRecord,
    Provenance,
    RejectedRecord,
    SourceFile,
    SourceFileState,
)
from recovery.reading.client import read_apart
from recovery.reading.desk_columns import DESK_COLUMNS
from recovery.reading.messages import Looked, Request, Task
from recovery.reading.raw_rows import ROWS_MAX
from recovery.selectors.layout_mappings import layout_named
from recovery.selectors.rejected import mendings_counting
from recovery.services.actors import Actor, require_duty
from recovery.services.loading import Target
from recovery.services.source_files import source_file_receive, source_file_request

# A row somebody edited is no word of the house or of the venue any more.
_EDITED = {
    Provenance.CUSTOMER_SUPPLIED: Provenance.CUSTOMER_SUPPLIED,
}


class RejectedSheet(NamedTuple):
    """Rejected rows as they stand in their file, with number and reason before them."""

    header: list[str]
    rows: list[list[str]]


def rejected_open(source_file: SourceFile) -> "QuerySet[RejectedRecord]":
    """Rejected records that nobody has mended yet, in the order of the file."""
    rows = source_file.rejected_records.exclude(
        pk__in=mendings_counting().values("rejected")
    )
    return rows.order_by("row_number")


def mended_elsewhere(mended: SourceFile) -> SourceFile | None:
    """Another file that counts and mends a record which this one mends too."""
    records = mended.mended_records.values("rejected")
    again = mendings_counting().filter(rejected__in=records)
    found = again.exclude(source_file=mended).select_related("source_file").first()
    return found.source_file if found else None


def rejected_parts(count: int) -> int:
    """How many sheets so many open records fill; one where there are none."""
    return max(1, -(-count // ROWS_MAX))


def rejected_sheet(source_file: SourceFile, *, part: int = 1) -> RejectedSheet:
    """Open ones with all their columns; a sheet holds so many and no more.

    Args:
        part: Which sheet, from 1 on; beyond the last it is empty.

    Raises:
        RecoveryError, ReaderDiedError: The file cannot be read any more.
    """
    told = {
        one.row_number: f"{one.column}: {one.reason}"
        for one in rejected_open(source_file)[(part - 1) * ROWS_MAX : part * ROWS_MAX]
    }
    request = source_file_request(source_file)
    facts = _raw(replace(request, task=Task.RAW_ROWS, numbers=tuple(told)))
    return RejectedSheet(
        [*DESK_COLUMNS, *facts["header"]],
        [[str(number), told[number], *cells] for number, cells in facts["rows"]],
    )


def rejected_mend(
    actor: Actor, source_file: SourceFile, *, path: Path, name: str
) -> SourceFile:
    """Take rejected rows in again, mended; they are loaded as the first file was read.

    Raises:
        NotReadyError: The first file is not loaded, or mends another itself.
        DutyMissingError: The actor imports nothing.
    """
    require_duty(actor, Duty.IMPORT_FILES)
    if source_file.state != SourceFileState.LOADED or source_file.mends_id:
        raise NotReadyError("Rows are mended for a loaded file, not for this one.")
    read_as = source_file.recognition or {}
    stated = read_as.get("stated", {})
    with transaction.atomic():
        mended = source_file_receive(
            actor,
            path=path,
            name=name,
            provenance=edited_provenance(source_file.provenance),
            venue=source_file.venue,
            account=source_file.account_number or stated.get("account", ""),
            zone=source_file.zone,
            asset=source_file.asset or stated.get("asset", ""),
            day_order=source_file.day_order or read_as.get("day_order", ""),
        )
        if mended.mends_id is None and mended.checkpoint == 0:
            mended.mends = source_file
            mended.save(update_fields=["mends"])
    return mended


def edited_provenance(provenance: str) -> Provenance:
    """What rows prove after somebody edited them: no more than staff can say."""
    return _EDITED.get(Provenance(provenance), Provenance.STAFF_OBTAINED)


class Mending:
    """What the rows of one mended file bring again."""

    def __init__(self, source_file: SourceFile, target: Target) -> None:
        self._file = source_file
        self._number_at = target.columns.index("row_number")
        self._is_ledger = "ordinal" in target.columns
        self._source_id_at = target.columns.index("source_id") if self._is_ledger else 0
        layout = layout_named(source_file.venue, source_file.layout)
        self._ids_count = layout is None or layout.identity is None
        request = source_file_request(source_file)
        pairs = _raw(replace(request, task=Task.RAW_ROWS))["mends"]
        self._record_of = self._records(dict(map(tuple, pairs)))

    def _records(self, numbers: dict[int, int]) -> dict[int, RejectedRecord]:
        """The rejected record of each row that names one."""
        rejected = RejectedRecord.objects.filter(
            source_file=self._file.mends_id, row_number__in=numbers.values()
        )
        by_number = {one.row_number: one for one in rejected}
        return {
            row: by_number[number]
            for row, number in numbers.items()
            if number in by_number
        }

    def new_lines(self, lines: Sequence[str]) -> list[str]:
        """The rows whose record is not mended yet, equal ones numbered on."""
        records = [one.pk for one in self._record_of.values()]
        before = mendings_counting().filter(rejected__in=records)
        done: set[int | None] = set(before.values_list("rejected", flat=True))
        new = []
        for line in lines:
            record = self._record_id(line)
            if record is None or record not in done:
                new.append(line)
                done.add(record)
        return self._numbered(new) if self._is_ledger else new

    def link(self, lines: Iterable[str]) -> None:
        """Note which record each of these rows brought in.

        Of rows that name one record, the first.
        """
        MendedRecord.objects.bulk_create(
            [
                MendedRecord(rejected=record, source_file=self._file, row_number=number)
                for number in map(self._number, lines)
                if (record := self._record_of.get(number))
            ],
            ignore_conflicts=True,
        )

    def _number(self, line: str) -> int:
        return int(line.split("\t")[self._number_at])

    def _record_id(self, line: str) -> int | None:
        record = self._record_of.get(self._number(line))
        return record.pk if record else None

    def _numbered(self, lines: list[str]) -> list[str]:
        """Equal rows go on counting where the first file ended.

        An id of its own tells a row apart, unless its layout goes by other columns.
        """
        split = [line.split("\t") for line in lines]
        free = {
            identity: filterfalse(taken.__contains__, count())
            for identity, taken in self._equal_rows(split).items()
        }
        for cells in split:
            if not (cells[self._source_id_at] and self._ids_count):
                cells[2] = str(next(free[cells[0], cells[1]]))
        return ["\t".join(cells) for cells in split]

    def _equal_rows(self, split: list[list[str]]) -> dict[tuple[str, str], set[int]]:
        """The ordinals of equal rows in the first file and in what mended it before.

        Of this file, those of the chunks that are stored. What was undone holds none:
        its place is free, for the same row again or for an equal one.
        """
        family = SourceFile.objects.filter(
            Q(pk=self._file.mends_id) | Q(mends=self._file.mends_id)
        ).exclude(state=SourceFileState.UNDONE)
        told = {cells[1]: bytes.fromhex(cells[1][3:]) for cells in split}
        rows = LedgerEntry.objects.filter(
            Q(source_file__in=family) | Q(sightings__source_file__in=family),
            account__in={int(cells[0]) for cells in split},
            fingerprint__in=told.values(),
        ).values_list("account_id", "fingerprint", "ordinal")
        written = {value: key for key, value in told.items()}
        taken: dict[tuple[str, str], set[int]] = {
            (cells[0], cells[1]): set() for cells in split
        }
        for account, fingerprint, ordinal in rows:
            taken[str(account), written[bytes(fingerprint)]].add(ordinal)
        return taken


def _raw(request: Request) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    with closing(read_apart(request)) as messages:
        for message in messages:
            if isinstance(message, Looked):
                facts = message.facts
    return facts
