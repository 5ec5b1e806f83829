"""Jobs: claim, lease, heartbeat, fencing, tries, sweeper (TRUST §3.1).

All times are the database's own. A worker that lost its lease can write nothing:
every write of a running job names its attempt and runs in the transaction of the
work, so a chunk commits only under a lease that still stands.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import User
from recovery.domain.errors import RecoveryError
from recovery.models import Job, JobKind, JobState

_BACK_OFF = timedelta(seconds=5)


class LeaseLostError(RecoveryError):
    """Another worker holds this job now; this one must write nothing more."""

    code = "lease_lost"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one job during one attempt."""

    job_id: int
    attempt: int
    kind: JobKind
    payload: dict[str, Any]

    def beat(
        self, done: int, total: int = 0, unit: str = "", message: str = ""
    ) -> None:
        """Renew the lease and tell the progress; call it inside each chunk.

        Raises:
            LeaseLostError: The lease is another worker's, or ended.
        """
        changed = self._rows().update(
            lease_until=Now() + _lease_length(),
            progress_done=done,
            progress_total=total,
            progress_unit=unit,
            message=message,
        )
        if not changed:
            raise LeaseLostError(f"job {self.job_id} attempt {self.attempt}")

    def _rows(self) -> "Any":
        return Job.objects.filter(
            pk=self.job_id, attempt=self.attempt, state=JobState.RUNNING
        )


def _lease_length() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


def job_create(
    kind: JobKind,
    payload: dict[str, Any],
    *,
    key: str | None = None,
    requested_by: User | None = None,
) -> Job:
    """Record work to be done, in the transaction of its reason.

    A key that is there already gives the job that has it.
    """
    values = {
        "kind": kind,
        "payload": payload,
        "due_at": Now(),
        "requested_by": requested_by,
    }
    if key is None:
        return Job.objects.create(**values)
    return Job.objects.get_or_create(key=key, defaults=values)[0]


def job_claim(job_id: int, holder: str) -> Lease | None:
    """Take a due job, or one whose lease ran out; None when there is nothing to do.

    Safe to call by any number of workers at once: one conditional UPDATE decides.
    """
    free = Q(state=JobState.DUE, due_at__lte=Now()) | Q(
        state=JobState.RUNNING, lease_until__lt=Now()
    )
    with transaction.atomic():
        changed = Job.objects.filter(
            free, pk=job_id, attempt__lt=settings.JOB_TRIES_MAX
        ).update(
            state=JobState.RUNNING,
            attempt=F("attempt") + 1,
            holder=holder[:80],
            lease_until=Now() + _lease_length(),
            started_at=Now(),
            error="",
        )
        if not changed:
            return None
        job = Job.objects.get(pk=job_id)
    return Lease(job.pk, job.attempt, JobKind(job.kind), job.payload)


def job_finish(lease: Lease, message: str = "") -> None:
    """End a job that is done.

    Raises:
        LeaseLostError: Another worker holds it.
    """
    changed = lease._rows().update(  # noqa: SLF001 - one module, one owner
        state=JobState.DONE, finished_at=Now(), lease_until=None, message=message
    )
    if not changed:
        raise LeaseLostError(f"job {lease.job_id} attempt {lease.attempt}")


def job_fail(lease: Lease, error: str) -> None:
    """Put a failed job back, or into quarantine when it was tried often enough."""
    is_last = lease.attempt >= settings.JOB_TRIES_MAX
    lease._rows().update(  # noqa: SLF001 - one module, one owner
        state=JobState.QUARANTINED if is_last else JobState.DUE,
        due_at=Now() + _BACK_OFF * lease.attempt,
        lease_until=None,
        error=error[:4000],
        finished_at=Now() if is_last else None,
    )


def job_retry(job: Job) -> None:
    """A person puts a quarantined job back."""
    Job.objects.filter(pk=job.pk, state=JobState.QUARANTINED).update(
        state=JobState.DUE, attempt=0, due_at=Now(), error="", finished_at=None
    )


def jobs_due(limit: int = 200) -> list[int]:
    """Jobs whose bell should ring: due, or leased by somebody who died."""
    Job.objects.filter(
        state=JobState.RUNNING,
        lease_until__lt=Now(),
        attempt__gte=settings.JOB_TRIES_MAX,
    ).update(
        state=JobState.QUARANTINED,
        lease_until=None,
        finished_at=Now(),
        error="Its worker died at every try.",
    )
    free = Q(state=JobState.DUE, due_at__lte=Now()) | Q(
        state=JobState.RUNNING, lease_until__lt=Now()
    )
    rows = Job.objects.filter(free).order_by("due_at", "id")
    return list(rows.values_list("pk", flat=True)[:limit])


def job_rate(job: Job, now: datetime) -> tuple[float, float] | None:
    """Units a second and seconds left of a running job, where both are known."""
    if not job.started_at or not job.progress_done or not job.progress_total:
        return None
    seconds = max((now - job.started_at).total_seconds(), 0.001)
    rate = job.progress_done / seconds
    return rate, max(job.progress_total - job.progress_done, 0) / rate
