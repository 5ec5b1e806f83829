"""Work to be done. The row is the job; Redis only rings the bell (TRUST §3.1)."""

from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import Q

from recovery.models.fields import one_of, word_field


class JobState(StrEnum):
    """Where a job stands."""

    DUE = "due"
    RUNNING = "running"  # Leased until `lease_until`.
    DONE = "done"
    QUARANTINED = "quarantined"  # Tried often enough; a person must look.


class JobKind(StrEnum):
    """What a job does; its service is found by this word."""

    IMPORT = "import"
    ASSESS = "assess"
    WORKBOOK = "workbook"
    MATCH = "match"  # Finds what a filed claim is about.


class Job(models.Model):
    """One piece of work: claimed, leased, renewed, fenced, counted.

    Written by services.jobs only. Every write of a running job names its
    `attempt`; a worker whose attempt is not the row's any more writes nothing.
    """

    kind = word_field(JobKind)
    key = models.CharField(
        max_length=120,
        unique=True,
        null=True,
        blank=True,
        db_comment="Natural key: the same reason makes one job.",
    )
    payload = models.JSONField(default=dict)
    state = word_field(JobState, default=JobState.DUE)
    attempt = models.PositiveIntegerField(default=0)
    holder = models.CharField(max_length=80, blank=True)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(default=0)
    progress_unit = models.CharField(max_length=24, blank=True)
    message = models.TextField(blank=True)
    error = models.TextField(blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [one_of("state", JobState, "recovery_job_state_known")]
        indexes = [
            # The claim and the sweeper read unfinished jobs only.
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["due", "running"]),
                name="recovery_job_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} job {self.pk}"
