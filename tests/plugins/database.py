"""The database of a test run: made once, and in a blink as empty as after migrating.

A flush of Django truncates every table, which makes new files for a hundred of them,
and then writes permissions and shipped rules again. Few tables hold rows after a test,
so their rows are deleted, and what the migrations left there is copied back.
"""

import os
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from config.engines.locks import FolderLock

_TEMPLATE = "desk_template"
_MIGRATE_SECONDS = 300.0
# Deleted rows leave their room behind; now and then it is given back.
_ROOM_BYTES = 32 * 1024 * 1024
_after_migrating: dict[str, bytes] = {}


def database_of_tests() -> None:
    """Make the database with its roles, and have every flush end as it began."""
    _make_once()
    _flush_back_to_the_start()


def _make_once() -> None:
    from django.conf import settings
    from django.db.backends.postgresql.creation import DatabaseCreation

    from config.engines.roles import apply_roles

    create = DatabaseCreation.create_test_db

    def create_whole(self: DatabaseCreation, *args: Any, **kwargs: Any) -> str:
        one_at_a_time = FolderLock(Path(os.environ["RUN_DIR"]) / "migrate.lock")
        one_at_a_time.try_acquire(seconds=_MIGRATE_SECONDS)
        try:
            is_first = not _knows_template(self)
            if not is_first:
                self.connection.settings_dict["TEST"]["TEMPLATE"] = _TEMPLATE
            name = create(self, *args, **kwargs)
            self.connection.ensure_connection()
            wrapped = self.connection.connection
            apply_roles(wrapped, append_only=settings.APPEND_ONLY_TABLES)
            _after_migrating.update(_rows_of(wrapped))
            if is_first and "PYTEST_XDIST_WORKER" in os.environ:
                _keep_as_template(self, name)
        finally:
            one_at_a_time.release()
        return name

    DatabaseCreation.create_test_db = create_whole


def _knows_template(creation: Any) -> bool:
    with creation._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_TEMPLATE])
        return cursor.fetchone() is not None


def _keep_as_template(creation: Any, name: str) -> None:
    """Let the other workers copy what one has migrated."""
    creation.connection.close()
    parts = {"kept": sql.Identifier(_TEMPLATE), "name": sql.Identifier(name)}
    copying = sql.SQL("CREATE DATABASE {kept} TEMPLATE {name}").format(**parts)
    with creation._nodb_cursor() as cursor:
        cursor.execute(copying)
    creation.connection.ensure_connection()


def _rows_of(connection: psycopg.Connection[Any]) -> dict[str, bytes]:
    """Copy out every table that holds rows."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0"
        )
        for (table,) in cursor.fetchall():
            query = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))
            with cursor.copy(query) as out:
                found[table] = b"".join(bytes(part) for part in out)
    return found


def _flush_back_to_the_start() -> None:
    from django.core.management.commands import flush
    from django.db.backends.postgresql.operations import DatabaseOperations

    truncating = DatabaseOperations.sql_flush

    def sql_flush(
        self: DatabaseOperations, style: Any, tables: list[str], **options: Any
    ) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname, pg_relation_size(oid) FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
            sizes = dict(cursor.fetchall())
        names = [self.quote_name(table) for table in tables]
        # As truncating does: whoever still writes is waited for.
        waiting = f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE"
        if sum(sizes[table] for table in tables) > _ROOM_BYTES:
            # What the migrations left keeps its numbers, so counting goes on.
            options["reset_sequences"] = False
            return [waiting, *truncating(self, style, tables, **options)]
        used = [self.quote_name(table) for table in tables if sizes[table]]
        return [waiting, *(f"DELETE FROM {name}" for name in used)]

    def execute_sql_flush(self: DatabaseOperations, sql_list: list[str]) -> None:
        from django.db import transaction

        with (
            transaction.atomic(using=self.connection.alias),
            self.connection.cursor() as cursor,
        ):
            # A replica's session fires no triggers; only the owner of all may say so.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in sql_list:
                cursor.execute(statement)
            emptied = " ".join(sql_list)
            for table, rows in _after_migrating.items():
                if self.quote_name(table) in emptied:
                    with cursor.copy(f"COPY {self.quote_name(table)} FROM STDIN") as to:
                        to.write(rows)

    DatabaseOperations.sql_flush = sql_flush
    DatabaseOperations.execute_sql_flush = execute_sql_flush
    # Permissions, kinds of content and shipped rules are back already.
    flush.emit_post_migrate_signal = lambda *_args, **_kwargs: None
