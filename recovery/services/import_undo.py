"""Undo an import: its rows stay stored and count no more.

Nothing is deleted: what was read in an hour can be put back in a moment, and what an
earlier receipt rests on can still be shown.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.words import DecisionStatus
from recovery.models import (
    Decision,
    LedgerEntry,
    RecoveryCase,
    Sighting,
    SourceFile,
    SourceFileState,
)
from recovery.services.actors import Actor, require_duty
from recovery.services.audit import audit_write
from recovery.services.due import assessments_make_due
from recovery.services.mending import mended_elsewhere
from recovery.venues.profile import LayoutKind

_CASES_NAMED = 20


@transaction.atomic
def source_file_undo(
    actor: Actor, source_file: SourceFile, *, reason: str
) -> SourceFile:
    """Take a loaded file back; the accounts it touched are assessed anew.

    Rows that another file holds too go on counting by that file.

    Raises:
        NotReadyError: No reason, not loaded, not a ledger, or a decision rests on its
            rows; the cases are named.
        DutyMissingError: The actor imports nothing.
    """
    require_duty(actor, Duty.IMPORT_FILES)
    source_file = _locked(source_file)
    if not reason.strip():
        raise NotReadyError("Say why the file is taken back.")
    if source_file.state != SourceFileState.LOADED:
        raise NotReadyError(
            f"The file is {source_file.state}: only a loaded one is undone."
        )
    if source_file.kind != LayoutKind.LEDGER:
        raise NotReadyError("Only ledgers are undone; import a corrected file instead.")
    cases = cases_resting_on(source_file)
    if cases:
        raise NotReadyError(
            f"Decisions rest on its rows: {', '.join(cases)}. Return or reopen those first."
        )
    for one in [source_file, *_mending(source_file, SourceFileState.LOADED)]:
        _turn(actor, one, SourceFileState.UNDONE, reason.strip())
    source_file.refresh_from_db()
    return source_file


@transaction.atomic
def source_file_put_back(actor: Actor, source_file: SourceFile) -> SourceFile:
    """Let an undone file count again.

    What mended it counts again too, but for what another file brought meanwhile.

    Raises:
        NotReadyError: It was not undone, or another file brought its rows meanwhile,
            mended or told otherwise; it is named.
        DutyMissingError: The actor imports nothing.
    """
    require_duty(actor, Duty.IMPORT_FILES)
    source_file = _locked(source_file)
    if source_file.state != SourceFileState.UNDONE:
        raise NotReadyError("Only a file that was undone is put back.")
    if other := _brought_by(source_file):
        raise NotReadyError(
            f"Rows of it came in otherwise by {other.name}: undo that one first."
        )
    _turn(actor, source_file, SourceFileState.LOADED, "")
    for one in _mending(source_file, SourceFileState.UNDONE):
        if _brought_by(one) is None:
            _turn(actor, one, SourceFileState.LOADED, "")
    source_file.refresh_from_db()
    return source_file


def _mending(source_file: SourceFile, state: SourceFileState) -> list[SourceFile]:
    """The files that mend its rejected records and so stand, the newest first."""
    mended = SourceFile.objects.select_for_update(no_key=True).filter(
        mends=source_file, state=state
    )
    return list(mended.order_by("-pk"))


def _brought_by(undone: SourceFile) -> SourceFile | None:
    """A file that counts and brought rows of an undone one, mended or otherwise."""
    if other := mended_elsewhere(undone):
        return other
    own = LedgerEntry.objects.filter(
        source_file=undone, account=OuterRef("account"), source_id=OuterRef("source_id")
    )
    instead = LedgerEntry.objects.filter(
        Exists(own.filter(fingerprint=OuterRef("fingerprint"))), ordinal__lt=0
    )
    held = instead.exclude(source_file__state=SourceFileState.UNDONE)
    found = held.exclude(source_file=undone).select_related("source_file").first()
    return found.source_file if found else None


def _locked(source_file: SourceFile) -> SourceFile:
    return SourceFile.objects.select_for_update(no_key=True).get(pk=source_file.pk)


def _turn(
    actor: Actor, source_file: SourceFile, state: SourceFileState, reason: str
) -> None:
    source_file.state = state
    source_file.turns += 1
    source_file.save(update_fields=["state", "turns"])
    audit_write(
        actor,
        f"source_file.{'undo' if state == SourceFileState.UNDONE else 'put_back'}",
        f"source file {source_file.sha256[:12]}",
        personal={"reason": reason},
    )
    accounts = _entries(source_file).values_list("account_id", flat=True).distinct()
    turn = f"turn-{source_file.sha256}-{source_file.turns}"
    assessments_make_due(list(accounts), turn)


def _entries(source_file: SourceFile) -> "QuerySet[LedgerEntry]":
    """Entries the file brought in or was seen to hold."""
    seen = Sighting.objects.filter(source_file=source_file).values("entry")
    own = LedgerEntry.objects.filter(source_file=source_file)
    return own | LedgerEntry.objects.filter(pk__in=seen)


def cases_resting_on(source_file: SourceFile) -> list[str]:
    """Cases decided, or about to be, on an account's rows that only this file holds.

    Rows that were mended for it are its own.

    Every row up to the end of an event is part of what its figures rest on.
    """
    own = SourceFile.objects.filter(Q(pk=source_file.pk) | Q(mends=source_file))
    others = (
        Sighting.objects.filter(entry=OuterRef("pk"))
        .exclude(source_file__state=SourceFileState.UNDONE)
        .exclude(source_file__in=own)
    )
    only_here = LedgerEntry.objects.filter(
        ~Exists(others),
        source_file__in=own,
        account=OuterRef("result__assessment__event__account"),
        occurred_at__lte=OuterRef("result__assessment__event__ended_at"),
    )
    decisions = Decision.objects.filter(
        Exists(only_here),
        status__in=(DecisionStatus.PROPOSED, DecisionStatus.APPROVED),
    )
    cases = RecoveryCase.objects.filter(decisions__in=decisions).distinct()
    references = cases.order_by("reference").values_list("reference", flat=True)
    return list(references[:_CASES_NAMED])
