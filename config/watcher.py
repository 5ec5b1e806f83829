"""Ends the desk's processes when their supervisor is gone without having done so.

It runs in a session of its own and reads a pipe that only the supervisor holds open:
`+ GROUP` when a process group begins, `- GROUP` when it has ended, `clear` when all
have. The end of the pipe means that the supervisor is gone, whatever ended it.
"""

import os
import signal
import subprocess
import sys
import time

_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.05


class Watcher:
    """The supervisor's end of the pipe."""

    def __init__(self) -> None:
        """Start the watching process."""
        reading, self._writing = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own fixed command
                # As a lone file: it needs nothing and must be there at once.
                [sys.executable, "-I", "-S", __file__],
                stdin=reading,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        finally:
            os.close(reading)

    @property
    def pid(self) -> int:
        """Give the number of the watching process."""
        return self._process.pid

    def begun(self, group: int) -> None:
        """Tell that a process group is to be watched."""
        self._write(f"+ {group}\n")

    def ended(self, group: int) -> None:
        """Tell that a process group is gone and its number free for others."""
        self._write(f"- {group}\n")

    def close(self) -> None:
        """End the watching: everything has ended."""
        self._write("clear\n")
        os.close(self._writing)
        self._process.wait()

    def _write(self, line: str) -> None:
        try:
            os.write(self._writing, line.encode())
        except BrokenPipeError:
            return  # Somebody killed the watcher; the desk goes on without it.


def _groups_left() -> set[int]:
    groups: set[int] = set()
    for line in sys.stdin:
        match line.split():
            case ["+", number]:
                groups.add(int(number))
            case ["-", number]:
                groups.discard(int(number))
            case _:
                groups.clear()
    return groups


def _signal_groups(groups: set[int], number: int) -> set[int]:
    """Send a signal to groups and give those that still exist."""
    alive = set()
    for group in groups:
        try:
            os.killpg(group, number)
        except ProcessLookupError:
            continue
        alive.add(group)
    return alive


def main() -> None:
    """Wait for the supervisor's end, then end what is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups = _signal_groups(_groups_left(), signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    while groups and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        groups = _signal_groups(groups, 0)
    _signal_groups(groups, signal.SIGKILL)


if __name__ == "__main__":
    main()
