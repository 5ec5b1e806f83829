"""Refuses requests that break off: half of an upload must not pass for a whole file.

PEP 3333 lets a server end the input early without a word, and a form parser takes what
came until then for all there is.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

_MISSING = "desk.body_bytes_missing"
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

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes, or all that are to come."""
        return self._noted(self._source.read, size)

    def readline(self, size: int = -1) -> bytes:
        """Read to the end of a line."""
        return self._noted(self._source.readline, size)

    def _noted(self, read: Callable[[int], bytes], size: int) -> bytes:
        wanted = self.missing if size < 0 else min(size, self.missing)
        got = read(wanted)
        self.missing -= len(got)
        self.has_ended = self.has_ended or (wanted > 0 and not got)
        return got

    @property
    def is_broken_off(self) -> bool:
        """Whether it ended before it was whole."""
        return self.has_ended and self.missing > 0


class CountedBodies:
    """An application whose requests know whether their body came whole."""

    def __init__(self, application: _Application) -> None:
        self._application = application

    def __call__(self, environ: _Environ, start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        length = environ.get("CONTENT_LENGTH") or "0"
        if length.isascii() and length.isdecimal():
            body = CountedBody(environ["wsgi.input"], int(length))
            environ["wsgi.input"] = environ[_MISSING] = body
        return self._application(environ, start_response)


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
        if request.method != "POST" or body is None:
            return None
        request.POST  # noqa: B018 - read to its end
        if not body.is_broken_off:
            return None
        return HttpResponseBadRequest("The upload broke off. Nothing was stored.\n")
