"""Verify the audit's chain, and write its head down where the database is not."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.db import connection, transaction

from recovery.domain.audit_chain import ChainCheck, Fault, Link, commitment_of
from recovery.domain.errors import FileRejectedError
from recovery.models import AuditEntry, AuditSeal, AuditValue
from recovery.services.fail_points import fail_point
from recovery.services.whole_files import parts_sweep

_ROWS_AT_ONCE = 5_000
_HASH = re.compile(r"[0-9a-f]{64}")
# The parts in the order in which the database seals them.
_LINKS = """
SELECT s.position, e.id, s.previous_hash, s.hash,
  to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  coalesce(e.actor_id::text, ''), e.actor_name, e.role, e.action, e.subject,
  e.detail::text, e.request_id, e.database_user
FROM recovery_auditseal s LEFT JOIN recovery_auditentry e ON e.id = s.entry_id
ORDER BY s.position
"""


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What a walk through the chain found; `fault` is None when all holds."""

    position: int
    hash: str
    heads: int
    fault: Fault | None


def audit_heads_folder() -> Path:
    """Where heads are written down."""
    return settings.FILES_DIR / "audit-heads"


def audit_verify(heads_folder: Path | None = None) -> AuditVerdict:
    """Walk the whole chain in one snapshot and find the first bad entry.

    Args:
        heads_folder: Heads kept elsewhere; those written by this desk if absent.

    Raises:
        FileRejectedError: A head cannot be read.
    """
    heads = _heads_read(heads_folder or audit_heads_folder())
    check = ChainCheck(heads)
    with transaction.atomic():
        if len(connection.savepoint_ids) == 0:
            # A chain that grows meanwhile is read as it stood at the start.
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        fault = next(check.faults(_links()), None) or _unsealed() or _false_value()
    return AuditVerdict(check.position, check.hash, len(heads), fault)


def audit_head_export(now: datetime) -> tuple[Path, bool]:
    """Write the head of the chain down, once a day; a file is never written again.

    Safe to run any number of times and twice at once.

    Returns:
        The day's file, and whether this call wrote it.
    """
    folder = audit_heads_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts_sweep(folder)
    path = folder / f"{now:%Y-%m-%d}.json"
    if path.exists():
        return path, False
    head = {**audit_head(), "written_at": now.isoformat()}
    with NamedTemporaryFile("w", dir=folder, prefix=".", suffix=".part") as file:
        file.write(json.dumps(head, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())
        os.chmod(file.name, 0o400)  # noqa: PTH101 - the open file's own name
        fail_point("audit_head.part_written")
        with suppress(FileExistsError):
            os.link(file.name, path)
            fail_point("audit_head.linked")
            return path, True
    return path, False


def audit_head() -> dict[str, int | str]:
    """Give the newest link: position and hash."""
    last = AuditSeal.objects.order_by("-position").first()
    if last is None:
        return {"position": 0, "hash": ""}
    return {"position": last.position, "hash": last.hash}


def audit_head_written_at() -> datetime | None:
    """When a head was last written down; None when none ever was."""
    written = [path.stat().st_mtime for path in audit_heads_folder().glob("*.json")]
    return datetime.fromtimestamp(max(written), UTC) if written else None


def _links() -> Iterator[Link]:
    # A named cursor of the server: a chain of millions never lies in memory.
    with connection.chunked_cursor() as cursor:
        cursor.execute(_LINKS)
        while rows := cursor.fetchmany(_ROWS_AT_ONCE):
            for position, entry, previous_hash, own_hash, *parts in rows:
                is_there = entry is not None
                yield Link(
                    position,
                    entry,
                    previous_hash,
                    own_hash,
                    (str(entry), *parts) if is_there else (),
                    f"{parts[4]}, {parts[5]}" if is_there else "",
                )


def _unsealed() -> Fault | None:
    """An entry that no commit of the desk can leave behind."""
    entry = AuditEntry.objects.filter(seal=None).order_by("id").first()
    if entry is None:
        return None
    title = f"{entry.action}, {entry.subject}"
    return Fault(0, entry.pk, title, "it was never sealed")


def _false_value() -> Fault | None:
    """A personal value that is still there but not the one committed to."""
    values = AuditValue.objects.select_related("entry").order_by("entry_id", "name")
    for value in values.iterator(_ROWS_AT_ONCE):
        entry = value.entry
        wanted = entry.detail.get(value.name)
        shown = commitment_of(value.salt, value.name, value.value)
        if wanted != {"commitment": shown}:
            title = f"{entry.action}, {entry.subject}"
            why = f"its value “{value.name}” is not the one committed to"
            return Fault(0, entry.pk, title, why)
    return None


def _heads_read(folder: Path) -> dict[int, str]:
    heads: dict[int, str] = {}
    for path in sorted(folder.glob("*.json")):
        position, head = _head_read(path)
        if heads.setdefault(position, head) != head:
            raise FileRejectedError(f"{path}: another head has this position too.")
    heads.pop(0, None)  # Written down before anything was sealed.
    return heads


def _head_read(path: Path) -> tuple[int, str]:
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
        position, own_hash = int(head["position"]), str(head["hash"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileRejectedError(f"{path}: this is no head of an audit.") from error
    if position and not _HASH.fullmatch(own_hash):
        raise FileRejectedError(f"{path}: this is no head of an audit.")
    return position, own_hash
