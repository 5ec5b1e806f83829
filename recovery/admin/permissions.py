"""Who may see and do what on the desk: duties, never Django's permissions."""

from typing import cast

from django.http import HttpRequest

from accounts.models import User
from accounts.second_factor import second_factor_at, strong_factor_at
from recovery.domain.duties import Duty
from recovery.services.actors import Actor, staff_actor

_NOBODY = Actor(None, "nobody", frozenset())


def actor_of(request: HttpRequest) -> Actor:
    """The actor behind a request, read once a request."""
    known = getattr(request, "_desk_actor", None)
    if known is None:
        known = _actor(request)
        request._desk_actor = known  # type: ignore[attr-defined]  # noqa: SLF001
    return cast("Actor", known)


def _actor(request: HttpRequest) -> Actor:
    user = request.user
    if not isinstance(user, User) or second_factor_at(request) is None:
        return _NOBODY
    return staff_actor(user, confirmed_at=strong_factor_at(request))


def holds(request: HttpRequest, *duties: Duty) -> bool:
    """Whether the person holds any of the duties. The one question of every page."""
    return bool(actor_of(request).duties.intersection(duties))


def reads_desk(request: HttpRequest) -> bool:
    """Whether links to the desk's lists show."""
    return holds(request, Duty.READ_DESK)


def reads_audit(request: HttpRequest) -> bool:
    """Whether the link to the audit shows."""
    return holds(request, Duty.READ_AUDIT)


def reads_scratch(request: HttpRequest) -> bool:
    """Whether the link to the scratch page shows."""
    return holds(request, Duty.WORK_CASE, Duty.IMPORT_FILES)
