"""How long answers take, counted over all processes of the web on one host.

Every process counts in a small file of its own, mapped into memory: counting takes
no lock between processes. Whoever reads adds all files up; what a process that has
ended left behind is folded into one file, so that no count ever goes down.
"""

import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SURFACES = ("claims", "desk", "sign_in", "api", "other")
CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
# Counts by bucket, the last without an upper bound, then the sum of all seconds.
_CELLS = len(BUCKETS) + 2
_BYTES = 8 * len(SURFACES) * len(CLASSES) * _CELLS
_ENDED = "ended.bin"

Row = tuple[float, ...]
Key = tuple[str, str]


class Latencies:
    """The counts of a folder, one file a process."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; a file is made with the first count of a process."""
        self._folder = folder
        self._lock = Lock()
        self._pid = 0
        self._cells: memoryview[float] | None = None

    def observe(self, surface: str, status: int, seconds: float) -> None:
        """Count one answer."""
        start = _start_of(surface, f"{status // 100}xx")
        bucket = next((i for i, top in enumerate(BUCKETS) if seconds <= top), None)
        with self._lock:
            cells = self._own_cells()
            cells[start + (len(BUCKETS) if bucket is None else bucket)] += 1
            cells[start + _CELLS - 1] += seconds

    def read(self) -> dict[Key, Row]:
        """Give the sum over all processes: counts by bucket, then seconds."""
        total = [0.0] * (_BYTES // 8)
        with self._folding():
            self._fold_ended()
            for path in self._folder.glob("*.bin"):
                total = [a + b for a, b in zip(total, _numbers(path), strict=True)]
        rows = {
            (surface, kind): tuple(total[_start_of(surface, kind) :][:_CELLS])
            for surface in SURFACES
            for kind in CLASSES
        }
        return {key: row for key, row in rows.items() if any(row)}

    def _own_cells(self) -> "memoryview[float]":
        # A forked process counts in a file of its own from its first answer on.
        if self._cells is None or self._pid != os.getpid():
            self._pid = os.getpid()
            self._cells = self._mapped(f"web-{self._pid}.bin")
        return self._cells

    def _mapped(self, name: str) -> "memoryview[float]":
        with self._folding():
            descriptor = os.open(self._folder / name, os.O_RDWR | os.O_CREAT, 0o600)
            # Held until the process ends, however it ends.
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            os.ftruncate(descriptor, _BYTES)
        return memoryview(mmap.mmap(descriptor, _BYTES)).cast("d")

    def _fold_ended(self) -> None:
        for path in self._folder.glob("web-*.bin"):
            with path.open("r+b") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                ended = self._folder / _ENDED
                pairs = zip(_numbers(ended), _numbers(path), strict=True)
                summed = memoryview(bytearray(_BYTES)).cast("d")
                for place, (before, more) in enumerate(pairs):
                    summed[place] = before + more
                ended.write_bytes(summed.tobytes())
                path.unlink()

    @contextmanager
    def _folding(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / "fold.lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _start_of(surface: str, kind: str) -> int:
    place = SURFACES.index(surface) * len(CLASSES) + CLASSES.index(kind)
    return place * _CELLS


def _numbers(path: Path) -> list[float]:
    held = path.read_bytes() if path.exists() else b""
    # A process may be killed between making its file and giving it its length.
    return list(memoryview(held.ljust(_BYTES, b"\0")[:_BYTES]).cast("d"))
