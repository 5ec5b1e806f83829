"""Slow and huge requests at the site as `make run` starts it: others are answered (F22).

Real sockets against the real web process; nothing of the huge bodies is ever sent.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from config.engines.processes import start_bound
from config.processes import process_commands
from tests.faults.desk import CHECKOUT, worker_environment
from tests.faults.servers import HOST, free_port
from tests.faults.working import comes_true

pytestmark = pytest.mark.slow
SLOW = 40
# A client that holds a worker holds it for five seconds at least.
ANSWER_SECONDS = 4.0
GIGABYTE = 1_000_000_000
FORM = (
    b"POST /claims/enter/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
)
UPLOAD = (
    b"POST /desk/recovery/sourcefile/do/upload/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: multipart/form-data; boundary=B\r\nCookie: sessionid=x\r\n"
)


@pytest.fixture(scope="module")
def site(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """The web process on a port of its own, with four threads in all."""
    port, folder = free_port(), tmp_path_factory.mktemp("site")
    named = {"PORT": str(port), "WEB_PROCESSES": "1", "RUN_DIR": str(folder)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORT", named["PORT"])
        patch.setenv("WEB_PROCESSES", named["WEB_PROCESSES"])
        command = process_commands()["web"]
    log = folder / "web.log"
    process = start_bound(
        command, cwd=CHECKOUT, env={**worker_environment(), **named}, log=log
    )
    try:
        assert comes_true(lambda: answers(port), 60), log.read_text()
        yield port
    finally:
        process.kill()
        process.wait()


def connected(port: int) -> socket.socket:
    return socket.create_connection((HOST, port), timeout=20)


def said(client: socket.socket) -> bytes:
    """The whole answer."""
    found = b""
    with suppress(OSError):
        while got := client.recv(65_536):
            found += got
    return found


def answers(port: int) -> bool:
    try:
        with closing(connected(port)) as client:
            client.sendall(
                b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            return said(client).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def asked(port: int, request: bytes) -> bytes:
    """The first line of the answer to a request whose body never comes."""
    with closing(connected(port)) as client:
        client.sendall(request)
        return said(client).partition(b"\r\n")[0]


class Slow:
    """Clients that send a byte now and then, each in a request of its own."""

    def __init__(self, port: int, begin: bytes, count: int = SLOW) -> None:
        self._clients = [connected(port) for _ in range(count)]
        self._is_over = threading.Event()
        for client in self._clients:
            client.sendall(begin)
        self._thread = threading.Thread(target=self._drip)

    def _drip(self) -> None:
        while not self._is_over.wait(0.5):
            for client in self._clients:
                with suppress(OSError):
                    client.sendall(b"x")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        self._thread.join()
        for client in self._clients:
            client.close()


SLOW_WAYS = {
    "silent": b"",
    "head": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ",
    "small body": FORM + b"Content-Length: 9000\r\n\r\n",
    "large body": FORM + b"Content-Length: 90000\r\n\r\n",
    "upload": UPLOAD + b"Content-Length: 90000000\r\n\r\n",
}


def test_f22_slow_clients_of_every_kind_hold_nobody_up(site: int) -> None:
    longest: dict[str, float] = {}
    for name, begin in SLOW_WAYS.items():
        with Slow(site, begin):
            time.sleep(0.5)
            for _ in range(4):
                start = time.monotonic()
                assert answers(site), name
                took = time.monotonic() - start
                longest[name] = max(took, longest.get(name, 0.0))
                time.sleep(0.2)
    assert max(longest.values()) < ANSWER_SECONDS, longest


def test_f22_a_request_that_never_becomes_whole_is_given_up(site: int) -> None:
    start = time.monotonic()
    with closing(connected(site)) as client:
        client.sendall(SLOW_WAYS["head"])
        assert said(client).startswith(b"HTTP/1.1 408")
    assert 5 < time.monotonic() - start < 15


@pytest.mark.parametrize(
    ("request_head", "length"),
    [
        (FORM, GIGABYTE),
        (FORM, 100_001),
        (UPLOAD.replace(b"Cookie: sessionid=x\r\n", b""), GIGABYTE),
        (UPLOAD, 2 * GIGABYTE),
        (UPLOAD.replace(b"multipart/form-data; boundary=B", b"text/plain"), GIGABYTE),
    ],
)
def test_f22_a_huge_body_is_refused_before_it_is_sent(
    request_head: bytes, length: int, site: int
) -> None:
    start = time.monotonic()
    line = asked(site, request_head + f"Content-Length: {length}\r\n\r\n".encode())
    assert line == b"HTTP/1.1 413 Too Large"
    assert time.monotonic() - start < ANSWER_SECONDS


def test_f22_a_body_of_no_stated_length_is_refused(site: int) -> None:
    chunked = b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n" + b"x" * 65_536
    for head in (FORM, UPLOAD):
        assert asked(site, head + chunked) == b"HTTP/1.1 411 Length Required"
        assert answers(site)
