"""What is done on the import pages: bring in, look, load, discard, undo."""

from datetime import datetime
from pathlib import Path

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.urls import reverse

from recovery.admin.acts import Act, Data, Outcome
from recovery.admin.import_forms import (
    MendForm,
    RowsForm,
    SayForm,
    UndoForm,
    UploadForm,
    said_of,
)
from recovery.admin.show import counted
from recovery.domain.duties import Duty
from recovery.models import SourceFile, SourceFileState
from recovery.services.actors import Actor
from recovery.services.import_undo import source_file_put_back, source_file_undo
from recovery.services.mending import rejected_mend, rejected_open
from recovery.services.previews import (
    preview_discard,
    preview_load,
    preview_make,
    preview_paste,
    preview_say,
    previews_load,
)
from recovery.tasks import ring, ring_due

_IMPORTERS = frozenset({Duty.IMPORT_FILES})


def page_of(source: SourceFile) -> str:
    """The address of a file's page."""
    return reverse("admin:recovery_sourcefile_change", args=[source.pk])


def _known(source: SourceFile) -> Outcome:
    told = f"This file came in before, as {source.name}: nothing was changed."
    return Outcome(told, page_of(source))


def sent_name(file: TemporaryUploadedFile) -> str:
    """The name it was sent under, without any path."""
    return Path(file.name or "unnamed").name


def _look(actor: Actor, _none: object, data: Data, _now: datetime) -> Outcome:
    said = said_of(data)
    found = [
        preview_make(
            actor,
            path=Path(file.temporary_file_path()),
            name=sent_name(file),
            said=said,
        )
        for file in data["file"]
    ]
    if len(found) > 1:
        listed = reverse("admin:recovery_sourcefile_changelist")
        waiting = f"{listed}?state__exact={SourceFileState.PREVIEWED}"
        told = f"Looked into {len(found)} files; nothing is loaded yet."
        return Outcome(told, waiting)
    return _looked(found[0])


def _paste(actor: Actor, _none: object, data: Data, _now: datetime) -> Outcome:
    return _looked(preview_paste(actor, data["rows"], said_of(data)))


def _looked(one: SourceFile) -> Outcome:
    if one.state != SourceFileState.PREVIEWED:
        return _known(one)
    return Outcome("Looked into it; nothing is loaded yet.", page_of(one))


def _say(actor: Actor, source: SourceFile, data: Data, _now: datetime) -> None:
    preview_say(actor, source, said_of(data))


def _load(actor: Actor, source: SourceFile, _data: Data, _now: datetime) -> None:
    loaded = preview_load(actor, source)
    if loaded.job is not None:
        ring(loaded.job)


def _load_all(actor: Actor, _none: object, _data: Data, _now: datetime) -> Outcome:
    loaded = previews_load(actor)
    for one in loaded:
        if one.job is not None:
            ring(one.job)
    return Outcome(f"{counted(len(loaded), 'file')} being loaded.")


def _discard(actor: Actor, source: SourceFile, _data: Data, _now: datetime) -> Outcome:
    preview_discard(actor, source)
    listed = reverse("admin:recovery_sourcefile_changelist")
    return Outcome(f"{source.name} is discarded; nothing of it is kept.", listed)


def _mend(actor: Actor, source: SourceFile, data: Data, now: datetime) -> Outcome:
    file: TemporaryUploadedFile = data["file"]
    path = Path(file.temporary_file_path())
    mended = rejected_mend(actor, source, path=path, name=sent_name(file))
    if mended.received_at < now:
        return _known(mended)
    if mended.job is not None:
        ring(mended.job)
    return Outcome("The mended rows are being read.", page_of(mended))


def _undo(actor: Actor, source: SourceFile, data: Data, _now: datetime) -> None:
    source_file_undo(actor, source, reason=data["reason"])
    ring_due()


def _put_back(actor: Actor, source: SourceFile, _data: Data, _now: datetime) -> None:
    source_file_put_back(actor, source)
    ring_due()


def _is_previewed(_actor: Actor, source: SourceFile) -> bool:
    return bool(source.state == SourceFileState.PREVIEWED)


def _has_waiting(actor: Actor, _none: object) -> bool:
    return SourceFile.objects.filter(
        state=SourceFileState.PREVIEWED, received_by=actor.user
    ).exists()


def _is_mendable(_actor: Actor, source: SourceFile) -> bool:
    is_loaded = source.state == SourceFileState.LOADED and source.mends_id is None
    return bool(is_loaded and source.rejected and rejected_open(source).exists())


def _is_loadable(_actor: Actor, source: SourceFile) -> bool:
    preview = source.preview or {}
    stopped = preview.get("refused") or preview.get("needs")
    return bool(source.state == SourceFileState.PREVIEWED and not stopped)


def _as_said(_actor: Actor, source: SourceFile) -> Data:
    return {
        "provenance": source.provenance,
        "venue": source.venue,
        "account": source.account_number,
        "zone": source.zone or (source.preview or {}).get("zone_shown", ""),
        "asset": source.asset,
        "day_order": source.day_order,
    }


FILE_ACTS = (
    Act(
        "load",
        "Load the file",
        _load,
        "It is being loaded.",
        _IMPORTERS,
        fits=_is_loadable,
        tone="primary",
    ),
    Act(
        "say",
        "Say what the file cannot",
        _say,
        "Looked into it again.",
        _IMPORTERS,
        SayForm,
        fits=_is_previewed,
        initial=_as_said,
        hint="The file is looked into again with what you say.",
    ),
    Act(
        "discard",
        "Discard",
        _discard,
        "Discarded.",
        _IMPORTERS,
        fits=_is_previewed,
        tone="danger",
    ),
    Act(
        "mend",
        "Hand mended rows in",
        _mend,
        "Handed in.",
        _IMPORTERS,
        MendForm,
        fits=_is_mendable,
        hint="The sheet downloaded below, with the wrong cells mended. Its first two "
        "columns stay; they say which row each one mends.",
    ),
    Act(
        "undo",
        "Undo the import",
        _undo,
        "Undone: its rows count no more, the accounts are assessed anew.",
        _IMPORTERS,
        UndoForm,
        fits=lambda _actor, source: source.state == SourceFileState.LOADED,
        tone="danger",
        hint="Nothing is deleted; refused while a decision rests on its rows.",
    ),
    Act(
        "put-back",
        "Let it count again",
        _put_back,
        "It counts again; the accounts are assessed anew.",
        _IMPORTERS,
        fits=lambda _actor, source: source.state == SourceFileState.UNDONE,
    ),
)
LIST_ACTS = (
    Act(
        "upload",
        "Upload files",
        _look,
        "Looked into.",
        _IMPORTERS,
        UploadForm,
        tone="primary",
        hint="Next you see what each file is and means; nothing is loaded until you say "
        "so. Each is stored once: the same file again changes nothing.",
    ),
    Act(
        "load-all",
        "Load what needs nothing",
        _load_all,
        "Loading.",
        _IMPORTERS,
        fits=_has_waiting,
        hint="All files you looked into that are understood and complete.",
    ),
    Act(
        "paste",
        "Paste rows",
        _paste,
        "Looked into.",
        _IMPORTERS,
        RowsForm,
        hint="They go the way of a file: looked into first, loaded when you say so.",
    ),
)
