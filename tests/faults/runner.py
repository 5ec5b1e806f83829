"""A worker that does what is due and may die: `python -m tests.faults.runner`.

DIE_AT_STATEMENT=N kills it at its N-th SQL statement, before that is sent. CHUNK=N
makes imports commit more often. It says `ready` when it begins; when no job is left it says
how many statements it sent and ends with 0.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 - the settings come first

from recovery.models import Job, JobState  # noqa: E402
from recovery.services import imports  # noqa: E402
from recovery.tasks import run_all_due  # noqa: E402


class FailPoint:
    """Counts statements; the fatal one is never sent."""

    def __init__(self, fatal: int) -> None:
        self.sent = 0
        self._fatal = fatal

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: Any,
    ) -> Any:
        self.sent += 1
        if self.sent == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


def work() -> None:
    """Do jobs until each is done or given up."""
    while True:
        run_all_due()
        states = set(Job.objects.values_list("state", flat=True))
        if not states & {JobState.DUE, JobState.RUNNING}:
            return
        time.sleep(0.05)  # The lease of the one who died runs out.


def main() -> int:
    imports.CHUNK = int(os.environ.get("CHUNK", "1000"))
    connection.ensure_connection()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    fail_point = FailPoint(int(os.environ.get("DIE_AT_STATEMENT", "0")))
    with connection.execute_wrapper(fail_point):
        work()
    sys.stdout.write(f"{fail_point.sent}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
