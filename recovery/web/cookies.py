"""Cookies of the claim pages: signed, short, their own; never a staff login."""

import secrets

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponseBase

from recovery.selectors.claim_sessions import SESSION_LENGTH

_SALT = "recovery.web.claim"
SESSION = "claim"
BROWSER = "claim-browser"
ASKED = "claim-asked"
FILED = "claim-filed"


def cookie_name(name: str) -> str:
    """The name in the browser: bound to this host wherever there is TLS."""
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name


def cookie_read(request: HttpRequest, name: str) -> str:
    """What stands in a cookie of ours; empty when missing, forged or too old."""
    try:
        value = request.get_signed_cookie(
            cookie_name(name),
            default="",
            salt=f"{_SALT}.{name}",
            max_age=SESSION_LENGTH,
        )
    except BadSignature:
        return ""
    return value or ""


def cookie_write(response: HttpResponseBase, name: str, value: str) -> None:
    """Put a value into a cookie for the length of a claim session."""
    response.set_signed_cookie(
        cookie_name(name),
        value,
        salt=f"{_SALT}.{name}",
        max_age=int(SESSION_LENGTH.total_seconds()),
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def cookie_drop(response: HttpResponseBase, *names: str) -> None:
    """Remove cookies of ours."""
    for name in names:
        response.delete_cookie(cookie_name(name), path="/", samesite="Lax")


def new_browser_key() -> str:
    """A key that names one browser for one code."""
    return secrets.token_urlsafe(24)
