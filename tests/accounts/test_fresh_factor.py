"""Approving and releasing need a second factor proved minutes ago (TRUST T52)."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from recovery.domain.errors import FreshFactorNeededError
from recovery.models import Approval, AuditEntry, Decision, PayoutBatch
from recovery.services.actors import staff_actor
from recovery.services.batches import batch_build, batch_release
from recovery.services.decisions import decision_approve
from recovery.services.payments import payment_approve
from tests import factories
from tests.accounts.conftest import AGAIN, fresh_code
from tests.admin.doors import act_url, page_url
from tests.factories import NOW
from tests.people import acting, prove_factor, signed_in

pytestmark = pytest.mark.django_db
OLD = NOW - timedelta(minutes=5, seconds=1)


@pytest.mark.parametrize("at", [None, OLD, NOW + timedelta(minutes=6)])
def test_no_decision_is_approved_on_an_old_factor(ada: User, bea: User, at) -> None:
    decision = factories.decision_waiting(ada)
    actor = staff_actor(bea, confirmed_at=at)
    with pytest.raises(FreshFactorNeededError):
        decision_approve(actor, decision, shown_digest=decision.content_digest, now=NOW)
    assert not Approval.objects.exists()


def test_no_payment_is_approved_on_an_old_factor(
    ada: User, max_: User, bea: User
) -> None:
    payment = factories.credit_waiting(factories.decision_approved(ada, bea), max_)
    with pytest.raises(FreshFactorNeededError):
        payment_approve(
            acting(bea, OLD), payment, shown_digest=payment.content_digest, now=NOW
        )
    payment.refresh_from_db()
    assert payment.status == "proposed"


def test_no_batch_is_released_on_an_old_factor(
    ada: User, max_: User, bea: User
) -> None:
    factories.credit_approved(factories.decision_approved(ada, bea), max_, bea)
    batch = batch_build(acting(max_, NOW), "credit", now=NOW)
    rio = factories.staff("rio", Role.CHECKER)
    with pytest.raises(FreshFactorNeededError):
        batch_release(acting(rio, OLD), batch, now=NOW)
    assert PayoutBatch.objects.get().released_at is None


def approve_on_page(client: Client, decision: Decision) -> HttpResponse:
    return client.post(
        act_url(decision.case, "approve"), {"shown_digest": decision.content_digest}
    )


def test_a_stolen_session_is_asked_for_the_factor_and_approves_nothing(
    ada: User, bea_with_code: User
) -> None:
    decision = factories.decision_waiting(ada)
    client = signed_in(bea_with_code, factor_age_seconds=301)
    assert client.get("/desk/").status_code == 200
    answer = approve_on_page(client, decision)
    assert answer.status_code == 302
    assert answer["Location"].startswith(AGAIN)
    decision.refresh_from_db()
    assert decision.status == "proposed"
    client.post(AGAIN, {"code": "000000"})
    assert approve_on_page(client, decision)["Location"].startswith(AGAIN)


def test_after_the_factor_one_is_back_on_the_page_and_the_button_works(
    ada: User, bea_with_code: User
) -> None:
    decision = factories.decision_waiting(ada)
    client = signed_in(bea_with_code, factor_age_seconds=301)
    asked = approve_on_page(client, decision)["Location"]
    assert "Confirm that it is you" in client.get(asked).content.decode()
    answer = client.post(asked, {"code": fresh_code(bea_with_code)})
    assert answer.status_code == 302
    # The posted form names the way back, as the page's own hidden field does.
    client.post(
        AGAIN,
        {"code": fresh_code(bea_with_code), "next": page_url(decision.case)},
    )
    assert approve_on_page(client, decision)["Location"] == page_url(decision.case)
    decision.refresh_from_db()
    assert decision.status == "approved"
    assert AuditEntry.objects.filter(actor=bea_with_code).exists()


def test_the_way_back_is_the_page_of_the_act(ada: User, bea_with_code: User) -> None:
    decision = factories.decision_waiting(ada)
    client = signed_in(bea_with_code, factor_age_seconds=301)
    asked = approve_on_page(client, decision)["Location"]
    answer = client.post(asked, {"code": fresh_code(bea_with_code)})
    assert answer["Location"] == page_url(decision.case)


def test_a_fresh_recovery_code_approves_nothing(ada: User, bea: User) -> None:
    decision = factories.decision_waiting(ada)
    client = signed_in(bea)
    prove_factor(client, bea, kind="recovery_codes")
    assert client.get(reverse("admin:index")).status_code == 200
    assert approve_on_page(client, decision)["Location"].startswith(AGAIN)


def test_everything_else_needs_no_fresh_factor(ada: User) -> None:
    case = factories.case_new(ada)
    client = signed_in(ada, factor_age_seconds=3600)
    client.post(act_url(case, "take"))
    case.refresh_from_db()
    assert case.status == "investigating"
