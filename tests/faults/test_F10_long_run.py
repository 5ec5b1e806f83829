"""Many jobs while Redis is emptied, stopped and started and workers are killed.

`make faults KIND=redis N=1000` keeps its result; `make check` runs fifty of them.
"""

import os
import time
from pathlib import Path
from random import Random

import pytest

from recovery.models import Job, JobState
from tests.faults.effects import (
    CHUNKS,
    effects_begin,
    effects_end,
    effects_tally,
    jobs_make,
)
from tests.faults.long_run import keep
from tests.faults.servers import RedisAt, redis_running
from tests.faults.working import Working, comes_true, sweeping, working

SEED = int(os.environ.get("FAULTS_SEED", "20261122"))
JOBS = int(os.environ.get("FAULTS_N", "50"))
IS_KEPT = os.environ.get("FAULTS_KIND") == "redis"
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

    def pause(self, longest: float) -> None:
        time.sleep(self._rng.uniform(longest / 4, longest))


def done() -> int:
    return Job.objects.filter(kind="import", state=JobState.DONE).count()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_f10_every_job_is_done_and_none_twice_whatever_happens_to_redis_and_workers(
    tmp_path: Path,
) -> None:
    effects_begin()
    jobs_make(JOBS, "0.1")
    start = time.monotonic()
    with (
        redis_running(tmp_path) as bells,
        working(
            tmp_path,
            *("worker", "worker2", "worker-mail"),
            REDIS_URL=bells.url,
            STRANGE_WORK="counted",
            JOB_LEASE_SECONDS="3",
            JOB_TRIES_MAX="1000",
            LOG_LEVEL="ERROR",
        ) as there,
        sweeping(0.5),
    ):
        importers = [there["worker"], there["worker2"]]
        troubles = Troubles(bells, importers, SEED)
        assert comes_true(lambda: done() > 0, 120)
        began = time.monotonic()
        while done() < JOBS:
            troubles.pause(4.0 if IS_KEPT else 1.5)
            if done() < JOBS * 0.9:
                troubles.one()
            assert time.monotonic() - start < 120 + JOBS * 2, troubles.count
        ended = time.monotonic()

    tally = effects_tally()
    told = {
        "seed": SEED,
        "jobs": JOBS,
        "done": done(),
        "effects": tally[0],
        "effects_wanted": JOBS * CHUNKS,
        "different_effects": tally[1],
        "jobs_with_effects": tally[2],
        "attempts": sum(
            Job.objects.filter(kind="import").values_list("attempt", flat=True)
        ),
        "troubles": troubles.count,
        "seconds": round(ended - began, 1),
    }
    effects_end()
    if IS_KEPT:
        keep("redis", told)
    assert tally == (JOBS * CHUNKS, JOBS * CHUNKS, JOBS), told
    assert sum(troubles.count.values()) > 0
