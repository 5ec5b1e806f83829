"""A worker whose work is what a test says: `celery -A tests.faults.strange_work`.

STRANGE_WORK names what every import does instead of importing.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from celery.signals import worker_init

from config.celery import app

if TYPE_CHECKING:
    from recovery.services.leases import Lease

__all__ = ["app"]


def slow(_lease: Lease) -> None:
    """Take a while."""
    time.sleep(float(os.environ.get("STRANGE_SECONDS", "5")))


def suicide(_lease: Lease) -> None:
    """Kill the process that works."""
    os.kill(os.getpid(), signal.SIGKILL)


def greedy(_lease: Lease) -> None:
    """Take more memory than a job may."""
    taken = []
    while True:
        taken.append(bytearray(50_000_000))


def endless(_lease: Lease) -> None:
    """Never beat, never end."""
    time.sleep(3600)


def counted(lease: Lease) -> None:
    """Leave one line of effect, in the transaction of a beat."""
    from tests.faults.effects import leave_effect

    leave_effect(lease)


def poison(lease: Lease) -> None:
    """Die, stay for ever, or take everything, by the number of the file."""
    {1: suicide, 2: endless, 3: greedy}[lease.payload["source_file"]](lease)


KINDS: dict[str, Callable[[Lease], None]] = {
    one.__name__: one for one in (slow, counted, poison)
}


@worker_init.connect
def _take_over(**_kwargs: object) -> None:
    from recovery import tasks
    from recovery.domain import work
    from recovery.models import JobKind
    from recovery.services import bells

    tasks.HANDLERS[JobKind.IMPORT] = KINDS[os.environ["STRANGE_WORK"]]
    hard = int(os.environ.get("STRANGE_HARD", "0"))
    if hard:
        usual = work.WORK[JobKind.IMPORT]
        changed = dataclasses.replace(usual, hard_seconds=hard)
        bells.WORK = work.WORK | {JobKind.IMPORT: changed}
