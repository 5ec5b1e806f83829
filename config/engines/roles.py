"""The application role and what it may do, laid down after every migration."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

from config.engines.addresses import (
    APP_ROLE,
    DatabaseRole,
    database_from_env,
)

_ROLES_SQL = Path(__file__).with_name("roles.sql")


def apply_roles(
    connection: psycopg.Connection[Any], *, append_only: Iterable[str]
) -> None:
    """Lay down the grants in the connected database, as its owner.

    The tables of `append_only` the application role may only read and insert into.
    """
    app = database_from_env(DatabaseRole.APP)
    app_role = app["USER"] or APP_ROLE
    with connection.transaction():
        for name, value in {
            "desk.app_role": app_role,
            "desk.app_verifier": _verifier(connection, app_role, app["PASSWORD"]),
            "desk.append_only": ",".join(append_only),
        }.items():
            connection.execute("SELECT set_config(%s, %s, true)", [name, value])
        connection.execute(_ROLES_SQL.read_bytes())


def has_two_roles() -> bool:
    """Tell whether owner and application speak to the database as different users."""
    owner = database_from_env(DatabaseRole.OWNER)
    return bool(owner["USER"] != database_from_env(DatabaseRole.APP)["USER"])


def _verifier(connection: psycopg.Connection[Any], app_role: str, password: str) -> str:
    """Give what the server stores for a password; the password itself stays here."""
    if not password:
        return ""
    verifier = connection.pgconn.encrypt_password(
        password.encode(), app_role.encode(), b"scram-sha-256"
    )
    return verifier.decode()
