"""Imports: upload, recognition, conservation, refused records."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin import display
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data, Outcome
from recovery.admin.base import DeskAdmin
from recovery.admin.catalogue import catalogue_view
from recovery.admin.downloads import csv_download
from recovery.admin.forms import DeskForm
from recovery.admin.jobs import is_stopped, progress_block, stopped_notice
from recovery.admin.layout_pages import mapping_block
from recovery.admin.pages import Block, Fact, Page, Visit, heads, table_block
from recovery.admin.scratch import scratch_view
from recovery.admin.show import (
    amount_cell,
    badge,
    breakable,
    flow_word,
    link,
    moment,
    moment_cell,
    nowrap,
    two_lines,
    words,
)
from recovery.domain.duties import Duty
from recovery.models import JobState, Provenance, SourceFile, SourceFileState
from recovery.services.actors import Actor
from recovery.services.import_undo import source_file_put_back, source_file_undo
from recovery.services.source_files import source_file_receive
from recovery.tasks import ring, ring_due

_PROVENANCES = {
    Provenance.HOUSE: "The platform's own records",
    Provenance.VENUE_API: "Fetched from the venue",
    Provenance.STAFF_OBTAINED: "Obtained by staff",
    Provenance.CUSTOMER_SUPPLIED: "Sent by the customer (proves no amount)",
}
_RECOGNITION = {
    "score": "Layout fits, of 100",
    "missing": "Columns missing",
    "unknown": "Columns not known",
    "runner_up": "Next best layout",
}
_UNREAD = frozenset({SourceFileState.STORED, SourceFileState.LOADING})
_PROBLEMS_SHOWN = 50


class UploadForm(DeskForm):
    """A source file and what it cannot say of itself."""

    file = forms.FileField(label="Source file", help_text="CSV or XLSX.")
    provenance = forms.ChoiceField(
        label="Where it comes from", choices=list(_PROVENANCES.items())
    )
    venue = forms.CharField(
        label="Venue", required=False, max_length=32, help_text="Empty: recognise it."
    )
    account = forms.CharField(
        label="Account number",
        required=False,
        max_length=64,
        help_text="Only when the file does not say.",
    )
    zone = forms.CharField(
        label="Time zone", required=False, max_length=32, help_text="Empty: UTC."
    )

    def clean_file(self) -> TemporaryUploadedFile:
        """Keep within the size one file may have."""
        file: TemporaryUploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.UPLOAD_BYTES_MAX:
            raise forms.ValidationError("The file is larger than this desk takes.")
        return file


def _receive(actor: Actor, _none: object, data: Data, now: datetime) -> Outcome:
    file: TemporaryUploadedFile = data["file"]
    source = source_file_receive(
        actor,
        path=Path(file.temporary_file_path()),
        name=Path(file.name or "unnamed").name,
        provenance=Provenance(data["provenance"]),
        venue=data["venue"].strip(),
        account=data["account"].strip(),
        zone=data["zone"].strip(),
    )
    url = reverse("admin:recovery_sourcefile_change", args=[source.pk])
    if source.received_at < now:
        told = f"This file came in before, as {source.name}: nothing was changed."
        return Outcome(told, url)
    if source.job is not None:
        ring(source.job)
    return Outcome(f"{source.name} is stored; it is being read.", url)


class UndoForm(DeskForm):
    """Why a file is taken back."""

    reason = forms.CharField(label="Reason", widget=forms.Textarea({"rows": 2}))


def _undo(actor: Actor, source: SourceFile, data: Data, _now: datetime) -> None:
    source_file_undo(actor, source, reason=data["reason"])
    ring_due()


def _put_back(actor: Actor, source: SourceFile, _data: Data, _now: datetime) -> None:
    source_file_put_back(actor, source)
    ring_due()


def _state_badge(source: SourceFile) -> SafeString:
    """Its state; that of its job where that one stopped."""
    is_waiting = source.state in _UNREAD
    return badge(
        JobState.QUARANTINED if is_waiting and is_stopped(source.job) else source.state
    )


@admin.register(SourceFile)
class SourceFileAdmin(DeskAdmin):
    """Source files, newest first, with the upload above them."""

    list_display = (
        "name_shown",
        "layout_shown",
        "state_shown",
        "records_shown",
        "rejected_shown",
        "received_shown",
    )
    list_filter = ("state", "provenance", "venue")
    list_select_related = ("job",)
    search_fields = ("name", "sha256__startswith")
    search_help_text = "Name or SHA-256"
    ordering = ("-id",)
    acts = (
        Act(
            "undo",
            "Undo the import",
            _undo,
            "Undone: its rows count no more, the accounts are assessed anew.",
            frozenset({Duty.IMPORT_FILES}),
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
            frozenset({Duty.IMPORT_FILES}),
            fits=lambda _actor, source: source.state == SourceFileState.UNDONE,
        ),
    )
    list_acts = (
        Act(
            "upload",
            "Upload a source file",
            _receive,
            "Stored.",
            frozenset({Duty.IMPORT_FILES}),
            UploadForm,
            tone="primary",
            hint="Stored once by its SHA-256; the same file again changes nothing.",
        ),
    )

    @display(description="Name", ordering="name")
    def name_shown(self, source: SourceFile) -> SafeString:
        """Whole, however long; it may break anywhere."""
        return breakable(source.name)

    @display(description="Layout", ordering="layout")
    def layout_shown(self, source: SourceFile) -> SafeString:
        """What it was recognised as, and where it came from."""
        layout = source.layout or "not recognised yet"
        return two_lines(nowrap(layout), words(source.provenance))

    @display(description="Records", ordering="records")
    def records_shown(self, source: SourceFile) -> SafeString:
        """All records, and how many of them were new."""
        new = f"{source.accepted:,} accepted, {source.duplicate:,} duplicate"
        return two_lines(f"{source.records:,}", new)

    @display(description="Rejected", ordering="rejected")
    def rejected_shown(self, source: SourceFile) -> SafeString | str:
        """How many need a look."""
        if not source.rejected:
            return "none"
        return badge(f"{source.rejected:,} rejected", "bad")

    @display(description="State", ordering="state")
    def state_shown(self, source: SourceFile) -> SafeString:
        """Where the import stands, or that it does not go on by itself."""
        return _state_badge(source)

    @display(description="Received", ordering="received_at")
    def received_shown(self, source: SourceFile) -> SafeString:
        """When it came."""
        return moment_cell(source.received_at)

    def page(self, visit: Visit) -> Page:
        """What was recognised, what became of every record."""
        source: SourceFile = visit.subject
        notices = stopped_notice(source.job)
        notices += [str(warning) for warning in source.warnings]
        if source.refusal:
            notices.insert(0, f"Refused: {source.refusal}")
        blocks = [progress_block(source.job)] if source.job else []
        return Page(
            title=source.name,
            kind="Source file",
            badge=_state_badge(source),
            headline=conservation_text(source),
            facts=_facts(source),
            blocks=[
                *mapping_block(source),
                *blocks,
                manifest_block(source),
                sums_block(source),
                rejected_block(source),
            ],
            notices=notices,
        )

    def own_urls(self) -> list[URLPattern]:
        """Refused records as a file, and the page for rows that are not imported."""
        return [
            path(
                "catalogue/",
                self.admin_site.admin_view(catalogue_view(self._catalogue_context)),
                name="recovery_sourcefile_catalogue",
            ),
            path(
                "scratch/",
                self.admin_site.admin_view(scratch_view(self._scratch_context)),
                name="recovery_sourcefile_scratch",
            ),
            path(
                "<int:pk>/rejected.csv",
                self.admin_site.admin_view(self.rejected_view),
                name="recovery_sourcefile_rejected",
            ),
        ]

    def _catalogue_context(self, request: HttpRequest) -> dict[str, object]:
        return {
            **self._scratch_context(request),
            "list_url": self.url("changelist"),
            "is_fullwidth": "1",
        }

    def _scratch_context(self, request: HttpRequest) -> dict[str, object]:
        return {**self.admin_site.each_context(request), "opts": self.opts}

    def rejected_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Refused records with their reasons."""
        source = self.row(request, pk)
        rows = source.rejected_records.order_by("row_number").values_list(
            "row_number", "column", "value", "reason"
        )
        return csv_download(
            ("row", "column", "value", "reason"),
            rows.iterator(),
            f"rejected-{source.sha256[:12]}.csv",
        )


def conservation_text(source: SourceFile) -> str:
    """The line that shows nothing was lost."""
    if source.state in _UNREAD and not source.records:
        return "Not read yet."
    parts = source.accepted + source.duplicate + source.ignored + source.rejected
    line = (
        f"{source.records:,} records = {source.accepted:,} accepted + "
        f"{source.duplicate:,} duplicate + {source.ignored:,} ignored + "
        f"{source.rejected:,} rejected"
    )
    if parts != source.records:
        return f"{line}; {source.records - parts:,} still to come."
    return f"{line}."


def _facts(source: SourceFile) -> list[Fact]:
    recognised = source.recognition or {}
    told = [
        Fact(_RECOGNITION.get(key, words(key)), flat(value))
        for key, value in recognised.items()
    ]
    return [
        Fact("Provenance", _PROVENANCES[Provenance(source.provenance)]),
        Fact("Venue", source.venue or "not recognised yet"),
        Fact("Layout", source.layout or "—"),
        Fact("Zone", source.zone or "—"),
        Fact("First row", moment(source.first_at)),
        Fact("Last row", moment(source.last_at)),
        Fact("Received", f"{moment(source.received_at)}, {source.received_by or '—'}"),
        Fact("Loaded", moment(source.loaded_at)),
        Fact("Size", f"{source.bytes_size:,} bytes"),
        Fact("SHA-256", source.sha256),
        *told,
    ]


def flat(value: Any) -> str:
    """A value from a file or a policy, on one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {flat(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(flat(item) for item in value) or "none"
    return str(value)


def manifest_block(source: SourceFile) -> Block:
    """The sender's control totals beside ours."""
    manifest = source.manifest or {}
    rows = [
        (words(str(key)), _stated(str(key), value)) for key, value in manifest.items()
    ]
    return table_block(
        "Manifest",
        heads("Control figure", "As the sender states it"),
        rows,
        empty="Not read yet."
        if source.state in _UNREAD
        else "This file carries no manifest: its totals cannot be checked.",
    )


def _stated(key: str, value: Any) -> str:
    if key == "complete_until" and value:
        return moment(datetime.fromisoformat(value))
    return flat(value)


def sums_block(source: SourceFile) -> Block:
    """What was accepted, by asset and role."""
    rows = [
        (asset, role, amount_cell(Decimal(text), asset, flow_word(Decimal(text))))
        for asset, roles in sorted(source.sums.items())
        for role, text in sorted(roles.items())
    ]
    columns = heads("Asset", "Role", "#Sum")
    return table_block("Sums of accepted rows", columns, rows, empty="Nothing yet.")


def rejected_block(source: SourceFile) -> Block:
    """Refused records, the first of them, and all as a file."""
    rows = [
        (str(one.row_number), one.column, one.value, one.reason)
        for one in source.rejected_records.order_by("row_number")[:_PROBLEMS_SHOWN]
    ]
    block = table_block(
        "Rejected records",
        heads("#Row", "Column", "Value", "Reason"),
        rows,
        empty="None.",
        anchor="rejected",
    )
    if rows:
        url = reverse("admin:recovery_sourcefile_rejected", args=[source.pk])
        block.link = link(url, f"Download all {source.rejected:,} with their reasons")
    return block
