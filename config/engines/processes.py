"""Child processes that end with their parent, and what an earlier one left behind."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_POLL_SECONDS = 0.02


def start_bound(
    command: Sequence[str | os.PathLike[str]],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in its own process group that is signalled when we die.

    The kernel ties the signal to the thread that starts the child: call this from
    the main thread only. `log` takes both outputs; None leaves them to the terminal.
    """
    end_with_parent = death_wish(death_signal)
    if log is None:
        return subprocess.Popen(  # noqa: S603 - our own fixed commands
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - no other thread runs yet
        )
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own fixed commands
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - no other thread runs yet
        )


def death_wish(death_signal: signal.Signals) -> Callable[[], None]:
    """Give what a child runs between fork and exec to end with its parent."""
    parent = os.getpid()

    def end_with_parent() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        # The parent may have died before the line above took effect.
        if os.getppid() != parent:
            os._exit(1)

    return end_with_parent


def wait_for_end(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for a child to end; False when it is still there after the time."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def end_in_steps(
    process: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]
) -> None:
    """Send one signal after the other until the child has ended."""
    for step, seconds in steps:
        if process.poll() is not None:
            return
        process.send_signal(step)
        if wait_for_end(process, seconds):
            return
    process.wait()


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll until a condition holds; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def processes_working_in(folder: Path) -> list[int]:
    """List the live processes whose working folder is exactly this one.

    A server and all its helpers work in its data folder, so this finds what an
    earlier run left behind whatever its number or title is.
    """
    wanted = os.path.realpath(folder)
    return [pid for pid in _process_numbers() if _working_folder(pid) == wanted]


def children_of(parent: int) -> list[int]:
    """List the processes whose parent is this one, ended but unreaped ones too."""
    return [pid for pid in _process_numbers() if _parent_of(pid) == parent]


def end_leftovers(folder: Path, steps: Sequence[tuple[signal.Signals, float]]) -> bool:
    """End what still works in a folder; False when something stays.

    Call it under the folder's lock only: with the lock held, no living owner can
    claim these processes.
    """
    for step, seconds in steps:
        for pid in processes_working_in(folder):
            _signal(pid, step)
        if wait_until(lambda: not processes_working_in(folder), seconds):
            return True
    return False


def _process_numbers() -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            yield int(entry.name)


def _working_folder(pid: int) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:  # Ended meanwhile, not yet reaped, or somebody else's.
        return None


def _parent_of(pid: int) -> int | None:
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name in brackets may hold anything, so count from its end.
    return int(line.rpartition(")")[2].split()[1])


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
