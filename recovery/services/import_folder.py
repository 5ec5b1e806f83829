"""A folder the platform puts its files into: taken up, loaded, moved away.

A file is taken in once by its SHA-256, so that two looks at once, or one that was cut
off, change nothing. It moves to `taken`, and from there to `done` or, with its reason
beside it, to `refused`. Nothing is ever deleted.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from recovery.domain.duties import Duty
from recovery.domain.errors import RecoveryError
from recovery.models import JobState, Provenance, SourceFile, SourceFileState
from recovery.services.actors import Actor
from recovery.services.bells import ring
from recovery.services.source_files import source_file_receive

TAKEN, DONE, REFUSED = "taken", "done", "refused"
QUIET_SECONDS = 20  # A file that changed more recently may still be written.
_HOUSE = "house"
_NAME_MAX = 80  # What is left for it behind a SHA-256.
_FOLDER = Actor(None, "import folder", frozenset({Duty.IMPORT_FILES}))
_ENDS = {
    SourceFileState.LOADED: DONE,
    SourceFileState.UNDONE: DONE,
    SourceFileState.REFUSED: REFUSED,
}
log = logging.getLogger(__name__)


def folder_look(folder: Path, *, now: float | None = None) -> int:
    """Take in what lies in the folder, and move away what has ended.

    Safe to run any number of times, and any number at once.

    Args:
        folder: Where the platform puts its files.
        now: Seconds since 1970; the clock's if left out.

    Returns:
        How many files were taken in.
    """
    if not folder.is_dir():
        log.error("the import folder is not there")
        return 0
    for name in (TAKEN, DONE, REFUSED):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    _settle(folder)
    quiet = (now or time.time()) - QUIET_SECONDS
    return sum(_take(folder, path) for path in _waiting(folder, quiet))


def _waiting(folder: Path, quiet: float) -> Iterator[Path]:
    """Plain files that nobody writes any more; hidden ones are being written."""
    for path in sorted(folder.iterdir()):
        with suppress(FileNotFoundError):
            is_plain = path.is_file() and not path.is_symlink()
            if is_plain and path.name[0] != "." and path.stat().st_mtime <= quiet:
                yield path


def _take(folder: Path, path: Path) -> bool:
    try:
        source = source_file_receive(
            _FOLDER,
            path=path,
            name=path.name,
            provenance=Provenance.HOUSE,
            venue=_HOUSE,
        )
    except (RecoveryError, OSError) as error:
        log.error("a file of the import folder waits", exc_info=error)  # noqa: TRY400
        return False
    if not _moved(path, folder / TAKEN / f"{source.sha256}-{path.name[-_NAME_MAX:]}"):
        return False
    if source.job is not None and source.job.state == JobState.DUE:
        ring(source.job)
    return True


def _settle(folder: Path) -> None:
    """Move files away whose import has ended."""
    for path in sorted((folder / TAKEN).iterdir()):
        digest, _, name = path.name.partition("-")
        source = SourceFile.objects.filter(sha256=digest).first()
        if source is None:  # The database was set back: take it in anew.
            _moved(path, folder / name)
        elif source.state in _ENDS:
            _end(folder, path, source)


def _end(folder: Path, path: Path, source: SourceFile) -> None:
    end = folder / _ENDS[SourceFileState(source.state)] / path.name
    if source.state == SourceFileState.REFUSED:
        end.with_name(f"{end.name}.txt").write_text(
            f"{source.refusal}\n", encoding="utf-8"
        )
    _moved(path, end)


def _moved(path: Path, to: Path) -> bool:
    """Move a file; False when somebody else did so already."""
    try:
        path.rename(to)
    except FileNotFoundError:
        return False
    return True
