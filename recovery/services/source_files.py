"""Source files come in once, by their SHA-256, with where they came from."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from recovery.domain.duties import Duty
from recovery.domain.errors import RecoveryError
from recovery.models import JobKind, Provenance, SourceFile, SourceFileState
from recovery.reading.messages import Request
from recovery.selectors.layout_mappings import tables_for
from recovery.services.actors import Actor, require_duty
from recovery.services.audit import audit_write
from recovery.services.fail_points import fail_point
from recovery.services.jobs import job_create
from recovery.services.whole_files import whole_file
from recovery.sheets.records import storable
from recovery.venues.profile import LayoutKind

_BLOCK = 1 << 20
_LONGEST = {"venue": 32, "account_number": 64, "zone": 32, "asset": 24}


class SaidUnreadableError(RecoveryError):
    """What was said of a file is longer than any such thing, or no text."""

    code = "said_unreadable"

    def __init__(self, field: str, text: str) -> None:
        what = field.removesuffix("_number").replace("_", " ")
        super().__init__(f"The {what} {text[:40]!r} can be none: say it again.")
        self.field = field
        self.text = text


def source_file_path(source_file: SourceFile) -> Path:
    """Where the bytes lie: a generated name, never the sender's."""
    return settings.FILES_DIR / "sources" / source_file.sha256


def source_file_request(source_file: SourceFile) -> Request:
    """What the reader is asked of a file, with all that was said of it."""
    return Request(
        path=str(source_file_path(source_file)),
        file_id=source_file.pk,
        name=source_file.name,
        venue=source_file.venue,
        account=source_file.account_number,
        zone=source_file.zone,
        asset=source_file.asset,
        day_order=source_file.day_order,
        is_house=source_file.provenance == Provenance.HOUSE,
        profiles=tables_for(source_file),
    )


def source_file_receive(  # noqa: PLR0913 - what the file cannot say itself
    actor: Actor,
    *,
    path: Path,
    name: str,
    provenance: Provenance,
    venue: str = "",
    account: str = "",
    zone: str = "",
    asset: str = "",
    day_order: str = "",
) -> SourceFile:
    """Store a file and make its import due; the same bytes again give the first.

    The bytes are written before the row, so that a row never lacks its file. A file
    that was refused before a row of it was taken may be handed in again, with a venue,
    account, zone, asset or order of day and month that helps. One that was only looked
    into is loaded with what is said now.

    Raises:
        StoreFullError: There is no room for it; nothing was changed.
        SaidUnreadableError: Account, zone or asset are said as no text can be kept.
        DutyMissingError: The actor imports nothing.
    """
    require_duty(actor, Duty.IMPORT_FILES)
    said = {
        "name": storable(name, "\ufffd")[:200],
        "provenance": provenance,
        "venue": venue,
        "account_number": account,
        "zone": zone,
        "asset": asset.strip().upper(),
        "day_order": day_order,
        "received_by": actor.user,
    }
    _check_said(said)
    digest = bytes_store(path)
    fail_point("source_file.bytes_stored")
    with transaction.atomic():
        source_file, is_new = SourceFile.objects.select_for_update(
            no_key=True
        ).get_or_create(
            sha256=digest, defaults={"bytes_size": path.stat().st_size, **said}
        )
        if is_new or _may_try_again(source_file):
            _store(path, digest)  # Somebody may have discarded its preview just now.
            load_make_due(actor, source_file, said)
            fail_point("source_file.row_written")
        elif source_file.kind == LayoutKind.REFERENCE:
            source_file_forget(digest)  # As after its import: its rows are in tables.
    return source_file


def _check_said(said: dict[str, Any]) -> None:
    """Refuse what was said of a file where the desk could not even keep it."""
    texts = {field: text for field, text in said.items() if isinstance(text, str)}
    for field, text in texts.items():
        if len(text) > _LONGEST.get(field, len(text)) or text != storable(text):
            raise SaidUnreadableError(field, text)


def _may_try_again(source_file: SourceFile) -> bool:
    is_refused = source_file.state == SourceFileState.REFUSED
    return source_file.state == SourceFileState.PREVIEWED or (
        is_refused and source_file.checkpoint == 0
    )


def load_make_due(actor: Actor, source_file: SourceFile, said: dict[str, Any]) -> None:
    """Set what was said of the file and make one job for this try."""
    tries = 0 if source_file.job is None else source_file.job.pk
    for field, value in said.items():
        setattr(source_file, field, value)
    source_file.state = SourceFileState.STORED
    source_file.refusal = ""
    source_file.job = job_create(
        JobKind.IMPORT,
        {"source_file": source_file.pk},
        key=f"import-{source_file.sha256}-{tries}",
        requested_by=actor.user,
    )
    source_file.save()
    audit_write(
        actor,
        "source_file.receive",
        f"source file {source_file.sha256[:12]}",
        provenance=str(source_file.provenance),
        bytes=source_file.bytes_size,
    )


def bytes_store(path: Path) -> str:
    """Store the bytes of a file where they are not stored yet; gives their SHA-256.

    Raises:
        StoreFullError: There is no room for them.
    """
    digest = _digest(path)
    _store(path, digest)
    return digest


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _store(path: Path, digest: str) -> None:
    target = settings.FILES_DIR / "sources" / digest
    if target.exists():
        return
    # The same bytes may arrive twice at once: each writer has a part of its own.
    with whole_file(target) as part:
        shutil.copyfile(path, part)
        part.chmod(0o600)
        fail_point("source_file.part_written")


def source_file_forget(digest: str) -> None:
    """Remove the bytes of a file that was only tried, or need not be kept."""
    (settings.FILES_DIR / "sources" / digest).unlink(missing_ok=True)
