"""Imports: a stored file becomes ledger entries, chunk by chunk, resumable.

Every chunk is one transaction: its rows, its rejected records, its counters and the
checkpoint, under a lease that still stands. A second run skips what the checkpoint
says is done; it reads those records again only to count equal rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Protocol

from django.db import transaction

from recovery.domain.errors import FileRejectedError, RecoveryError
from recovery.domain.ledger import ZERO
from recovery.domain.money import exact, format_amount
from recovery.domain.staff_news import StaffNews
from recovery.models import (
    Provenance,
    RejectedRecord,
    SourceFile,
    SourceFileState,
)
from recovery.reading.client import read_apart
from recovery.reading.messages import Ended, Message, Opened, Request, Rows
from recovery.reading.rows import Sums, Tally
from recovery.services.accounts_seen import AccountBook
from recovery.services.due import assessments_make_due
from recovery.services.fail_points import fail_point
from recovery.services.file_lengths import rows_about
from recovery.services.import_targets import TARGETS
from recovery.services.jobs import LeaseLostError
from recovery.services.loading import RowWriter
from recovery.services.mark_prices import accounts_waiting_for_marks
from recovery.services.mending import Mending
from recovery.services.reference_rows import ReferenceWriter
from recovery.services.source_files import (
    source_file_forget,
    source_file_path,
    source_file_request,
)
from recovery.services.staff_notices import notice_write
from recovery.services.watch_list import watch_file
from recovery.venues.manifest import Manifest, check_manifest
from recovery.venues.operation_meanings import layout_code
from recovery.venues.profile import LayoutKind

CHUNK = 20_000
HOUSE = "house"
_NOT_OF_CUSTOMERS = (
    LayoutKind.POSITIONS,
    LayoutKind.MARK_PRICES,
    LayoutKind.FUNDING_RATES,
)


class _Lease(Protocol):
    def beat(self, done: int, total: int = 0, unit: str = "") -> None: ...


def _load_request(source_file: SourceFile) -> Request:
    said = source_file_request(source_file)
    return replace(said, done=source_file.checkpoint, chunk=CHUNK)


def source_file_load(lease: _Lease, source_file: SourceFile, *, now: datetime) -> None:
    """Load a file to its end and make the assessment of its accounts due.

    A refused file keeps its reason; nothing of it stays that was not loaded before.

    Raises:
        ReaderDiedError: The process that reads it died of it; the job counts the try.
    """
    if source_file.state in (SourceFileState.LOADED, SourceFileState.REFUSED):
        return
    try:
        with closing(read_apart(_load_request(source_file))) as messages:
            _load(lease, source_file, messages, now)
    except RecoveryError as refusal:
        source_file_refuse(source_file, refusal)


def source_file_refuse(source_file: SourceFile, refusal: RecoveryError) -> None:
    """Note why a file was refused.

    Rows of chunks that were good before the fault was found stay, with their file.
    """
    if isinstance(refusal, LeaseLostError):
        raise refusal
    text = str(refusal) or (refusal.__doc__ or refusal.code)
    SourceFile.objects.filter(pk=source_file.pk).update(
        state=SourceFileState.REFUSED, refusal=text
    )
    source_file.refresh_from_db()
    notice_write(
        StaffNews.IMPORT_REFUSED, source_file, f"file {source_file.sha256[:12]}"
    )


def _load(
    lease: _Lease, source_file: SourceFile, messages: Iterator[Message], now: datetime
) -> None:
    loader: _Loader | None = None
    for message in messages:
        if isinstance(message, Opened):
            _begin(source_file, message)
            loader = _Loader(source_file, message)
        elif loader is not None and isinstance(message, Rows):
            loader.take(lease, message)
        elif loader is not None and isinstance(message, Ended):
            _end(source_file, message, loader, now)


def _require_believed(source_file: SourceFile, kind: LayoutKind) -> None:
    """Refuse files that only somebody else may send.

    Raises:
        FileRejectedError: Reference data that is not the platform's own; or positions,
            prices or rates that a customer states.
    """
    provenance = source_file.provenance
    if kind is LayoutKind.REFERENCE and provenance != Provenance.HOUSE:
        raise FileRejectedError("Reference data is taken from the platform only.")
    if kind in _NOT_OF_CUSTOMERS and provenance == Provenance.CUSTOMER_SUPPLIED:
        what = kind.replace("_", " ")
        raise FileRejectedError(f"What a customer says of {what} proves nothing.")


def _begin(source_file: SourceFile, opened: Opened) -> None:
    _require_believed(source_file, LayoutKind(opened.kind))
    source_file.venue = opened.venue
    source_file.layout = opened.layout
    source_file.kind = opened.kind
    source_file.zone = opened.zone
    source_file.recognition = opened.recognition
    source_file.state = SourceFileState.LOADING
    source_file.save(
        update_fields=["venue", "layout", "kind", "zone", "recognition", "state"]
    )


def _writer_of(source_file: SourceFile, opened: Opened) -> RowWriter | ReferenceWriter:
    kind = LayoutKind(opened.kind)
    if kind is LayoutKind.REFERENCE:
        return ReferenceWriter(source_file, layout_code(opened.layout))
    return RowWriter(TARGETS[kind])


class _Loader:
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

    def take(self, lease: _Lease, rows: Rows) -> None:
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

    def _store(self, lease: _Lease, tally: Tally, lines: list[bytes]) -> None:
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


def _end(source_file: SourceFile, ended: Ended, loader: _Loader, now: datetime) -> None:
    warnings = [*source_file.warnings, *ended.warnings]
    if ended.has_manifest:
        found = _disagreements(source_file, ended)
        warnings += found
        source_file.manifest = {
            "rows": ended.stated_rows,
            "sums": ended.stated_sums,
            "complete_until": ended.complete_until,
            "agrees": not found,
        }
    with transaction.atomic():
        source_file.warnings = warnings[:200]
        source_file.state = SourceFileState.LOADED
        source_file.loaded_at = now
        source_file.save(update_fields=["warnings", "manifest", "state", "loaded_at"])
        touched = loader.accounts_touched()
        assessments_make_due(touched, f"import-{source_file.sha256}")
        watch_file(source_file, touched)
        _tell(source_file)
        if source_file.kind == LayoutKind.REFERENCE:
            # Its rows are in their tables; a file of people is not kept beside them.
            transaction.on_commit(partial(source_file_forget, source_file.sha256))
        fail_point("import.end_written")
    fail_point("import.end_committed")


def _disagreements(source_file: SourceFile, ended: Ended) -> list[str]:
    """What the manifest and the rows say differently."""
    manifest = Manifest(
        kind=ended.kind,
        version=ended.version,
        complete_until=None,
        rows=ended.stated_rows,
        sums={asset: Decimal(text) for asset, text in ended.stated_sums.items()},
    )
    with exact():
        totals = {
            asset: sum((Decimal(text) for text in roles.values()), ZERO)
            for asset, roles in source_file.sums.items()
        }
        return check_manifest(manifest, source_file.records, totals)


def _tell(source_file: SourceFile) -> None:
    about = f"file {source_file.sha256[:12]}"
    manifest = source_file.manifest
    news = [StaffNews.IMPORT_FINISHED]
    news += [StaffNews.IMPORT_REJECTED_ROWS] if source_file.rejected else []
    if manifest and not manifest["agrees"]:
        news.append(StaffNews.CONTROL_TOTAL_MISMATCH)
    for one in news:
        notice_write(one, source_file, about)
