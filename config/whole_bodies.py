"""Refuses requests that are too long, too slow or broken off.

Half of an upload must not pass for a whole file. PEP 3333 lets a server end the input
early without a word, and a form parser takes what came until then for all there is.
"""

import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

from config.uploads import NO_ROOM

_MISSING = "desk.body_bytes_missing"
# The longest form that is not for staff: a claim with a long message.
FORM_BYTES_MAX = 100_000
# A body that comes slower than this breaks off, after a time to begin in.
_BYTES_A_SECOND_MIN = 1_000
_GRACE_SECONDS = 30.0
_STALL_SECONDS = 15.0
_NO_ROOM_TEXT = (
    "There is no room for this upload on the desk's disk. Nothing was stored. "
    "Tell an operator, then send it again.\n"
)
_TOO_LARGE = b"This is more than this address takes. Nothing was stored.\n"
_NO_LENGTH = b"Say how long it is: Content-Length. Nothing was stored.\n"
_Environ = dict[str, Any]
_Application = Callable[[_Environ, Any], Iterable[bytes]]


class _Input(Protocol):
    def read(self, size: int = ...) -> bytes: ...

    def readline(self, size: int = ...) -> bytes: ...


class CountedBody:
    """Reads as the server's input does, and knows how much of it is still to come."""

    def __init__(self, source: _Input, length: int) -> None:
        self._source = source
        self.missing = length
        self.has_ended = False
        self._came = 0
        self._since = time.monotonic()

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes, or all that are to come."""
        return self._noted(self._source.read, size)

    def readline(self, size: int = -1) -> bytes:
        """Read to the end of a line."""
        return self._noted(self._source.readline, size)

    def _noted(self, read: Callable[[int], bytes], size: int) -> bytes:
        wanted = self.missing if size < 0 else min(size, self.missing)
        got = b"" if self._is_too_slow() else _read(read, wanted)
        self.missing -= len(got)
        self._came += len(got)
        self.has_ended = self.has_ended or (wanted > 0 and not got)
        return got

    def _is_too_slow(self) -> bool:
        seconds = time.monotonic() - self._since - _GRACE_SECONDS
        return self.has_ended or self._came < seconds * _BYTES_A_SECOND_MIN

    @property
    def is_broken_off(self) -> bool:
        """Whether it ended before it was whole."""
        return self.has_ended and self.missing > 0


def _read(read: Callable[[int], bytes], wanted: int) -> bytes:
    try:
        return read(wanted)
    except TimeoutError:  # Nothing came for long: it broke off.
        return b""


def body_bytes_max(environ: _Environ) -> int:
    """How long a body may be: files for those who may be staff, forms for all."""
    is_desk = environ.get("PATH_INFO", "").startswith("/desk/")
    cookies = environ.get("HTTP_COOKIE", "")
    if not (is_desk and f"{settings.SESSION_COOKIE_NAME}=" in cookies):
        return FORM_BYTES_MAX
    if environ.get("CONTENT_TYPE", "").startswith("multipart/form-data"):
        return settings.UPLOAD_BYTES_MAX + FORM_BYTES_MAX
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or FORM_BYTES_MAX


class CountedBodies:
    """An application whose requests know whether their body came whole."""

    def __init__(self, application: _Application) -> None:
        self._application = application

    def __call__(self, environ: _Environ, start_response: Any) -> Iterable[bytes]:
        """Answer a request, or refuse it before its body is read."""
        if server_socket := environ.get("gunicorn.socket"):
            server_socket.settimeout(_STALL_SECONDS)
        if environ.get("HTTP_TRANSFER_ENCODING"):
            return _refuse(environ, start_response, "411 Length Required", _NO_LENGTH)
        length = environ.get("CONTENT_LENGTH") or "0"
        if length.isascii() and length.isdecimal():
            if int(length) > body_bytes_max(environ):
                return _refuse(environ, start_response, "413 Too Large", _TOO_LARGE)
            body = CountedBody(environ["wsgi.input"], int(length))
            environ["wsgi.input"] = environ[_MISSING] = body
        return self._application(environ, start_response)


def _refuse(
    environ: _Environ, start_response: Any, status: str, why: bytes
) -> Iterable[bytes]:
    # What is still to come is not waited for.
    if server_socket := environ.get("gunicorn.socket"):
        with suppress(OSError):
            server_socket.shutdown(socket.SHUT_RD)
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(why))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ]
    start_response(status, headers)
    return [why]


class WholeFormsMiddleware:
    """Refuses a form that broke off; its place is behind the check of its token."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        """Refuse before anybody acts on half a form."""
        body = request.META.get(_MISSING)
        if request.method != "POST":
            return None
        request.POST  # noqa: B018 - read to its end
        if NO_ROOM in request.META:
            return HttpResponse(_NO_ROOM_TEXT, status=507, content_type="text/plain")
        if body is None or not body.is_broken_off:
            return None
        return HttpResponseBadRequest("The upload broke off. Nothing was stored.\n")
