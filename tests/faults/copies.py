"""A desk copied as often as a test needs it: database and files, in a blink."""

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

_numbers = count(1)


def _maintain(*statements: sql.Composed) -> None:
    address = connection.settings_dict
    with psycopg.connect(
        host=address["HOST"],
        port=address["PORT"] or None,
        user=address["USER"],
        password=address["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    ) as server:
        for statement in statements:
            server.execute(statement)


def copied_desk(folder: Path) -> AbstractContextManager[None]:
    """Be at a copy of the desk for the length of a block; then back, and it is gone.

    Everything follows: this process's connection and where files lie. Copies may be
    copied again.
    """
    return _desk(folder, str(connection.settings_dict["NAME"]))


def empty_desk(folder: Path) -> AbstractContextManager[None]:
    """Be at a database that holds nothing yet, for the length of a block."""
    return _desk(folder, "template0")


@contextmanager
def _desk(folder: Path, template: str) -> Iterator[None]:
    name, files = str(connection.settings_dict["NAME"]), settings.FILES_DIR
    number = next(_numbers)
    own, own_files = f"{name[:40]}_{number}", folder / f"files-{number}"
    parts = {"own": sql.Identifier(own), "template": sql.Identifier(template)}
    connection.close()
    _maintain(
        sql.SQL("DROP DATABASE IF EXISTS {own} WITH (FORCE)").format(**parts),
        # Workers of other tests may hold it open, idle; they come back by themselves.
        sql.SQL(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {of}"
        ).format(of=sql.Literal(template)),
        sql.SQL("CREATE DATABASE {own} TEMPLATE {template}").format(**parts),
    )
    if files.is_dir():
        shutil.copytree(files, own_files)
    connection.settings_dict["NAME"] = own
    settings.FILES_DIR = own_files
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
        settings.FILES_DIR = files
        _maintain(sql.SQL("DROP DATABASE {own} WITH (FORCE)").format(**parts))
        shutil.rmtree(own_files, ignore_errors=True)
