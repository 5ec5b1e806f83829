"""What this very session proved: a second factor, and when.

The sign-in library keeps a record of every proof in the session; an authenticator
that a person merely owns proves nothing here (TRUST T50).
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from accounts.models import User

_VOUCHED = "accounts_factor_vouched"
# A recovery code opens the desk to somebody who lost a device; it approves nothing.
_STRONG_TYPES = frozenset({Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN})


def second_factor_at(request: HttpRequest) -> datetime | None:
    """When this session last proved a second factor of any kind; None when never."""
    return _last([*_own_proofs(request), *_vouched(request)])


def strong_factor_at(request: HttpRequest) -> datetime | None:
    """When this session last proved a factor that is good enough to approve money."""
    strong = [one for one in _own_proofs(request) if one.get("type") in _STRONG_TYPES]
    return _last([*strong, *_vouched(request)])


def second_factor_vouched(request: HttpRequest, user: User, *, at: datetime) -> None:
    """Note that the identity provider says it asked for several factors."""
    request.session[_VOUCHED] = {"user": user.pk, "at": at.timestamp()}


def has_strong_factor(user: User) -> bool:
    """Whether a person owns a code generator or a passkey."""
    owned = Authenticator.objects.filter(user=user, type__in=_STRONG_TYPES)
    return bool(owned.exists())


def _own_proofs(request: HttpRequest) -> list[dict[str, Any]]:
    if not isinstance(request.user, User):
        return []
    records = get_authentication_records(request, request.user)
    return [one for one in records if one.get("method") == "mfa"]


def _vouched(request: HttpRequest) -> list[dict[str, Any]]:
    found = request.session.get(_VOUCHED)
    if not isinstance(found, dict) or not request.user.is_authenticated:
        return []
    return [found] if found.get("user") == request.user.pk else []


def _last(proofs: Iterable[dict[str, Any]]) -> datetime | None:
    last = max((one["at"] for one in proofs), default=None)
    return None if last is None else datetime.fromtimestamp(last, UTC)
