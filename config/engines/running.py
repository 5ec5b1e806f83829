"""The embedded servers of a run folder, running for the length of a block."""

import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.engines.addresses import socket_folder
from config.engines.data_folder import require_own_folder
from config.engines.errors import EngineStartError
from config.engines.locks import FolderLock
from config.engines.postgres import PostgresServer, ready_server
from config.engines.redis import RedisServer, answers
from config.engines.server import EmbeddedServer
from config.env import env_secret

_OTHERS_START_SECONDS = 120.0
_POLL_SECONDS = 0.05
_QUIET_SECONDS = 1.0
_USERS_SECONDS = 3600.0


@contextmanager
def engines_running(
    run_dir: Path, *, durable: bool = True, users_seconds: float = _USERS_SECONDS
) -> Iterator["Engines"]:
    """Have the embedded servers of a run folder run for the length of a block.

    Servers that another process runs are used as they are. Only what this call
    started is stopped, and only after others that use it have ended. A server with
    an address in the environment (DATABASE_URL, REDIS_URL) is nobody's to start.
    Tests say `durable=False`: a crash may lose their data.

    Raises:
        EngineStartError: a server could not be started.
    """
    engines = Engines(run_dir, durable=durable)
    if not engines.are_wanted:
        yield engines
        return
    run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_own_folder(run_dir)
    users = FolderLock(run_dir / "users.lock")
    with users.held_shared(_OTHERS_START_SECONDS):
        engines.start_or_join()
        try:
            yield engines
        finally:
            engines.stop(users, users_seconds)


class Engines:
    """The embedded servers of one run folder, ours or another process's."""

    def __init__(self, run_dir: Path, *, durable: bool) -> None:
        """Leave out the servers whose address the environment gives."""
        self._sockets = socket_folder(run_dir)
        self._data = run_dir / "postgres" / "data"
        self._owner = FolderLock(run_dir / "engines.lock")
        self._servers: list[EmbeddedServer] = []
        if env_secret("DATABASE_URL") is None:
            folder = run_dir / "postgres"
            self._servers.append(PostgresServer(folder, self._sockets, durable=durable))
        if env_secret("REDIS_URL") is None:
            self._servers.append(RedisServer(run_dir / "redis", self._sockets))
        self.is_ours = False

    @property
    def are_wanted(self) -> bool:
        """Tell whether there is any server to run."""
        return bool(self._servers)

    @property
    def pids(self) -> dict[str, int]:
        """Give the numbers of the servers we started, by their names."""
        return {
            server.name: server.pid
            for server in self._servers
            if server.pid is not None
        }

    def start_or_join(self) -> None:
        """Become the owner and start the servers, or wait until the owner's answer.

        Raises:
            EngineStartError: a server could not be started.
        """
        deadline = time.monotonic() + _OTHERS_START_SECONDS
        while not self._owner.try_acquire():
            if self._others_answer():
                return
            if time.monotonic() > deadline:
                reason = "another process holds the run folder but does not answer"
                raise EngineStartError("The engines", reason)
            time.sleep(_POLL_SECONDS)
        self.is_ours = True
        try:
            _make_private(self._sockets)
            for server in self._servers:
                server.start()
        except BaseException:
            self._stop()
            raise

    def revive(self) -> list[str]:
        """Start servers of ours again that have ended by themselves; name them.

        Raises:
            EngineStartError: a server could not be started again.
        """
        ended = [server for server in self._servers if server.has_ended()]
        for server in ended:
            server.start()
        return [server.name for server in ended]

    def stop(self, users: FolderLock, users_seconds: float) -> None:
        """Stop what is ours once nobody uses it any more, or the time is over."""
        if not self.is_ours:
            return
        users.release()
        try:
            _wait_for_users(users, users_seconds)
        finally:
            self._stop()
            users.release()

    def _stop(self) -> None:
        for server in reversed(self._servers):
            server.stop()
        shutil.rmtree(self._sockets, ignore_errors=True)
        self.is_ours = False
        self._owner.release()

    def _others_answer(self) -> bool:
        names = {server.name for server in self._servers}
        return ("postgres" not in names or ready_server(self._data) is not None) and (
            "redis" not in names or answers(self._sockets / "redis.sock")
        )


def _wait_for_users(users: FolderLock, seconds: float) -> None:
    if users.try_acquire(seconds=min(seconds, _QUIET_SECONDS)):
        return
    if seconds > _QUIET_SECONDS:
        print(  # noqa: T201 - told on stderr: stdout is the command's answer
            "Waiting for another command that uses the embedded servers.",
            file=sys.stderr,
        )
        users.try_acquire(seconds=seconds - _QUIET_SECONDS)


def _make_private(folder: Path) -> None:
    """Make the socket folder, or refuse one that somebody else could reach into."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    is_private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    # Root may have handed the folder to the server's own user in an earlier run.
    if not is_private or (found.st_uid != os.geteuid() and os.geteuid() != 0):
        reason = f"{folder} belongs to somebody else; set RUN_DIR to another folder"
        raise EngineStartError("The engines", reason)
