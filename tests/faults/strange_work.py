"""A worker whose work is what a test says: `celery -A tests.faults.strange_work`.

Imports do what their number says; a workbook never ends.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from celery.signals import worker_init

from config.celery import app

if TYPE_CHECKING:
    from recovery.services.leases import Lease

__all__ = ["app"]


def slow(_lease: Lease) -> None:
    """Take a while."""
    time.sleep(60)


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
    """Leave one line of effect for each chunk, in the transaction of a beat."""
    from tests.faults.effects import leave_effect

    leave_effect(lease)


# What an import does, by the number it carries.
NUMBERS: dict[int, Callable[[Lease], None]] = {
    1: counted,
    2: suicide,
    3: greedy,
    4: slow,
}
HARD_SECONDS = 2
# The kind of work that came with the newest version.
NEWEST = "audit_proof"


def by_number(lease: Lease) -> None:
    """Do something strange."""
    NUMBERS[lease.payload.get("number", 1)](lease)


@worker_init.connect
def _take_over(**_kwargs: object) -> None:
    from recovery import tasks
    from recovery.domain import work
    from recovery.models import JobKind
    from recovery.services import bells

    tasks.HANDLERS[JobKind.IMPORT] = by_number
    tasks.HANDLERS[JobKind.WORKBOOK] = endless
    usual = work.WORK[JobKind.WORKBOOK]
    changed = dataclasses.replace(usual, hard_seconds=HARD_SECONDS)
    bells.WORK = work.WORK | {JobKind.WORKBOOK: changed}
    if version := os.environ.get("STRANGE_VERSION"):
        _be_older(int(version))


def _be_older(version: int) -> None:
    """Know what code of an earlier version knew."""
    from recovery import tasks
    from recovery.domain import work
    from recovery.models import JobKind
    from recovery.services import jobs

    jobs.WORK_VERSION = tasks.WORK_VERSION = version
    jobs._NEWER_AGAIN = timedelta(seconds=1)
    known = {kind: one for kind, one in work.WORK.items() if kind != NEWEST}
    work.WORK = jobs.WORK = known
    tasks.HANDLERS.pop(JobKind(NEWEST))
