"""A worker whose work is what a test says: `celery -A tests.faults.strange_work`.

STRANGE_WORK names what every import does instead of importing.
"""

import os
import signal
import time
from collections.abc import Callable

from celery.signals import worker_init

from config.celery import app

__all__ = ["app"]


def slow(_lease: object) -> None:
    """Take a while."""
    time.sleep(float(os.environ.get("STRANGE_SECONDS", "5")))


def suicide(_lease: object) -> None:
    """Kill the process that works."""
    os.kill(os.getpid(), signal.SIGKILL)


def greedy(_lease: object) -> None:
    """Take more memory than a job may."""
    taken = []
    while True:
        taken.append(bytearray(50_000_000))


def endless(_lease: object) -> None:
    """Never beat, never end."""
    time.sleep(3600)


def counted(lease: object) -> None:
    """Leave one line of effect, in the transaction of a beat."""
    from tests.faults.effects import leave_effect

    leave_effect(lease)


KINDS: dict[str, Callable[[object], None]] = {
    one.__name__: one for one in (slow, suicide, greedy, endless, counted)
}


@worker_init.connect
def _take_over(**_kwargs: object) -> None:
    from recovery import tasks
    from recovery.models import JobKind

    tasks.HANDLERS[JobKind.IMPORT] = KINDS[os.environ["STRANGE_WORK"]]
