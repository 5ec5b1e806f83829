"""Cookies of the claim pages: signed, short, their own; never a staff login."""

import secrets
from datetime import UTC, datetime

from django.conf import settings
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponseBase

from recovery.selectors.claim_sessions import SESSION_LENGTH
from recovery.services.clock import database_now

_SALT = "recovery.web.claim"
_APART = "|"
SESSION = "claim"
BROWSER = "claim-browser"
ASKED = "claim-asked"
FILED = "claim-filed"


def cookie_name(name: str) -> str:
    """The name in the browser: bound to this host wherever there is TLS."""
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name


def cookie_read(request: HttpRequest, name: str) -> str:
    """What stands in a cookie of ours; empty when missing, forged or too old.

    Its age is reckoned by the database's clock: that of another process may be wrong.
    That of a claim session is known by its row.
    """
    try:
        signed = request.get_signed_cookie(
            cookie_name(name), default="", salt=f"{_SALT}.{name}"
        )
    except BadSignature:
        return ""
    written, _, value = (signed or "").partition(_APART)
    if not value or name == SESSION:
        return value
    age = database_now() - datetime.fromtimestamp(int(written), UTC)
    return value if age <= SESSION_LENGTH else ""


def cookie_write(response: HttpResponseBase, name: str, value: str) -> None:
    """Put a value into a cookie for the length of a claim session."""
    response.set_signed_cookie(
        cookie_name(name),
        f"{int(database_now().timestamp())}{_APART}{value}",
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
