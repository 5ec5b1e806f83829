"""A process that has read all the code and forks a child for each act it is asked for.

`python -m tests.faults.zygote`: a line of JSON in, a line of JSON out. A child is a
process like any other, with a connection of its own, but it is there in milliseconds
instead of seconds; so many kills fit into one test. See forks.py for who asks.
"""

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - the settings come first
from django.db import connection  # noqa: E402

from tests.faults.commands import run_command  # noqa: E402

_POLL_SECONDS = 0.002


class StatementCount:
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


def be_child(asked: dict[str, Any], out: int) -> None:
    """Do one act and tell how it ended; never comes back."""
    connection.settings_dict.update(asked["database"])
    for name, value in asked["settings"].items():
        setattr(settings, name, Path(value) if name.endswith("_DIR") else value)
    count = StatementCount(asked["die_at_statement"])
    if asked["file_bytes"]:
        limit = asked["file_bytes"]
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    told: dict[str, Any] = {}
    try:
        with connection.execute_wrapper(count):
            told["answer"] = run_command(asked["command"], asked["arguments"])
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        told["error"] = type(error).__name__
        told["text"] = str(error)
        told["code"] = getattr(error, "code", "")
    told["statements"] = count.sent
    os.write(out, json.dumps(told, default=str).encode())
    os._exit(0)


def ended(child: int, seconds: float) -> bool:
    """Whether a child ended by itself within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return True
        time.sleep(_POLL_SECONDS)
    return False


def serve(asked: dict[str, Any]) -> dict[str, Any]:
    """Fork, wait, and tell what the child told and how it ended."""
    reader, writer = os.pipe()
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.close(reader)
        be_child(asked, writer)
    os.close(writer)
    if not ended(child, asked["die_after_seconds"]):
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as told:
        said = told.read()
    return {
        **(json.loads(said) if said else {}),
        "was_killed": os.waitstatus_to_exitcode(status) == -signal.SIGKILL,
        "seconds": time.monotonic() - start,
    }


def main() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(serve(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
