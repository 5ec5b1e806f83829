"""Telling people of jobs that stopped and of periodic work that came late."""

from datetime import datetime, timedelta

from django.db.models.functions import Now

from accounts.models import User
from recovery.domain.duties import Duty
from recovery.models import Job, OutboxMessage, Round
from recovery.services.actors import SYSTEM
from recovery.services.audit import audit_write
from recovery.services.clock import database_now
from recovery.services.staff_mails import staff_holding, staff_mail

# So many mails of stopped jobs one person gets within an hour; then one that says so.
MAILS_AN_HOUR = 5
_STOPPED = "job_stopped"
_MANY = "jobs_stopped"
_LATE = "work_late"


def quarantine_tell(job: Job) -> None:
    """Tell those who run the desk, and who asked for the job, that it stopped.

    One mail a person and round of tries; when many stop, one more and no others.
    """
    audit_write(
        SYSTEM, "job.quarantine", f"job {job.pk}", kind=job.kind, tries=job.tries
    )
    people = {user.pk: user for user in staff_holding(Duty.ADMINISTER_PEOPLE)}
    asker = job.requested_by
    if asker is not None and asker.is_active and asker.is_staff:
        people[asker.pk] = asker
    now = database_now()
    for user in people.values():
        _tell(user, job, now)


def _tell(user: User, job: Job, now: datetime) -> None:
    told = OutboxMessage.objects.filter(
        recipient=user.email,
        event=f"staff.{_STOPPED}",
        created_at__gt=Now() - timedelta(hours=1),
    )
    if told.count() >= MAILS_AN_HOUR:
        hour = f"{now:%Y%m%dT%H}"
        staff_mail([user], _MANY, key=f"jobs-stopped-{hour}", count=MAILS_AN_HOUR)
        return
    key = f"job-stopped-{job.pk}-{job.quarantines}"
    staff_mail([user], _STOPPED, key=key, job=job)


def late_tell(late: Round, missed: int) -> None:
    """Tell those who run the desk that periodic work was not begun in its time."""
    people = staff_holding(Duty.ADMINISTER_PEOPLE)
    key = f"late-{late.name}-{late.period_began_at:%Y%m%dT%H%M%S}"
    name = late.get_name_display().lower()
    staff_mail(people, _LATE, key=key, work=name, missed=missed)
