"""The life of a session of staff: noted, kept while it is used, ended when it is not."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_http_methods

from accounts.models import SessionEnd, StaffSession, User
from accounts.second_factor import factor_proofs, factor_proofs_time
from config.sign_in.session_store import SessionStore
from recovery.services.actors import SYSTEM, Actor, staff_actor
from recovery.services.clock import database_now
from recovery.services.sessions import (
    Browser,
    session_begin,
    session_end,
    session_seen,
    sessions_end,
    sessions_live,
)
from recovery.web.client_address import client_address

DEVICE_COOKIE = "desk_device"
_MARK = "desk_session"
_DEVICE_SECONDS = 365 * 24 * 3600
# A session's row is written at most so often while it is used.
_NOTED_EVERY = timedelta(minutes=1)


class SessionLifeMiddleware:
    """Follow the sessions of staff; visitors without a session cost nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, to a session that is still alive."""
        device = request.COOKIES.get(DEVICE_COOKIE) or secrets.token_urlsafe(32)
        row = _follow(request, device) if _has_session(request) else 0
        proofs = factor_proofs(request) if row else frozenset()
        response = self.get_response(request)
        if row and not request.user.is_authenticated:
            _end(row, SessionEnd.SIGNED_OUT)
        elif not row and _has_session(request):  # Perhaps signed in just now.
            row = _follow(request, device)
        if row and request.session.modified:
            factor_proofs_time(request, since=proofs, clock=database_now)
        if row and DEVICE_COOKIE not in request.COOKIES:
            _remember(response, device)
        return response


def _has_session(request: HttpRequest) -> bool:
    """Whether there may be one; asks neither the database nor the cookie's truth."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES or request.session.modified


def _follow(request: HttpRequest, device: str) -> int:
    """Note the session, or end it; the number of its row, 0 without one."""
    user = request.user
    if not isinstance(user, User):
        return 0
    now = cast("SessionStore", request.session).read_at()
    mark = request.session.get(_MARK) or {}
    browser = _browser(request, device)
    if mark.get("user") != user.pk:
        return _begin(request, user, browser, now)
    how = _end_by_time(mark, now)
    if how is not None:
        _end(mark["row"], how)
        logout(request)
        return 0
    is_recent = now.timestamp() - mark["seen"] < _NOTED_EVERY.total_seconds()
    if (is_recent or _is_poll(request)) and mark["key"] == browser.session_key:
        return int(mark["row"])
    if not session_seen(mark["row"], browser, now=now):
        logout(request)  # Somebody ended it in this very moment.
        return 0
    seen = {"seen": now.timestamp(), "key": browser.session_key}
    request.session[_MARK] = {**mark, **seen}
    return int(mark["row"])


def _is_poll(request: HttpRequest) -> bool:
    """Whether a script asks how far a job is: nobody sits there because of that."""
    return request.headers.get("Accept") == "application/json"


def _begin(request: HttpRequest, user: User, browser: Browser, now: datetime) -> int:
    row = session_begin(user, browser, now=now)
    at = now.timestamp()
    request.session[_MARK] = {
        "row": row.pk,
        "key": browser.session_key,
        "user": user.pk,
        "seen": at,
        "began": at,
    }
    return int(row.pk)


def _end_by_time(mark: dict[str, Any], now: datetime) -> SessionEnd | None:
    if now.timestamp() - mark["seen"] > settings.SESSION_IDLE_MINUTES * 60:
        return SessionEnd.IDLE
    if now.timestamp() - mark["began"] > settings.SESSION_COOKIE_AGE:
        return SessionEnd.OVER
    return None


def _end(row: int, how: SessionEnd) -> None:
    found = StaffSession.objects.filter(pk=row).select_related("user").first()
    if found is not None:
        is_own = how == SessionEnd.SIGNED_OUT
        actor = staff_actor(found.user) if is_own else SYSTEM
        session_end(actor, found, how, now=database_now())


def _browser(request: HttpRequest, device: str) -> Browser:
    if not request.session.session_key:
        request.session.save()
    return Browser(
        session_key=request.session.session_key or "",
        address=client_address(request),
        device_digest=salted_hmac(__name__, device, algorithm="sha256").hexdigest(),
        agent=request.headers.get("User-Agent", ""),
    )


def _remember(response: HttpResponseBase, device: str) -> None:
    response.set_cookie(
        DEVICE_COOKIE,
        device,
        max_age=_DEVICE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def own_sessions(request: HttpRequest) -> HttpResponse:
    """The person's own sessions; each other one, or all others, can be ended."""
    actor = staff_actor(cast("User", request.user))
    own = int((request.session.get(_MARK) or {}).get("row", 0))
    if request.method == "POST":
        _end_wanted(actor, request.POST.get("session", ""), own)
        return HttpResponseRedirect(reverse("usersessions_list"))
    rows = sessions_live(cast("User", request.user), now=database_now())
    return render(request, "account/sessions.html", {"sessions": rows, "own": own})


def _end_wanted(actor: Actor, word: str, own: int) -> None:
    now = database_now()
    user = cast("User", actor.user)
    if word == "others":
        sessions_end(actor, user, SessionEnd.BY_OWNER, now=now, keep=own)
    elif word.isdecimal():
        one = sessions_live(user, now=now).filter(pk=int(word)).first()
        if one is not None and one.pk != own:
            session_end(actor, one, SessionEnd.BY_OWNER, now=now)
