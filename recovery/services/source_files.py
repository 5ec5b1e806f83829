"""Source files come in once, by their SHA-256, with where they came from."""

import hashlib
import secrets
import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction

from recovery.domain.duties import Duty
from recovery.models import JobKind, Provenance, SourceFile
from recovery.services.actors import Actor, require_duty
from recovery.services.audit import audit_write
from recovery.services.jobs import job_create

_BLOCK = 1 << 20


def source_file_path(source_file: SourceFile) -> Path:
    """Where the bytes lie: a generated name, never the sender's."""
    return settings.FILES_DIR / "sources" / source_file.sha256


def source_file_receive(  # noqa: PLR0913 - what the file cannot say itself
    actor: Actor,
    *,
    path: Path,
    name: str,
    provenance: Provenance,
    venue: str = "",
    account: str = "",
    zone: str = "",
) -> SourceFile:
    """Store a file and make its import due; the same bytes again give the first.

    The bytes are written before the row, so that a row never lacks its file.

    Raises:
        DutyMissingError: The actor imports nothing.
    """
    require_duty(actor, Duty.IMPORT_FILES)
    digest = _digest(path)
    _store(path, digest)
    with transaction.atomic():
        source_file, is_new = SourceFile.objects.get_or_create(
            sha256=digest,
            defaults={
                "name": name[:200],
                "bytes_size": path.stat().st_size,
                "provenance": provenance,
                "venue": venue,
                "account_number": account,
                "zone": zone,
                "received_by": actor.user,
            },
        )
        if is_new:
            source_file.job = job_create(
                JobKind.IMPORT,
                {"source_file": source_file.pk},
                key=f"import-{digest}",
                requested_by=actor.user,
            )
            source_file.save(update_fields=["job"])
            audit_write(
                actor,
                "source_file.receive",
                f"source file {digest[:12]}",
                provenance=str(provenance),
                bytes=source_file.bytes_size,
            )
    return source_file


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _store(path: Path, digest: str) -> None:
    folder = settings.FILES_DIR / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / digest
    if target.exists():
        return
    # The same bytes may arrive twice at once: each writer has a part of its own.
    part = folder / f".{digest}.{secrets.token_hex(4)}.part"
    shutil.copyfile(path, part)
    part.chmod(0o600)
    part.replace(target)


def source_file_forget(digest: str) -> None:
    """Remove the bytes of a file that was only tried."""
    (settings.FILES_DIR / "sources" / digest).unlink(missing_ok=True)
