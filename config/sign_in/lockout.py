"""Lock-out after wrong guesses, counted in PostgreSQL (TRUST T37, T51).

One login from one address locks after a few tries, one address after many: the true
person at another address still comes in, and nothing is locked for ever.
"""

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Sum
from django.db.models.functions import Now
from django.http import HttpRequest

from recovery.services.clock import database_now
from recovery.web.client_address import client_address


class LockoutHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """Locks login and address as a pair, and an address alone at a higher limit."""

    def is_allowed(
        self, request: HttpRequest, credentials: dict[str, str] | None = None
    ) -> bool:
        """Whether another try may be made, by the database's clock."""
        request.axes_attempt_time = database_now()  # type: ignore[attr-defined]
        return bool(super().is_allowed(request, credentials))

    def user_login_failed(
        self,
        sender: object,
        credentials: dict[str, str],
        request: HttpRequest | None = None,
        **kwargs: Any,
    ) -> None:
        """Count a wrong try at the database's time."""
        if request is None:
            return
        request.axes_attempt_time = database_now()  # type: ignore[attr-defined]
        was_locked = getattr(request, "axes_locked_out", False)
        try:
            super().user_login_failed(sender, credentials, request, **kwargs)
        finally:
            if not was_locked:
                self._time_first_try(request, credentials)

    def _time_first_try(
        self, request: HttpRequest, credentials: dict[str, str]
    ) -> None:
        """The library writes its own process's time into a row that it makes."""
        AccessAttempt.objects.filter(
            username=get_client_username(request, credentials),
            ip_address=client_address(request),
            failures_since_start=1,
        ).update(attempt_time=Now())

    def is_locked(
        self, request: HttpRequest, credentials: dict[str, str] | None = None
    ) -> bool:
        """Whether another try is refused now."""
        if super().is_locked(request, credentials):
            return True
        since = database_now() - settings.AXES_COOLOFF_TIME
        tries = AccessAttempt.objects.filter(
            ip_address=client_address(request), attempt_time__gte=since
        ).aggregate(total=Sum("failures_since_start"))
        return (tries["total"] or 0) >= settings.LOCKOUT_TRIES_OF_ADDRESS


class LockedOutError(ValidationError):
    """Too many wrong tries; wait a quarter of an hour."""


def require_not_locked(request: HttpRequest, username: str) -> None:
    """Go on unless this login is locked at this address.

    Raises:
        LockedOutError: It is.
    """
    from axes.handlers.proxy import AxesProxyHandler

    if not AxesProxyHandler.is_allowed(request, {"username": username}):
        raise LockedOutError(LockedOutError.__doc__ or "")


def wrong_try_note(request: HttpRequest, username: str) -> None:
    """Count a wrong second factor like a wrong password."""
    from axes.handlers.proxy import AxesProxyHandler

    try:
        AxesProxyHandler.user_login_failed(
            sender=__name__, credentials={"username": username}, request=request
        )
    except PermissionDenied:
        return  # The limit is reached: the next try will hear of it.
