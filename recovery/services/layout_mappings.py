"""Staff assign the columns of a file no layout fits, and save that as a layout.

The file is only ever read by the limited process: its rows come here as it told them.
"""

import json
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from recovery.domain.errors import NotReadyError
from recovery.models import (
    LayoutMapping,
    MappingStatus,
    Provenance,
    SourceFile,
    SourceFileState,
)
from recovery.reading.client import read_apart
from recovery.reading.messages import Looked, Request, Task
from recovery.selectors.layout_mappings import files_read_by, live_tables
from recovery.services.actors import Actor, require_staff
from recovery.services.audit import refusal_recorded
from recovery.services.mapping_steps import (
    PROPOSERS,
    mapping_decide,
    mapping_locked,
    mapping_proposed,
    mapping_refuse,
    mapping_seal,
    mapping_withdraw,
    require_said,
    require_second,
)
from recovery.services.previews import preview_renew
from recovery.services.source_files import load_make_due, source_file_request
from recovery.venues.column_mapping import ColumnDraft, profile_table
from recovery.venues.node import ProfileError

_WHAT = "layout_mapping"
TABLES_BYTES_MAX = 128 * 1024  # All of them travel with every request to read.


def file_look(source_file: SourceFile, **told: Any) -> dict[str, Any]:
    """What the limited process says of a file and its first rows.

    Args:
        told: Changes of the request, such as `profiles`.

    Raises:
        RecoveryError: The file cannot even be opened.
        ReaderDiedError: The process that reads it died of it.
    """
    request: Request = replace(
        source_file_request(source_file), task=Task.LOOK, done=0, **told
    )
    with closing(read_apart(request)) as messages:
        for message in messages:
            if isinstance(message, Looked):
                return message.facts
    raise NotReadyError("The file said nothing.")


def draft_look(source_file: SourceFile, draft: ColumnDraft) -> dict[str, Any]:
    """What the file's first rows mean by a draft.

    Raises:
        MappingIncompleteError: The draft lacks what is needed to read a row.
        NotReadyError: The draft is not understood.
        RecoveryError, ReaderDiedError: As `file_look`.
    """
    table = _table(draft, 0)
    return file_look(
        source_file, profiles=(table,), venue=draft.venue, account="", zone=""
    )


def _table(draft: ColumnDraft, version: int) -> dict[str, Any]:
    try:
        return profile_table(draft, version)
    except ProfileError as error:
        where = error.where.removeprefix("mapping.")
        raise NotReadyError(f"{where}: {error.reason}.") from error


@transaction.atomic
def layout_mapping_propose(  # noqa: PLR0913 - what the file cannot say itself
    actor: Actor,
    source_file: SourceFile,
    draft: ColumnDraft,
    *,
    reason: str,
    source: str,
    account: str = "",
    now: datetime,
) -> LayoutMapping:
    """Save a draft as a layout; a customer's file is read by it at once.

    Args:
        account: Whose the file is, where none of its columns says it.

    Raises:
        NotReadyError: Nothing says why or where it was read, the file does not read by
            it, another proposal of that layout waits, or there are too many layouts.
        MappingIncompleteError: Something needed is assigned nowhere.
        DutyMissingError: The actor proposes nothing.
    """
    user = require_staff(actor, *PROPOSERS)
    require_said(reason, source)
    _require_readable(draft_look(source_file, draft))
    versions = LayoutMapping.objects.filter(venue=draft.venue, code=draft.code)
    if versions.filter(status=MappingStatus.PROPOSED).exists():
        raise NotReadyError("Another proposal of this layout waits: decide it first.")
    version = (versions.aggregate(last=Max("version"))["last"] or 0) + 1
    mapping = LayoutMapping(
        venue=draft.venue,
        code=draft.code,
        version=version,
        terms=_table(draft, version),
        sample=source_file,
        reason=reason.strip(),
        source=source.strip(),
        proposed_by=user,
        proposed_at=now,
    )
    _require_room(mapping)
    mapping_seal(
        mapping,
        terms=mapping.terms,
        sample=source_file.sha256,
        reason=mapping.reason,
        source=mapping.source,
    )
    mapping.save()
    mapping_proposed(actor, mapping, _WHAT)
    if account and not source_file.account_number:
        SourceFile.objects.filter(pk=source_file.pk).update(account_number=account)
    if source_file.provenance == Provenance.CUSTOMER_SUPPLIED:
        _try_again(actor, mapping)
    return mapping


def _require_readable(facts: dict[str, Any]) -> None:
    """Refuse a draft by which the file itself reads nothing."""
    if refused := facts.get("refused"):
        raise NotReadyError(f"By this the file is refused: {refused}")
    if not facts["understood"]:
        raise NotReadyError("By this no row of the file is understood.")


def _require_room(mapping: LayoutMapping) -> None:
    size = len(json.dumps([*live_tables(), mapping.terms]).encode())
    if size > TABLES_BYTES_MAX:
        raise NotReadyError("There are too many layouts made by staff: refuse some.")


def _try_again(actor: Actor, mapping: LayoutMapping) -> None:
    """Have the sample read, or looked into, again where no row of it was taken yet."""
    file = SourceFile.objects.select_for_update(no_key=True).get(pk=mapping.sample_id)
    if file.state == SourceFileState.REFUSED and file.checkpoint == 0:
        # What an earlier try took it for says nothing of this one.
        said = {"venue": mapping.venue, "layout": "", "kind": ""}
        load_make_due(actor, file, said)
    elif file.state == SourceFileState.PREVIEWED:
        preview_renew(file)


def layout_mapping_approve(
    actor: Actor, mapping: LayoutMapping, *, shown_digest: str, now: datetime
) -> LayoutMapping:
    """Approve a layout as the second person; files of the platform may rest on it.

    Raises:
        SamePersonError: The actor proposed it.
        FreshFactorNeededError: The last second factor is too long ago.
        StaleError: The page showed another content.
        NotReadyError: Decided already.
        DutyMissingError: The actor activates no rules.
    """
    with refusal_recorded(actor, str(mapping), mapping):
        return _approve(actor, mapping, shown_digest, now)


@transaction.atomic
def _approve(
    actor: Actor, mapping: LayoutMapping, shown_digest: str, now: datetime
) -> LayoutMapping:
    mapping = mapping_locked(mapping)
    require_second(actor, mapping, shown_digest, now=now)
    mapping_decide(actor, mapping, MappingStatus.APPROVED, what=_WHAT, now=now)
    _try_again(actor, mapping)
    return mapping


@transaction.atomic
def layout_mapping_refuse(
    actor: Actor, mapping: LayoutMapping, *, reason: str, now: datetime
) -> None:
    """Refuse a layout as the second person.

    Raises:
        NotReadyError: No reason, decided already, or files count by it: undo them.
        SamePersonError, DutyMissingError: As `mapping_refuse`.
    """
    _require_unused(mapping)
    mapping_refuse(actor, mapping, _WHAT, reason, now)


@transaction.atomic
def layout_mapping_withdraw(
    actor: Actor, mapping: LayoutMapping, *, now: datetime
) -> None:
    """Take the own layout back.

    Raises:
        NotReadyError: Decided already, somebody else's, or files count by it: undo them.
        DutyMissingError: The actor proposes nothing.
    """
    _require_unused(mapping)
    mapping_withdraw(actor, mapping, _WHAT, now)


def _require_unused(mapping: LayoutMapping) -> None:
    dead = (SourceFileState.UNDONE, SourceFileState.REFUSED)
    counting = [one for one in files_read_by(mapping) if one.state not in dead]
    if counting:
        names = ", ".join(one.name for one in counting[:5])
        raise NotReadyError(f"Files were read by it: undo {names} first.")
