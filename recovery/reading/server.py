"""Reads each file in a process of its own that is forked ready and limited.

`python -m recovery.reading.server` is started once by whoever reads files; its
standard input is a socket over which requests come, each with the socket its answer
goes to. A fork takes milliseconds, a fresh interpreter would take longer than most
files. When the other end is gone, so is this process.
"""

import gc
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

from recovery.domain.errors import RecoveryError
from recovery.reading.look import look_into
from recovery.reading.messages import (
    Message,
    Request,
    Task,
    write_message,
    write_refusal,
)
from recovery.reading.raw_rows import raw_rows
from recovery.reading.read_file import read_file
from recovery.venues.loading import shipped_profiles

REQUEST_BYTES_MAX = 192 * 1024  # Most of it are the profiles made by staff.
# What one upload may take (TRUST §5.6). The platform's own files hold whole days.
MEMORY_BYTES = 1024**3
UPLOAD_CPU_SECONDS = 60
HOUSE_CPU_SECONDS = 6 * 3600
CYCLES_LOOKED_FOR = 50_000  # After so many new objects.
WAITED_CPU_SECONDS = 15  # Somebody waits for the page.
_TASKS: dict[Task, Callable[[Request], Iterator[Message]]] = {
    Task.LOAD: read_file,
    Task.LOOK: look_into,
    Task.RAW_ROWS: raw_rows,
}


def serve(requests: socket.socket) -> None:
    """Answer until nobody can ask any more."""
    # Ended children are collected by the system.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    shipped_profiles()
    # Rows hold no cycles: looking for some every few hundred rows finds none.
    gc.set_threshold(CYCLES_LOOKED_FOR)
    while True:
        text, handles, _, _ = socket.recv_fds(requests, REQUEST_BYTES_MAX, 1)
        if not text:
            return
        if os.fork() == 0:
            requests.close()
            _answer(json.loads(text), socket.socket(fileno=handles[0]))
            os._exit(0)
        for handle in handles:
            os.close(handle)


def _answer(asked: dict[str, Any], answer: socket.socket) -> None:
    """Read one file. What it does to this process ends with this process."""
    request = Request(**asked)
    task = Task(request.task)
    cpu = HOUSE_CPU_SECONDS if request.is_house else UPLOAD_CPU_SECONDS
    if task is not Task.LOAD:
        cpu = WAITED_CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with answer, answer.makefile("wb") as out:
        try:
            for message in _TASKS[task](request):
                write_message(out, message)
        except RecoveryError as refusal:
            text = str(refusal) or (refusal.__doc__ or refusal.code)
            write_refusal(out, refusal.code, text)
        except (BrokenPipeError, MemoryError):
            os._exit(1)


if __name__ == "__main__":
    with socket.socket(fileno=sys.stdin.fileno()) as asked_over:
        serve(asked_over)
