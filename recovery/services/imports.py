"""Imports: a stored file becomes ledger entries, chunk by chunk, resumable.

Every chunk is one transaction: its rows, its rejected records, its counters and the
checkpoint, under a lease that still stands. A second run skips what the checkpoint
says is done; it reads those records again only to count equal rows.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Protocol

from django.db import transaction

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import ZERO
from recovery.domain.money import exact, format_amount
from recovery.models import (
    Provenance,
    RejectedRecord,
    SourceFile,
    SourceFileState,
)
from recovery.services.accounts_seen import AccountBook
from recovery.services.due import assessments_make_due
from recovery.services.import_rows import TARGETS, RowMaker, Sums, Tally
from recovery.services.jobs import LeaseLostError
from recovery.services.loading import RowWriter
from recovery.services.read_ahead import read_ahead
from recovery.services.source_files import source_file_path
from recovery.sheets.open_source import open_source
from recovery.sheets.records import HOUSE_LIMITS, UPLOAD_LIMITS, Source
from recovery.venues.interpretation import Interpreter
from recovery.venues.manifest import check_manifest, read_manifest
from recovery.venues.profile import LayoutKind
from recovery.venues.recognition import Recognition, recognise

CHUNK = 20_000


class _Lease(Protocol):
    def beat(self, done: int, total: int = 0, unit: str = "") -> None: ...


@dataclass(slots=True)
class Reading:
    """An opened and recognised source file."""

    source: Source
    recognition: Recognition
    interpreter: Interpreter


def open_reading(source_file: SourceFile) -> Reading:
    """Open a stored file and recognise its layout.

    Raises:
        RecoveryError: The file is refused; the message says why and what to do.
    """
    is_house = source_file.provenance == Provenance.HOUSE
    limits = HOUSE_LIMITS if is_house else UPLOAD_LIMITS
    source = open_source(source_file_path(source_file), limits=limits)
    recognition = recognise(source, venue=source_file.venue, name=source_file.name)
    interpreter = Interpreter(
        recognition, account=source_file.account_number, zone=source_file.zone
    )
    return Reading(source, recognition, interpreter)


def source_file_load(lease: _Lease, source_file: SourceFile, *, now: datetime) -> None:
    """Load a file to its end and make the assessment of its accounts due.

    A refused file keeps its reason; nothing of it stays that was not loaded before.
    """
    if source_file.state in (SourceFileState.LOADED, SourceFileState.REFUSED):
        return
    try:
        reading = open_reading(source_file)
        _begin(source_file, reading)
        loader = _Loader(source_file, reading)
        loader.run(lease)
        _end(source_file, reading, loader, now)
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


def _begin(source_file: SourceFile, reading: Reading) -> None:
    recognition = reading.recognition
    runner_up = recognition.runner_up
    source_file.venue = recognition.venue
    source_file.layout = f"{recognition.layout.code} {recognition.layout.generation}"
    source_file.kind = recognition.layout.kind
    source_file.zone = reading.interpreter.zone
    source_file.recognition = {
        "score": recognition.score,
        "missing": list(recognition.missing),
        "unknown": list(recognition.unknown),
        "runner_up": runner_up
        and f"{runner_up.layout.venue} {runner_up.layout.code} {runner_up.score} %",
    }
    source_file.state = SourceFileState.LOADING
    source_file.save(
        update_fields=["venue", "layout", "kind", "zone", "recognition", "state"]
    )


class _Loader:
    """One run over the records of one file."""

    def __init__(self, source_file: SourceFile, reading: Reading) -> None:
        self.file = source_file
        self.reading = reading
        self.layout = reading.recognition.layout
        self.accounts = AccountBook(reading.recognition.venue)
        self.touched: set[int] = set()
        self._writer = RowWriter(TARGETS[LayoutKind(self.layout.kind)])
        self._maker = RowMaker(source_file.pk, self.layout.order)

    def run(self, lease: _Lease) -> None:
        """Read all records; store those behind the checkpoint."""
        done = 0
        for tally in read_ahead(self._tallies(self.file.checkpoint)):
            done += tally.records
            lines = self._whole_lines(tally)
            if done > self.file.checkpoint:
                self._store(lease, tally, lines, done)

    def accounts_touched(self) -> list[int]:
        """Accounts whose events this file can change."""
        if self.layout.kind == LayoutKind.FUNDING_RATES:
            return self.accounts.all_ids()
        return sorted(self.touched)

    def _tallies(self, checkpoint: int) -> Iterator[Tally]:
        """The file in chunks; one of them ends where an earlier run got to."""
        records = self.reading.source.records()
        outcomes = map(self.reading.interpreter.interpret, records)
        done = 0
        while True:
            size = min(CHUNK, checkpoint - done) if done < checkpoint else CHUNK
            tally = self._maker.tally(islice(outcomes, size))
            if not tally.records:
                return
            done += tally.records
            yield tally

    def _whole_lines(self, tally: Tally) -> list[str]:
        """The rows behind their first column: the account's id, or the venue."""
        if not tally.accounts:
            venue = self.reading.recognition.venue
            return [f"{venue}\t{line}" for line in tally.lines]
        seen = set(tally.accounts)
        ids = self.accounts.ids_of(seen)
        self.touched.update(ids[number] for number in seen)
        pairs = zip(tally.accounts, tally.lines, strict=True)
        return [f"{ids[number]}\t{line}" for number, line in pairs]

    def _store(self, lease: _Lease, tally: Tally, lines: list[str], done: int) -> None:
        with transaction.atomic():
            inserted = self._writer.write(lines)
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
            self._count(tally, inserted, done)
            lease.beat(done, unit="rows")

    def _count(self, tally: Tally, inserted: int, done: int) -> None:
        file = self.file
        file.checkpoint = file.records = done
        file.accepted += inserted
        file.duplicate += len(tally.lines) - inserted
        file.ignored += tally.ignored
        file.rejected += len(tally.problems)
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
                "sums",
                "first_at",
                "last_at",
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


def _end(
    source_file: SourceFile, reading: Reading, loader: _Loader, now: datetime
) -> None:
    manifest = read_manifest(reading.source)
    warnings = [
        f"Row {item.row_number}: {item.check} is off by {format_amount(item.gap)}."
        for item in reading.interpreter.notices.warnings
    ]
    unknown = reading.interpreter.notices.unknown_operations
    warnings += [
        f"Unknown operation “{name}”, {count} rows: kept with their money."
        for name, count in sorted(unknown.items())
    ]
    warnings += [
        f"{what}, {count} rows: in another asset, not in the sums."
        for what, count in sorted(reading.interpreter.notices.left_out.items())
    ]
    warnings += reading.source.notes
    if source_file.last_at and source_file.last_at > now:
        warnings.append(
            f"The last row is dated {source_file.last_at:%Y-%m-%d %H:%M} UTC, which is "
            "still to come: check the zone."
        )
    if manifest:
        with exact():
            totals = {
                asset: sum((Decimal(x) for x in roles.values()), ZERO)
                for asset, roles in source_file.sums.items()
            }
            found = check_manifest(manifest, source_file.records, totals)
        warnings += found
        source_file.manifest = {
            "rows": manifest.rows,
            "sums": {a: format_amount(x) for a, x in sorted(manifest.sums.items())},
            "complete_until": manifest.complete_until
            and manifest.complete_until.isoformat(),
            "agrees": not found,
        }
    with transaction.atomic():
        source_file.warnings = warnings[:200]
        source_file.state = SourceFileState.LOADED
        source_file.loaded_at = now
        source_file.save(update_fields=["warnings", "manifest", "state", "loaded_at"])
        assessments_make_due(loader.accounts_touched(), f"import-{source_file.sha256}")
