"""Who acts: a member of staff, a customer through a claim, or the system."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import User
from accounts.roles import Role
from recovery.domain.duties import Duty
from recovery.domain.errors import DutyMissingError, FreshFactorNeededError

# How long a proved second factor lets its owner approve and release (TRUST T52).
FRESH_FACTOR = timedelta(minutes=5)
# Duties that a role brings only some time after it was granted (TRUST T10).
DELAYED = frozenset(
    {
        Duty.APPROVE_DECISION,
        Duty.APPROVE_PAYMENT,
        Duty.RELEASE_BATCH,
        Duty.ACTIVATE_RULES,
        Duty.APPROVE_WRITE_OFF,
    }
)

_READERS = frozenset({Duty.READ_DESK})
_DUTIES_OF_ROLE: dict[Role, frozenset[Duty]] = {
    Role.SUPPORT: _READERS
    | {Duty.IMPORT_FILES, Duty.WORK_CASE, Duty.PROPOSE_SMALL_DECISION},
    Role.ANALYST: _READERS
    | {Duty.IMPORT_FILES, Duty.WORK_CASE, Duty.PROPOSE_DECISION, Duty.EXPORT_WORKBOOK},
    Role.LEAD: _READERS
    | {
        Duty.IMPORT_FILES,
        Duty.WORK_CASE,
        Duty.APPROVE_DECISION,
        Duty.REOPEN_CASE,
        Duty.COLLECT_DEFICIT,
        Duty.DRAFT_RULES,
        Duty.ACTIVATE_RULES,
        Duty.EXPORT_WORKBOOK,
    },
    Role.MAKER: _READERS
    | {
        Duty.IMPORT_FILES,
        Duty.PROPOSE_PAYMENT,
        Duty.BUILD_BATCH,
        Duty.CONFIRM_PAYMENT,
        Duty.EXPORT_WORKBOOK,
    },
    Role.CHECKER: _READERS
    | {
        Duty.APPROVE_DECISION,
        Duty.APPROVE_PAYMENT,
        Duty.RELEASE_BATCH,
        Duty.APPROVE_WRITE_OFF,
        Duty.EXPORT_WORKBOOK,
    },
    Role.COMPLIANCE: _READERS | {Duty.HOLD_PAYMENT, Duty.READ_AUDIT},
    Role.AUDITOR: _READERS | {Duty.READ_AUDIT, Duty.EXPORT_WORKBOOK},
    Role.ADMIN: _READERS | {Duty.ADMINISTER_PEOPLE, Duty.DRAFT_RULES},
}


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor of a service call.

    Attributes:
        user: The member of staff; None for customer and system.
        name: Login, or a word, for the audit.
        duties: Everything this actor may do now.
        role: The first role held, as recorded beside an approval.
        roles: Every role held now.
        settled_roles: Of them, those granted long enough ago to approve by.
        confirmed_at: When this person last proved a strong second factor, here and
            now; None for everybody who came in by another way.
    """

    user: User | None
    name: str
    duties: frozenset[Duty]
    role: str = ""
    request_id: str = ""
    confirmed_at: datetime | None = None
    roles: frozenset[Role] = frozenset()
    settled_roles: frozenset[Role] = frozenset()


SYSTEM = Actor(None, "system", frozenset({Duty.BE_SYSTEM}))
# What an operator's own shell may do: bring files in, build workbooks. It can
# neither propose nor approve anything.
OPERATOR = Actor(
    None,
    "operator",
    frozenset({Duty.IMPORT_FILES, Duty.EXPORT_WORKBOOK, Duty.READ_DESK}),
)
CUSTOMER = Actor(None, "customer", frozenset({Duty.BE_CUSTOMER}))


def staff_actor(
    user: User,
    request_id: str = "",
    *,
    confirmed_at: datetime | None = None,
    now: datetime | None = None,
) -> Actor:
    """The actor of a signed-in member of staff.

    A superuser holds no duty by that alone: only roles carry duties, and those that
    move money only once the role was granted long enough ago.

    Args:
        confirmed_at: When the session proved a strong second factor; a door that
            cannot know leaves it out, and its actor approves nothing.
        now: The time the delay of roles is reckoned at; the database's if left out.
    """
    is_in = user.is_active and user.is_staff
    roles = user.roles() if is_in else frozenset()
    delay = timedelta(hours=settings.ROLE_DELAY_HOURS)
    settled = user.roles_settled(delay, now) if is_in else frozenset()
    duties = _duties(settled) | (_duties(roles) - DELAYED)
    first = min(roles, default=None)
    return Actor(
        user,
        user.username,
        duties,
        first or "",
        request_id,
        confirmed_at,
        roles=roles,
        settled_roles=settled,
    )


def roles_acting(actor: Actor, duty: Duty) -> list[Role]:
    """Roles by which this actor holds a duty now."""
    held = actor.settled_roles if duty in DELAYED else actor.roles
    return sorted(role for role in held if duty in _DUTIES_OF_ROLE[role])


def _duties(roles: frozenset[Role]) -> frozenset[Duty]:
    return frozenset[Duty]().union(*(_DUTIES_OF_ROLE[role] for role in roles))


def require_fresh_factor(actor: Actor, *, now: datetime) -> None:
    """Go on when this person proved a second factor minutes ago.

    Raises:
        FreshFactorNeededError: Never proved, or longer ago.
    """
    at = actor.confirmed_at
    if at is None or abs(now - at) > FRESH_FACTOR:
        raise FreshFactorNeededError(actor.name)


def require_staff(actor: Actor, *wanted: Duty) -> User:
    """The member of staff who acts, holding any of the duties.

    Raises:
        DutyMissingError: The actor holds none of them, or is no person: operators,
            jobs and customers propose and approve nothing.
    """
    require_duty(actor, *wanted)
    if actor.user is None:
        raise DutyMissingError(actor.name, "of a signed-in member of staff")
    return actor.user


def require_duty(actor: Actor, *wanted: Duty) -> None:
    """Go on when the actor holds any of the duties.

    Raises:
        DutyMissingError: The actor holds none of them.
    """
    if not actor.duties.intersection(wanted):
        names = " or ".join(duty.replace("_", " ") for duty in wanted)
        raise DutyMissingError(actor.name, names)
