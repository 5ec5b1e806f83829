"""A desk whose worker is a process of its own, and what it left when it was idle."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from config.engines.addresses import DatabaseRole, database_from_env
from config.processes import process_commands
from recovery.models import Job, JobState
from recovery.tasks import ring_due
from tests.story import HouseAccount, clean_ledger, deficit_ledger, short_ledger

CHECKOUT = Path(__file__).resolve().parents[2]
RUNNER = (sys.executable, "-m", "tests.faults.runner")
PATIENCE_SECONDS = 600.0
LEDGERS = (short_ledger, clean_ledger, deficit_ledger)


def long_histories(accounts: int, rows: int) -> list[HouseAccount]:
    """Accounts with many deposits before their one liquidation."""
    found = []
    for number in range(accounts):
        account = LEDGERS[number % 3](f"F-{number:05d}")
        for _ in range(rows - len(account.rows)):
            account.add("deposit", "0.01")
        found.append(account)
    return found


def worker_environment() -> dict[str, str]:
    """The application role on the test database; leases of a second, many tries."""
    app = database_from_env(DatabaseRole.APP)
    password = f":{app['PASSWORD']}" if app["PASSWORD"] else ""
    name = connection.settings_dict["NAME"]
    port = f"&port={app['PORT']}" if app["PORT"] else ""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": (
            f"postgresql://{app['USER']}{password}@/{name}?host={app['HOST']}{port}"
        ),
        "DATABASE_ROLE": DatabaseRole.APP,
        "FILES_DIR": str(settings.FILES_DIR),
        "JOB_LEASE_SECONDS": "1",
        "JOB_TRIES_MAX": "1000",
        "WORKER_PROCESSES": "2",
        "LOG_LEVEL": "ERROR",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
    }


class Worker:
    """A worker process with everything it starts, in a process group of its own."""

    def __init__(self, command: Sequence[str] = RUNNER, **environment: str) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env={**worker_environment(), **environment},
            # Unbuffered: what a quick runner says behind `ready` must not be read with it
            # into a buffer that `communicate` never looks at.
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait_until_ready(self) -> None:
        """Come back when the runner begins to work."""
        assert self.process.stdout
        said = self.process.stdout.readline()
        assert said == b"ready\n", said + self.process.stdout.read()

    def wait(self) -> bytes | None:
        """Come back when it ended by itself: with its last words, unless it died."""
        said, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        if self.process.returncode == -signal.SIGKILL:
            return None
        assert self.process.returncode == 0, said.decode()
        return said

    def kill(self) -> bool:
        """SIGKILL the whole group; whether it was still at work."""
        was_working = self.process.poll() is None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=PATIENCE_SECONDS)
        return was_working


class Undisturbed(NamedTuple):
    """How long a whole run worked, and how many statements it sent."""

    seconds: float
    statements: int


def run_undisturbed() -> Undisturbed:
    """Let a worker do everything that is due."""
    worker = Worker()
    worker.wait_until_ready()
    start = time.monotonic()
    said = worker.wait()
    assert said
    return Undisturbed(time.monotonic() - start, int(said))


def run_killed_after(seconds: float) -> bool:
    """Kill a worker so long after it began; whether it was still at work."""
    worker = Worker()
    worker.wait_until_ready()
    time.sleep(seconds)
    return worker.kill()


def run_killed_at_statement(number: int) -> bool:
    """Have a worker die at its N-th statement; whether it got that far."""
    return Worker(DIE_AT_STATEMENT=str(number)).wait() is None


def celery_worker() -> Worker:
    """The worker exactly as the supervisor and the containers start it."""
    return Worker(process_commands()["worker"])


def ring_until_idle(seconds: float = PATIENCE_SECONDS) -> bool:
    """Play the sweeper until no job is left; whether that came in time."""
    deadline = time.monotonic() + seconds
    unfinished = Job.objects.filter(state__in=[JobState.DUE, JobState.RUNNING])
    while unfinished.exists():
        if time.monotonic() > deadline:
            return False
        ring_due()
        time.sleep(0.2)
    return True
