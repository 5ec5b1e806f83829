"""What is owed and lies still: bounded, aged, and silent about holds."""

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from recovery.services.payments import payment_hold
from tests import factories
from tests.admin.doors import signed_in, text_of
from tests.people import acting

pytestmark = pytest.mark.django_db


def page(user: User) -> str:
    return text_of(signed_in(user).get(reverse("admin:recovery_payment_unclaimed")))


def test_a_post_is_refused(max_: User) -> None:
    address = reverse("admin:recovery_payment_unclaimed")
    assert signed_in(max_).post(address).status_code == 403


def test_what_is_decided_and_not_paid_is_shown_until_a_payment_is_on_its_way(
    ada: User, bea: User, max_: User
) -> None:
    decision = factories.decision_approved(ada, bea)
    assert decision.case.reference in page(max_)
    factories.credit_waiting(decision, max_)
    assert decision.case.reference not in page(max_)


def test_what_is_held_is_shown_to_compliance_only(
    ada: User, bea: User, max_: User
) -> None:
    payment = factories.credit_waiting(factories.decision_approved(ada, bea), max_)
    cora = factories.staff("cora", Role.COMPLIANCE)
    payment_hold(acting(cora, factories.NOW), payment, reason="Hit.", now=factories.NOW)
    assert payment.case.reference in page(cora)
    assert "Frozen" in page(cora)
    assert payment.case.reference not in page(max_)
