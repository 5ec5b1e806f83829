"""Periodic work: one row a period, whoever rings, however often (TRUST F25)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Max

from recovery.domain.work import PERIOD_SECONDS, PERIODIC_JOBS, PeriodicWork
from recovery.models import Job, Round
from recovery.services.clock import database_now
from recovery.services.job_alerts import late_tell
from recovery.services.jobs import job_create

_MISSED_KEPT = 100


def rounds_begin(
    now: datetime | None = None,
    periods: Mapping[PeriodicWork, int] = PERIOD_SECONDS,
) -> list[Job]:
    """Make the periodic work of this moment due, where nobody has yet.

    Periods in which nobody rang are written down as missed, and somebody is told:
    the work itself is done once, now, since its result speaks of now.

    Args:
        now: The database's clock, if left out.

    Returns:
        The jobs that this call made.
    """
    at = now or database_now()
    made = (_begin(name, seconds, at) for name, seconds in periods.items())
    return [job for job in made if job is not None]


def _begin(name: PeriodicWork, seconds: int, now: datetime) -> Job | None:
    period = timedelta(seconds=seconds)
    began_at = _period_start(now, period)
    if Round.objects.filter(name=name, period_began_at=began_at).exists():
        return None
    with transaction.atomic():
        last = Round.objects.filter(name=name).aggregate(at=Max("period_began_at"))
        this = _insert(name, began_at, now)
        if this is None:  # Another beat's round came first.
            return None
        this.job = job_create(
            PERIODIC_JOBS[name], {}, key=f"{name}-{began_at:%Y%m%dT%H%M%S}"
        )
        this.save(update_fields=["job"])
        missed = _note_missed(name, last["at"], began_at, period)
        if missed:
            late_tell(this, this.job, missed)
    return this.job


def _insert(name: PeriodicWork, began_at: datetime, now: datetime) -> Round | None:
    """The row of a period, if it is ours."""
    mine, is_new = Round.objects.get_or_create(
        name=name, period_began_at=began_at, defaults={"begun_at": now}
    )
    return mine if is_new else None


def _note_missed(
    name: PeriodicWork, last: datetime | None, this: datetime, period: timedelta
) -> int:
    if last is None:
        return 0
    count = (this - last) // period - 1
    starts = (this - period * n for n in range(1, min(count, _MISSED_KEPT) + 1))
    Round.objects.bulk_create(
        [
            Round(name=name, period_began_at=at, begun_at=this, is_missed=True)
            for at in starts
        ],
        ignore_conflicts=True,
    )
    return count


def _period_start(now: datetime, period: timedelta) -> datetime:
    epoch = datetime.fromtimestamp(0, UTC)
    return epoch + (now - epoch) // period * period
