"""Imports: a stored file becomes ledger entries, chunk by chunk, resumable.

Every chunk is one transaction: its rows, its rejected records, its counters and the
checkpoint, under a lease that still stands. A second run skips what the checkpoint
says is done; it reads those records again only to count equal rows.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction

from recovery.domain.errors import FileRejectedError, RecoveryError
from recovery.domain.ledger import ZERO
from recovery.domain.money import exact
from recovery.domain.staff_news import StaffNews
from recovery.models import (
    Provenance,
    SourceFile,
    SourceFileState,
)
from recovery.reading.client import read_apart
from recovery.reading.messages import Ended, Message, Opened, Request, Rows
from recovery.services.due import assessments_make_due
from recovery.services.fail_points import fail_point
from recovery.services.import_chunks import ChunkLoader, Lease
from recovery.services.jobs import LeaseLostError
from recovery.services.source_files import (
    source_file_forget,
    source_file_request,
)
from recovery.services.staff_notices import notice_write
from recovery.services.watch_list import watch_file
from recovery.venues.manifest import Manifest, check_manifest
from recovery.venues.profile import LayoutKind

CHUNK = 20_000
# Clocks differ by hours and files by days; a year ahead is a slip of the pen.
AHEAD = timedelta(days=366)
_NOT_OF_CUSTOMERS = (
    LayoutKind.POSITIONS,
    LayoutKind.MARK_PRICES,
    LayoutKind.FUNDING_RATES,
)


def _load_request(source_file: SourceFile) -> Request:
    said = source_file_request(source_file)
    return replace(said, done=source_file.checkpoint, chunk=CHUNK)


def source_file_load(lease: Lease, source_file: SourceFile, *, now: datetime) -> None:
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
    lease: Lease, source_file: SourceFile, messages: Iterator[Message], now: datetime
) -> None:
    loader: ChunkLoader | None = None
    for message in messages:
        if isinstance(message, Opened):
            _begin(source_file, message)
            loader = ChunkLoader(source_file, message)
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


def _end(
    source_file: SourceFile, ended: Ended, loader: ChunkLoader, now: datetime
) -> None:
    warnings = [*source_file.warnings, *ended.warnings, *_far_ahead(source_file, now)]
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


def _far_ahead(source_file: SourceFile, now: datetime) -> list[str]:
    """That rows are of a time no venue can have written yet."""
    last = source_file.last_at
    if last is None or last <= now + AHEAD:
        return []
    return [f"The latest row is of {last:%Y-%m-%d %H:%M} UTC, which is still to come."]


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
