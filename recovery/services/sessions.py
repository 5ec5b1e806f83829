"""Sessions of staff: begun, seen, ended by their owner, by time or by others."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from ipaddress import ip_address

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import SessionEnd, StaffSession, User
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.models import Payment
from recovery.services.actors import SYSTEM, Actor, require_staff, staff_actor
from recovery.services.admin_mails import admins_tell
from recovery.services.audit import audit_write


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a session is used.

    Attributes:
        session_key: The session's own key, by which it is ended.
        address: The network address, as the door established it.
        device_digest: Keyed digest of a cookie that only this browser holds.
        agent: What the browser calls itself.
    """

    session_key: str
    address: str
    device_digest: str
    agent: str = ""


@transaction.atomic
def session_begin(user: User, browser: Browser, *, now: datetime) -> StaffSession:
    """Note that somebody signed in, and record it."""
    session = StaffSession.objects.create(
        user=user,
        session_key=browser.session_key,
        began_at=now,
        seen_at=now,
        address=_address(browser.address),
        device_digest=browser.device_digest,
        agent=browser.agent[:200],
    )
    audit_write(
        staff_actor(user),
        "session.begin",
        f"staff {user.username}",
        personal={"address": browser.address},
        session=session.pk,
    )
    return session


def session_seen(session_id: int, browser: Browser, *, now: datetime) -> bool:
    """Note that a session is in use; False when it was ended meanwhile."""
    live = StaffSession.objects.filter(pk=session_id, ended_at=None)
    return bool(
        live.update(
            seen_at=now,
            session_key=browser.session_key,
            address=_address(browser.address),
        )
    )


@transaction.atomic
def session_end(
    actor: Actor, session: StaffSession, how: SessionEnd, *, now: datetime
) -> bool:
    """End one session at once; False when it had ended already.

    Raises:
        DutyMissingError: It is another person's, and the actor administers nobody.
    """
    if actor is not SYSTEM and (actor.user is None or actor.user.pk != session.user_id):
        require_staff(actor, Duty.ADMINISTER_PEOPLE)
    session = StaffSession.objects.select_for_update(no_key=True).get(pk=session.pk)
    if session.ended_at is not None:
        return False
    _store().delete(session.session_key)
    StaffSession.objects.filter(pk=session.pk).update(
        ended_at=now, end=how, session_key=""
    )
    subject = f"staff {session.user.username}"
    audit_write(actor, "session.end", subject, session=session.pk, how=how)
    return True


def sessions_live(user: User, *, now: datetime) -> QuerySet[StaffSession]:
    """The sessions of a person that a click would still open, the latest first."""
    idle = timedelta(minutes=settings.SESSION_IDLE_MINUTES + 1)
    live = StaffSession.objects.filter(user=user, ended_at=None)
    return live.filter(seen_at__gt=now - idle).order_by("-seen_at", "-pk")


@transaction.atomic
def sessions_end(
    actor: Actor, user: User, how: SessionEnd, *, now: datetime, keep: int = 0
) -> int:
    """End all sessions of a person, apart from one.

    Returns:
        How many were ended.

    Raises:
        DutyMissingError: It is another person, and the actor administers nobody.
    """
    live = StaffSession.objects.filter(user=user, ended_at=None).exclude(pk=keep)
    return sum(session_end(actor, one, how, now=now) for one in live)


@transaction.atomic
def staff_deactivate(actor: Actor, user: User, *, reason: str, now: datetime) -> User:
    """Shut a member of staff out: sessions end at once, duties are gone.

    Raises:
        NotReadyError: No reason, one's own account, or shut out already.
        DutyMissingError: The actor administers no people.
    """
    admin = require_staff(actor, Duty.ADMINISTER_PEOPLE)
    if not reason.strip():
        raise NotReadyError("Say why this person is shut out.")
    if admin.pk == user.pk:
        raise NotReadyError("Nobody shuts out themselves: another administrator does.")
    user = _switched(user, is_active=False)
    ended = sessions_end(actor, user, SessionEnd.BY_ADMIN, now=now)
    _note_switch(actor, user, "staff.deactivate", reason, now=now, sessions=ended)
    return user


@transaction.atomic
def staff_activate(actor: Actor, user: User, *, reason: str, now: datetime) -> User:
    """Let somebody in again who was shut out.

    Raises:
        NotReadyError: No reason, or active already.
        DutyMissingError: The actor administers no people.
    """
    require_staff(actor, Duty.ADMINISTER_PEOPLE)
    if not reason.strip():
        raise NotReadyError("Say why this person is let in again.")
    user = _switched(user, is_active=True)
    _note_switch(actor, user, "staff.activate", reason, now=now)
    return user


def _switched(user: User, *, is_active: bool) -> User:
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if user.is_active == is_active:
        word = "active" if is_active else "shut out"
        raise NotReadyError(f"{user} is {word} already.")
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    return user


def _note_switch(
    actor: Actor, user: User, action: str, reason: str, *, now: datetime, **detail: int
) -> None:
    subject = f"staff {user.username}"
    audit_write(actor, action, subject, personal={"reason": reason}, **detail)
    what = "was shut out" if action == "staff.deactivate" else "was let in again"
    admins_tell(
        f"{action}-{user.pk}-{now.timestamp()}",
        event="staff.access",
        subject="Access to the desk changed",
        text=f"{user} {what}.\nBy: {actor.name}",
    )


def same_place_note(payment: Payment, checker: User, *, now: datetime) -> list[str]:
    """Tell the administrators when maker and checker worked at the same place.

    Asked when a payment is approved. Sessions that have ended count as well; the
    office's own addresses do not.

    Returns:
        What they share: `device`, `address`, both or nothing.
    """
    since = now - timedelta(hours=settings.SAME_PLACE_HOURS)
    of_maker = _places(payment.proposer_id, since)
    of_checker = _places(checker.pk, since)
    shared = sorted({kind for kind, _ in of_maker & of_checker})
    if not shared:
        return []
    audit_write(
        SYSTEM,
        "payment.same_place",
        f"payment {payment.reference}",
        maker=payment.proposer.username,
        checker=checker.username,
        shared=shared,
    )
    admins_tell(
        f"same-place-{payment.pk}",
        event="payment.same_place",
        subject="Maker and checker of a payment at one place",
        text=(
            f"Payment {payment.reference}: {payment.proposer} proposed and {checker} "
            f"approved it with the same {' and '.join(shared)} within "
            f"{settings.SAME_PLACE_HOURS} hours."
        ),
    )
    return shared


def _places(user_id: int, since: datetime) -> set[tuple[str, str]]:
    used = StaffSession.objects.filter(user_id=user_id, seen_at__gte=since)
    found = set()
    for device, address in used.values_list("device_digest", "address"):
        found.add(("device", device))
        if address and not _is_office(address):
            found.add(("address", address))
    return found


def _is_office(address: str) -> bool:
    read = ip_address(address)
    return any(read in network for network in settings.OFFICE_NETWORKS)


def _address(text: str) -> str | None:
    """The address, when it is one: a socket's peer has none."""
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def _store() -> SessionBase:
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore()
    return store
