"""Workbooks for finance: ask, watch, download."""

from datetime import datetime

from django.conf import settings
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data, Outcome
from recovery.admin.base import DeskAdmin
from recovery.admin.downloads import file_download
from recovery.admin.jobs import progress_block, stopped_notice
from recovery.admin.pages import Fact, Page, Visit
from recovery.admin.permissions import holds
from recovery.admin.show import badge, link, moment, moment_cell
from recovery.domain.duties import Duty
from recovery.models import Workbook, WorkbookState
from recovery.services.actors import Actor
from recovery.services.workbooks import workbook_request
from recovery.tasks import ring


def _request(actor: Actor, _none: object, _data: Data, now: datetime) -> Outcome:
    workbook = workbook_request(actor, now=now)
    if workbook.job is not None:
        ring(workbook.job)
    url = reverse("admin:recovery_workbook_change", args=[workbook.pk])
    return Outcome("It is being built; this page shows when it is ready.", url)


@admin.register(Workbook)
class WorkbookAdmin(DeskAdmin):
    """Workbooks, newest first."""

    list_display = (
        "as_of_shown",
        "state_shown",
        "rows",
        "requested_by",
        "requested_shown",
        "file_shown",
    )
    list_filter = ("state",)
    ordering = ("-id",)
    list_select_related = ("requested_by",)
    list_acts = (
        Act(
            "request",
            "Build a workbook as of now",
            _request,
            "It is being built.",
            frozenset({Duty.EXPORT_WORKBOOK}),
            tone="primary",
            hint="Liquidations, breaks, tie-out, imports and payouts, with formulas.",
        ),
    )

    @display(description="As of", ordering="as_of")
    def as_of_shown(self, workbook: Workbook) -> SafeString:
        """The instant it speaks of."""
        return moment_cell(workbook.as_of)

    @display(description="State", ordering="state")
    def state_shown(self, workbook: Workbook) -> SafeString:
        """Whether it is ready, or will not be by itself."""
        return badge(workbook.state)

    @display(description="Asked for", ordering="requested_at")
    def requested_shown(self, workbook: Workbook) -> SafeString:
        """When."""
        return moment_cell(workbook.requested_at)

    @display(description="File")
    def file_shown(self, workbook: Workbook) -> SafeString | str:
        """The download, once there is one."""
        if workbook.state != WorkbookState.READY:
            return "—"
        return link(self.url("file", workbook.pk), "Download")

    def page(self, visit: Visit) -> Page:
        """How far it is, then the file."""
        workbook: Workbook = visit.subject
        facts = [
            Fact("As of", moment(workbook.as_of)),
            Fact("Rows", f"{workbook.rows:,}"),
            Fact(
                "Asked for",
                f"{moment(workbook.requested_at)}, {workbook.requested_by or 'operator'}",
            ),
        ]
        if workbook.state == WorkbookState.READY:
            file = link(self.url("file", workbook.pk), "Download the workbook")
            facts += [Fact("File", file), Fact("SHA-256", workbook.sha256)]
        return Page(
            title=str(workbook),
            kind="Workbook",
            badge=badge(workbook.state),
            facts=facts,
            blocks=[progress_block(workbook.job)] if workbook.job else [],
            notices=stopped_notice(workbook.job),
        )

    def own_urls(self) -> list[URLPattern]:
        """The file."""
        return [
            path(
                "<int:pk>/file/",
                self.admin_site.admin_view(self.file_view),
                name="recovery_workbook_file",
            )
        ]

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Hand the workbook out to those who may export."""
        workbook = self.row(request, pk)
        if not holds(request, Duty.EXPORT_WORKBOOK):
            raise PermissionDenied
        if workbook.state != WorkbookState.READY or not workbook.file_name:
            raise Http404
        folder = settings.FILES_DIR / "workbooks"
        return file_download(folder / workbook.file_name, workbook.file_name)
