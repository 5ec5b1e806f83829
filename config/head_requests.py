"""Answers to HEAD carry the headers of GET and no body.

Django leaves cutting the body to its server; ours warns about each one it must cut.
"""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponse, HttpResponseBase, StreamingHttpResponse


class NoBodyMiddleware:
    """Drop the body of answers to HEAD; outermost, so that nobody puts one back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, without a body where none may be."""
        response = self.get_response(request)
        if request.method == "HEAD":
            _drop_body(response)
        return response


def _drop_body(response: HttpResponseBase) -> None:
    """Keep the length a GET would have; an open file is still closed at the end."""
    if isinstance(response, StreamingHttpResponse):
        response.streaming_content = ()
    elif isinstance(response, HttpResponse):
        response.headers.setdefault("Content-Length", str(len(response.content)))
        response.content = b""
