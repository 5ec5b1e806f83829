"""The right to work on one job during one attempt: renewed by beats, fenced."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from recovery.domain.errors import RecoveryError
from recovery.domain.work import WORK
from recovery.models import Job, JobKind, JobState


class LeaseLostError(RecoveryError):
    """Another worker holds this job now; this one must write nothing more."""

    code = "lease_lost"


class JobTimeOverError(LeaseLostError):
    """The job took as long as its kind may; this attempt writes nothing more."""

    code = "job_time_over"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one job during one attempt.

    Attributes:
        done_before: The progress that earlier attempts had made.
        began: By this process's monotonic clock.
    """

    job_id: int
    attempt: int
    kind: JobKind
    payload: dict[str, Any]
    done_before: int = 0
    began: float = field(default_factory=time.monotonic)

    def beat(
        self, done: int, total: int = 0, unit: str = "", message: str = ""
    ) -> None:
        """Renew the lease and tell the progress; call it inside each chunk.

        Raises:
            LeaseLostError: The lease is another worker's, or ended.
            JobTimeOverError: The soft limit has passed; this chunk is not kept.
        """
        changed = self.rows().update(
            lease_until=Now() + lease_length(),
            progress_done=done,
            progress_total=total,
            progress_unit=unit,
            message=message,
        )
        if not changed:
            raise LeaseLostError(f"job {self.job_id} attempt {self.attempt}")
        if time.monotonic() - self.began > WORK[self.kind].soft_seconds:
            raise JobTimeOverError(f"It took {WORK[self.kind].soft_seconds} seconds.")

    def rows(self) -> "QuerySet[Job]":
        """The job's row, as long as this lease stands."""
        return Job.objects.filter(
            pk=self.job_id, attempt=self.attempt, state=JobState.RUNNING
        )


def lease_length() -> timedelta:
    """How long a lease lasts without a beat."""
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)
