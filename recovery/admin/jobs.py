"""Jobs: what is being done, and what needs a person."""

from datetime import datetime

from django.contrib import admin
from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data
from recovery.admin.base import DeskAdmin
from recovery.admin.pages import Block, Fact, Page, Visit, heads, table_block
from recovery.admin.progress import progress_of
from recovery.admin.show import badge, link, moment, moment_cell, words
from recovery.domain.duties import Duty
from recovery.models import Job, JobKind, JobState
from recovery.services.actors import Actor
from recovery.services.desk import job_put_back
from recovery.tasks import ring

_REFRESH_SECONDS = 3
_STOPPED = (
    "This job stopped; it is not tried again by itself, and nothing it had finished "
    "is lost. Read the last error, mend its cause, then try again."
)
_ADVICE = {
    JobKind.IMPORT: "If every try ends at the same row, take the file to the people"
    " who made it; rows loaded so far stay and are not loaded twice.",
    JobKind.ASSESS: "Until then these accounts keep their last assessment; decide"
    " nothing about them that rests on newer rows.",
    JobKind.WORKBOOK: "Or ask for a new workbook; this one was never handed out.",
    JobKind.MAIL: "Mails wait meanwhile. It also tries again every five minutes:"
    " look at the mail server and its address first.",
    JobKind.AUDIT_PROOF: "Prove it by hand meanwhile: manage.py verify_audit.",
    JobKind.AUDIT_HEAD: "Write the head down by hand meanwhile:"
    " manage.py export_audit_head.",
}


def _put_back(actor: Actor, job: Job, _data: Data, _now: datetime) -> None:
    ring(job_put_back(actor, job))


def progress_block(job: Job) -> Block:
    """The live bar of a job."""
    url = reverse("admin:recovery_job_progress", args=[job.pk])
    return Block(
        "Progress", "recovery/desk/blocks/progress.html", progress_of(job, url)
    )


def refresh_seconds(job: Job | None) -> int:
    """How soon a page with the bar of a job is loaded again; 0 once it has ended."""
    is_moving = job is not None and job.state in (JobState.DUE, JobState.RUNNING)
    return _REFRESH_SECONDS if is_moving else 0


def is_stopped(job: Job | None) -> bool:
    """Whether a job waits for a person."""
    return job is not None and job.state == JobState.QUARANTINED


def stopped_notice(job: Job | None) -> list[str]:
    """What a page says whose job does not go on by itself."""
    if job is None or not is_stopped(job):
        return []
    url = reverse("admin:recovery_job_change", args=[job.pk])
    told = link(url, "See what was tried and try again")
    return [format_html("Its job stopped and needs a person. {}", told)]


def _advice(job: Job) -> str:
    what = _ADVICE.get(job.kind, "Newer code knows this kind: is it still running?")
    return f"{_STOPPED} {what}"


def _tried_blocks(job: Job) -> list[Block]:
    rows = [
        (
            str(one["attempt"]),
            moment(datetime.fromisoformat(one["at"])),
            one["holder"] or "—",
            one["error"],
        )
        for one in reversed(job.tried)
    ]
    columns = heads("#Try", "At", "Held by", "What went wrong")
    return [table_block("What was tried", columns, rows, empty="")] if rows else []


@admin.register(Job)
class JobAdmin(DeskAdmin):
    """Jobs, newest first."""

    list_display = (
        "id",
        "kind",
        "state_shown",
        "progress_shown",
        "attempt",
        "created_shown",
        "finished_shown",
    )
    list_filter = ("state", "kind")
    ordering = ("-id",)
    acts = (
        Act(
            "put-back",
            "Try again",
            _put_back,
            "The job is due again.",
            frozenset({Duty.IMPORT_FILES, Duty.ADMINISTER_PEOPLE}),
            fits=lambda _actor, job: job.state == JobState.QUARANTINED,
            tone="primary",
        ),
    )

    @display(description="State", ordering="state")
    def state_shown(self, job: Job) -> SafeString:
        """Where it stands."""
        return badge(job.state)

    @display(description="Progress")
    def progress_shown(self, job: Job) -> str:
        """How far it is, in words."""
        return progress_of(job).text

    @display(description="Created", ordering="created_at")
    def created_shown(self, job: Job) -> SafeString:
        """When it was asked for."""
        return moment_cell(job.created_at)

    @display(description="Ended", ordering="finished_at")
    def finished_shown(self, job: Job) -> SafeString:
        """When it ended."""
        return moment_cell(job.finished_at)

    def page(self, visit: Visit) -> Page:
        """How far it is and what went wrong."""
        job: Job = visit.subject
        return Page(
            title=f"{words(job.kind)} job {job.pk}",
            kind="Job",
            badge=badge(job.state),
            facts=[
                Fact("Tries", job.attempt),
                Fact("Queue", words(job.queue)),
                Fact("Asked for by", str(job.requested_by or "the system")),
                Fact("Created", moment(job.created_at)),
                Fact("Started", moment(job.started_at)),
                Fact("Ended", moment(job.finished_at)),
                Fact("Held by", job.holder or "—"),
                Fact("Lease until", moment(job.lease_until)),
                Fact("Key", job.key or "—"),
            ],
            blocks=[progress_block(job), *_tried_blocks(job)],
            notices=[_advice(job)] if is_stopped(job) else [],
            refresh_seconds=refresh_seconds(job),
        )

    def own_urls(self) -> list[URLPattern]:
        """Progress for the script."""
        return [
            path(
                "<int:pk>/progress.json",
                self.admin_site.admin_view(self.progress_view),
                name="recovery_job_progress",
            )
        ]

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far a job is, now."""
        job = self.row(request, pk)
        response = JsonResponse(progress_of(job).as_json())
        response["Cache-Control"] = "no-store"
        return response
