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
from typing import Any

from celery import Task, shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from recovery.models import Job, JobKind, JobState, SourceFile
from recovery.services.assessments import accounts_assess
from recovery.services.audit_chain import audit_head_export
from recovery.services.claims import claim_match
from recovery.services.heartbeats import WORKER, heartbeat_beat
from recovery.services.imports import source_file_load
from recovery.services.jobs import (
    Lease,
    LeaseLostError,
    job_claim,
    job_fail,
    job_finish,
    jobs_due,
)
from recovery.services.outbox import outbox_deliver
from recovery.services.request_ids import request_id_set
from recovery.services.workbooks import workbook_build

log = logging.getLogger(__name__)
_WAIT_SECONDS = 0.1


def _import(lease: Lease) -> None:
    source_file = SourceFile.objects.get(pk=lease.payload["source_file"])
    source_file_load(lease, source_file, now=timezone.now())


def _assess(lease: Lease) -> None:
    accounts_assess(lease, lease.payload["accounts"], now=timezone.now())


def _workbook(lease: Lease) -> None:
    workbook_build(lease)


def _match(lease: Lease) -> None:
    claim_match(lease.payload["claim"], now=timezone.now())


HANDLERS: dict[JobKind, Callable[[Lease], None]] = {
    JobKind.IMPORT: _import,
    JobKind.ASSESS: _assess,
    JobKind.WORKBOOK: _workbook,
    JobKind.MATCH: _match,
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
    except LeaseLostError:
        log.warning("job %s: lease lost, another worker has it", lease.job_id)
        return False
    except Exception as error:
        log.exception("job %s failed", lease.job_id)
        job_fail(lease, f"{type(error).__name__}: {error}")
        return False
    return True


def run_all_due() -> int:
    """Do jobs in this process until none is left unfinished. For commands.

    A worker that runs beside it takes its share; what it holds is waited for.

    Returns:
        How many jobs were done here.
    """
    count = 0
    unfinished = Job.objects.filter(state__in=[JobState.DUE, JobState.RUNNING])
    while unfinished.exists():
        done = sum(run(job_id) for job_id in jobs_due())
        count += done
        if not done:
            time.sleep(_WAIT_SECONDS)
    return count


class JobTask(Task[Any, Any]):
    """The one base: a task is a job id, run once, and a bell for what it left due."""

    ignore_result = True

    def after_return(self, *_args: object, **_kwargs: object) -> None:
        """Ring for jobs that this one made due, without waiting for the sweeper."""
        ring_due()


@shared_task(base=JobTask, name="recovery.run_job")
def run_job(job_id: int) -> None:
    """Do one job."""
    run(job_id)


@shared_task(name="recovery.sweep", ignore_result=True)
def sweep() -> None:
    """Ring every due job again and let the outbox out. Safe to run any number of times."""
    heartbeat_beat(WORKER)
    ring_due()
    outbox_deliver(None, timezone.now())


@shared_task(name="recovery.export_audit_head", ignore_result=True)
def export_audit_head() -> None:
    """Write the day's head of the audit down. Safe to run any number of times."""
    path, is_new = audit_head_export(timezone.now())
    if is_new:
        # The log leaves this machine sooner than any copy of the folder.
        head = json.loads(path.read_text(encoding="utf-8"))
        log.warning(
            "audit head", extra={key: head[key] for key in ("position", "hash")}
        )


def ring(job: Job) -> None:
    """Ring for a job once the transaction is committed. A broken bell is no error."""
    transaction.on_commit(partial(_ring, job.pk), robust=True)


def ring_due() -> None:
    """Ring for everything due."""
    for job_id in jobs_due():
        _ring(job_id)


def _ring(job_id: int) -> None:
    try:
        run_job.delay(job_id)
    except OperationalError as error:
        log.warning("job %s waits for the sweeper: %s", job_id, error)
