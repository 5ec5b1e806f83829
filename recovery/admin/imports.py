"""Imports: upload, recognition, conservation, refused records."""

from django.contrib import admin
from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from recovery.admin.base import DeskAdmin
from recovery.admin.catalogue import catalogue_view
from recovery.admin.import_acts import FILE_ACTS, LIST_ACTS
from recovery.admin.import_blocks import (
    UNREAD,
    conservation_text,
    file_facts,
    left_out_block,
    manifest_block,
    proofs_block,
    rests_blocks,
    sightings_blocks,
    sums_block,
)
from recovery.admin.import_downloads import rejected_csv, rejected_xlsx
from recovery.admin.import_forms import PROVENANCES
from recovery.admin.import_knowledge import knowledge_block, layout_words
from recovery.admin.import_preview import preview_page, preview_text
from recovery.admin.import_workbench import mended_text, workbench_blocks
from recovery.admin.jobs import (
    is_stopped,
    progress_block,
    refresh_seconds,
    stopped_notice,
)
from recovery.admin.layout_pages import mapping_block
from recovery.admin.pages import Page, Visit
from recovery.admin.scratch import scratch_view
from recovery.admin.show import (
    badge,
    breakable,
    counted,
    moment_cell,
    two_lines,
)
from recovery.models import JobState, Provenance, SourceFile, SourceFileState
from recovery.selectors.layout_mappings import layout_named
from recovery.venues.loading import venue_name


def _state_badge(source: SourceFile) -> SafeString:
    """Its state; that of its job where that one stopped."""
    is_waiting = source.state in UNREAD
    return badge(
        JobState.QUARANTINED if is_waiting and is_stopped(source.job) else source.state
    )


def _part(request: HttpRequest) -> int:
    """Which part of the rows is asked for; the first unless a number says otherwise."""
    said = request.GET.get("part", "")
    return (
        max(1, int(said)) if said.isascii() and said.isdigit() and len(said) < 7 else 1
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
    acts = FILE_ACTS
    list_acts = LIST_ACTS

    @display(description="Name", ordering="name")
    def name_shown(self, source: SourceFile) -> SafeString:
        """Whole, however long; it may break anywhere."""
        return breakable(source.name)

    @display(description="Layout", ordering="layout")
    def layout_shown(self, source: SourceFile) -> SafeString:
        """What it was recognised as, and where it came from."""
        seen = source.preview or {}
        layout = source.layout or seen.get("layout") or "not recognised yet"
        venue = source.venue or seen.get("venue") or ""
        name = (
            f"{venue_name(venue)}: {layout_words(venue, layout)}" if venue else layout
        )
        told = preview_text(source) or PROVENANCES[Provenance(source.provenance)]
        return two_lines(breakable(name), told)

    @display(description="Records", ordering="records")
    def records_shown(self, source: SourceFile) -> SafeString:
        """All records, and how many of them were new."""
        if source.state == SourceFileState.PREVIEWED:
            records = (source.preview or {}).get("records", 0)
            return two_lines(f"{records:,}", "looked into, none loaded")
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
        if source.state == SourceFileState.PREVIEWED:
            return preview_page(visit, _state_badge(source))
        notices = stopped_notice(source.job)
        if source.warnings:
            notices.append(f"{counted(len(source.warnings), 'warning')}: see below.")
        if source.refusal:
            notices.insert(0, f"Refused: {source.refusal}")
        blocks = [progress_block(source.job)] if source.job else []
        return Page(
            title=source.name,
            kind="Source file",
            badge=_state_badge(source),
            headline=f"{conservation_text(source)} {mended_text(source)}".strip(),
            facts=file_facts(source),
            blocks=[
                *mapping_block(source, visit.actor),
                *blocks,
                *workbench_blocks(source),
                manifest_block(source),
                sums_block(source),
                proofs_block(source),
                left_out_block(source),
                *sightings_blocks(source),
                knowledge_block(layout_named(source.venue, source.layout)),
                *rests_blocks(source, visit.request),
            ],
            notices=notices,
            refresh_seconds=refresh_seconds(source.job),
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
            path(
                "<int:pk>/rejected.xlsx",
                self.admin_site.admin_view(self.rejected_book_view),
                name="recovery_sourcefile_rejected_book",
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
        """Rejected rows to mend, as CSV."""
        return rejected_csv(self.row(request, pk), _part(request))

    def rejected_book_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Rejected rows to mend, as a workbook."""
        return rejected_xlsx(self.row(request, pk), _part(request))
