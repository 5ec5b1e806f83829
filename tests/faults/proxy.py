"""A socket between the desk and PostgreSQL that cuts the line at a COMMIT (F07)."""

import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path

from django.db import connection

_SOCKET = ".s.PGSQL.5432"
_COMMIT = b"COMMIT"
_BYTES = 1 << 16


class Cut(StrEnum):
    """When the line is cut."""

    BEFORE = "before"  # The server never hears of the commit.
    AFTER = "after"  # It has committed; nobody hears its answer.


class CuttingProxy:
    """Passes everything on until a connection's N-th COMMIT."""

    def __init__(self, folder: Path, cut: Cut, number: int) -> None:
        self.host = str(folder)
        self.has_cut = False
        self._cut, self._left = cut, number
        self._server = str(Path(connection.settings_dict["HOST"]) / _SOCKET)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / _SOCKET))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._server)
        is_cut = threading.Event()
        answers = threading.Thread(
            target=self._answer, args=(client, server, is_cut), daemon=True
        )
        answers.start()
        with client, server:
            with suppress(OSError):
                while not is_cut.is_set() and (asked := client.recv(_BYTES)):
                    if self._is_fatal(asked):
                        is_cut.set()
                        self._end(asked, server)
                    else:
                        server.sendall(asked)
            # Else whoever waits in the other thread would keep the session alive.
            for end in (client, server):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            answers.join(5)

    def _answer(
        self, client: socket.socket, server: socket.socket, is_cut: threading.Event
    ) -> None:
        with suppress(OSError):
            while (said := server.recv(_BYTES)) and not is_cut.is_set():
                client.sendall(said)

    def _is_fatal(self, asked: bytes) -> bool:
        if _COMMIT not in asked:
            return False
        self._left -= 1
        return self._left == 0

    def _end(self, asked: bytes, server: socket.socket) -> None:
        self.has_cut = True
        if self._cut == Cut.AFTER:
            server.sendall(asked)
            # The server ends the session when it has done what it was told.
            server.shutdown(socket.SHUT_WR)
            while server.recv(_BYTES):
                pass


@contextmanager
def cutting_proxy(cut: Cut, number: int = 1) -> Iterator[CuttingProxy]:
    """Have a proxy for the length of a block; its `host` is where to connect."""
    folder = Path(tempfile.mkdtemp(prefix="cut-", dir="/tmp"))
    proxy = CuttingProxy(folder, cut, number)
    try:
        yield proxy
    finally:
        proxy.close()
        shutil.rmtree(folder, ignore_errors=True)
