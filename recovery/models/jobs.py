"""Work to be done. The row is the job; Redis only rings the bell (TRUST §3.1)."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, Value

from recovery.domain.work import (
    WORK,
    WORK_VERSION,
    JobKind,
    JobState,
    PeriodicWork,
    Queue,
)
from recovery.models.fields import one_of, word_field


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
    # Workers of older code write none of the next five: the database fills them in.
    queue = models.CharField(
        max_length=24,
        default="",
        db_default=Queue.IMPORT.value,
        db_comment="Where its bell is rung; given by its kind.",
    )
    version = models.PositiveIntegerField(
        default=WORK_VERSION,
        db_default=1,
        db_comment="Of the code that asked for it; older code leaves it alone.",
    )
    state = word_field(JobState, default=JobState.DUE)
    attempt = models.PositiveIntegerField(
        default=0, db_comment="Only ever grows: it fences."
    )
    tries_from = models.PositiveIntegerField(
        default=0,
        db_default=0,
        db_comment="The attempt after which tries are counted (anew).",
    )
    tried = models.JSONField(
        default=list,
        db_default=Value([], models.JSONField()),
        blank=True,
        db_comment="The last failed tries: attempt, time, holder, error.",
    )
    quarantines = models.PositiveIntegerField(default=0, db_default=0)
    holder = models.CharField(max_length=80, blank=True)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(default=0)
    progress_from = models.BigIntegerField(
        default=0,
        db_default=0,
        db_comment="What earlier attempts had done when this one began.",
    )
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
            models.Index(
                fields=["id"],
                condition=Q(state="quarantined"),
                name="recovery_job_quarantined",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} job {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Wait in the queue of its kind unless another was named."""
        if not self.queue:
            self.queue = queue_of(self.kind)
        super().save(*args, **kwargs)

    @property
    def tries(self) -> int:
        """How often it was tried since somebody put it back, or since it moved."""
        return self.attempt - self.tries_from


class Round(models.Model):
    """One period of one periodic work: there once, however often beat rings."""

    name = word_field(PeriodicWork)
    period_began_at = models.DateTimeField()
    begun_at = models.DateTimeField(db_comment="The database's clock.")
    job = models.OneToOneField(Job, models.PROTECT, null=True, blank=True)
    is_missed = models.BooleanField(
        default=False, db_comment="Nobody was there in time; nothing was done for it."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name", "period_began_at"], name="recovery_round_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.period_began_at:%Y-%m-%d %H:%M}"


def queue_of(kind: str) -> Queue:
    """Where work of a kind waits; unknown kinds go where they hold up nobody."""
    return WORK[JobKind(kind)].queue if kind in WORK else Queue.EXPORT
