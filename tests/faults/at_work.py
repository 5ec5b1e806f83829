"""One desk of real workers that runs through many faults: starting it takes long.

What an import does is said by the number it carries: see strange_work.py.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from recovery.models import Job, JobState, Round
from recovery.services.bells import ring_due
from tests.faults.effects import effects_begin, effects_end, jobs_make
from tests.faults.servers import RedisAt, bells_at, redis_running
from tests.faults.working import Working, comes_true, working

PATIENCE_SECONDS = 120
SWEEP_SECONDS = 0.5
TRIES_MAX = 3
NAMES = ("worker", "worker2", "worker-recompute", "worker-mail")
ENVIRONMENT = {
    "STRANGE_WORK": "by_number",
    "BROKER_VISIBILITY_SECONDS": "2",
    # Longer than the longest chunk of a strange job.
    "JOB_LEASE_SECONDS": "7",
    "WORKER_DEAF_SECONDS": "8",
    "JOB_MEMORY_MB": "600",
    "JOB_TRIES_MAX": str(TRIES_MAX),
    "LOG_LEVEL": "INFO",
}


class Desk(NamedTuple):
    """A private Redis and those who listen to it."""

    bells: RedisAt
    workers: dict[str, Working]
    mails: Path

    @property
    def importers(self) -> list[Working]:
        """The two that take imports."""
        return [self.workers["worker"], self.workers["worker2"]]

    def times_heard(self) -> int:
        """How many bells of jobs were heard so far."""
        said = "".join(one.said() for one in self.workers.values())
        return said.count("Task recovery.run_job[") - said.count("succeeded")


@contextmanager
def at_work_in(folder: Path, **environment: str) -> Iterator[Desk]:
    """A desk at work."""
    mails = folder / "mails"
    with (
        redis_running(folder) as bells,
        working(
            folder,
            *NAMES,
            REDIS_URL=bells.url,
            MAIL_DIR=str(mails),
            **{**ENVIRONMENT, **environment},
        ) as workers,
    ):
        yield Desk(bells, workers, mails)


def idle(at_work: Desk) -> Iterator[Desk]:
    """Its workers are up and idle, no job is there, effects can be left."""
    effects_begin()
    with bells_at(at_work.bells.url):
        jobs_make(1)
        assert comes_true(_done_again, PATIENCE_SECONDS, every=0.5)
        # Where midnight passes, the beat's own rounds are there too.
        Round.objects.all().delete()
        Job.objects.all().delete()
        at_work.bells.flush()
        effects_begin()
        yield at_work
    effects_end()


def _done_again() -> bool:
    ring_due()
    return all_done(1)


def all_done(count: int) -> bool:
    """Whether so many imports are done."""
    return Job.objects.filter(kind="import", state=JobState.DONE).count() == count
