"""The security headers of every answer, by the kind of page.

Outermost but one, so that refusals, redirects and static files carry them too.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_NO_STORE = "private, no-store"
# Where browsers tell what a policy kept from happening.
REPORTS_PATH = "/policy-reports"


class PageKind(StrEnum):
    """What an answer is, as far as its headers are concerned."""

    DESK = "desk"
    SIGN_IN = "sign_in"
    CLAIM = "claim"
    HEALTH = "health"
    STATIC = "static"
    DOWNLOAD = "download"


def _policy(directives: str) -> str:
    """A policy out of one directive a line; nothing may frame any page."""
    lines = [line.strip() for line in directives.strip().splitlines()]
    told = f"report-uri {REPORTS_PATH}"
    return "; ".join(["default-src 'none'", *lines, "frame-ancestors 'none'", told])


# The theme's styles stand inline: its colours, and what Alpine sets on elements.
_DESK_POLICY = _policy("""
    script-src 'self'
    style-src 'self' 'unsafe-inline'
    img-src 'self' data:
    font-src 'self'
    connect-src 'self'
    form-action 'self'
    base-uri 'none'
    object-src 'none'
""")
# Nothing inline; data: is the picture of a second factor's key.
_SIGN_IN_POLICY = _policy("""
    script-src 'self'
    style-src 'self'
    img-src 'self' data:
    connect-src 'self'
    form-action 'self'
    base-uri 'none'
    object-src 'none'
""")
_CLAIM_POLICY = _policy("""
    style-src 'self'
    img-src 'self'
    form-action 'self'
    base-uri 'none'
""")
_FILE_POLICY = _policy("sandbox")
_NOTHING_POLICY = _policy("base-uri 'none'")

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def _headers(policy: str, **more: str) -> Mapping[str, str]:
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return MappingProxyType({**_ALWAYS, "Content-Security-Policy": policy, **named})


HEADERS: Mapping[PageKind, Mapping[str, str]] = MappingProxyType(
    {
        PageKind.DESK: _headers(_DESK_POLICY, Cache_Control=_NO_STORE),
        PageKind.SIGN_IN: _headers(_SIGN_IN_POLICY, Cache_Control=_NO_STORE),
        PageKind.CLAIM: _headers(
            _CLAIM_POLICY,
            Cache_Control="no-store",
            Referrer_Policy="no-referrer",
            X_Robots_Tag="noindex",
        ),
        PageKind.HEALTH: _headers(_NOTHING_POLICY, Cache_Control="no-store"),
        # How long a static file may be kept is its server's to say.
        PageKind.STATIC: _headers(_FILE_POLICY),
        PageKind.DOWNLOAD: _headers(_FILE_POLICY, Cache_Control=_NO_STORE),
    }
)
_HEALTH_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


def page_kind(path: str, response: HttpResponseBase) -> PageKind:
    """Which kind of page an answer is; what nobody knows is as strict as a claim."""
    if response.headers.get("Content-Disposition", "").startswith("attachment"):
        return PageKind.DOWNLOAD
    if path.startswith(settings.STATIC_URL):
        return PageKind.STATIC
    if path.startswith("/desk/"):
        return PageKind.DESK
    if path.startswith("/account/"):
        return PageKind.SIGN_IN
    return PageKind.HEALTH if path in _HEALTH_PATHS else PageKind.CLAIM


def sign_in_headers(form_origins: Iterable[str]) -> Mapping[str, str]:
    """The headers of signing in, where a form may lead on to these origins too.

    Browsers hold the redirect after a form against form-action: without the origin
    of the house's identity provider its button would do nothing.
    """
    allowed = " ".join(["form-action 'self'", *form_origins])
    policy = _SIGN_IN_POLICY.replace("form-action 'self'", allowed)
    return {**HEADERS[PageKind.SIGN_IN], "Content-Security-Policy": policy}


class SecurityHeadersMiddleware:
    """Put the headers of its kind on every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        sign_in = sign_in_headers(settings.SIGN_IN_FORM_ORIGINS)
        self.headers = {**HEADERS, PageKind.SIGN_IN: sign_in}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the headers of its kind."""
        response = self.get_response(request)
        kind = page_kind(request.path_info, response)
        for name, value in self.headers[kind].items():
            response.headers[name] = value
        return response
