"""The pages of refusals and errors, each with the reference its log line bears.

They ask the database nothing and read no session: what broke may be either.
"""

import logging
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views.decorators.csrf import requires_csrf_token

from recovery.services.request_ids import current_request_id
from recovery.web.requests import surface_of

_STAFF = frozenset({"desk", "sign_in"})
log = logging.getLogger(__name__)


class _Words(NamedTuple):
    title: str
    text: str


_NOT_READ = _Words(
    "This could not be read",
    "What your browser sent is not what this page asks for. Nothing was changed.",
)
_NOT_ALLOWED = _Words(
    "You may not open this",
    "This page needs a duty that you do not hold, or it may only be read.",
)
_NOT_HERE = _Words(
    "This page is not here", "The address may be mistyped, or the page is gone."
)
_BROKE = _Words(
    "Something broke on our side",
    "Nothing of yours is lost. Please try again in a minute.",
)
_AGAIN = _Words(
    "Please send the form again",
    "The page was open too long, or this browser keeps no cookies for this site. "
    "Nothing was sent or changed.",
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django names it
    """A request nobody can read."""
    return _page(request, 400, _NOT_READ)


@requires_csrf_token
def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django names it
    """A page for others."""
    return _page(request, 403, _NOT_ALLOWED)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django names it
    """A page that is not there."""
    return _page(request, 404, _NOT_HERE)


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """The page of an unexpected error."""
    return _page(request, 500, _BROKE)


def send_again(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """A form without its token, or with an old one."""
    return _page(request, 403, _AGAIN)


def _page(request: HttpRequest, status: int, words: _Words) -> HttpResponse:
    face = "staff" if surface_of(request.path_info) in _STAFF else "claims"
    context = {**words._asdict(), "reference": current_request_id()}
    try:
        page = loader.get_template(f"errors/{face}.html").render(context)
    except Exception:
        # Even the page of the error broke: the plain one asks nothing of anybody.
        log.exception("An error page could not be shown.")
        page = loader.get_template("500.html").render(context)
    return HttpResponse(page, status=status)
