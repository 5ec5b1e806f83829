"""Jobs: claim, finish, fail, quarantine, put back, due again (TRUST §3.1).

All times are the database's own. A worker that lost its lease can write nothing:
every write of a running job names its attempt and runs in the transaction of the
work, so a chunk commits only under a lease that still stands. Attempts only ever
grow, also when a person puts a job back: an old worker never gets its right again.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, When
from django.db.models.functions import Now

from accounts.models import User
from recovery.domain.errors import RecoveryError
from recovery.domain.work import WORK, WORK_VERSION, misfit
from recovery.models import Job, JobKind, JobState, Workbook, WorkbookState
from recovery.services.clock import database_now
from recovery.services.job_alerts import quarantine_tell
from recovery.services.leases import (
    JobTimeOverError,
    Lease,
    LeaseLostError,
    lease_length,
)

__all__ = ["JobTimeOverError", "Lease", "LeaseLostError"]

_BACK_OFF = timedelta(seconds=5)
# How long a job of newer code waits for a worker that knows it, and how often it is
# offered meanwhile.
NEWER_WAITS = timedelta(hours=24)
_NEWER_AGAIN = timedelta(seconds=15)
_STANDING_AGAIN = timedelta(minutes=5)
_TRIED_KEPT = 10
_EXCUSED_BELOW = 50  # A job that breaks the database itself must end too.
_DIED = "Its worker died at every try."


class JobUnfitError(RecoveryError):
    """Nobody can do this job, however often it is tried."""

    code = "job_unfit"


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

    Safe to call by any number of workers at once: one conditional UPDATE decides. A
    job that nobody can do goes to quarantine at once; one of newer code is left.
    """
    with transaction.atomic():
        changed = (
            _free()
            .filter(
                pk=job_id,
                version__lte=WORK_VERSION,
                attempt__lt=F("tries_from") + settings.JOB_TRIES_MAX,
            )
            .update(
                state=JobState.RUNNING,
                attempt=F("attempt") + 1,
                holder=holder[:80],
                lease_until=Now() + lease_length(),
                started_at=Now(),
                progress_from=F("progress_done"),
                error="",
            )
        )
        if not changed:
            # Its bell was heard here in vain; the next one somebody newer may hear.
            Job.objects.filter(_newer(), pk=job_id).update(due_at=Now() + _NEWER_AGAIN)
            return None
        job = Job.objects.get(pk=job_id)
        if why := misfit(job.kind, job.payload):
            _quarantine(job, why)
            return None
    kind = JobKind(job.kind)
    return Lease(job.pk, job.attempt, kind, job.payload, job.progress_done)


def job_finish(lease: Lease, message: str = "") -> None:
    """End a job that is done.

    Raises:
        LeaseLostError: Another worker holds it.
    """
    changed = lease.rows().update(
        state=JobState.DONE, finished_at=Now(), lease_until=None, message=message
    )
    if not changed:
        raise LeaseLostError(f"job {lease.job_id} attempt {lease.attempt}")


@transaction.atomic
def job_fail(
    lease: Lease, error: str, *, is_final: bool = False, is_excused: bool = False
) -> None:
    """Put a failed job back, or into quarantine when it was tried often enough.

    Args:
        is_final: Another try would end the same.
        is_excused: The database was away, or another act came in between: this
            try does not count, unless that happens again and again.
    """
    job = lease.rows().select_for_update(no_key=True).first()
    if job is None:  # Another worker has it by now.
        return
    if is_excused and job.attempt < _EXCUSED_BELOW:
        job.tries_from += 1
    if is_final or job.tries >= settings.JOB_TRIES_MAX:
        _quarantine(job, error)
        return
    _note_try(job, error)
    job.state = JobState.DUE
    job.error = error[:4000]
    job.lease_until = None
    job.due_at = database_now() + _BACK_OFF * job.tries
    job.save(
        update_fields=[
            "tries_from",
            "tried",
            "state",
            "error",
            "lease_until",
            "due_at",
        ]
    )


@transaction.atomic
def job_time_over(lease: Lease, error: str) -> None:
    """Put a job back that took its time; a failure only if it got no further."""
    job = lease.rows().select_for_update(no_key=True).first()
    if job is None:
        return
    if not (WORK[lease.kind].goes_on and job.progress_done > lease.done_before):
        job_fail(lease, error)
        return
    lease.rows().update(
        state=JobState.DUE,
        due_at=Now(),
        lease_until=None,
        tries_from=F("attempt"),
        message="It goes on from where it got to.",
    )


@transaction.atomic
def job_retry(job: Job) -> None:
    """A person puts a quarantined job back."""
    Job.objects.filter(pk=job.pk, state=JobState.QUARANTINED).update(
        state=JobState.DUE,
        tries_from=F("attempt"),
        due_at=Now(),
        error="",
        finished_at=None,
    )
    Workbook.objects.filter(job=job, state=WorkbookState.FAILED).update(
        state=WorkbookState.PREPARING
    )


def job_stand(kind: JobKind) -> None:
    """Make the one standing job of a kind due again, unless it waits or runs.

    What stands for ever must not rest in quarantine for ever: it is tried again
    after a while, and whoever looks is told each time it stops.
    """
    job = job_create(kind, {}, key=f"standing-{kind}")
    rested = Q(state=JobState.DONE) | Q(
        state=JobState.QUARANTINED, finished_at__lt=Now() - _STANDING_AGAIN
    )
    Job.objects.filter(rested, pk=job.pk).update(
        state=JobState.DUE, tries_from=F("attempt"), due_at=Now(), finished_at=None
    )


def jobs_due(
    limit: int = 200, *, queue: str | None = None, skip: int = 0
) -> list[tuple[int, str]]:
    """Jobs to be done, the oldest first, with their kinds.

    They are due, or leased by somebody who died. Those of newer code come last: they
    wait for somebody else.
    """
    rows = _free() if queue is None else _free().filter(queue=queue)
    is_newer = Case(When(version__gt=WORK_VERSION, then=1), default=0)
    found = rows.order_by(is_newer, "due_at", "id").values_list("pk", "kind")
    return list(found[skip : skip + limit])


def queues_due() -> list[str]:
    """Queues that hold a job whose bell should ring."""
    return list(_free().order_by("queue").values_list("queue", flat=True).distinct())


def jobs_give_up() -> None:
    """Quarantine what its workers died of, and what no newer worker came for."""
    died = Q(
        state=JobState.RUNNING,
        lease_until__lt=Now(),
        attempt__gte=F("tries_from") + settings.JOB_TRIES_MAX,
    )
    _quarantine_all(died, _DIED)
    _quarantine_all(
        _newer() & Q(created_at__lt=Now() - NEWER_WAITS),
        "It was asked for by newer code, and no worker of that code came.",
    )


def job_rate(job: Job, now: datetime) -> tuple[float, float | None] | None:
    """Units a second and seconds left of a running job, each where it is known.

    What earlier attempts did took none of this one's time.
    """
    goes_on = job.progress_done >= job.progress_from
    done = job.progress_done - (job.progress_from if goes_on else 0)
    if not job.started_at or not done:
        return None
    seconds = max((now - job.started_at).total_seconds(), 0.001)
    rate = done / seconds
    if not job.progress_total:
        return rate, None
    return rate, max(job.progress_total - job.progress_done, 0) / rate


def _newer() -> Q:
    """Jobs that wait for workers of newer code."""
    return Q(state=JobState.DUE, version__gt=WORK_VERSION)


def _free() -> "QuerySet[Job]":
    return Job.objects.filter(
        Q(state=JobState.DUE, due_at__lte=Now())
        | Q(state=JobState.RUNNING, lease_until__lt=Now())
    )


def _quarantine_all(condition: Q, error: str) -> None:
    for job_id in Job.objects.filter(condition).values_list("pk", flat=True):
        with transaction.atomic():
            # Two sweepers at once: the second waits, looks again and finds nothing.
            job = (
                Job.objects.select_for_update(no_key=True)
                .filter(condition, pk=job_id)
                .first()
            )
            if job is not None:
                _quarantine(job, error)


def _quarantine(job: Job, error: str) -> None:
    """Take a locked job out of work and tell somebody, in one transaction."""
    _note_try(job, error)
    job.state = JobState.QUARANTINED
    job.quarantines += 1
    job.lease_until = None
    job.finished_at = database_now()
    job.error = error[:4000]
    job.save(
        update_fields=[
            "tried",
            "state",
            "quarantines",
            "lease_until",
            "finished_at",
            "error",
        ]
    )
    # Nobody waits for a workbook that is not being built.
    Workbook.objects.filter(job=job, state=WorkbookState.PREPARING).update(
        state=WorkbookState.FAILED
    )
    quarantine_tell(job)


def _note_try(job: Job, error: str) -> None:
    told = {
        "attempt": job.attempt,
        "at": database_now().isoformat(timespec="seconds"),
        "holder": job.holder,
        "error": error[:500],
    }
    job.tried = [*job.tried, told][-_TRIED_KEPT:]
