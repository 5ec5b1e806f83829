"""What stands in a data folder before a server is started over it.

A folder that this desk's server cannot work on is refused with the way out, never
deleted and never upgraded: it holds somebody's money matters.
"""

import functools
import os
import pwd
import re
import subprocess
from pathlib import Path

from config.engines.errors import DataFolderError

_VERSION_FILE = "PG_VERSION"
_MAJOR = re.compile(r"\(PostgreSQL\) (\d+)")


def require_own_folder(folder: Path) -> None:
    """Go on when a run folder is ours.

    Raises:
        DataFolderError: It belongs to another user.
    """
    if folder.stat().st_uid != os.geteuid():
        raise _somebody_elses(folder)


def has_data(data: Path, binaries: Path) -> bool:
    """Whether a server can work on a data folder; without one it is to be made.

    Raises:
        DataFolderError: Something stands there that this server cannot work on.
    """
    try:
        if not data.is_dir() or not any(data.iterdir()):
            return False
        found = _version_of(data)
    except PermissionError as error:
        raise _somebody_elses(data) from error
    if not found:
        raise DataFolderError(
            data,
            "it is not empty and no whole data folder of PostgreSQL",
            "move it away; a new desk is made then",
        )
    wanted = server_major(binaries)
    if found != wanted:
        raise DataFolderError(
            data,
            f"it was made by PostgreSQL {found}, the server here is {wanted}, and data"
            " are not upgraded by themselves",
            "go back to the version of the desk that made it, or carry the data over"
            " as docs/operations.md tells; RUN_DIR=… starts a new desk beside it",
        )
    return True


def _version_of(data: Path) -> str:
    try:
        return (data / _VERSION_FILE).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def _somebody_elses(folder: Path) -> DataFolderError:
    owner, we = _user_name(folder.stat().st_uid), _user_name(os.geteuid())
    return DataFolderError(
        folder,
        f"it belongs to the user {owner}, you are {we}",
        "run the desk as that user, or name a folder of your own: RUN_DIR=…",
    )


@functools.cache
def server_major(binaries: Path) -> str:
    """The major version of the server among these binaries."""
    done = subprocess.run(  # noqa: S603 - our own fixed command
        [str(binaries / "postgres"), "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    match = _MAJOR.search(done.stdout)
    return match.group(1) if match else done.stdout.strip()


def _user_name(number: int) -> str:
    try:
        return f"{pwd.getpwuid(number).pw_name} ({number})"
    except KeyError:  # Containers run numbers without a name.
        return str(number)
