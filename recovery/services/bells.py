"""The bell: a message that says which job is due; losing one loses nothing.

Only so many bells of a queue hang at once. Without that bound every sweep would ring
again for everything that waits, and a long queue would drown in its own bells.
"""

import logging
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import ChannelError, KombuError, OperationalError
from redis.exceptions import RedisError

from recovery.domain.work import WORK, JobKind
from recovery.models import Job
from recovery.services.jobs import jobs_due, jobs_give_up, queues_due

log = logging.getLogger(__name__)
RUN_JOB = "recovery.run_job"
# What ringing raises while Redis is away, full, or half there.
BROKEN_BELL = (OperationalError, KombuError, RedisError, OSError)
_HANG = 64
_FEW = 16
_A_HANDFUL = 4


def ring(job: Job) -> None:
    """Ring for a job once the transaction is committed. A broken bell is no error."""
    transaction.on_commit(partial(_ring_new, job.pk, job.kind, job.queue), robust=True)


def ring_due() -> None:
    """Ring for what is due, the oldest of each queue first."""
    jobs_give_up()
    for queue in queues_due():
        try:
            _ring_queue(queue)
        except BROKEN_BELL as error:
            log.warning("jobs wait for the sweeper: %s", error)
            return


def bells_hanging(queue: str) -> int:
    """How many messages wait in a queue now."""
    with current_app.pool.acquire(block=True) as held:
        connection: Any = held
        try:
            found = connection.default_channel.queue_declare(queue, passive=True)
        except ChannelError:  # An empty queue does not exist.
            return 0
    count: int = found.message_count
    return count


def _ring_queue(queue: str) -> None:
    hanging = bells_hanging(queue)
    if hanging > _FEW:
        return
    # What hangs was rung oldest first: go on behind it.
    skip = hanging if hanging > _A_HANDFUL else 0
    for job_id, kind in jobs_due(_HANG, queue=queue, skip=skip):
        _ring(job_id, kind, queue)


def _ring_new(job_id: int, kind: str, queue: str) -> None:
    try:
        _ring(job_id, kind, queue)
    except BROKEN_BELL as error:
        log.warning("job %s waits for the sweeper: %s", job_id, error)


def _ring(job_id: int, kind: str, queue: str) -> None:
    limit = WORK[JobKind(kind)].hard_seconds if kind in WORK else None
    current_app.send_task(RUN_JOB, [job_id], queue=queue, time_limit=limit)
