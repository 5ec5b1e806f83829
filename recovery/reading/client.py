"""Has a file read by the limited process, and hands on what it says."""

import atexit
import json
import os
import socket
import subprocess
import sys
from collections.abc import Generator, Sequence
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import IO, cast

from recovery.reading.messages import Message, ReaderDiedError, Request, read_messages

_CHECKOUT = Path(__file__).resolve().parents[2]
_BUFFER = 1 << 20
COMMAND = (sys.executable, "-m", "recovery.reading.server")


class ReadingServer:
    """The server of this process; started when the first file is to be read."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._lock = Lock()
        self._owner = 0
        self._requests: socket.socket | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, request: Request) -> socket.socket:
        """Send a request; the answer comes over the socket given back.

        Raises:
            ReaderDiedError: No server can be had.
        """
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            for _ in range(2):
                try:
                    self._send(request, theirs)
                except OSError:  # It died since it was last asked: start another.
                    self.stop(os.getpid())
                else:
                    return ours
        ours.close()
        raise ReaderDiedError("no process to read it with could be started")

    def _send(self, request: Request, answer: socket.socket) -> None:
        text = json.dumps(asdict(request)).encode()
        socket.send_fds(self._server(), [text], [answer.fileno()])

    def _server(self) -> socket.socket:
        # A forked worker has its parent's handle: its server must be its own.
        if self._requests is None or self._owner != os.getpid():
            self._owner = os.getpid()
            self._requests = self._start()
            atexit.register(self.stop, self._owner)
        return self._requests

    def stop(self, owner: int) -> None:
        """Let the server go: it ends when nobody can ask any more."""
        if self._owner == owner == os.getpid() and self._requests is not None:
            self._requests.close()
            self._requests = None
            if self.process is not None:
                self.process.wait()

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                self._command,
                cwd=_CHECKOUT,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
            )
        return ours


_SERVER = ReadingServer()


def read_apart(
    request: Request, server: ReadingServer = _SERVER
) -> Generator[Message, None, None]:
    """What a file holds, read by a process that may die of it.

    Raises:
        ReadingRefusedError: The file is refused.
        ReaderDiedError: Its reader needed too much, or was killed by it.
    """
    with (
        server.ask(request) as answer,
        answer.makefile("rb", buffering=_BUFFER) as said,
    ):
        yield from read_messages(cast("IO[bytes]", said))
