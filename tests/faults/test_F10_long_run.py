"""Many jobs while Redis is emptied, stopped and started and workers are killed.

`make faults KIND=redis N=1000` keeps its result; `make check` runs fifty of them.
"""

import os
import time
from random import Random

import pytest

from recovery.models import Job, JobState
from tests.faults.at_work import PATIENCE_SECONDS, SWEEP_SECONDS, Desk
from tests.faults.effects import CHUNKS, effects_tally, jobs_make
from tests.faults.long_run import keep
from tests.faults.servers import RedisAt
from tests.faults.working import Working, comes_true, sweeping

SEED = int(os.environ.get("FAULTS_SEED", "20261122"))
JOBS = int(os.environ.get("FAULTS_N", "50"))
pytestmark = pytest.mark.django_db(transaction=True)
IS_KEPT = os.environ.get("FAULTS_KIND") == "redis"
SHARE = 40 if IS_KEPT else 12
TROUBLES = ("flush", "restart", "stop", "child", "worker")


class Troubles:
    """One trouble after the other, drawn by a seed, and how often each came."""

    def __init__(self, bells: RedisAt, workers: list[Working], seed: int) -> None:
        self.count = dict.fromkeys(TROUBLES, 0)
        self._bells = bells
        self._workers = workers
        self._rng = Random(seed)

    def one(self) -> None:
        trouble = self._rng.choice(TROUBLES)
        worker = self._rng.choice(self._workers)
        self.count[trouble] += 1
        if trouble == "flush":
            self._bells.flush()
        elif trouble == "restart":
            self._bells.restart_empty()
        elif trouble == "stop":
            self._bells.kill()
            time.sleep(self._rng.uniform(0.2, 2))
            self._bells.start()
        elif trouble == "child":
            worker.kill_child()
        else:
            worker.kill()
            worker.start()


def done() -> int:
    return Job.objects.filter(kind="import", state=JobState.DONE).count()


@pytest.mark.slow
def test_f10_every_job_is_done_and_none_twice_whatever_happens_to_redis_and_workers(
    desk: Desk,
) -> None:
    jobs_make(JOBS, "0.05")
    start = time.monotonic()
    troubles = Troubles(desk.bells, desk.importers, SEED)
    with sweeping(SWEEP_SECONDS):
        assert comes_true(lambda: done() > 0, PATIENCE_SECONDS)
        while (before := done()) < JOBS:
            # The next trouble comes while they work, not while they only recover.
            wanted = min(before + SHARE, JOBS)
            assert comes_true(lambda least=wanted: done() >= least, PATIENCE_SECONDS)
            if wanted < JOBS:
                troubles.one()
    tally = effects_tally()
    attempts = Job.objects.filter(kind="import").values_list("attempt", flat=True)
    told = {
        "seed": SEED,
        "jobs": JOBS,
        "done": done(),
        "effects": tally[0],
        "effects_wanted": JOBS * CHUNKS,
        "different_effects": tally[1],
        "jobs_with_effects": tally[2],
        "attempts": sum(attempts),
        "troubles": troubles.count,
        "workers_ended_by_themselves": sum(
            one.ended_by_itself for one in desk.workers.values()
        ),
        "seconds": round(time.monotonic() - start, 1),
    }
    if IS_KEPT:
        keep("redis", told)
    assert tally == (JOBS * CHUNKS, JOBS * CHUNKS, JOBS), told
    assert sum(troubles.count.values()) > 0
