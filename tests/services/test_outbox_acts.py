"""A person decides about mails that no machine may decide about; each act is audited."""

import pytest

from accounts.roles import Role
from recovery.domain.errors import DutyMissingError, NotReadyError
from recovery.models import AuditEntry, OutboxMessage, OutboxState
from recovery.services.actors import OPERATOR, SYSTEM
from recovery.services.outbox_acts import mail_arrived, mail_drop, mail_send_again
from tests.people import acting
from tests.story import NOW, People, staff

pytestmark = pytest.mark.django_db
ACTS = (mail_arrived, mail_send_again, mail_drop)


def message(state: OutboxState, event: str = "case.closed") -> OutboxMessage:
    return OutboxMessage.objects.create(
        key=f"k-{state}", event=event, recipient="a@b.example", state=state, tries=3
    )


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    "role", sorted(set(Role) - {Role.SUPPORT, Role.ANALYST, Role.LEAD, Role.ADMIN})
)
def test_whoever_neither_works_cases_nor_runs_the_desk_decides_nothing(
    act, role, people: People
) -> None:
    row = message(OutboxState.UNKNOWN)
    with pytest.raises(DutyMissingError):
        act(acting(staff("x", role), NOW), row)
    for nobody in (OPERATOR, SYSTEM):
        with pytest.raises(DutyMissingError):
            act(nobody, row)


@pytest.mark.parametrize(
    ("act", "state"),
    [
        *((mail_arrived, one) for one in OutboxState if one != OutboxState.UNKNOWN),
        *(
            (act, one)
            for act in (mail_send_again, mail_drop)
            for one in OutboxState
            if one not in {OutboxState.UNKNOWN, OutboxState.REFUSED}
        ),
    ],
)
def test_there_is_nothing_to_decide_about_other_mails(
    act, state: OutboxState, people: People
) -> None:
    with pytest.raises(NotReadyError):
        act(people.ada, message(state))
    assert not AuditEntry.objects.filter(action__startswith="mail.").exists()


def test_a_code_is_never_sent_again(people: People) -> None:
    row = message(OutboxState.UNKNOWN, "claim.code")
    with pytest.raises(NotReadyError, match="new one"):
        mail_send_again(people.ada, row)


@pytest.mark.parametrize(
    ("act", "after", "action"),
    [
        (mail_arrived, OutboxState.DONE, "mail.arrived"),
        (mail_send_again, OutboxState.DUE, "mail.send_again"),
        (mail_drop, OutboxState.DROPPED, "mail.drop"),
    ],
)
def test_what_was_decided_stands_in_the_audit(
    act, after: OutboxState, action: str, people: People
) -> None:
    row = act(people.ada, message(OutboxState.UNKNOWN))

    entry = AuditEntry.objects.get(action=action)
    assert (row.state, entry.subject) == (after, f"mail {row.pk}")
    assert (entry.actor_name, entry.detail["was"]) == ("ada", "unknown")
    assert row.tries == (0 if act is mail_send_again else 3)
