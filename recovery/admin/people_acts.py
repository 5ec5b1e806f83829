"""Acts on staff: name a person, give a role, take it away, end sessions."""

from datetime import datetime
from typing import cast

from django import forms
from django.conf import settings

from accounts.enrolment import enrolment_path
from accounts.models import RoleGrant, SessionEnd, User
from accounts.roles import Role, choices
from recovery.admin.acts import Act, Data
from recovery.admin.forms import DeskForm, ReasonForm
from recovery.admin.show import moment
from recovery.domain.duties import Duty
from recovery.services.actors import Actor
from recovery.services.clock import database_now
from recovery.services.people import (
    NewStaff,
    role_grant,
    role_revoke,
    staff_add,
    staff_enrol_again,
)
from recovery.services.sessions import (
    session_end,
    sessions_end,
    sessions_live,
    staff_activate,
    staff_deactivate,
)

_ADMINISTERS = frozenset({Duty.ADMINISTER_PEOPLE})


class HireForm(DeskForm):
    """Who is to be a member of staff."""

    login = forms.CharField(label="Login", max_length=80)
    mail = forms.EmailField(label="Mail address")
    full_name = forms.CharField(label="Full name", max_length=120)
    person_id = forms.CharField(
        label="Employer's own id", max_length=64, help_text="One human, one account."
    )


class RoleForm(DeskForm):
    """Which role somebody gets."""

    role = forms.ChoiceField(label="Role", choices=choices(Role))


class SessionForm(DeskForm):
    """Which session of somebody ends."""

    session = forms.ChoiceField(label="Session")

    def prepare(self) -> None:
        """All of them, or one."""
        live = sessions_live(self.subject, now=database_now()) if self.subject else ()
        one = [(str(row.pk), f"{moment(row.began_at)}, {row.address}") for row in live]
        field = cast("forms.ChoiceField", self.fields["session"])
        field.choices = [("all", "All of them"), *one]


def _end_sessions(actor: Actor, user: User, data: Data, now: datetime) -> str:
    if data["session"] == "all":
        count = sessions_end(actor, user, SessionEnd.BY_ADMIN, now=now)
    else:
        session = user.sessions.get(pk=int(data["session"]))
        count = int(session_end(actor, session, SessionEnd.BY_ADMIN, now=now))
    return f"Sessions ended: {count}."


def _deactivate(actor: Actor, user: User, data: Data, now: datetime) -> User:
    return staff_deactivate(actor, user, reason=data["reason"], now=now)


def _activate(actor: Actor, user: User, data: Data, now: datetime) -> User:
    return staff_activate(actor, user, reason=data["reason"], now=now)


def _hire(actor: Actor, _subject: object, data: Data, _now: datetime) -> str:
    return _link(staff_add(actor, NewStaff(**data)))


def _enrol_again(actor: Actor, user: User, _data: Data, now: datetime) -> str:
    return _link(staff_enrol_again(actor, user, now=now))


def _link(user: User) -> str:
    return (
        f"Hand this link to {user} yourself; it works once and for a day: "
        f"{settings.SITE_URL}{enrolment_path(user)}"
    )


def _grant(actor: Actor, user: User, data: Data, now: datetime) -> RoleGrant:
    return role_grant(actor, user, Role(data["role"]), now=now)


def _revoke(actor: Actor, grant: RoleGrant, _data: Data, now: datetime) -> RoleGrant:
    return role_revoke(actor, grant, now=now)


def _is_somebody_else(actor: Actor, user: User) -> bool:
    return actor.user is not None and actor.user.pk != user.pk


HIRE = Act(
    "hire",
    "Name a member of staff",
    _hire,
    "Named.",
    _ADMINISTERS,
    form=HireForm,
    hint="Without a role yet; the answer holds a link for choosing a password.",
)
GRANT_ROLE = Act(
    "grant-role",
    "Give a role",
    _grant,
    "Given. What moves money follows after the delay; all administrators hear of it.",
    _ADMINISTERS,
    form=RoleForm,
    fits=_is_somebody_else,
)
ENROL_AGAIN = Act(
    "enrol-again",
    "Begin anew after a loss",
    _enrol_again,
    "Done.",
    _ADMINISTERS,
    fits=_is_somebody_else,
    tone="danger",
    hint="Password, factors and sessions end; every role waits like a new one.",
)
END_SESSIONS = Act(
    "end-sessions",
    "End sessions",
    _end_sessions,
    "Ended.",
    _ADMINISTERS,
    form=SessionForm,
    hint="At once; the person may sign in again.",
)
DEACTIVATE = Act(
    "shut-out",
    "Shut out",
    _deactivate,
    "Shut out; every session has ended.",
    _ADMINISTERS,
    form=ReasonForm,
    fits=lambda actor, user: user.is_active and _is_somebody_else(actor, user),
    tone="danger",
)
ACTIVATE = Act(
    "let-in",
    "Let in again",
    _activate,
    "Let in again.",
    _ADMINISTERS,
    form=ReasonForm,
    fits=lambda _actor, user: not user.is_active,
)
REVOKE = Act(
    "revoke",
    "Take the role away",
    _revoke,
    "Taken away, at once.",
    _ADMINISTERS,
    fits=lambda _actor, grant: grant.revoked_at is None,
    tone="danger",
)
