"""Files appear whole under their name, or not at all; what the dead left is swept.

The order everywhere: write to a hidden part beside the target, sync, rename, and only
then the row that speaks of the file.
"""

import errno
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recovery.domain.errors import RecoveryError

# Nobody writes one file for so long.
_PART_SECONDS_MAX = 24 * 3600
# What the system says when there is no room.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class StoreFullError(RecoveryError):
    """The file store is full: nothing was changed. Tell an operator, then try again."""

    code = "store_full"

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a path beside the target to write to; at the end it takes its place.

    Synced before and after the rename, so that a power cut loses neither. When the
    block fails, nothing is left of it.

    Raises:
        StoreFullError: There is no room for it.
    """
    folder = target.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts_sweep(folder)
    part = folder / f".{target.name}.{secrets.token_hex(4)}.part"
    try:
        yield part
        _sync(part)
        part.replace(target)
        _sync(folder)
    except OSError as error:
        if error.errno in FULL:
            raise StoreFullError from error
        raise
    finally:
        part.unlink(missing_ok=True)


def parts_sweep(folder: Path) -> int:
    """Remove what killed writers left; how many there were."""
    long_ago = time.time() - _PART_SECONDS_MAX
    old = [part for part in folder.glob(".*.part") if _written_at(part) < long_ago]
    for part in old:
        part.unlink(missing_ok=True)
    return len(old)


def _written_at(part: Path) -> float:
    try:
        return part.stat().st_mtime
    except FileNotFoundError:  # Its writer put it in place just now.
        return time.time()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
