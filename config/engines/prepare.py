"""The schema and the grants, brought up to date by the owner.

`python -m config.engines.prepare` does it in a process of its own, because a process
speaks to the database in one right from start to end.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from config.engines.addresses import (
    DATABASE_NAME,
    OWNER_ROLE,
    DatabaseRole,
    socket_folder,
)
from config.engines.errors import PreparationFailedError
from config.engines.locks import FolderLock
from config.engines.roles import apply_roles, has_two_roles
from config.env import env_secret

_CHECKOUT = Path(__file__).resolve().parents[2]
_STDERR = 2
_PREPARE_SECONDS = 600.0


def prepare_database() -> None:
    """Migrate as owner and lay down the grants, in a process of its own.

    Everything it says goes to stderr: stdout belongs to the caller's answer.

    Raises:
        PreparationFailedError: a migration or a grant was refused.
    """
    done = subprocess.run(
        [sys.executable, "-m", "config.engines.prepare"],
        cwd=_CHECKOUT,
        env={**os.environ, "DATABASE_ROLE": DatabaseRole.OWNER},
        stdin=subprocess.DEVNULL,
        stdout=_STDERR,
        check=False,
    )
    if done.returncode != 0:
        raise PreparationFailedError


def prepare_if_behind(run_dir: Path) -> None:
    """Prepare the embedded database unless its stamp says that it is up to date.

    Raises:
        PreparationFailedError: a migration or a grant was refused.
    """
    if env_secret("DATABASE_URL") is not None:
        return
    lock = FolderLock(run_dir / "prepare.lock")
    lock.try_acquire(seconds=_PREPARE_SECONDS)
    try:
        if _stamp_of(run_dir) != schema_digest():
            print("Preparing the database.", file=sys.stderr)  # noqa: T201
            prepare_database()
    finally:
        lock.release()


def finish_migration() -> None:
    """Lay down grants and stamp after a migration; call it as owner, Django set up.

    With migrations still to come there is nothing to grant on yet.
    """
    from django.conf import settings
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    is_complete = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    connection.ensure_connection()
    raw = connection.connection
    if is_complete and has_two_roles():
        apply_roles(raw, append_only=settings.APPEND_ONLY_TABLES)
    elif is_complete:
        print(  # noqa: T201
            "DATABASE_URL and DATABASE_OWNER_URL name the same user: the application"
            " may do everything its database's owner may.",
            file=sys.stderr,
        )
    if env_secret("DATABASE_URL") is None:
        stamp = schema_digest() if is_complete else ""
        _write_stamp(raw, stamp)


def schema_digest() -> str:
    """Digest everything that the schema and the grants follow from."""
    digest = hashlib.sha256()
    for path in _schema_sources():
        digest.update(str(path.relative_to(_CHECKOUT)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _schema_sources() -> Iterator[Path]:
    for app in ("accounts", "recovery"):
        folder = _CHECKOUT / app / "migrations"
        sources = (p for p in folder.rglob("*") if p.suffix in {".py", ".sql"})
        yield from sorted(sources)
    yield _CHECKOUT / "config" / "settings.py"
    yield Path(__file__).with_name("roles.sql")
    # Packages bring tables too.
    yield _CHECKOUT / "requirements" / "run.txt"


def _stamp_of(run_dir: Path) -> str | None:
    query = (
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
        " WHERE datname = current_database()"
    )
    with psycopg.connect(
        host=str(socket_folder(run_dir)), user=OWNER_ROLE, dbname=DATABASE_NAME
    ) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def _write_stamp(connection: psycopg.Connection[object], stamp: str) -> None:
    # In the database itself, so that a restored or wiped folder never lies.
    statement = sql.SQL("COMMENT ON DATABASE {} IS {}").format(
        sql.Identifier(connection.info.dbname), sql.Literal(stamp)
    )
    connection.execute(statement)


def main() -> None:
    """Migrate and lay down the grants as the owner that the environment names."""
    os.environ["DATABASE_ROLE"] = DatabaseRole.OWNER
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

    import django
    from django.core.management import call_command

    django.setup()
    # A first start on this machine makes some twenty tables' worth of lines.
    verbosity = 0 if env_secret("DATABASE_URL") is None else 1
    call_command("migrate", interactive=False, verbosity=verbosity)
    finish_migration()


if __name__ == "__main__":
    main()
