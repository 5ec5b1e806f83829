"""Small acts of the desk itself: put a job back, recompute."""

from datetime import datetime

from django.db import transaction

from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.models import Event, Job, JobState
from recovery.services.actors import Actor, require_duty
from recovery.services.assessments import event_recompute
from recovery.services.audit import audit_write
from recovery.services.jobs import job_retry


@transaction.atomic
def job_put_back(actor: Actor, job: Job) -> Job:
    """Put a quarantined job back among those due.

    Raises:
        NotReadyError: It is not in quarantine.
        DutyMissingError: The actor neither imports files nor runs the desk.
    """
    require_duty(actor, Duty.IMPORT_FILES, Duty.ADMINISTER_PEOPLE)
    job = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    if job.state != JobState.QUARANTINED:
        raise NotReadyError("Only a job in quarantine is put back.")
    job_retry(job)
    audit_write(actor, "job.put_back", f"job {job.pk}", kind=job.kind)
    return job


@transaction.atomic
def event_recompute_asked(actor: Actor, event: Event, *, now: datetime) -> Event:
    """Assess an event again because somebody asked, and record who.

    Raises:
        NotReadyError: The event is not found in the ledger any more.
        DutyMissingError: The actor neither works cases nor proposes decisions.
    """
    require_duty(actor, Duty.WORK_CASE, Duty.PROPOSE_DECISION)
    before = event.active_assessment_id
    event = event_recompute(event, now=now)
    is_new = event.active_assessment_id != before
    audit_write(actor, "event.recompute", f"event {event.reference}", is_new=is_new)
    return event
