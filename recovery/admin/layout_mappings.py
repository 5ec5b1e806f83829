"""Layouts made by staff: a file is mapped, seen as it reads, saved, approved."""

from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from recovery.admin.base import DeskAdmin
from recovery.admin.file_mapping import (
    FileMapping,
    mapping_opened,
    mapping_page,
    mapping_readings,
    mapping_saved,
)
from recovery.admin.layout_pages import (
    read_block,
    roles_block,
    terms_block,
)
from recovery.admin.mapping_acts import (
    MAY_PROPOSE,
    TONES,
    decision_acts,
    people_facts,
)
from recovery.admin.pages import Block, Page, Visit, heads, table_block
from recovery.admin.permissions import holds
from recovery.admin.show import badge, link, moment, two_lines
from recovery.domain.errors import RecoveryError
from recovery.models import LayoutMapping, MappingStatus, SourceFile
from recovery.reading.messages import ReaderDiedError
from recovery.selectors.layout_mappings import files_read_by
from recovery.services.layout_mappings import (
    file_look,
    layout_mapping_approve,
    layout_mapping_refuse,
    layout_mapping_withdraw,
)

_REFUSED = 409


@admin.register(LayoutMapping)
class LayoutMappingAdmin(DeskAdmin):
    """Layouts made by staff, every version."""

    list_display = (
        "layout_shown",
        "version",
        "status_shown",
        "sample_shown",
        "proposed_shown",
    )
    list_filter = ("status", "venue")
    list_select_related = ("proposed_by", "sample")
    search_fields = ("venue", "code")
    search_help_text = "Venue or code"
    ordering = ("-id",)
    acts = decision_acts(
        layout_mapping_approve,
        layout_mapping_refuse,
        layout_mapping_withdraw,
        approved="Approved: files of the platform may rest on it.",
    )

    @display(description="Layout", ordering="code")
    def layout_shown(self, mapping: LayoutMapping) -> SafeString:
        """With the mark every one of them bears."""
        said = f"{mapping.venue} {mapping.code}"
        return two_lines(said, "made by staff, not verified")

    @display(description="Status", ordering="status")
    def status_shown(self, mapping: LayoutMapping) -> SafeString:
        """How far it is."""
        return badge(mapping.status, TONES[MappingStatus(mapping.status)])

    @display(description="Made with")
    def sample_shown(self, mapping: LayoutMapping) -> SafeString:
        """The file it was made with."""
        return _file_link(mapping.sample)

    @display(description="Proposed", ordering="proposed_at")
    def proposed_shown(self, mapping: LayoutMapping) -> SafeString:
        """When and by whom."""
        return two_lines(moment(mapping.proposed_at), str(mapping.proposed_by))

    def page(self, visit: Visit) -> Page:
        """What it says, how its sample reads, who stands for it."""
        mapping: LayoutMapping = visit.subject
        return Page(
            title=str(mapping),
            kind="Layout made by staff, not verified",
            badge=self.status_shown(mapping),
            headline=f"Files with these columns are read as {mapping.venue} "
            f"{mapping.code}.",
            facts=people_facts(mapping),
            blocks=[
                terms_block(mapping),
                roles_block(mapping),
                *_sample_blocks(mapping),
                _files_block(mapping),
            ],
        )

    def own_urls(self) -> list[URLPattern]:
        """The page on which a file is mapped."""
        return [
            path(
                "map/<int:pk>/",
                self.admin_site.admin_view(self.map_view),
                name="recovery_layoutmapping_map",
            )
        ]

    def map_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Map a file: shown again after every change, saved at the end."""
        if not holds(request, *MAY_PROPOSE):
            raise PermissionDenied
        source = get_object_or_404(SourceFile, pk=pk)
        try:
            found = mapping_opened(request, source)
            status = 200
            if request.POST.get("do") == "save":
                saved = mapping_saved(request, found)
                if saved is not None:
                    return HttpResponseRedirect(self.url("change", saved.pk))
                status = _REFUSED
        except (RecoveryError, ReaderDiedError) as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(
                reverse("admin:recovery_sourcefile_change", args=[source.pk])
            )
        return self._map_shown(request, found, status)

    def _map_shown(
        self, request: HttpRequest, found: FileMapping, status: int
    ) -> HttpResponse:
        return TemplateResponse(
            request,
            "recovery/desk/map_columns.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Columns of {found.source.name}",
                "opts": self.opts,
                "list_url": self.url("changelist"),
                "is_fullwidth": "1",
                "page": mapping_page(found),
                "form": found.form,
                "readings": mapping_readings(found),
            },
            status=status,
        )


def _file_link(source: SourceFile) -> SafeString:
    url = reverse("admin:recovery_sourcefile_change", args=[source.pk])
    return link(url, source.name)


def _sample_blocks(mapping: LayoutMapping) -> list[Block]:
    """How the sample reads by it, told by the limited process."""
    said = {"venue": mapping.venue, "account": "", "zone": ""}
    try:
        facts = file_look(mapping.sample, profiles=(mapping.terms,), **said)
    except (RecoveryError, ReaderDiedError) as refusal:
        facts = {"refused": str(refusal)}
    if refused := facts.get("refused"):
        return [table_block("Reads as", heads("", ""), [], empty=refused)]
    return [read_block(facts)]


def _files_block(mapping: LayoutMapping) -> Block:
    rows = [
        (_file_link(one), one.state, f"{one.accepted:,}")
        for one in files_read_by(mapping)
    ]
    columns = heads("File", "State", "#Accepted")
    return table_block("Files read by it", columns, rows, empty="None yet.")
