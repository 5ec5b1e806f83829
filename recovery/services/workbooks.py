"""Workbooks for finance: asked for, built by a job, handed out."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.models import JobKind, Workbook, WorkbookState
from recovery.selectors.workbook import workbook_snapshot
from recovery.services.actors import Actor, require_duty
from recovery.services.audit import audit_write
from recovery.services.fail_points import fail_point
from recovery.services.jobs import Lease, job_create
from recovery.services.whole_files import parts_sweep
from recovery.services.workbook_readme import Heading
from recovery.services.workbook_writing import Written, workbook_write


@dataclass(frozen=True, slots=True)
class WorkbookFile:
    """A workbook on disk.

    Attributes:
        sha256: Of the file.
        written: Rows, their digest, and whether everything ties.
    """

    path: Path
    sha256: str
    written: Written


@transaction.atomic
def workbook_request(
    actor: Actor, *, now: datetime, as_of: datetime | None = None
) -> Workbook:
    """Ask for a workbook; a job builds it.

    Args:
        as_of: The instant whose state it shows; now when not given.

    Raises:
        NotReadyError: The instant lies in the future.
        DutyMissingError: The actor exports no workbooks.
    """
    require_duty(actor, Duty.EXPORT_WORKBOOK)
    workbook = Workbook.objects.create(
        as_of=_instant(as_of, now), requested_by=actor.user, requested_at=now
    )
    workbook.job = job_create(
        JobKind.WORKBOOK,
        {"workbook": workbook.pk},
        key=f"workbook-{workbook.pk}",
        requested_by=actor.user,
    )
    workbook.file_name = (
        f"recovery-workbook-{workbook.as_of:%Y%m%dT%H%M%SZ}-{workbook.pk}.xlsx"
    )
    workbook.save(update_fields=["job", "file_name"])
    audit_write(
        actor,
        "workbook.request",
        f"workbook {workbook.pk}",
        as_of=workbook.as_of.isoformat(),
    )
    return workbook


def workbook_build(lease: Lease) -> None:
    """Build the workbook of a job: whole or not at all.

    Written under a name of this attempt; renamed only while the lease still stands,
    in the transaction that says it is ready.

    Raises:
        LeaseLostError: Another worker builds it now.
    """
    workbook = Workbook.objects.select_related("requested_by").get(
        pk=lease.payload["workbook"]
    )
    if workbook.state != WorkbookState.READY:
        _build(lease, workbook)


def _build(lease: Lease, workbook: Workbook) -> None:
    target = _folder() / workbook.file_name
    by = workbook.requested_by.username if workbook.requested_by else "system"
    heading = Heading(workbook.requested_at, by)
    with _whole_file(target, f"{lease.attempt}") as part:
        lease.beat(0, 0, "rows")
        written = _write(
            part,
            workbook.as_of,
            heading,
            lambda rows: lease.beat(rows, 0, "rows"),
        )
        digest = _sha256(part)
        fail_point("workbook.part_written")
        with transaction.atomic():
            # Locks the job's row: nobody else can take it before the rename.
            lease.beat(written.rows, written.rows, "rows")
            part.replace(target)
            fail_point("workbook.renamed")
            workbook.state = WorkbookState.READY
            workbook.sha256 = digest
            workbook.rows = written.rows
            workbook.save(update_fields=["state", "sha256", "rows"])
            fail_point("workbook.row_written")
    fail_point("workbook.row_committed")


def workbook_export(
    actor: Actor, out: Path, *, now: datetime, as_of: datetime | None = None
) -> WorkbookFile:
    """Build a workbook at once, to a path of the operator's choice.

    Raises:
        NotReadyError: The instant lies in the future.
        DutyMissingError: The actor exports no workbooks.
    """
    require_duty(actor, Duty.EXPORT_WORKBOOK)
    instant = _instant(as_of, now)
    with _whole_file(out, str(os.getpid())) as part:
        written = _write(part, instant, Heading(now, actor.name), lambda _rows: None)
        digest = _sha256(part)
        part.replace(out)
    audit_write(
        actor,
        "workbook.export",
        "workbook file",
        as_of=instant.isoformat(),
        sha256=digest,
    )
    return WorkbookFile(out, digest, written)


def workbook_file(actor: Actor, workbook: Workbook) -> Path:
    """The file of a workbook that is ready, for whoever may have it now.

    Raises:
        NotReadyError: It is not built, or its file is gone.
        DutyMissingError: The actor exports no workbooks (any more).
    """
    require_duty(actor, Duty.EXPORT_WORKBOOK)
    path = _folder() / workbook.file_name
    if workbook.state != WorkbookState.READY or not path.is_file():
        raise NotReadyError("This workbook is not ready. Ask for a new one.")
    audit_write(
        actor, "workbook.download", f"workbook {workbook.pk}", sha256=workbook.sha256
    )
    return path


def _write(
    part: Path, as_of: datetime, heading: Heading, on_rows: Callable[[int], None]
) -> Written:
    with workbook_snapshot(as_of) as snapshot:
        written = workbook_write(snapshot, part, heading, on_rows)
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    return written


@contextlib.contextmanager
def _whole_file(target: Path, attempt: str) -> Iterator[Path]:
    """A file beside the target to write to; gone afterwards unless renamed."""
    part = target.with_name(f".{target.name}.{attempt}.part")
    part.unlink(missing_ok=True)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _folder() -> Path:
    folder: Path = settings.FILES_DIR / "workbooks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts_sweep(folder)
    return folder


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _instant(as_of: datetime | None, now: datetime) -> datetime:
    if as_of is not None and as_of > now:
        raise NotReadyError("A workbook cannot show an instant that is still to come.")
    return as_of or now
