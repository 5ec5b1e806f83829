"""T09, T10, T11: one person is one person, a new role waits, a batch knows its people."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import RoleGrant, User
from accounts.roles import Role
from recovery.domain.errors import DutyMissingError, SamePersonError
from recovery.domain.words import PaymentKind
from recovery.services.actors import staff_actor
from recovery.services.batches import batch_build, batch_release
from recovery.services.payments import payment_approve
from tests.people import acting
from tests.services.test_four_eyes import every_role
from tests.story import NOW, People, staff

pytestmark = pytest.mark.django_db


def test_t09_one_person_has_one_account(people: People) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("bea2", person_id="bea", is_staff=True)
    User.objects.filter(username="bea").update(email="bea@desk.example")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("bea3", email="BEA@desk.example", is_staff=True)


@pytest.mark.parametrize("short_by", [timedelta(minutes=1), None])
def test_t10_a_role_counts_only_after_its_delay(
    people: People, short_by: timedelta | None
) -> None:
    """A minute short of the delay, or granted this very moment, then revoked."""
    payment = people.credit(people.owed())
    nia = staff("nia")
    settled = NOW - timedelta(hours=settings.ROLE_DELAY_HOURS)
    grant = RoleGrant.objects.create(
        user=nia,
        role=Role.CHECKER,
        granted_at=settled + short_by if short_by else NOW,
    )
    actor = staff_actor(nia, confirmed_at=NOW, now=NOW)
    with pytest.raises(DutyMissingError):
        payment_approve(actor, payment, shown_digest=payment.content_digest, now=NOW)
    grant.revoked_at = NOW
    grant.save(update_fields=["revoked_at"])
    assert not payment.approvals.exists()


# Who touched what of the batch in this test, and whether they may release it.
TOUCHED = {
    "built it": ("max", False),
    "made a line": ("mia", False),
    "checked a line": ("bea", False),
    "checked another line": ("carl", False),
    "decided the amount": ("lia", True),
    "touched nothing": ("rio", True),
}


@pytest.mark.parametrize("touched", TOUCHED)
def test_t11_a_batch_is_released_by_nobody_who_made_or_checked_a_line(
    people: People, touched: str
) -> None:
    mia = acting(staff("mia", Role.MAKER), NOW)
    carl = acting(staff("carl", Role.CHECKER), NOW)
    second = replace(people, max_=mia, bea=people.lia)
    first_line = people.credit(people.owed("A-1"))
    second_line = second.credit(second.owed("A-2"))  # Lia decides, Mia makes.
    people.approved(first_line)
    payment_approve(carl, second_line, shown_digest=second_line.content_digest, now=NOW)
    batch = batch_build(people.max_, PaymentKind.CREDIT, now=NOW)
    assert batch.lines == 2
    login, may = TOUCHED[touched]
    actor = every_role(User.objects.get(username=login))

    if may:
        assert batch_release(actor, batch, now=NOW).released_by == actor.user
        return
    with pytest.raises(SamePersonError):
        batch_release(actor, batch, now=NOW)
