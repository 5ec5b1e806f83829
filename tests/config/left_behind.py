"""What a process left running, found by session and environment, not by name."""

import os
from pathlib import Path

MARK = "DESK_TEST_MARK"


def processes_left(session: int, mark: str) -> list[int]:
    """List live processes of a session, or with a mark in their environment."""
    return [
        pid
        for pid in (int(p.name) for p in Path("/proc").iterdir() if p.name.isdecimal())
        if is_alive(pid) and (is_of_session(pid, session) or is_marked(pid, mark))
    ]


def is_of_session(pid: int, session: int) -> bool:
    try:
        return os.getsid(pid) == session
    except ProcessLookupError:
        return False


def is_marked(pid: int, mark: str) -> bool:
    try:
        return f"{MARK}={mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that waits to be reaped does not."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return line.rpartition(")")[2].split()[0] != "Z"
