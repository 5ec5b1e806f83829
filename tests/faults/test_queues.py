"""Work of one kind never waits for work of another."""

import time
from pathlib import Path

import pytest
from django.utils import timezone

from recovery.domain.work import WORK, JobKind, Queue
from recovery.models import Job, JobState, OutboxMessage, OutboxState
from recovery.services.bells import bells_hanging, ring_due
from recovery.tasks import HANDLERS
from tests.faults.at_work import PATIENCE_SECONDS, SWEEP_SECONDS, Desk
from tests.faults.effects import jobs_make
from tests.faults.servers import redis_running
from tests.faults.working import comes_true, sweeping

pytestmark = pytest.mark.django_db(transaction=True)
SLOTS = 4


def test_every_kind_has_a_queue_and_somebody_who_does_it() -> None:
    assert set(WORK) == set(HANDLERS) == set(JobKind)
    assert all(one.soft_seconds < one.hard_seconds < 7200 for one in WORK.values())


def test_a_long_queue_does_not_drown_in_its_own_bells(tmp_path: Path) -> None:
    with redis_running(tmp_path):
        jobs_make(500)
        Job.objects.create(
            kind="assess", payload={"accounts": []}, due_at=timezone.now()
        )
        for _ in range(10):
            ring_due()

        assert bells_hanging("import") == 64
        assert bells_hanging("recompute") <= 10


@pytest.mark.slow
def test_a_flood_of_slow_imports_delays_neither_mail_nor_recompute(desk: Desk) -> None:
    jobs_make(200, number=4)
    running = Job.objects.filter(kind="import", state=JobState.RUNNING)
    with sweeping(SWEEP_SECONDS):
        assert comes_true(lambda: running.count() == SLOTS, PATIENCE_SECONDS)
        message = OutboxMessage.objects.create(
            key="k", event="e", recipient="cem@example.org", subject="s", body="b"
        )
        recompute = Job.objects.create(
            kind="assess", payload={"accounts": []}, due_at=timezone.now()
        )
        start = time.monotonic()

        def both_done() -> bool:
            message.refresh_from_db()
            recompute.refresh_from_db()
            return (message.state, recompute.state) == (
                OutboxState.DONE,
                JobState.DONE,
            )

        assert comes_true(both_done, PATIENCE_SECONDS)
        took = time.monotonic() - start
        waiting = Job.objects.filter(kind="import", state=JobState.DUE).count()
        hanging = bells_hanging(Queue.IMPORT)
    for worker in desk.importers:  # What they hold would take them a minute.
        worker.kill()
        worker.start()

    assert waiting >= 200 - 2 * SLOTS
    assert hanging < 260  # Sweeps at once may each ring 64.
    assert took < 15, took  # A sweep, and a busy machine.
