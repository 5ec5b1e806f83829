"""Commands that run once, one after the other, beside a desk that is up already."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from config.children import Surroundings
from config.engines.processes import start_bound

_READY_SECONDS = 60.0


class FirstCommands:
    """A queue of commands that speak to the terminal, begun once the site answers."""

    def __init__(
        self,
        commands: Sequence[Sequence[str]],
        is_ready: Callable[[], bool],
        surroundings: Surroundings,
    ) -> None:
        """Keep the queue; nothing is started yet."""
        self._waiting = list(commands)
        self._is_ready = is_ready
        self._around = surroundings
        self._deadline = time.monotonic() + _READY_SECONDS
        self._has_site = False
        self._current: Sequence[str] = ()
        self._process: subprocess.Popen[bytes] | None = None

    def go_on(self) -> None:
        """Take the next step that is due; call it often."""
        if not self._has_site:
            self._wait_for_site()
        elif self._process is not None:
            self._note_end(self._process)
        elif self._waiting:
            self._current = self._waiting.pop(0)
            self._process = start_bound(
                self._current,
                cwd=self._around.folder,
                env=self._around.environment,
            )
            self._around.watcher.begun(self._process.pid)

    def stop(self) -> None:
        """End the running command and forget the others."""
        self._waiting.clear()
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait()

    def _wait_for_site(self) -> None:
        if self._is_ready():
            self._has_site = True
        elif time.monotonic() > self._deadline:
            self._has_site = True
            self._around.say(f"The site does not answer; see {self._around.logs}.")

    def _note_end(self, process: subprocess.Popen[bytes]) -> None:
        code = process.poll()
        if code is None:
            return
        self._around.watcher.ended(process.pid)
        self._process = None
        if code != 0:
            line = " ".join(self._current[1:])
            self._around.say(f"`{line}` ended with code {code}; the desk runs on.")
