"""A worker that lost Redis for good ends, and the supervisor starts it anew (F09)."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from django.utils import timezone

from config.children import Child, ChildPlan, Surroundings
from config.processes import process_commands
from config.watcher import Watcher
from recovery.models import Job, JobState
from tests.faults.desk import CHECKOUT, worker_environment
from tests.faults.servers import RedisAt, redis_running
from tests.faults.working import STEADY, comes_true, sweeping

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PATIENCE_SECONDS = 90
FLAPS_MAX = 6
NAME = "worker-mail"


@pytest.fixture
def bells(tmp_path: Path) -> Iterator[RedisAt]:
    with redis_running(tmp_path) as found:
        yield found


@pytest.fixture
def supervised(bells: RedisAt, tmp_path: Path) -> Iterator[Child]:
    """A worker as the supervisor runs it."""
    watcher = Watcher()
    environment = {
        **worker_environment(),
        **STEADY,
        "RUN_DIR": os.environ["RUN_DIR"],
        "REDIS_URL": bells.url,
        "LOG_LEVEL": "INFO",
    }
    around = Surroundings(CHECKOUT, tmp_path, environment, watcher, print)
    child = Child(ChildPlan(NAME, process_commands()[NAME]), around)
    child.start()
    try:
        yield child
    finally:
        child.stop(hurry=lambda: True)
        watcher.close()


def says(child: Child, text: str) -> bool:
    return text in child.log.read_text(errors="replace")


def flap(bells: RedisAt, child: Child) -> None:
    """Take Redis away again while the worker still comes back to it."""
    rng = Random(20261122)
    for _ in range(FLAPS_MAX):
        bells.restart_empty()
        time.sleep(rng.uniform(0.2, 1.5))
        if child.has_ended() is not None:
            return
    # It came back every time: then let it end as the library ends it when it does not.
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)


def test_f09_a_worker_that_lost_redis_for_good_is_started_anew(
    bells: RedisAt, supervised: Child
) -> None:
    assert comes_true(lambda: says(supervised, "ready."), PATIENCE_SECONDS)
    first = supervised.pid
    flap(bells, supervised)

    def runs_again() -> bool:
        supervised.keep_running()
        return supervised.pid not in {first, None}

    assert comes_true(runs_again, PATIENCE_SECONDS)
    job = Job.objects.create(kind="mail", due_at=timezone.now())

    def is_done() -> bool:
        supervised.keep_running()
        job.refresh_from_db()
        return job.state == JobState.DONE

    with sweeping(0.5):
        assert comes_true(is_done, PATIENCE_SECONDS, every=0.2)
