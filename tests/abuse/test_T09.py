"""T09: one person, two accounts."""

from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import StaffSession, User
from accounts.roles import Role
from recovery.domain.errors import NotReadyError
from recovery.models import AuditEntry, OutboxMessage, Payment
from recovery.services.people import NewStaff, staff_hire
from recovery.services.sessions import same_place_note
from tests import factories

pytestmark = pytest.mark.django_db
NEW = NewStaff("bea2", "bea@desk.example", "Bea Roth", "HR-17")


@pytest.mark.parametrize(
    "again",
    [
        NewStaff("other", "BEA@desk.example", "Bea", "HR-18"),
        NewStaff("other", "other@desk.example", "Bea", "hr-17"),
        NewStaff("BEA2", "other@desk.example", "Bea", "HR-18"),
    ],
)
def test_T09_the_same_mail_or_person_on_two_accounts_is_refused(  # noqa: N802
    again: NewStaff,
) -> None:
    staff_hire(NEW)
    with pytest.raises(NotReadyError, match="one human, one account"):
        staff_hire(again)
    assert User.objects.count() == 1


@pytest.mark.parametrize("field", ["email", "person_id"])
def test_T09_the_database_refuses_it_too(field: str) -> None:  # noqa: N802
    user = staff_hire(NEW)
    other = factories.staff("other")
    setattr(other, field, getattr(user, field).swapcase())
    with pytest.raises(IntegrityError), transaction.atomic():
        other.save()


@pytest.fixture
def payment(ada: User, bea: User, max_: User) -> Payment:
    """A payment that Max made and Bea approved, in sessions that are noted below."""
    root = factories.staff("root", Role.ADMIN)
    User.objects.filter(pk=root.pk).update(email="root@desk.example")
    decision = factories.decision_approved(ada, bea)
    return factories.credit_approved(decision, max_, bea)


def used(user: User, *, address: str, device: str, hours_ago: int = 1) -> None:
    at = timezone.now() - timedelta(hours=hours_ago)
    StaffSession.objects.create(
        user=user,
        began_at=at,
        seen_at=at,
        address=address,
        device_digest=device,
        ended_at=at,
        end="signed_out",
    )


@pytest.mark.parametrize(
    ("maker", "checker", "shared"),
    [
        (("192.0.2.1", "a"), ("192.0.2.2", "b"), []),
        (("192.0.2.1", "a"), ("192.0.2.1", "b"), ["address"]),
        (("192.0.2.1", "a"), ("192.0.2.2", "a"), ["device"]),
        (("192.0.2.1", "a"), ("192.0.2.1", "a"), ["address", "device"]),
        (("203.0.113.9", "a"), ("203.0.113.9", "b"), []),
    ],
)
def test_T09_maker_and_checker_at_one_place_are_told(  # noqa: N802
    maker: tuple[str, str],
    checker: tuple[str, str],
    shared: list[str],
    payment: Payment,
    settings,
) -> None:
    max_, bea = payment.proposer, payment.approver
    settings.OFFICE_NETWORKS = (ip_network("203.0.113.0/24"),)
    used(max_, address=maker[0], device=maker[1])
    used(bea, address=checker[0], device=checker[1])
    assert same_place_note(payment, bea, now=timezone.now()) == shared
    told = OutboxMessage.objects.filter(event="payment.same_place")
    recorded = AuditEntry.objects.filter(action="payment.same_place")
    assert told.count() == recorded.count() == bool(shared)
    assert "192.0.2" not in "".join(one.body for one in told)


def test_T09_what_is_long_ago_is_no_alarm(  # noqa: N802
    payment: Payment, max_: User, bea: User
) -> None:
    used(max_, address="192.0.2.1", device="a", hours_ago=30)
    used(bea, address="192.0.2.1", device="a")
    assert same_place_note(payment, bea, now=timezone.now()) == []


def test_T09_approving_asks_by_itself(  # noqa: N802
    ada: User, bea: User, max_: User
) -> None:
    decision = factories.decision_approved(ada, bea)
    for user in (max_, bea):
        StaffSession.objects.create(
            user=user,
            began_at=factories.NOW,
            seen_at=factories.NOW,
            address="192.0.2.1",
            device_digest=user.username,
        )
    payment = factories.credit_approved(decision, max_, bea)
    entry = AuditEntry.objects.get(action="payment.same_place")
    assert entry.subject == f"payment {payment.reference}"
    assert entry.detail["shared"] == ["address"]
