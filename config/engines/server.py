"""What an embedded server is to those who run it."""

import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence

from config.engines.processes import end_in_steps


class EmbeddedServer(ABC):
    """One server of a run folder; call every method under the folder's lock."""

    name: str
    stop_steps: Sequence[tuple[signal.Signals, float]]

    def __init__(self) -> None:
        """Nothing is started yet."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Give the number of the server we started."""
        return self._process.pid if self._process else None

    @abstractmethod
    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            EngineStartError: there is no server to start, or it refused.
        """

    def has_ended(self) -> bool:
        """Tell whether a server we started has ended without being asked to."""
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        """Stop the server and wait until it is gone."""
        if self._process is not None:
            end_in_steps(self._process, self.stop_steps)
            self._process = None
