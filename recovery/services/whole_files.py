"""Files appear whole under their name, or not at all; what the dead left is swept.

The order everywhere: write to a hidden part beside the target, sync, rename, and only
then the row that speaks of the file.
"""

import os
import secrets
import time
from pathlib import Path

# Nobody writes one file for so long.
_PART_SECONDS_MAX = 24 * 3600


def part_of(target: Path) -> Path:
    """A path of this writer's own beside the target, to write to first.

    Makes the folder, and removes parts there whose writers are long dead.
    """
    folder = target.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts_sweep(folder)
    return folder / f".{target.name}.{secrets.token_hex(4)}.part"


def part_put(part: Path, target: Path) -> None:
    """Put a part in its target's place, so that a power cut loses neither."""
    _sync(part)
    part.replace(target)
    _sync(target.parent)


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
