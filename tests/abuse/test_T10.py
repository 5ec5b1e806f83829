"""T10: an administrator makes a checker, who approves at once."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import RoleGrant, User
from accounts.roles import Role
from recovery.domain.errors import DutyMissingError, SamePersonError
from recovery.models import Approval
from recovery.services.actors import staff_actor
from recovery.services.decisions import decision_approve
from recovery.services.people import role_grant
from tests import factories
from tests.people import acting

pytestmark = pytest.mark.django_db


def test_T10_nobody_grants_to_themselves(ada: User) -> None:  # noqa: N802
    root = factories.staff("root", Role.ADMIN)
    with pytest.raises(SamePersonError):
        role_grant(staff_actor(root), root, Role.CHECKER, now=timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        RoleGrant.objects.create(
            user=root, role=Role.CHECKER, granted_by=root, granted_at=factories.NOW
        )


def test_T10_granted_and_approving_at_once_is_refused(ada: User) -> None:  # noqa: N802
    root, eve = factories.staff("root", Role.ADMIN), factories.staff("eve")
    decision = factories.decision_waiting(ada)
    role_grant(staff_actor(root), eve, Role.CHECKER, now=factories.NOW)
    for hours in (0, 23):
        at = factories.NOW + timedelta(hours=hours)
        eve = User.objects.get(pk=eve.pk)
        with pytest.raises(DutyMissingError):
            decision_approve(
                staff_actor(eve, confirmed_at=at, now=at),
                decision,
                shown_digest=decision.content_digest,
                now=at,
            )
    assert not Approval.objects.exists()


def test_T10_the_approval_names_the_grant_and_its_age(  # noqa: N802
    ada: User, bea: User
) -> None:
    RoleGrant.objects.create(user=bea, role=Role.AUDITOR, granted_at=factories.AT)
    decision = factories.decision_approved(ada, bea)
    approval = Approval.objects.get(decision=decision)
    assert approval.role_grant == bea.role_grants.get(role=Role.CHECKER)
    assert approval.grant_age is not None
    age = timezone.now() - factories.LONG_AGO
    assert abs(approval.grant_age - age) < timedelta(minutes=1)


def test_T10_what_the_application_says_of_the_grant_is_not_believed(  # noqa: N802
    ada: User, bea: User, max_: User
) -> None:
    decision = factories.decision_waiting(ada)
    young = RoleGrant.objects.create(
        user=bea, role=Role.LEAD, granted_at=timezone.now()
    )
    Approval.objects.create(
        decision=decision,
        proposer=ada,
        approver=bea,
        approver_role=Role.LEAD,
        content=decision.sealed,
        content_digest=decision.content_digest,
        role_grant=max_.role_grants.get(),
        grant_age=timedelta(days=1000),
    )
    approval = Approval.objects.get()
    assert approval.role_grant == young
    assert approval.grant_age < timedelta(minutes=1)
    with (
        pytest.raises(DatabaseError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE recovery_approval SET grant_age = '1000 days'")


def test_T10_the_desk_s_page_shows_both(ada: User, bea: User) -> None:  # noqa: N802
    from tests.admin.doors import page_url, signed_in, text_of

    decision = factories.decision_approved(ada, bea)
    page = text_of(
        signed_in(ada).get(page_url(Approval.objects.get(decision=decision)))
    )
    assert "Role grant" in page
    assert "Grant age" in page


def test_T10_an_actor_of_a_fresh_grant_holds_no_money_duty(bea: User) -> None:  # noqa: N802
    RoleGrant.objects.filter(user=bea).update(granted_at=factories.NOW)
    duties = acting(User.objects.get(pk=bea.pk), factories.NOW).duties
    assert duties  # She reads the desk by the clock of today.
    at = factories.NOW + timedelta(hours=1)
    fresh = staff_actor(User.objects.get(pk=bea.pk), now=at)
    assert {"approve_decision", "approve_payment", "release_batch"}.isdisjoint(
        fresh.duties
    )
