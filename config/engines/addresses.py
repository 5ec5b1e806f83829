"""Where PostgreSQL and Redis are reached; nothing here starts a server.

Without DATABASE_URL or REDIS_URL the addresses are those of the embedded servers of
the run folder. They follow from the folder's path alone, so every process of a
checkout finds the same servers without being told.
"""

import hashlib
import os
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from config.env import EnvironmentValueError, env_secret, env_str

DATABASE_NAME = "recovery_desk"
OWNER_ROLE = "desk_owner"
APP_ROLE = "desk_app"

# A socket's path holds about 107 bytes, a checkout's path may be longer: sockets
# live under one short folder that does not follow the caller's TMPDIR.
_SHORT_FOLDER = Path("/tmp")  # noqa: S108 - only a private folder below it is used
_CHECKOUT = Path(__file__).resolve().parents[2]
_URL_SHAPE = "postgresql://USER:PASSWORD@HOST:PORT/NAME"
_URL_OPTIONS = frozenset(
    {
        "application_name",
        "connect_timeout",
        "host",
        "sslcert",
        "sslkey",
        "sslmode",
        "sslrootcert",
        "target_session_attrs",
    }
)


class DatabaseRole(StrEnum):
    """In which right a process speaks to the database."""

    APP = "app"  # Web, worker, commands: least privilege.
    OWNER = "owner"  # Migrations and grants only.
    NONE = "none"  # Commands that need no database, and so cannot touch one.


def run_folder() -> Path:
    """Give the folder of everything a running desk writes: RUN_DIR, else `.run`."""
    named = env_str("RUN_DIR")
    return Path(named).absolute() if named else _CHECKOUT / ".run"


def make_run_folder() -> Path:
    """Make the run folder where it is missing, closed to other people.

    Raises:
        EnvironmentValueError: RUN_DIR names no folder that can be written to.
    """
    run_dir = run_folder()
    try:
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        expected = f"a folder that can be written to ({error.strerror})"
        raise EnvironmentValueError("RUN_DIR", expected) from error
    if not os.access(run_dir, os.R_OK | os.W_OK | os.X_OK):
        expected = f"a folder that you can write to, which {run_dir} is not"
        raise EnvironmentValueError("RUN_DIR", expected)
    return run_dir


def socket_folder(run_dir: Path) -> Path:
    """Give the short private folder that holds the sockets of a run folder."""
    digest = hashlib.sha256(os.fsencode(run_dir.resolve())).hexdigest()[:16]
    base = _SHORT_FOLDER if _SHORT_FOLDER.is_dir() else Path(tempfile.gettempdir())
    return base / f"recovery-desk-{os.geteuid()}-{digest}"


def embedded_database(run_dir: Path, role: DatabaseRole) -> dict[str, Any]:
    """Give Django's settings for the embedded server of a run folder."""
    user = OWNER_ROLE if role == DatabaseRole.OWNER else APP_ROLE
    return _settings(
        {"NAME": DATABASE_NAME, "USER": user, "HOST": str(socket_folder(run_dir))}
    )


def embedded_redis_url(run_dir: Path) -> str:
    """Give the embedded Redis of a run folder in the form Celery understands."""
    return f"redis+socket://{socket_folder(run_dir) / 'redis.sock'}"


def redis_client_url(broker_url: str) -> str:
    """Turn Celery's form of a Redis address into the one redis-py understands."""
    prefix = "redis+socket://"
    if broker_url.startswith(prefix):
        return f"unix://{broker_url.removeprefix(prefix)}"
    return broker_url


def broker_url_from_env() -> str:
    """Give Celery's broker: REDIS_URL, else the embedded server.

    Raises:
        EnvironmentValueError: REDIS_URL is no address of a Redis server.
    """
    url = env_secret("REDIS_URL")
    if url is None:
        return embedded_redis_url(run_folder())
    if not url.startswith(("redis://", "rediss://", "redis+socket://")):
        raise EnvironmentValueError("REDIS_URL", "redis://HOST:PORT/NUMBER")
    return url


def database_role_from_env() -> DatabaseRole:
    """Give the right in which this process speaks to the database.

    Raises:
        EnvironmentValueError: DATABASE_ROLE is no such right.
    """
    word = env_str("DATABASE_ROLE", DatabaseRole.APP)
    try:
        return DatabaseRole(word)
    except ValueError as error:
        raise EnvironmentValueError("DATABASE_ROLE", "app, owner or none") from error


def database_from_env(role: DatabaseRole | None = None) -> dict[str, Any]:
    """Give `DATABASES["default"]` for a role, by default that of DATABASE_ROLE.

    Raises:
        EnvironmentValueError: an address or the role is not understood.
    """
    role = role or database_role_from_env()
    if role == DatabaseRole.NONE:
        return {"ENGINE": "django.db.backends.dummy"}
    if env_secret("DATABASE_URL") is None:
        return embedded_database(run_folder(), role)
    if role == DatabaseRole.OWNER and env_secret("DATABASE_OWNER_URL") is not None:
        return _database_of_url("DATABASE_OWNER_URL")
    return _database_of_url("DATABASE_URL")


def _database_of_url(variable: str) -> dict[str, Any]:
    refusal = EnvironmentValueError(variable, _URL_SHAPE)
    try:
        parts = urlsplit(env_secret(variable) or "")
        port = parts.port
        query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise refusal from None
    name = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not name or "/" in name:
        raise refusal
    if unknown := sorted(set(query) - _URL_OPTIONS):
        expected = f"{_URL_SHAPE} without the option {', '.join(unknown)}"
        raise EnvironmentValueError(variable, expected)
    host = query.pop("host", "") or unquote(parts.hostname or "")
    return _settings(
        {
            "NAME": name,
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": host,
            "PORT": str(port or ""),
            "OPTIONS": query,
        }
    )


def _settings(address: dict[str, Any]) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "PASSWORD": "",
        "PORT": "",
        "OPTIONS": {},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        **address,
    }
