"""A mail server on loopback that fails where it is told to, and counts what it took."""

import socketserver
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from typing import Any, cast

DROP, HANG = "drop", "hang"
_OK = {
    "connect": "220 here",
    "ehlo": "250 here",
    "mail": "250 go on",
    "rcpt": "250 go on",
    "data": "354 go on",
    "dot": "250 taken",
    "quit": "221 bye",
    "rset": "250 go on",
}


class MailServer(socketserver.ThreadingTCPServer):
    """Attributes say how it fails: `failing[step]` is a reply, `drop` or `hang`."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        self.failing: dict[str, str] = {}
        # What it has for good, by Message-ID; also when it died before it said so.
        self.taken: Counter[str] = Counter()
        self.takes_before_it_dies = False
        super().__init__(("127.0.0.1", 0), _Talk)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.desk = cast("MailServer", self.server)
        with suppress(OSError, _Ended):
            self._reply("connect")
            while line := self.rfile.readline():
                self._answer(line.decode().strip())

    def _answer(self, line: str) -> None:
        word = line.partition(" ")[0].lower()
        step = {"helo": "ehlo"}.get(word, word)
        self._reply(step)
        if step == "quit":
            raise _Ended
        if step == "data" and not self.desk.failing.get("data"):
            self._take()

    def _take(self) -> None:
        text = b""
        while (line := self.rfile.readline()) != b".\r\n":
            text += line
            if not line or self.desk.failing.get("text") == DROP:
                raise _Ended
        is_taken = self.desk.failing.get("dot") is None
        if is_taken or self.desk.takes_before_it_dies:
            self.desk.taken[message_from_bytes(text)["Message-ID"]] += 1
        self._reply("dot")

    def _reply(self, step: str) -> None:
        said = self.desk.failing.get(step) or _OK.get(step, "502 what?")
        if said == DROP:
            raise _Ended
        if said == HANG:
            time.sleep(2)
            raise _Ended
        self.wfile.write(f"{said}\r\n".encode())


class _Ended(Exception):  # noqa: N818 - nobody's mistake
    """The server hangs up."""


@contextmanager
def mail_server(settings: Any) -> Iterator[MailServer]:
    """Have the desk's mail go to a server of this test."""
    with MailServer() as server:
        threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        settings.EMAIL_BACKEND = "recovery.services.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_TIMEOUT = 0.5
        yield server
        server.shutdown()
