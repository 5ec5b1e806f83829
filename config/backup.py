"""A desk written out as a whole, and brought back: database, files, digests.

`make backup OUT=folder` and `make restore FROM=folder`. The database is written before
the files: rows name files, and a file is always there before its row.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from config.engines.addresses import DatabaseRole, database_from_env, run_folder
from config.engines.errors import EngineStartError, PreparationFailedError
from config.engines.postgres import server_program
from config.engines.prepare import prepare_database
from config.engines.running import engines_running
from config.env import env_str

DUMP, FILES, MANIFEST = "desk.dump", "files", "manifest.json"
_CHECKOUT = Path(__file__).resolve().parents[1]
_VERSION = 1
_CHUNK = 1 << 20
_REFUSED = 2
_TABLES = (
    "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
    " ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'"
)


class BackupRefusedError(Exception):
    """Nothing was written over anything."""


def backup_write(database: Mapping[str, Any], files: Path, folder: Path) -> int:
    """Write a desk into a new folder; the manifest comes last, so it says "whole".

    Args:
        database: Address of the desk's database, in the right of its owner.
        files: Where its files lie.
        folder: New, or empty.

    Returns:
        How many files there are beside the dump.

    Raises:
        BackupRefusedError: The folder holds something, or the dump failed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BackupRefusedError(f"{folder} is not empty: name a new folder.")
    _run("pg_dump", database, "--format=custom", f"--file={folder / DUMP}")
    # What is being written at this moment is no file yet.
    unfinished = shutil.ignore_patterns(".*.part")
    if files.is_dir():
        shutil.copytree(files, folder / FILES, ignore=unfinished)
    (folder / FILES).mkdir(exist_ok=True)
    digests = _digests(folder)
    text = json.dumps({"version": _VERSION, "sha256": digests}, indent=1)
    part = folder / f".{MANIFEST}.part"
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(folder / MANIFEST)
    return len(digests) - 1


def backup_read(database: Mapping[str, Any], files: Path, folder: Path) -> int:
    """Bring a desk back into an empty database and an empty folder.

    Grants are laid down afterwards, with the migrations of the code that is there.

    Returns:
        How many files came back.

    Raises:
        BackupRefusedError: The backup is not whole, or there is a desk already.
    """
    digests = _manifest(folder)
    if _digests(folder) != digests:
        raise BackupRefusedError(f"{folder} is not what was written there once.")
    if files.is_dir() and any(files.iterdir()):
        raise BackupRefusedError(f"{files} is not empty: restore into a new desk.")
    with _connected(database) as connection:
        row = connection.execute(_TABLES).fetchone()
    if row and row[0]:
        raise BackupRefusedError("The database is not empty: restore into a new one.")
    _run(
        "pg_restore",
        database,
        *("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"),
        str(folder / DUMP),
    )
    shutil.copytree(folder / FILES, files, dirs_exist_ok=True)
    return len(digests) - 1


def _manifest(folder: Path) -> dict[str, str]:
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return dict(told["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupRefusedError(f"{folder} holds no whole backup.") from error


def _digests(folder: Path) -> dict[str, str]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(folder)): _digest(path)
        for path in sorted(paths)
        if path.name not in {MANIFEST, f".{MANIFEST}.part"}
    }


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _address(database: Mapping[str, Any]) -> dict[str, str]:
    """The address as PostgreSQL's own programs read it: no password on their line."""
    named = {
        "PGHOST": database["HOST"],
        "PGPORT": database["PORT"],
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],
        "PGDATABASE": database["NAME"],
        "PGSSLMODE": database.get("OPTIONS", {}).get("sslmode", ""),
        "PGSSLROOTCERT": database.get("OPTIONS", {}).get("sslrootcert", ""),
    }
    return {name: str(value) for name, value in named.items() if value}


def _connected(database: Mapping[str, Any]) -> psycopg.Connection[Any]:
    options = {
        "host": database["HOST"],
        "port": database["PORT"],
        "user": database["USER"],
        "password": database["PASSWORD"],
        "dbname": database["NAME"],
        **database.get("OPTIONS", {}),
    }
    return psycopg.connect(**{name: value for name, value in options.items() if value})


def _run(name: str, database: Mapping[str, Any], *arguments: str) -> None:
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    address = _address(database)
    done = subprocess.run(  # noqa: S603 - our own fixed command
        [
            server_program(name),
            *arguments,
            *([f"--dbname={address['PGDATABASE']}"] if name == "pg_restore" else []),
        ],
        env={**kept, "LC_ALL": "C", **address},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BackupRefusedError(f"{name}: {done.stderr.strip()[-2000:]}")


def _files_folder() -> Path:
    return Path(env_str("FILES_DIR", str(run_folder() / "files")))


def _proved() -> int:
    """Ask of what came back what is asked every hour; the worst answer."""
    answers = [
        subprocess.run(  # noqa: S603 - our own fixed commands
            [sys.executable, "manage.py", command], cwd=_CHECKOUT, check=False
        ).returncode
        for command in ("verify_audit", "check_invariants")
    ]
    return max(answers)


def main(arguments: list[str]) -> int:
    """Write the desk out, or bring it back, as the command line says."""
    match arguments:
        case ["write" | "read" as act, folder]:
            pass
        case _:
            print("Say: write FOLDER, or read FOLDER.", file=sys.stderr)  # noqa: T201
            return _REFUSED
    place = Path(folder).absolute()
    try:
        with engines_running(run_folder()):
            database = database_from_env(DatabaseRole.OWNER)
            if act == "write":
                count = backup_write(database, _files_folder(), place)
                print(f"Written to {place}: the database, {count} files.")  # noqa: T201
                return 0
            count = backup_read(database, _files_folder(), place)
            prepare_database()
            print(f"Back from {place}: the database, {count} files.")  # noqa: T201
            return _proved()
    except (BackupRefusedError, EngineStartError, PreparationFailedError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return _REFUSED


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
