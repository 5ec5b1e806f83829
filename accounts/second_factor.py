"""What this very session proved: a second factor, and when.

The sign-in library keeps a record of every proof in the session; an authenticator
that a person merely owns proves nothing here (TRUST T50).
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from accounts.models import User

_VOUCHED = "accounts_factor_vouched"
_TIMED = "accounts_factor_timed"
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


def factor_proofs(request: HttpRequest) -> frozenset[str]:
    """The proofs of this session by name, to tell later which ones are new."""
    return frozenset(map(_name, _own_proofs(request)))


def factor_proofs_time(
    request: HttpRequest, *, since: frozenset[str], clock: Callable[[], datetime]
) -> None:
    """Note when the proofs that this request brought were given, by the desk's clock.

    The library writes down the time of the process that answered, which may be wrong.

    Args:
        since: What there was before the request.
        clock: Asked only when something is new.
    """
    named = factor_proofs(request)
    new = named - since
    if not new:
        return
    known = request.session.get(_TIMED) or {}
    kept = {name: at for name, at in known.items() if name in named}
    at = clock().timestamp()
    request.session[_TIMED] = kept | dict.fromkeys(new, at)


def has_strong_factor(user: User) -> bool:
    """Whether a person owns a code generator or a passkey."""
    owned = Authenticator.objects.filter(user=user, type__in=_STRONG_TYPES)
    return bool(owned.exists())


def _own_proofs(request: HttpRequest) -> list[dict[str, Any]]:
    if not isinstance(request.user, User):
        return []
    records = get_authentication_records(request, request.user)
    timed = request.session.get(_TIMED) or {}
    proofs = [one for one in records if one.get("method") == "mfa"]
    return [{**one, "proved_at": timed.get(_name(one), one["at"])} for one in proofs]


def _name(proof: dict[str, Any]) -> str:
    return f"{proof.get('type')} {proof['at']}"


def _vouched(request: HttpRequest) -> list[dict[str, Any]]:
    found = request.session.get(_VOUCHED)
    if not isinstance(found, dict) or not request.user.is_authenticated:
        return []
    return [found] if found.get("user") == request.user.pk else []


def _last(proofs: Iterable[dict[str, Any]]) -> datetime | None:
    last = max((one.get("proved_at", one["at"]) for one in proofs), default=None)
    return None if last is None else datetime.fromtimestamp(last, UTC)
