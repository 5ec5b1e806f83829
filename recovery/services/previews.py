"""Previews: a file is stored and looked into; somebody loads or discards it.

The trial is made by the limited process and kept beside the file, so that its page is
the same for everybody who reads it. Until the load is confirmed nothing of the file
counts; a discarded one leaves its line in the audit and nothing else.
"""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.models import TradingAccount
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError, RecoveryError
from recovery.models import (
    LayoutMapping,
    LedgerEntry,
    Provenance,
    SourceFile,
    SourceFileState,
)
from recovery.reading.client import read_apart
from recovery.reading.messages import Looked, ReaderDiedError, Rows, Task
from recovery.services.actors import SYSTEM, Actor, require_duty
from recovery.services.audit import audit_write
from recovery.services.source_files import (
    bytes_store,
    load_make_due,
    source_file_forget,
    source_file_path,
    source_file_request,
)
from recovery.sheets.pasted_text import pasted_table

COMPARED_ROWS = 2_000
KEPT = timedelta(days=7)
_AT_ONCE = 500
_FILES_NAMED = 5
_FINGERPRINT = "\\\\x"  # How a fingerprint begins in COPY's text form.


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of a file because it cannot say so itself."""

    provenance: Provenance
    venue: str = ""
    account_number: str = ""
    zone: str = ""
    asset: str = ""
    day_order: str = ""


def preview_make(actor: Actor, *, path: Path, name: str, said: Said) -> SourceFile:
    """Store a file and look into it; a file that came in before stays as it is.

    Raises:
        StoreFullError: There is no room for it.
        DutyMissingError: The actor imports nothing.
    """
    require_duty(actor, Duty.IMPORT_FILES)
    digest = bytes_store(path)
    values = {
        "name": name[:200],
        "bytes_size": path.stat().st_size,
        "received_by": actor.user,
        "state": SourceFileState.PREVIEWED,
        **asdict(said),
    }
    source_file, is_new = SourceFile.objects.get_or_create(
        sha256=digest, defaults=values
    )
    if is_new:
        audit_write(
            actor,
            "source_file.preview",
            _subject(source_file),
            bytes=path.stat().st_size,
        )
    if is_new or source_file.state == SourceFileState.PREVIEWED:
        return preview_say(actor, source_file, said)
    return source_file


def preview_paste(actor: Actor, text: str, said: Said) -> SourceFile:
    """Store rows that somebody pasted and look into them, as into a file.

    Raises:
        DutyMissingError: The actor imports nothing.
    """
    with tempfile.TemporaryDirectory(prefix="pasted-") as folder:
        path = Path(folder) / "rows.txt"
        path.write_text(pasted_table(text), encoding="utf-8")
        return preview_make(actor, path=path, name="pasted rows", said=said)


def preview_say(actor: Actor, source_file: SourceFile, said: Said) -> SourceFile:
    """Say what the file cannot, and look into it again.

    Raises:
        NotReadyError: It is loaded already, or was discarded meanwhile.
        DutyMissingError: The actor imports nothing.
    """
    require_duty(actor, Duty.IMPORT_FILES)
    values = {**asdict(said), "asset": said.asset.strip().upper()}
    for field, value in values.items():
        setattr(source_file, field, value)
    values["preview"] = _trial(source_file)
    changed = SourceFile.objects.filter(
        pk=source_file.pk, state=SourceFileState.PREVIEWED
    ).update(**values)
    if not changed:
        raise NotReadyError("Somebody loaded or discarded this file meanwhile.")
    source_file.refresh_from_db()
    return source_file


def preview_renew(source_file: SourceFile) -> None:
    """Look into a file again that waits, because what it may be read by has changed."""
    SourceFile.objects.filter(
        pk=source_file.pk, state=SourceFileState.PREVIEWED
    ).update(preview=_trial(source_file))


@transaction.atomic
def preview_load(actor: Actor, source_file: SourceFile) -> SourceFile:
    """Confirm: the whole file is loaded as the preview understood it.

    Raises:
        NotReadyError: It is no preview any more, is refused, or something is not said.
        DutyMissingError: The actor imports nothing.
    """
    require_duty(actor, Duty.IMPORT_FILES)
    source_file = _locked(source_file)
    preview = source_file.preview or {}
    if preview.get("refused"):
        raise NotReadyError(f"This file cannot be loaded: {preview['refused']}")
    if needs := preview.get("needs"):
        raise NotReadyError(f"Say first: {', '.join(map(need_words, needs))}.")
    if not source_file_path(source_file).is_file():
        raise NotReadyError("Its bytes are not there any more: upload it again.")
    load_make_due(actor, source_file, {})
    return source_file


@transaction.atomic
def preview_discard(actor: Actor, source_file: SourceFile) -> None:
    """Keep nothing of a file that was only looked into, but for the audit's line.

    Raises:
        NotReadyError: It is no preview any more, or a layout was made from it.
        DutyMissingError: The actor imports nothing.
    """
    require_duty(actor, Duty.IMPORT_FILES)
    source_file = _locked(source_file)
    if LayoutMapping.objects.filter(sample=source_file).exists():
        raise NotReadyError("A layout was made from this file: it stays.")
    _forget(actor, source_file)


def previews_forget(now: datetime) -> int:
    """Discard previews that nobody confirmed within a week; how many there were."""
    old = (
        SourceFile.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(state=SourceFileState.PREVIEWED, received_at__lt=now - KEPT)
        .exclude(pk__in=LayoutMapping.objects.values("sample"))
    )
    with transaction.atomic():
        forgotten = list(old[:_AT_ONCE])
        for source_file in forgotten:
            _forget(SYSTEM, source_file)
    return len(forgotten)


def _forget(actor: Actor, source_file: SourceFile) -> None:
    audit_write(actor, "source_file.discard", _subject(source_file))
    source_file_forget(source_file.sha256)
    source_file.delete()


def previews_load(actor: Actor) -> list[SourceFile]:
    """Load every file that this person looked into and that needs nothing more.

    Raises:
        DutyMissingError: The actor imports nothing.
    """
    require_duty(actor, Duty.IMPORT_FILES)
    waiting = SourceFile.objects.filter(
        state=SourceFileState.PREVIEWED, received_by=actor.user
    )
    loaded = []
    for source_file in waiting.order_by("pk"):
        with suppress(NotReadyError):
            loaded.append(preview_load(actor, source_file))
    return loaded


def need_words(need: str) -> str:
    """What is asked for, in words."""
    return {"day_order": "order of day and month", "zone": "time zone"}.get(need, need)


def _locked(source_file: SourceFile) -> SourceFile:
    found = (
        SourceFile.objects.select_for_update(no_key=True)
        .filter(pk=source_file.pk)
        .first()
    )
    if found is None or found.state != SourceFileState.PREVIEWED:
        raise NotReadyError("Somebody loaded or discarded this file meanwhile.")
    return found


def _subject(source_file: SourceFile) -> str:
    return f"source file {source_file.sha256[:12]}"


def _trial(source_file: SourceFile) -> dict[str, Any]:
    request = replace(source_file_request(source_file), task=Task.LOOK)
    facts: dict[str, Any] = {}
    try:
        with closing(read_apart(request)) as messages:
            for message in messages:
                if isinstance(message, Looked):
                    facts.update(message.facts)
                elif isinstance(message, Rows):
                    facts["overlap"] = _overlap(facts["venue"], message)
    except RecoveryError as refusal:
        return {"refused": str(refusal), "code": refusal.code}
    except ReaderDiedError as died:
        return {"died": str(died)}
    return facts


def _overlap(venue: str, rows: Rows) -> dict[str, Any]:
    """How many of the first rows the desk holds already, and from which files."""
    own = _identities(rows.accounts, rows.lines[:COMPARED_ROWS])
    accounts = TradingAccount.objects.filter(venue=venue, number__in=own)
    files: Counter[int] = Counter()
    for number, account_id in accounts.values_list("number", "pk"):
        files.update(_holders(account_id, own[number]))
    names = SourceFile.objects.in_bulk(files)
    return {
        "compared": sum(map(len, own.values())),
        "known": files.total(),
        "files": [
            [pk, names[pk].name, count] for pk, count in files.most_common(_FILES_NAMED)
        ],
    }


def _identities(
    accounts: Sequence[str], lines: Iterable[bytes]
) -> dict[str, set[tuple[bytes, int]]]:
    """Fingerprint and ordinal of each ledger row, by account number."""
    own: dict[str, set[tuple[bytes, int]]] = defaultdict(set)
    for line in lines:
        place, fingerprint, ordinal, _ = (*line.decode().split("\t", 3), "", "", "")[:4]
        if accounts and fingerprint.startswith(_FINGERPRINT):
            told = bytes.fromhex(fingerprint.removeprefix(_FINGERPRINT))
            own[accounts[int(place)]].add((told, int(ordinal)))
    return own


def _holders(account_id: int, own: set[tuple[bytes, int]]) -> Iterable[int]:
    """The file of each row that is there already."""
    rows = LedgerEntry.objects.filter(
        account_id=account_id, fingerprint__in=[one for one, _ in own]
    ).values_list("fingerprint", "ordinal", "source_file_id")
    return [file for told, ordinal, file in rows if (bytes(told), ordinal) in own]
