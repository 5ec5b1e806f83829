"""The supervisor's children: started, restarted with back-off, ended completely."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from config.engines.processes import start_bound, wait_for_end
from config.watcher import Watcher

_BACKOFF_SECONDS_MAX = 30.0
_STEADY_SECONDS = 60.0
_LOG_BYTES_MAX = 8_000_000
_LOG_TAIL_LINES = 5


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """What a child is.

    Attributes:
        name: what people call it.
        command: its command line.
        stop_seconds: how long it may take to finish its work when told to end.
    """

    name: str
    command: Sequence[str]
    stop_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all children share.

    Attributes:
        folder: their working folder.
        logs: the folder of their outputs, one file for each.
        environment: their environment.
        watcher: who ends them when we cannot.
        say: tells people at the terminal.
    """

    folder: Path
    logs: Path
    environment: Mapping[str, str]
    watcher: Watcher
    say: Callable[[str], None]


class Child:
    """One child, kept running until it is stopped."""

    def __init__(self, plan: ChildPlan, surroundings: Surroundings) -> None:
        """Keep the plan; nothing is started yet."""
        self.plan = plan
        self._around = surroundings
        self._process: subprocess.Popen[bytes] | None = None
        self._began_at = 0.0
        self._failures = 0
        self._again_at = 0.0

    @property
    def pid(self) -> int | None:
        """Give its number, which is that of its process group too."""
        return self._process.pid if self._process else None

    @property
    def log(self) -> Path:
        """Give the file of its output."""
        return self._around.logs / f"{self.plan.name}.log"

    def start(self) -> None:
        """Start it in a process group of its own that ends with us."""
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._process = start_bound(
            self.plan.command,
            cwd=self._around.folder,
            env=self._around.environment,
            log=self.log,
        )
        self._around.watcher.begun(self._process.pid)
        self._began_at = time.monotonic()

    def has_ended(self) -> int | None:
        """Give the exit code once it has ended by itself."""
        return self._process.poll() if self._process else None

    def keep_running(self) -> None:
        """Start it again when it has ended, the longer after the oftener it does."""
        if self._process is None:
            if time.monotonic() >= self._again_at:
                self.start()
                self._around.say(f"{self.plan.name} runs again as {self.pid}.")
            return
        code = self._process.poll()
        if code is not None:
            self._note_crash(code)

    def stop(self, *, hurry: Callable[[], bool]) -> None:
        """Tell it to end, wait, then end whatever is left of its group.

        Waiting ends early when `hurry` says so.
        """
        process = self._process
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self.plan.stop_seconds
        while not wait_for_end(process, 0.1):
            if hurry() or time.monotonic() > deadline:
                break
        self._end_group(process)

    def _note_crash(self, code: int) -> None:
        if time.monotonic() - self._began_at > _STEADY_SECONDS:
            self._failures = 0
        pause = min(2.0**self._failures, _BACKOFF_SECONDS_MAX)
        self._failures += 1
        self._again_at = time.monotonic() + pause
        how = f"signal {-code}" if code < 0 else f"code {code}"
        name = self.plan.name
        self._around.say(
            f"{name} ended by itself ({how}); again in {pause:.0f} s. From {self.log}:"
        )
        for line in self._log_tail():
            self._around.say(f"  {name} | {line}")
        if self._process is not None:
            self._end_group(self._process)

    def _end_group(self, process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):  # Usually nobody of the group is left.
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._around.watcher.ended(process.pid)
        self._process = None

    def _log_tail(self) -> list[str]:
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return text.splitlines()[-_LOG_TAIL_LINES:]
