"""The web process's worker: a request gets a thread when it is there, not before.

Gunicorn's own threads wait for whoever sends slowly; a handful of such clients would
hold every thread (TRUST F22). Here the main loop looks at what has arrived without
taking it. A small request waits outside until it is whole; a large body gets one of few
threads, so that the others go on answering.
"""

import re
import selectors
import socket
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Any

from gunicorn.util import close_graceful
from gunicorn.workers.gthread import TConn, ThreadWorker

# How long somebody may take to send a request of this size or less, as a whole.
SMALL_SECONDS = 10.0
SMALL_BYTES = 16_384
_SILENT_SECONDS = 5.0
_LOOK_SECONDS = 0.05
_PEEK_BYTES = 65_536
_CLOSERS = 4
_LINGER_SECONDS = 0.5
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(
    rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE
)
_EXPECT = re.compile(rb"^expect:", re.IGNORECASE | re.MULTILINE)


class Arrival(Enum):
    """How far a request has come."""

    SILENT = auto()
    ON_ITS_WAY = auto()
    LARGE = auto()
    THERE = auto()


def arrival_of(seen: bytes) -> Arrival:
    """Tell how far a request has come by the bytes that wait in the socket."""
    head, end, body = seen.partition(_HEAD_END)
    if not end:
        # A head that never ends is for the parser to refuse.
        return Arrival.ON_ITS_WAY if len(seen) < _PEEK_BYTES else Arrival.THERE
    found = _LENGTH.search(head)
    missing = int(found.group(1)) - len(body) if found else 0
    if missing <= 0:
        return Arrival.THERE
    is_small = len(seen) + missing <= SMALL_BYTES and not _EXPECT.search(head)
    return Arrival.ON_ITS_WAY if is_small else Arrival.LARGE


@dataclass(slots=True)
class _Waiting:
    conn: TConn
    deadline: float


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """Threads for requests that are there; the main loop waits for the others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with nobody waiting."""
        super().__init__(*args, **kwargs)
        self._waiting: deque[_Waiting] = deque()
        self._large: set[TConn] = set()
        self._large_max = max(1, self.cfg.threads // 2)
        self._look_at = 0.0
        # Whoever was refused may still be sending; no request waits for that.
        self._closers = ThreadPoolExecutor(_CLOSERS)

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection its thread, or let it wait."""
        has_more = conn.initialized and conn.parser.unreader.buf.getvalue()
        if self.cfg.is_ssl or has_more:
            super().enqueue_req(conn)
        elif not self._went_on(conn):
            deadline = time.monotonic() + SMALL_SECONDS
            self._waiting.append(_Waiting(conn, deadline))

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for events, and look at those who are still sending."""
        soon = min(timeout, _LOOK_SECONDS) if self._waiting else timeout
        super().wait_for_and_dispatch_events(soon)
        now = time.monotonic()
        if not self._waiting or now < self._look_at:
            return
        self._look_at = now + _LOOK_SECONDS
        for one in [self._waiting.popleft() for _ in range(len(self._waiting))]:
            if self._went_on(one.conn):
                continue
            if self.alive and (now < one.deadline or self._is_large(one.conn)):
                self._waiting.append(one)
            else:
                self._drop(one.conn)

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """Take a connection back from its thread."""
        self._large.discard(conn)
        is_over = not fs.cancelled() and fs.exception() is None and not fs.result()
        if is_over:
            self.nr_conns -= 1
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_WR)
            self._closers.submit(close_graceful, conn.sock, _LINGER_SECONDS)
        else:
            super().finish_request(conn, fs)

    def _went_on(self, conn: TConn) -> bool:
        """Let a connection go where its request belongs; False: it waits here."""
        arrival = _arrived(conn.sock)
        if arrival == Arrival.SILENT:
            self._wait_for_first_byte(conn)
            return True
        if arrival == Arrival.LARGE and len(self._large) < self._large_max:
            self._large.add(conn)
            arrival = Arrival.THERE
        if arrival != Arrival.THERE:
            return False
        conn.data_ready = True
        super().enqueue_req(conn)
        return True

    def _wait_for_first_byte(self, conn: TConn) -> None:
        conn.timeout = time.monotonic() + _SILENT_SECONDS
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def _is_large(self, conn: TConn) -> bool:
        return _arrived(conn.sock) == Arrival.LARGE

    def _drop(self, conn: TConn) -> None:
        self.nr_conns -= 1
        with suppress(OSError):
            conn.sock.send(
                b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
                b"Content-Length: 0\r\n\r\n"
            )
        conn.close()


def _arrived(sock: socket.socket) -> Arrival:
    try:
        seen = sock.recv(_PEEK_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return Arrival.SILENT
    except OSError:
        return Arrival.THERE  # Broken: its thread will find out.
    return arrival_of(seen) if seen else Arrival.THERE
