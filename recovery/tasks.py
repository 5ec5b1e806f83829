"""Celery's door: claim the job, call its service, write the outcome down.

A message carries a job id and nothing else. Losing, repeating or forging one changes
only when work happens, never what happens.
"""

import json
import logging
import os
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from celery import Task, shared_task
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist

from recovery.domain.work import WORK_VERSION, Queue, StrayReason
from recovery.models import Job, JobKind, JobState, SourceFile, Workbook
from recovery.selectors.operations import mails_wait
from recovery.services.assessments import accounts_assess
from recovery.services.audit_chain import audit_head_export
from recovery.services.audit_proof import audit_watch
from recovery.services.bells import RUN_JOB, ring, ring_due
from recovery.services.claims import claim_match
from recovery.services.clock import database_now
from recovery.services.clocks import clocks_look
from recovery.services.heartbeats import heartbeat_beat
from recovery.services.import_folder import folder_look
from recovery.services.imports import source_file_load
from recovery.services.invariants import invariants_watch
from recovery.services.jobs import (
    JobTimeOverError,
    JobUnfitError,
    Lease,
    LeaseLostError,
    job_claim,
    job_fail,
    job_finish,
    job_stand,
    job_time_over,
    jobs_due,
    jobs_give_up,
)
from recovery.services.lifecycle_clocks import lifecycles_advance
from recovery.services.outbox import outbox_deliver
from recovery.services.previews import previews_forget
from recovery.services.request_ids import request_id_set
from recovery.services.retries import is_away, is_met, retried
from recovery.services.rounds import rounds_begin
from recovery.services.staff_notices import notices_tell
from recovery.services.stray_messages import stray_message_note
from recovery.services.workbooks import workbook_build

__all__ = ["HANDLERS", "ring", "ring_due", "run", "run_all_due"]

log = logging.getLogger(__name__)
_WAIT_SECONDS = 0.1
_ID_MAX = 2**63 - 1


def _import(lease: Lease) -> None:
    source_file = SourceFile.objects.filter(pk=lease.payload["source_file"]).first()
    if source_file is None:
        raise JobUnfitError("Its source file is not there any more.")
    source_file_load(lease, source_file, now=database_now())


def _assess(lease: Lease) -> None:
    accounts_assess(lease, lease.payload["accounts"], now=database_now())


def _workbook(lease: Lease) -> None:
    if not Workbook.objects.filter(pk=lease.payload["workbook"]).exists():
        raise JobUnfitError("Its workbook is not there any more.")
    workbook_build(lease)


def _mail(lease: Lease) -> None:
    outbox_deliver(lease.beat, database_now())


def _audit_head(_lease: Lease) -> None:
    export_audit_head()


def _match(lease: Lease) -> None:
    claim_match(lease.payload["claim"], now=database_now())


def _invariants(_lease: Lease) -> None:
    invariants_watch()


def _audit_proof(lease: Lease) -> None:
    audit_watch(lease.job_id)


HANDLERS: dict[JobKind, Callable[[Lease], None]] = {
    JobKind.IMPORT: _import,
    JobKind.ASSESS: _assess,
    JobKind.WORKBOOK: _workbook,
    JobKind.MAIL: _mail,
    JobKind.AUDIT_HEAD: _audit_head,
    JobKind.MATCH: _match,
    JobKind.INVARIANTS: _invariants,
    JobKind.AUDIT_PROOF: _audit_proof,
}


def run(job_id: int) -> bool:
    """Claim a job and do it, here and now.

    Returns:
        Whether it was this call that did it.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}"
    lease = job_claim(job_id, holder)
    if lease is None:
        return False
    with request_id_set(f"job-{job_id}"):
        return _do(lease)


def _do(lease: Lease) -> bool:
    try:
        HANDLERS[lease.kind](lease)
        job_finish(lease)
    except JobTimeOverError as over:
        log.warning("job %s took its time", lease.job_id)
        job_time_over(lease, str(over))
    except LeaseLostError:
        log.warning("job %s: lease lost, another worker has it", lease.job_id)
    except Exception as error:
        log.exception("job %s failed", lease.job_id)
        retried(partial(_give_back, lease, error), is_safe_to_repeat=True, tries=9)
    else:
        return True
    return False


def _give_back(lease: Lease, error: Exception) -> None:
    job_fail(
        lease,
        f"{type(error).__name__}: {error}",
        is_final=isinstance(error, JobUnfitError | ObjectDoesNotExist),
        is_excused=is_met(error) or is_away(error),
    )


def run_all_due() -> int:
    """Do jobs in this process until none is left unfinished. For commands.

    A worker that runs beside it takes its share; what it holds is waited for.

    Returns:
        How many jobs were done here.
    """
    count = 0
    unfinished = Job.objects.filter(
        state__in=[JobState.DUE, JobState.RUNNING], version__lte=WORK_VERSION
    )
    while unfinished.exists():
        jobs_give_up()
        done = sum(run(job_id) for job_id, _ in jobs_due())
        count += done
        if not done:
            time.sleep(_WAIT_SECONDS)
    return count


class JobTask(Task[Any, Any]):
    """The one base: a task is a job id, run once, and a bell for what it left due."""

    ignore_result = True
    typing = False  # What a message carries is judged by the task itself.

    def after_return(self, *_args: object, **_kwargs: object) -> None:
        """Ring for jobs that this one made due, without waiting for the sweeper."""
        ring_due()


@shared_task(base=JobTask, name=RUN_JOB)
def run_job(*args: object, **kwargs: object) -> None:
    """Do one job; a message that names none is put away."""
    match args:
        case (int() as job_id,) if not kwargs and 0 < job_id <= _ID_MAX:
            run(job_id)
        case _:
            log.error("a bell that names no job was put away")
            stray_message_note(RUN_JOB, StrayReason.BAD_ARGUMENTS)


@shared_task(name="recovery.heartbeat", ignore_result=True)
def heartbeat(queue: str) -> None:
    """Note that the workers of a queue still hear their bell."""
    if queue in list(Queue):
        heartbeat_beat(Queue(queue))
    else:
        stray_message_note("recovery.heartbeat", StrayReason.BAD_ARGUMENTS)


@shared_task(name="recovery.sweep", ignore_result=True)
def sweep() -> None:
    """Make due what the time brings, and ring for everything due.

    Safe to run any number of times, and any number at once.
    """
    heartbeat_beat(Queue.MAIL)
    rounds_begin()
    notices_tell(database_now())
    if mails_wait():
        job_stand(JobKind.MAIL)
    ring_due()


@shared_task(name="recovery.look_at_clocks", ignore_result=True)
def look_at_clocks() -> None:
    """Say what is about to be late, once each. Safe to run any number of times."""
    now = database_now()
    clocks_look(now)
    lifecycles_advance(now=now)
    previews_forget(now)


@shared_task(name="recovery.look_into_folder", ignore_result=True)
def look_into_folder() -> None:
    """Take in what the platform put into its folder. Safe to run any number of times."""
    if settings.IMPORT_FOLDER:
        folder_look(Path(settings.IMPORT_FOLDER))


@shared_task(name="recovery.export_audit_head", ignore_result=True)
def export_audit_head() -> None:
    """Write the day's head of the audit down. Safe to run any number of times."""
    path, is_new = audit_head_export(database_now())
    if is_new:
        # The log leaves this machine sooner than any copy of the folder.
        head = json.loads(path.read_text(encoding="utf-8"))
        log.warning(
            "audit head", extra={key: head[key] for key in ("position", "hash")}
        )
