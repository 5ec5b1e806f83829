"""T01, T02, T07: nobody approves what is their own, by page, list or as superuser."""

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from recovery.domain.errors import SamePersonError
from recovery.domain.staff_news import StaffNews
from recovery.domain.words import PaymentKind
from recovery.models import Approval, AuditEntry, Decision, Payment, StaffNotice
from recovery.services.batches import batch_build, batch_release
from recovery.services.decisions import decision_approve
from recovery.services.payments import payment_approve
from tests import factories
from tests.admin.doors import registered_models, take, text_of
from tests.people import signed_in
from tests.services.test_four_eyes import every_role
from tests.story import NOW, People, short_ledger

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_superuser", [False, True])
def test_t01_t07_the_proposer_of_a_decision_approves_it_by_no_role(
    people: People, is_superuser: bool
) -> None:
    proposal = people.proposed(people.case(people.event(short_ledger("A-1"))))
    assert people.ada.user
    ada = every_role(people.ada.user, is_superuser=is_superuser)

    with pytest.raises(SamePersonError):
        decision_approve(ada, proposal, shown_digest=proposal.content_digest, now=NOW)
    assert not Approval.objects.exists()
    assert AuditEntry.objects.filter(action="approval.same_person").exists()
    news = StaffNotice.objects.filter(news=StaffNews.APPROVAL_SELF_REFUSED)
    assert news.count() == 1


@pytest.mark.parametrize("is_superuser", [False, True])
@pytest.mark.parametrize("who", ["ada", "max_"])
def test_t01_t07_who_proposed_amount_or_payment_approves_it_by_no_role(
    people: People, who: str, is_superuser: bool
) -> None:
    payment = people.credit(people.owed())
    user = getattr(people, who).user
    before = Approval.objects.count()

    with pytest.raises(SamePersonError):
        payment_approve(
            every_role(user, is_superuser=is_superuser),
            payment,
            shown_digest=payment.content_digest,
            now=NOW,
        )
    assert Approval.objects.count() == before


@pytest.mark.parametrize("is_superuser", [False, True])
@pytest.mark.parametrize("who", ["max_", "bea"])
def test_t01_t07_who_made_or_checked_a_line_releases_it_by_no_role(
    people: People, who: str, is_superuser: bool
) -> None:
    people.approved(people.credit(people.owed()))
    batch = batch_build(people.max_, PaymentKind.CREDIT, now=NOW)

    with pytest.raises(SamePersonError):
        batch_release(
            every_role(getattr(people, who).user, is_superuser=is_superuser),
            batch,
            now=NOW,
        )
    batch.refresh_from_db()
    assert batch.released_by is None


def test_t01_on_the_page_the_button_is_missing_and_its_address_refuses(
    ada: User, bea: User
) -> None:
    every_role(ada)
    decision = factories.decision_waiting(ada)
    client = signed_in(ada)
    answer = take(
        client, decision.case, "approve", shown_digest=decision.content_digest
    )
    assert answer.status_code == 409
    assert "a second person must do this" in text_of(answer)
    assert Decision.objects.get().status == "proposed"


def test_t02_no_list_offers_an_action_that_approves_or_pays(db: None) -> None:
    names = {
        str(getattr(action, "__name__", action))
        for model in registered_models()
        for action in admin.site._registry[model].actions or ()
    }
    assert not {
        name
        for name in names
        if any(word in name for word in ("approve", "release", "pay", "delete"))
    }


def test_t02_twenty_payments_posted_as_a_bulk_action_stay_as_they_are(
    ada: User, max_: User, bea: User
) -> None:
    payments = [
        factories.credit_waiting(factories.decision_approved(ada, bea), max_)
        for _ in range(20)
    ]
    eve = factories.staff("eve", *Role)
    for action in ("approve", "delete_selected", "release"):
        signed_in(eve).post(
            reverse("admin:recovery_payment_changelist"),
            {
                "action": action,
                "_selected_action": [one.pk for one in payments],
                "post": "yes",
            },
        )
    assert set(Payment.objects.values_list("status", flat=True)) == {"proposed"}
    assert not Approval.objects.filter(payment__isnull=False).exists()
