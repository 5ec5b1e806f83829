"""Staff and their roles: named, granted and revoked by others, always recorded.

Every change is mailed to all administrators, so that nobody becomes a checker in
silence (TRUST T10). Duties that move money follow a new role only after a delay,
which is the actor's business (services.actors).
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.enrolment import credentials_forget
from accounts.models import RoleGrant, SessionEnd, User
from accounts.roles import GrantSource, Role
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError, SamePersonError
from recovery.models import AuditEntry
from recovery.services.actors import SYSTEM, Actor, require_staff
from recovery.services.admin_mails import admins_tell
from recovery.services.audit import audit_write
from recovery.services.sessions import sessions_end

FOUNDED = "desk.founded"


@dataclass(frozen=True, slots=True)
class NewStaff:
    """Who is to be a member of staff."""

    login: str
    mail: str
    full_name: str
    person_id: str


@transaction.atomic
def staff_hire(new: NewStaff, *, by: Actor = SYSTEM) -> User:
    """Make a member of staff without a password and without a role.

    Raises:
        NotReadyError: The login, the mail or the person is known already.
    """
    for what, is_known in (
        ("login", User.objects.filter(username__iexact=new.login).exists()),
        ("mail", new.mail and User.objects.filter(email__iexact=new.mail).exists()),
        ("person", User.objects.filter(person_id__iexact=new.person_id).exists()),
    ):
        if is_known:
            raise NotReadyError(
                f"There is a member of staff with this {what} already: one human, one "
                "account. An administrator can help."
            )
    user = User(
        username=new.login,
        email=new.mail,
        full_name=new.full_name,
        person_id=new.person_id,
        is_staff=True,
    )
    user.set_unusable_password()
    user.save()
    audit_write(by, "staff.hire", f"staff {user.username}")
    return user


def staff_add(actor: Actor, new: NewStaff) -> User:
    """Name a member of staff, as an administrator.

    Raises:
        NotReadyError: The login, the mail or the person is known already.
        DutyMissingError: The actor administers no people.
    """
    require_staff(actor, Duty.ADMINISTER_PEOPLE)
    return staff_hire(new, by=actor)


@transaction.atomic
def role_grant(actor: Actor, user: User, role: Role, *, now: datetime) -> RoleGrant:
    """Give somebody else a role.

    Raises:
        SamePersonError: Nobody grants anything to themselves.
        NotReadyError: The role is held already.
        DutyMissingError: The actor administers no people.
    """
    admin = require_staff(actor, Duty.ADMINISTER_PEOPLE)
    if admin.pk == user.pk:
        raise SamePersonError(actor.name, "would get the role")
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if user.role_grants.filter(role=role, revoked_at=None).exists():
        raise NotReadyError(f"{user} holds this role already.")
    return _grant(actor, user, role, source=GrantSource.PERSON, now=now)


@transaction.atomic
def role_revoke(actor: Actor, grant: RoleGrant, *, now: datetime) -> RoleGrant:
    """Take a role away; counts at once.

    Raises:
        NotReadyError: It is revoked already.
        DutyMissingError: The actor administers no people.
    """
    require_staff(actor, Duty.ADMINISTER_PEOPLE)
    grant = RoleGrant.objects.select_for_update(no_key=True).get(pk=grant.pk)
    if grant.revoked_at is not None:
        raise NotReadyError("This role is revoked already.")
    return _revoke(actor, grant, now=now)


@transaction.atomic
def staff_enrol_again(actor: Actor, user: User, *, now: datetime) -> User:
    """Let somebody who lost password or factors begin anew.

    Whoever hands out the new link could use it: so every role is granted anew, waits
    like a new one before it moves money, and all administrators hear of it.

    Raises:
        SamePersonError: Nobody does this for themselves.
        DutyMissingError: The actor administers no people.
    """
    admin = require_staff(actor, Duty.ADMINISTER_PEOPLE)
    if admin.pk == user.pk:
        raise SamePersonError(actor.name, "lost the own password or factors")
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    credentials_forget(user)
    sessions_end(actor, user, SessionEnd.BY_ADMIN, now=now)
    audit_write(actor, "staff.enrol_again", f"staff {user.username}")
    for grant in list(user.role_grants.filter(revoked_at=None)):
        _revoke(actor, grant, now=now)
        source = GrantSource(grant.source)
        _grant(actor, user, Role(grant.role), source=source, now=now)
    return user


@transaction.atomic
def roles_follow_groups(
    user: User, *, wanted: frozenset[Role], governed: frozenset[Role], now: datetime
) -> None:
    """Let the roles that groups govern be exactly those the groups give.

    Args:
        wanted: The roles of the person's groups.
        governed: Every role that some group stands for; others are left alone.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    held = {
        Role(grant.role): grant for grant in user.role_grants.filter(revoked_at=None)
    }
    for role in sorted(governed & held.keys() - wanted):
        _revoke(SYSTEM, held[role], now=now)
    for role in sorted(wanted - held.keys()):
        _grant(SYSTEM, user, role, source=GrantSource.PROVIDER, now=now)


@transaction.atomic
def desk_found(
    people: Sequence[tuple[NewStaff, AbstractSet[Role]]], *, now: datetime
) -> list[User]:
    """Name the first people of a desk, once.

    Raises:
        NotReadyError: There are roles already, or the same person stands twice.
    """
    # The audit cannot be emptied: a desk is founded once, whatever happens later.
    if RoleGrant.objects.exists() or AuditEntry.objects.filter(action=FOUNDED).exists():
        raise NotReadyError("The desk has its people already: an administrator adds.")
    users = []
    for new, roles in people:
        user = staff_hire(new)
        for role in sorted(roles):
            _grant(SYSTEM, user, role, source=GrantSource.FOUNDING, now=now)
        users.append(user)
    names = [user.username for user in users]
    audit_write(SYSTEM, FOUNDED, "desk", people=names)
    return users


def _grant(
    actor: Actor, user: User, role: Role, *, source: GrantSource, now: datetime
) -> RoleGrant:
    grant = RoleGrant.objects.create(
        user=user, role=role, granted_by=actor.user, granted_at=now, source=source
    )
    audit_write(actor, "role.grant", f"staff {user.username}", role=role, source=source)
    _tell_admins(grant, f"{user} was given the role {role}.", f"grant-{grant.pk}")
    return grant


def _revoke(actor: Actor, grant: RoleGrant, *, now: datetime) -> RoleGrant:
    grant.revoked_at = now
    grant.save(update_fields=["revoked_at"])
    audit_write(actor, "role.revoke", f"staff {grant.user.username}", role=grant.role)
    _tell_admins(
        grant, f"{grant.user} lost the role {grant.role}.", f"revoke-{grant.pk}"
    )
    return grant


def _tell_admins(grant: RoleGrant, text: str, key: str) -> None:
    by = grant.granted_by or grant.source
    admins_tell(
        f"role-{key}",
        event="staff.role",
        subject="A role on the desk changed",
        text=f"{text}\nBy: {by}",
    )
