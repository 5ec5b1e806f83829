"""Locks on a run folder: who owns its servers, and who is using them."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL_SECONDS = 0.05


class FolderLock:
    """A lock file that the kernel frees when its holder ends, however it ends."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is made when first locked."""
        self._path = path
        self._descriptor: int | None = None

    def try_acquire(self, *, shared: bool = False, seconds: float = 0.0) -> bool:
        """Take the lock, trying for some time; False when others hold it."""
        mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(descriptor)
                    return False
                time.sleep(_POLL_SECONDS)
            else:
                self._descriptor = descriptor
                return True

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @contextmanager
    def held_shared(self, seconds: float) -> Iterator[bool]:
        """Hold the lock together with others for the length of a block."""
        taken = self.try_acquire(shared=True, seconds=seconds)
        try:
            yield taken
        finally:
            self.release()
