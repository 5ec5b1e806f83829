"""The embedded servers of a run folder, running for the length of a block."""

import os
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.engines.addresses import socket_folder
from config.engines.errors import EngineStartError
from config.engines.locks import FolderLock
from config.engines.postgres import PostgresServer, ready_server
from config.engines.redis import RedisServer, answers
from config.env import env_secret

_OTHERS_START_SECONDS = 120.0
_POLL_SECONDS = 0.05
_QUIET_SECONDS = 1.0
_USERS_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class EngineReport:
    """What a caller may tell people about the servers.

    Attributes:
        is_ours: we started them and shall stop them.
        pids: numbers of the servers we started, by their names.
    """

    is_ours: bool
    pids: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Wanted:
    postgres: bool
    redis: bool


@contextmanager
def engines_running(
    run_dir: Path, *, durable: bool = True, users_seconds: float = _USERS_SECONDS
) -> Iterator[EngineReport]:
    """Have the embedded servers of a run folder run for the length of a block.

    Servers that another process runs are used as they are. Only what this call
    started is stopped, and only after others that use it have ended. A server with
    an address in the environment (DATABASE_URL, REDIS_URL) is nobody's to start.
    Tests say `durable=False`: a crash may lose their data.

    Raises:
        EngineStartError: a server could not be started.
    """
    wanted = _Wanted(
        postgres=env_secret("DATABASE_URL") is None,
        redis=env_secret("REDIS_URL") is None,
    )
    if not (wanted.postgres or wanted.redis):
        yield EngineReport(is_ours=False, pids={})
        return
    run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    engines = _Engines(run_dir, wanted, durable=durable)
    users = FolderLock(run_dir / "users.lock")
    with users.held_shared(_OTHERS_START_SECONDS):
        engines.start_or_join()
        try:
            yield engines.report()
        finally:
            engines.stop(users, users_seconds)


class _Engines:
    """The servers of one run folder, ours or another process's."""

    def __init__(self, run_dir: Path, wanted: _Wanted, *, durable: bool) -> None:
        self._wanted = wanted
        self._sockets = socket_folder(run_dir)
        self._data = run_dir / "postgres" / "data"
        self._owner = FolderLock(run_dir / "engines.lock")
        self._postgres = PostgresServer(
            run_dir / "postgres", self._sockets, durable=durable
        )
        self._redis = RedisServer(run_dir / "redis", self._sockets)
        self._is_ours = False

    def report(self) -> EngineReport:
        servers = {"postgres": self._postgres.pid, "redis": self._redis.pid}
        pids = {name: pid for name, pid in servers.items() if pid is not None}
        return EngineReport(is_ours=self._is_ours, pids=pids)

    def start_or_join(self) -> None:
        deadline = time.monotonic() + _OTHERS_START_SECONDS
        while not self._owner.try_acquire():
            if self._others_answer():
                return
            if time.monotonic() > deadline:
                reason = "another process holds the run folder but does not answer"
                raise EngineStartError("The engines", reason)
            time.sleep(_POLL_SECONDS)
        self._is_ours = True
        try:
            self._start()
        except BaseException:
            self._stop()
            raise

    def stop(self, users: FolderLock, users_seconds: float) -> None:
        if not self._is_ours:
            return
        users.release()
        try:
            _wait_for_users(users, users_seconds)
        finally:
            self._stop()
            users.release()

    def _start(self) -> None:
        _make_private(self._sockets)
        if self._wanted.postgres:
            self._postgres.start()
        if self._wanted.redis:
            self._redis.start()

    def _stop(self) -> None:
        self._redis.stop()
        self._postgres.stop()
        shutil.rmtree(self._sockets, ignore_errors=True)
        self._is_ours = False
        self._owner.release()

    def _others_answer(self) -> bool:
        has_postgres = not self._wanted.postgres or ready_server(self._data) is not None
        has_redis = not self._wanted.redis or answers(self._sockets / "redis.sock")
        return has_postgres and has_redis


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
