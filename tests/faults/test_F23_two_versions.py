"""A deploy in the middle: workers of old and of new code on one queue (F23).

The old one is a real worker that knows neither the newest version nor the kind of work
that came with it, as before the last change of `WORK_VERSION`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from recovery.domain.work import WORK_VERSION
from recovery.models import Job, JobState
from recovery.services.bells import ring_due
from tests.faults.at_work import ENVIRONMENT
from tests.faults.effects import (
    CHUNKS,
    effects_begin,
    effects_end,
    effects_tally,
    jobs_make,
)
from tests.faults.servers import RedisAt, redis_running
from tests.faults.working import comes_true, working

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PATIENCE_SECONDS = 90
EACH = 6
NEWEST_KIND = "audit_proof"
OLD, NEW = WORK_VERSION - 1, WORK_VERSION


@pytest.fixture
def bells(tmp_path: Path) -> Iterator[RedisAt]:
    effects_begin()
    with redis_running(tmp_path) as found:
        yield found
    effects_end()


def made(version: int) -> list[int]:
    """Imports asked for by code of a version."""
    ids = jobs_make(EACH)
    Job.objects.filter(pk__in=ids).update(version=version)
    return ids


def newest(version: int = NEW) -> Job:
    """Work of the kind that only new code knows, on the queue that both hear."""
    return Job.objects.create(
        kind=NEWEST_KIND, queue="import", version=version, due_at=timezone.now()
    )


def done() -> set[int]:
    """What is done by now, when everything due was rung for once more."""
    ring_due()
    return set(Job.objects.filter(state=JobState.DONE).values_list("pk", flat=True))


def test_f23_old_and_new_workers_share_a_queue(bells: RedisAt, tmp_path: Path) -> None:
    old_jobs, new_jobs, proof = made(OLD), made(NEW), newest()
    of_tomorrow = made(NEW + 1)
    around = {**ENVIRONMENT, "REDIS_URL": bells.url}
    with working(tmp_path, "worker", **around, STRANGE_VERSION=str(OLD)):
        assert comes_true(lambda: done() == {*old_jobs}, PATIENCE_SECONDS)
        waiting = Job.objects.filter(pk__in=[*new_jobs, proof.pk, *of_tomorrow])
        assert set(waiting.values_list("state", "attempt")) == {(JobState.DUE, 0)}

        with working(tmp_path, "worker2", **around):
            later = made(OLD)
            wanted = {*old_jobs, *new_jobs, *later, proof.pk}
            # What is offered to the old one meanwhile, it leaves.
            assert comes_true(lambda: done() == wanted, PATIENCE_SECONDS)

    assert effects_tally() == (CHUNKS * 3 * EACH, CHUNKS * 3 * EACH, 3 * EACH)
    unknown = Job.objects.filter(pk__in=of_tomorrow)
    assert set(unknown.values_list("state", "attempt")) == {(JobState.DUE, 0)}
    assert set(Job.objects.filter(pk__in=wanted).values_list("attempt")) == {(1,)}
