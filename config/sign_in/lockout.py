"""Lock-out after wrong guesses, counted in PostgreSQL (TRUST T37, T51).

One login from one address locks after a few tries, one address after many: the true
person at another address still comes in, and nothing is locked for ever.
"""

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone

from recovery.web.client_address import client_address


class LockoutHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """Locks login and address as a pair, and an address alone at a higher limit."""

    def is_locked(
        self, request: HttpRequest, credentials: dict[str, str] | None = None
    ) -> bool:
        """Whether another try is refused now."""
        if super().is_locked(request, credentials):
            return True
        since = timezone.now() - settings.AXES_COOLOFF_TIME
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
