"""Servers of one test's own that can be stopped, killed, emptied, filled and cut off."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import kombu.pools
import redis
from celery import current_app

from config.engines.postgres import PostgresServer
from config.engines.processes import start_bound, wait_until
from config.engines.redis import _server_program

HOST = "127.0.0.1"
PATIENCE_SECONDS = 90.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class RedisAt:
    """A Redis on a port of loopback; every start is an empty one."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.url = f"redis://{HOST}:{self.port}/0"
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            _server_program(),
            *("--port", str(self.port), "--bind", HOST),
            *("--save", "", "--appendonly", "no", *self._options),
        ]
        self._process = start_bound(
            command,
            cwd=self._folder,
            env=dict(os.environ),
            log=self._folder / f"redis-{self.port}.log",
        )
        assert wait_until(self._answers, PATIENCE_SECONDS)

    def kill(self) -> None:
        assert self._process
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
        self._process.wait()

    def restart_empty(self) -> None:
        self.kill()
        self.start()

    def client(self) -> "redis.Redis[bytes]":
        return redis.Redis(host=HOST, port=self.port, socket_timeout=5)

    def flush(self) -> None:
        with self.client() as client:
            client.flushall()

    def fill(self) -> None:
        """Let it take no more: every write is refused."""
        with self.client() as client:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", "1")

    def empty_again(self) -> None:
        with self.client() as client:
            client.config_set("maxmemory", "0")

    def length(self, queue: str) -> int:
        with self.client() as client:
            return int(client.llen(queue))

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.exceptions.RedisError:
            return False


@contextmanager
def redis_running(folder: Path, *options: str) -> Iterator[RedisAt]:
    """A private Redis, rung by this process too."""
    server = RedisAt(folder, *options)
    server.start()
    try:
        with bells_at(server.url):
            yield server
    finally:
        server.kill()


@contextmanager
def bells_at(url: str) -> Iterator[None]:
    """Have this process ring at another Redis."""
    app = current_app._get_current_object()
    before = app.conf.broker_url
    _broker_is(app, url)
    try:
        yield
    finally:
        _broker_is(app, before)


def _broker_is(app: Any, url: str) -> None:
    app.conf.update(broker_url=url, broker_read_url=url, broker_write_url=url)
    kombu.pools.reset()
    app._pool = None
    app.amqp._producer_pool = None


class PostgresAt(PostgresServer):
    """A private PostgreSQL that can be restarted at once, without a checkpoint."""

    def restart_at_once(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()
        self.start()


@contextmanager
def postgres_running(folder: Path) -> Iterator[tuple[PostgresAt, str]]:
    """A private PostgreSQL and the folder of its socket, which must be short."""
    sockets = tempfile.mkdtemp(prefix="desk-")
    server = PostgresAt(folder / "postgres", Path(sockets), durable=True)
    server.start()
    try:
        yield server, sockets
    finally:
        server.stop()
        shutil.rmtree(sockets, ignore_errors=True)


class Proxy:
    """A TCP proxy that can go silent: connections stay open, nothing passes."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open: list[socket.socket] = []
        self._silenced: set[socket.socket] = set()
        self._listener = socket.create_server((HOST, 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def go_half_open(self) -> None:
        """Pass nothing on any more for the connections there are now."""
        self._silenced |= set(self._open)

    def cut(self) -> None:
        """Break the connections there are now."""
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection((HOST, self._target))
            except OSError:
                near.close()
                continue
            self._open += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(
                    target=self._pass_on, args=(one, other), daemon=True
                ).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65_536):
                if one in self._silenced:
                    continue
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
