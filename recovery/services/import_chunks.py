"""The rows of one file, stored chunk by chunk, each in one transaction."""

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Protocol

from django.db import transaction

from recovery.domain.ledger import ZERO
from recovery.domain.money import exact, format_amount
from recovery.models import (
    RejectedRecord,
    SourceFile,
)
from recovery.reading.messages import Opened, Rows
from recovery.reading.rows import Sums, Tally
from recovery.services.accounts_seen import AccountBook
from recovery.services.fail_points import fail_point
from recovery.services.file_lengths import rows_about
from recovery.services.import_targets import TARGETS
from recovery.services.loading import RowWriter
from recovery.services.mark_prices import accounts_waiting_for_marks
from recovery.services.mending import Mending
from recovery.services.reference_rows import ReferenceWriter
from recovery.services.source_files import (
    source_file_path,
)
from recovery.venues.operation_meanings import layout_code
from recovery.venues.profile import LayoutKind

HOUSE = "house"


class Lease(Protocol):
    """The job's hold on its work."""

    def beat(self, done: int, total: int = 0, unit: str = "") -> None:
        """Renew it and tell the progress; refused when it stands no more."""


def _writer_of(source_file: SourceFile, opened: Opened) -> RowWriter | ReferenceWriter:
    kind = LayoutKind(opened.kind)
    if kind is LayoutKind.REFERENCE:
        return ReferenceWriter(source_file, layout_code(opened.layout))
    return RowWriter(TARGETS[kind])


class ChunkLoader:
    """Stores the rows of one file."""

    def __init__(self, source_file: SourceFile, opened: Opened) -> None:
        self.file = source_file
        self._venue = opened.venue
        self._kind = LayoutKind(opened.kind)
        self._accounts = AccountBook(opened.venue)
        self._touched: set[int] = set()
        self._writer = _writer_of(source_file, opened)
        self._mending = (
            Mending(source_file, TARGETS[self._kind])
            if source_file.mends_id and self._kind in TARGETS
            else None
        )
        self._done = 0
        self._rows_about = rows_about(source_file_path(source_file))

    def take(self, lease: Lease, rows: Rows) -> None:
        """Store a chunk that is behind the checkpoint."""
        self._done += rows.tally.records
        lines = self._whole_lines(rows)
        if self._done > self.file.checkpoint:
            self._store(lease, rows.tally, lines)

    def accounts_touched(self) -> list[int]:
        """Accounts whose events this file can change."""
        if self._kind == LayoutKind.FUNDING_RATES:
            return self._accounts.all_ids()
        if self._kind == LayoutKind.MARK_PRICES:
            told = (self.file.first_at, self.file.last_at)
            return accounts_waiting_for_marks(self._venue, *told)
        if isinstance(self._writer, ReferenceWriter):
            return sorted(self._writer.accounts)
        return sorted(self._touched)

    def _whole_lines(self, rows: Rows) -> list[bytes]:
        """The rows with their first column: the account's id, or the venue."""
        if self._kind is LayoutKind.REFERENCE:
            return rows.lines
        if not rows.accounts:
            venue = f"{self._venue}\t".encode()
            return [venue + line for line in rows.lines]
        ids = self._accounts.ids_of(rows.accounts)
        self._touched.update(ids[number] for number in rows.accounts)
        by_place = {
            str(at).encode(): f"{ids[number]}\t".encode()
            for at, number in enumerate(rows.accounts)
        }
        split = (line.partition(b"\t") for line in rows.lines)
        return [by_place[place] + line for place, _, line in split]

    def _store(self, lease: Lease, tally: Tally, lines: list[bytes]) -> None:
        with transaction.atomic():
            inserted = self._write(lines)
            tally.problems += self._writer.problems
            RejectedRecord.objects.bulk_create(
                RejectedRecord(
                    source_file=self.file,
                    row_number=problem.row_number,
                    column=problem.column[:80],
                    value=problem.value[:2000].replace("\x00", "�"),
                    reason=problem.reason,
                )
                for problem in tally.problems
            )
            self._tell_contradicted()
            taken = len(lines) - len(self._writer.problems)
            self._count(tally, taken, inserted)
            lease.beat(self._done, self._about(), "rows")
            fail_point("import.chunk_written")
        fail_point("import.chunk_committed")

    def _about(self) -> int:
        """How many records there are about; 0 where nothing tells it."""
        return max(self._rows_about, self._done) if self._rows_about else 0

    def _tell_contradicted(self) -> None:
        """Warn of rows that are known with another amount; the first one counts.

        Inside a venue's file its own reader has told them already.
        """
        told = [
            one
            for one in self._writer.contradicted
            if one[2] != self.file.pk or self._venue == HOUSE
        ]
        self._writer.contradicted.clear()
        names = dict(
            SourceFile.objects.filter(pk__in={one[2] for one in told}).values_list(
                "pk", "sha256"
            )
        )
        for row, source_id, file, other in told:
            alike = f"carries the id {source_id}" if source_id else "tells the same"
            self.file.warnings.append(
                f"Row {row} {alike}, as row {other} of file {names[file][:12]} does, "
                "and differs in its amount: the one that came first is kept. Ask the "
                "venue which is right."
            )

    def _write(self, lines: list[bytes]) -> int:
        """Load rows; those of a mended file say which record they bring again."""
        if self._mending is None:
            return self._writer.write(lines)
        texts = [line.decode() for line in lines]
        new = self._mending.new_lines(texts)
        inserted = self._writer.write([text.encode() for text in new])
        self._mending.link(texts)
        return inserted

    def _count(self, tally: Tally, lines: int, inserted: int) -> None:
        file = self.file
        file.checkpoint = file.records = self._done
        file.accepted += inserted
        file.duplicate += lines - inserted
        file.ignored += tally.ignored
        file.rejected += len(tally.problems)
        file.left_out = dict(Counter(file.left_out) + tally.left_out)
        file.sums = _summed(file.sums, tally.sums)
        file.first_at = min(filter(None, [file.first_at, tally.first_at]), default=None)
        file.last_at = max(filter(None, [file.last_at, tally.last_at]), default=None)
        file.save(
            update_fields=[
                "checkpoint",
                "records",
                "accepted",
                "duplicate",
                "ignored",
                "rejected",
                "left_out",
                "sums",
                "first_at",
                "last_at",
                "warnings",
            ]
        )


def _summed(
    stored: dict[str, dict[str, str]], added: Sums
) -> dict[str, dict[str, str]]:
    """Stored sums and a chunk's, as decimal strings; every row counts, also repeats."""
    total: Sums = defaultdict(dict)
    before = {
        a: {r: Decimal(x) for r, x in roles.items()} for a, roles in stored.items()
    }
    with exact():
        for sums in (before, added):
            for asset, roles in sums.items():
                for role, amount in roles.items():
                    total[asset][role] = total[asset].get(role, ZERO) + amount
    return {
        asset: {role: format_amount(amount) for role, amount in sorted(roles.items())}
        for asset, roles in sorted(total.items())
    }
