"""T18: an agent changes the customer's mail to receive the code himself."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from accounts.models import ContactChange, Customer, User
from accounts.roles import Role
from recovery.domain.errors import (
    DutyMissingError,
    FreshFactorNeededError,
    NotReadyError,
    SamePersonError,
)
from recovery.models import AuditEntry, ClaimCode, OutboxMessage
from recovery.services.actors import staff_actor
from recovery.services.claims import claim_request_code
from recovery.services.contacts import (
    contact_change_approve,
    contact_change_propose,
    contact_change_refuse,
)
from recovery.services.mails import CLAIM_CODE
from tests import factories
from tests.admin.doors import page_url, signed_in, take, text_of
from tests.people import acting
from tests.story import bring_in_customers
from tests.web import makers

pytestmark = pytest.mark.django_db
NOW, NEW = factories.NOW, "mine@attacker.example"


def propose(user: User, cem: Customer) -> ContactChange:
    return contact_change_propose(
        staff_actor(user), cem, NEW, how="Called back on the number.", now=NOW
    )


def told(event: str) -> list[str]:
    mails = OutboxMessage.objects.filter(event=event).order_by("id")
    return list(mails.values_list("recipient", flat=True))


def test_T18_a_mail_is_never_changed_alone(ada: User, cem: Customer) -> None:  # noqa: N802
    both = factories.staff("both", Role.SUPPORT, Role.LEAD)
    change = propose(both, cem)
    for act in (contact_change_approve, contact_change_refuse):
        more = {"reason": "No."} if act is contact_change_refuse else {}
        with pytest.raises(SamePersonError):
            act(acting(both, NOW), change, now=NOW, **more)
    with pytest.raises(DutyMissingError):
        contact_change_approve(acting(ada, NOW), change, now=NOW)
    cem.refresh_from_db()
    assert cem.email != NEW
    assert AuditEntry.objects.filter(action="approval.same_person").count() == 1


def test_T18_without_a_fresh_factor_nothing_is_approved(  # noqa: N802
    ada: User, lia: User, cem: Customer
) -> None:
    change = propose(ada, cem)
    with pytest.raises(FreshFactorNeededError):
        contact_change_approve(acting(lia, NOW - timedelta(minutes=6)), change, now=NOW)


def test_T18_the_old_mail_hears_of_it_at_once_and_of_the_end(  # noqa: N802
    ada: User, lia: User, cem: Customer
) -> None:
    old = cem.email
    change = propose(ada, cem)
    assert told("contact.proposed") == [old]
    contact_change_approve(acting(lia, NOW), change, now=NOW)
    assert told("contact.changed") == [old, NEW]
    bodies = OutboxMessage.objects.values_list("body", flat=True)
    assert not [body for body in bodies if NEW in body or old in body]
    for entry in AuditEntry.objects.filter(action__startswith="customer.mail"):
        assert "@" not in str(entry.detail)


def test_T18_no_code_leaves_while_the_new_mail_cools(lia: User) -> None:  # noqa: N802
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    owner = claim.customer
    assert owner is not None
    claim_request_code(claim.reference, "browser", now=makers.NOW)
    living = ClaimCode.objects.get()
    change = propose(factories.staff("ada", Role.ANALYST), owner)
    contact_change_approve(acting(lia, NOW), change, now=NOW)
    OutboxMessage.objects.filter(event=CLAIM_CODE).delete()
    for hours in (0, 71):
        at = NOW + timedelta(hours=hours)
        claim_request_code(claim.reference, "browser", now=at)
    assert told(CLAIM_CODE) == []
    living.refresh_from_db()
    assert living.expires_at <= max(NOW, makers.NOW + timedelta(minutes=10))
    claim_request_code(claim.reference, "browser", now=NOW + timedelta(hours=73))
    assert told(CLAIM_CODE) == [NEW]


def test_T18_the_page_says_the_same_while_it_cools(lia: User) -> None:  # noqa: N802
    claim = makers.make_claim(makers.make_event(makers.make_customer()))
    before = Client().post("/claims/enter/", {"reference": claim.reference})
    change = propose(factories.staff("ada", Role.ANALYST), claim.customer)
    from django.utils import timezone

    now = timezone.now()
    contact_change_approve(acting(lia, now), change, now=now)
    after = Client().post("/claims/enter/", {"reference": claim.reference})
    assert (before.status_code, before["Location"]) == (
        after.status_code,
        after["Location"],
    )


@pytest.mark.parametrize("how", ["save", "update"])
def test_T18_the_database_refuses_a_mail_nobody_approved(  # noqa: N802
    how: str, ada: User, cem: Customer
) -> None:
    propose(ada, cem)

    def change() -> None:
        if how == "save":
            cem.email = NEW
            cem.save()
        else:
            Customer.objects.filter(pk=cem.pk).update(email=NEW)

    with pytest.raises(DatabaseError, match="approved change"), transaction.atomic():
        change()


def test_T18_nor_one_without_its_rest(ada: User, lia: User, cem: Customer) -> None:  # noqa: N802
    change = propose(ada, cem)
    change.status, change.decided_by, change.decided_at = "approved", lia, NOW
    change.save()
    with pytest.raises(DatabaseError, match="approved change"), transaction.atomic():
        Customer.objects.filter(pk=cem.pk).update(email=NEW)


def test_T18_nor_a_proposal_that_was_edited(ada: User, cem: Customer) -> None:  # noqa: N802
    change = propose(ada, cem)
    with pytest.raises(DatabaseError), transaction.atomic():
        ContactChange.objects.filter(pk=change.pk).update(new_mail="x@y.example")
    with pytest.raises(DatabaseError), transaction.atomic():
        change.delete()


def test_T18_a_file_of_customers_changes_no_mail_either(  # noqa: N802
    cem: Customer, lia: User, settings: Any, tmp_path: Path
) -> None:
    settings.FILES_DIR = tmp_path / "files"
    line = f"{cem.uid},Cem,{NEW},{cem.client_class},en,DE"
    bring_in_customers(tmp_path, line, line)
    old = cem.email
    cem.refresh_from_db()
    assert cem.email == old
    change = ContactChange.objects.get()
    assert (change.new_mail, change.proposed_by) == (NEW, None)
    contact_change_approve(acting(lia, NOW), change, now=NOW)
    cem.refresh_from_db()
    assert cem.email == NEW


@pytest.mark.parametrize(
    ("mail", "how"), [(NEW, " "), ("CEM@CUSTOMERS.EXAMPLE", "Called.")]
)
def test_T18_an_empty_reason_or_the_same_mail_is_refused(  # noqa: N802
    mail: str, how: str, ada: User, cem: Customer
) -> None:
    same = cem.email.upper() if mail != NEW else mail
    with pytest.raises(NotReadyError):
        contact_change_propose(staff_actor(ada), cem, same, how=how, now=NOW)


def test_T18_on_the_desk_one_proposes_and_another_approves(  # noqa: N802
    ada: User, lia: User, cem: Customer
) -> None:
    page = text_of(
        take(signed_in(ada), cem, "propose-mail", mail=NEW, how="Called back.")
    )
    assert "a second person decides" in page
    change = ContactChange.objects.get()
    assert "Refused" in text_of(take(signed_in(ada), change, "approve"))
    lead = signed_in(lia)
    assert NEW not in text_of(lead.get(page_url(change)))
    assert "both mails hear of it" in text_of(take(lead, change, "approve"))
    cem.refresh_from_db()
    assert cem.email == NEW
