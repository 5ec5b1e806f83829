"""Messages and jobs that would kill or block a worker: the next job is served.

Real workers serve them all, in the order in which they are rung.
"""

import pytest
from celery import current_app
from django.db.models import Sum
from kombu import Producer

from recovery.domain.staff_news import StaffNews
from recovery.models import Job, JobState, StaffNotice, StrayMessage
from recovery.services.clock import database_now
from tests.faults.at_work import PATIENCE_SECONDS, SWEEP_SECONDS, TRIES_MAX, Desk
from tests.faults.effects import jobs_make
from tests.faults.working import comes_true, sweeping

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
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


def strays() -> dict[str, int]:
    """How many messages were put away, by name."""
    rows = StrayMessage.objects.values_list("name").annotate(n=Sum("count"))
    return dict(rows.order_by())


FORGED_COUNTS = {
    "recovery.run_job": 6,
    "recovery.no_such_task": 1,
    "os.system": 1,
    "unreadable": 3,
}


def ended(kind: str, count: int, state: JobState) -> bool:
    return Job.objects.filter(kind=kind, state=state).count() == count


def test_f24_f26_f27_what_kills_its_worker_stops_and_the_next_job_is_served(
    desk: Desk,
) -> None:
    """One job dies by SIGKILL, one takes all memory, one meets the hard limit."""
    now = database_now()
    for number in (2, 3):
        payload = {"source_file": 1, "number": number}
        Job.objects.create(kind="import", payload=payload, due_at=now)
    Job.objects.create(kind="workbook", payload={"workbook": 1}, due_at=now)
    with sweeping(SWEEP_SECONDS):
        forge()
        stopped = JobState.QUARANTINED
        assert comes_true(lambda: ended("import", 2, stopped), PATIENCE_SECONDS)
        assert comes_true(lambda: ended("workbook", 1, stopped), PATIENCE_SECONDS)
        jobs_make(1)
        assert comes_true(lambda: ended("import", 1, JobState.DONE), PATIENCE_SECONDS)

    poison = list(Job.objects.filter(state=stopped).order_by("id"))
    assert [job.attempt for job in poison] == [TRIES_MAX] * 3
    whys = [job.error.partition(":")[0] for job in poison]
    assert whys == [DIED, "MemoryError", DIED]
    assert Job.objects.get(kind="import", state=JobState.DONE).attempt == 1
    assert strays() == FORGED_COUNTS
    told = StaffNotice.objects.filter(news=StaffNews.MESSAGE_STRAY)
    assert told.count() == StrayMessage.objects.count()
