"""A desk moved to servers of its own, which may be restarted under it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from config.backup import backup_read, backup_write
from config.engines.addresses import DATABASE_NAME, OWNER_ROLE
from config.engines.roles import apply_roles
from tests.faults.servers import (
    PostgresAt,
    RedisAt,
    postgres_running,
    redis_running,
)


class Servers(NamedTuple):
    """PostgreSQL and Redis of one test."""

    database: PostgresAt
    bells: RedisAt


@contextmanager
def own_servers(folder: Path) -> Iterator[Servers]:
    """Be at a copy of the desk on servers of its own, for the length of a block."""
    before, files = dict(connection.settings_dict), settings.FILES_DIR
    backup_write(connection.settings_dict, files, folder / "backup")
    with postgres_running(folder) as (server, sockets), redis_running(folder) as bells:
        connection.close()
        own = {"HOST": sockets, "NAME": DATABASE_NAME, "USER": OWNER_ROLE}
        connection.settings_dict.update(own)
        settings.FILES_DIR = folder / "files-of-its-own"
        try:
            backup_read(connection.settings_dict, settings.FILES_DIR, folder / "backup")
            connection.ensure_connection()
            apply_roles(connection.connection, append_only=settings.APPEND_ONLY_TABLES)
            yield Servers(server, bells)
        finally:
            connection.close()
            connection.settings_dict.update(before)
            settings.FILES_DIR = files
