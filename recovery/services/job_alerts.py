"""Telling people of jobs that stopped and of periodic work that came late."""

from recovery.domain.staff_news import StaffNews
from recovery.models import Job, Round
from recovery.services.actors import SYSTEM
from recovery.services.audit import audit_write
from recovery.services.staff_notices import notice_write


def quarantine_tell(job: Job) -> None:
    """Tell those who run the desk, and who asked for the job, that it stopped.

    One notice a round of tries; many of them become one mail.
    """
    audit_write(
        SYSTEM, "job.quarantine", f"job {job.pk}", kind=job.kind, tries=job.tries
    )
    notice_write(
        StaffNews.JOB_STOPPED,
        job,
        f"job {job.pk} ({job.kind})",
        key=str(job.quarantines),
        also=job.requested_by,
    )


def late_tell(late: Round, job: Job, missed: int) -> None:
    """Tell those who run the desk that periodic work was not begun in its time."""
    name = late.get_name_display().lower()
    about = f"{name}, whole periods that passed without it: {missed}"
    notice_write(StaffNews.WORK_LATE, job, about)
