"""The processes of a desk as they really run, on the test database."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from celery import current_app

from config.engines.processes import start_bound
from config.processes import process_commands
from tests.faults.desk import CHECKOUT, worker_environment

STRANGE = "tests.faults.strange_work"
STEADY = {"JOB_LEASE_SECONDS": "30", "JOB_TRIES_MAX": "3", "SWEEP_SECONDS": "1"}


class Working:
    """One process of the desk with everything it starts."""

    def __init__(self, name: str, folder: Path, **environment: str) -> None:
        self.name = name
        command = list(process_commands()[name.rstrip("0123456789")])
        if "STRANGE_WORK" in environment and "beat" not in name:
            command[command.index("config.celery")] = STRANGE
        if "beat" in name:
            command[command.index("--schedule") + 1] = str(folder / f"{name}-schedule")
        self._command = command
        self._environment = {
            **worker_environment(),
            "RUN_DIR": os.environ["RUN_DIR"],
            **STEADY,
            **environment,
        }
        self.log = folder / f"{name}.log"
        self.start()

    def start(self) -> None:
        self.process = start_bound(
            self._command, cwd=CHECKOUT, env=self._environment, log=self.log
        )

    def kill(self) -> None:
        """SIGKILL to the whole group."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_child(self) -> bool:
        """SIGKILL to one of those who do its jobs, if it has any."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        try:
            children = [int(pid) for pid in path.read_text().split()]
        except OSError:
            return False
        if not children:
            return False
        with suppress(ProcessLookupError):
            os.kill(children[-1], signal.SIGKILL)
        return True

    def wait_for(self, text: str, seconds: float = 90.0) -> None:
        """Come back once it said this."""
        assert comes_true(lambda: text in self.said(), seconds), self.said()

    def said(self) -> str:
        return self.log.read_text(errors="replace")


@contextmanager
def working(
    folder: Path, *names: str, **environment: str
) -> Iterator[dict[str, Working]]:
    """Processes by name, all killed at the end."""
    there: dict[str, Working] = {}
    try:
        for name in names:
            there[name] = Working(name, folder, **environment)
        yield there
    finally:
        for one in there.values():
            one.kill()


@contextmanager
def sweeping(seconds: float = 1.0) -> Iterator[None]:
    """Ring as beat does, from a thread of this process."""
    stop = threading.Event()

    def rounds() -> None:
        while not stop.wait(seconds):
            with suppress(Exception):  # Redis may be away: that is what is tested.
                current_app.send_task("recovery.sweep", queue="mail", expires=30)

    thread = threading.Thread(target=rounds)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def comes_true(
    condition: Callable[[], bool], seconds: float, *, every: float = 0.1
) -> bool:
    """Whether a condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
