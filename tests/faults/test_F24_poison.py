"""Messages and jobs that would kill or block a worker: the next job is served.

One real worker serves them all, in the order in which they are rung.
"""

from pathlib import Path

import pytest
from celery import current_app
from django.utils import timezone
from kombu import Producer

from recovery.models import Job, JobState
from tests.faults.servers import redis_running
from tests.faults.working import comes_true, sweeping, working

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PATIENCE_SECONDS = 90
DIED = "Its worker died at every try."
FORGED = [
    ("recovery.run_job", [], {}),
    ("recovery.run_job", ["1"], {}),
    ("recovery.run_job", [1, 2], {}),
    ("recovery.run_job", [2**70], {}),
    ("recovery.run_job", ["x" * 1_000_000], {}),
    ("recovery.run_job", [], {"job_id": 1}),
    ("recovery.no_such_task", [1], {}),
    ("os.system", ["true"], {}),
]


def forge() -> None:
    """Bells of every wrong kind, a pickle and plain noise among them."""
    for name, args, kwargs in FORGED:
        current_app.send_task(name, args, kwargs, queue="import")
    with current_app.connection_for_write() as connection:
        producer = Producer(connection)
        for body, kind in (
            (b"\x80\x04\x95.", "application/x-python-serialize"),
            (b"{", "application/json"),
            (b"[[1], {}, null]", "application/json"),
        ):
            producer.publish(
                body,
                routing_key="import",
                content_type=kind,
                content_encoding="utf-8",
            )


def ended(kind: str, count: int, state: JobState) -> bool:
    return Job.objects.filter(kind=kind, state=state).count() == count


def test_f24_f26_f27_what_kills_its_worker_stops_and_the_next_job_is_served(
    tmp_path: Path,
) -> None:
    """One job dies by SIGKILL, one meets the hard limit, one takes all memory."""
    now = timezone.now()
    for number in (1, 2, 3):
        Job.objects.create(kind="import", payload={"source_file": number}, due_at=now)
    with (
        redis_running(tmp_path) as bells,
        working(
            tmp_path,
            "worker",
            "worker-mail",
            REDIS_URL=bells.url,
            STRANGE_WORK="poison",
            STRANGE_HARD="1",
            JOB_MEMORY_MB="600",
            JOB_LEASE_SECONDS="1",
        ),
        sweeping(0.5),
    ):
        forge()
        stopped = JobState.QUARANTINED
        assert comes_true(lambda: ended("import", 3, stopped), PATIENCE_SECONDS)
        later = Job.objects.create(
            kind="assess", payload={"accounts": []}, due_at=timezone.now()
        )
        assert comes_true(lambda: ended("assess", 1, JobState.DONE), PATIENCE_SECONDS)

    poison = Job.objects.filter(kind="import").order_by("id")
    assert [job.attempt for job in poison] == [3, 3, 3]
    whys = [job.error.partition(":")[0] for job in poison]
    assert whys == [DIED, DIED, "MemoryError"]
    later.refresh_from_db()
    assert later.attempt == 1
