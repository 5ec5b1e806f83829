"""Where money goes: two people, another way than mail, a screening and a rest."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from accounts.models import CoolDown, Customer, Destination, ScreeningResult, User
from accounts.roles import Role
from recovery.domain.errors import (
    DutyMissingError,
    FreshFactorNeededError,
    NotReadyError,
    SamePersonError,
)
from recovery.models import Approval, AuditEntry, OutboxMessage, Payment
from recovery.services.actors import CUSTOMER, OPERATOR, staff_actor
from recovery.services.batches import batch_build
from recovery.services.destination_use import destination_require_usable
from recovery.services.destinations import (
    Screening,
    Verification,
    Wanted,
    cool_down_change,
    destination_approve,
    destination_propose,
    destination_revoke,
    destination_screen,
    destination_verify,
)
from recovery.services.payments import payment_approve, payment_propose
from tests import factories
from tests.admin.doors import page_url, signed_in, text_of
from tests.people import acting

pytestmark = pytest.mark.django_db
NOW = factories.NOW
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
WANTED = Wanted("USDT", "TRON", TRON)
PROOF = Verification("Called back on the number on file.", "Ticket 12")
CLEAR = Screening("Screen Ltd", ScreeningResult.CLEAR, NOW)


def proposed(by: User, cem: Customer) -> Destination:
    return destination_propose(staff_actor(by), cem, WANTED, now=NOW)


def verified(by: User, cem: Customer, verifier: User | None = None) -> Destination:
    made = proposed(by, cem)
    made = destination_verify(staff_actor(verifier or by), made, PROOF, now=NOW)
    return destination_screen(staff_actor(by), made, CLEAR, now=NOW)


def approved(cem: Customer) -> Destination:
    sam, lia = (
        User.objects.filter(username=name).first() or factories.staff(name, role)
        for name, role in (("sam", Role.SUPPORT), ("lia", Role.LEAD))
    )
    made = verified(sam, cem)
    return destination_approve(acting(lia, NOW), made, now=NOW)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted("USDT", "TRON", TRON[:-1] + "u"),
        Wanted("USDT", "BITCOIN", TRON),
        Wanted("USDT", "TRON", TRON, "7"),
        Wanted("USDT", "TRON", ""),
    ],
)
def test_an_address_that_cannot_be_right_is_refused(
    wanted: Wanted, ada: User, cem: Customer
) -> None:
    with pytest.raises(NotReadyError):
        destination_propose(staff_actor(ada), cem, wanted, now=NOW)
    assert not Destination.objects.exists()


def test_the_same_destination_stands_once_while_it_lives(
    ada: User, cem: Customer
) -> None:
    made = proposed(ada, cem)
    with pytest.raises(NotReadyError, match="already"):
        proposed(ada, cem)
    destination_revoke(staff_actor(ada), made, reason="Mistyped.", now=NOW)
    assert proposed(ada, cem).pk != made.pk


def test_neither_proposer_nor_verifier_approves(cem: Customer) -> None:
    one = factories.staff("one", Role.SUPPORT, Role.LEAD)
    two = factories.staff("two", Role.SUPPORT, Role.LEAD)
    made = verified(one, cem, verifier=two)
    for user in (one, two):
        with pytest.raises(SamePersonError):
            destination_approve(acting(user, NOW), made, now=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        Destination.objects.filter(pk=made.pk).update(
            status="approved", approved_by=two, approved_at=NOW, usable_at=NOW
        )


def test_approving_needs_a_duty_and_a_fresh_factor(
    ada: User, lia: User, cem: Customer
) -> None:
    made = verified(ada, cem)
    with pytest.raises(DutyMissingError):
        destination_approve(OPERATOR, made, now=NOW)
    with pytest.raises(FreshFactorNeededError):
        destination_approve(acting(lia, NOW - timedelta(hours=1)), made, now=NOW)


def test_unverified_or_unscreened_is_not_approved(
    ada: User, lia: User, cem: Customer
) -> None:
    made = proposed(ada, cem)
    for step in (
        lambda: destination_approve(acting(lia, NOW), made, now=NOW),
        lambda: destination_verify(
            staff_actor(ada), made, Verification(" ", "x"), now=NOW
        ),
    ):
        with pytest.raises(NotReadyError):
            step()
    destination_verify(staff_actor(ada), made, PROOF, now=NOW)
    with pytest.raises(NotReadyError, match="screening"):
        destination_approve(acting(lia, NOW), made, now=NOW)
    old = Screening("Screen Ltd", ScreeningResult.CLEAR, NOW - timedelta(days=31))
    destination_screen(staff_actor(ada), made, old, now=NOW)
    with pytest.raises(NotReadyError, match="too old"):
        destination_approve(acting(lia, NOW), made, now=NOW)


def test_it_rests_by_the_class_of_the_client_and_the_day(
    lia: User, cem: Customer
) -> None:
    made = approved(cem)
    assert made.usable_at == NOW + timedelta(hours=48)
    with pytest.raises(NotReadyError, match="cools down"):
        destination_require_usable(made, now=NOW + timedelta(hours=47))
    destination_require_usable(made, now=NOW + timedelta(hours=48))
    with pytest.raises(NotReadyError, match="a day from now"):
        cool_down_change(acting(lia, NOW), "retail", hours=1, valid_from=NOW, now=NOW)
    later = NOW + timedelta(days=2)
    cool_down_change(acting(lia, NOW), "retail", hours=72, valid_from=later, now=NOW)
    assert CoolDown.objects.filter(valid_from=later).count() == 1
    other = factories.customer()
    again = destination_propose(CUSTOMER, other, WANTED, now=later)
    ada = factories.staff("ada", Role.ANALYST)
    destination_verify(staff_actor(ada), again, PROOF, now=later)
    destination_screen(staff_actor(ada), again, CLEAR, now=later)
    again = destination_approve(acting(lia, later), again, now=later)
    assert again.usable_at == later + timedelta(hours=72)


def test_the_mail_on_file_hears_of_every_step_without_the_address(
    cem: Customer,
) -> None:
    made = approved(cem)
    destination_revoke(
        staff_actor(User.objects.get(username="sam")), made, reason="Asked.", now=NOW
    )
    mails = OutboxMessage.objects.order_by("id")
    assert [(one.event, one.recipient) for one in mails] == [
        ("destination.proposed", cem.email),
        ("destination.approved", cem.email),
        ("destination.revoked", cem.email),
    ]
    assert all(TRON not in one.body and TRON[-4:] in one.body for one in mails)
    for entry in AuditEntry.objects.filter(action__startswith="destination."):
        assert TRON not in str(entry.detail)


@pytest.mark.parametrize(
    "change",
    [
        {"address": "T" + "x" * 33},
        {"memo": "1"},
        {"network": "ETHEREUM"},
        {"proposed_by": None},
        {"verified_by": None},
        {"approved_by": None},
        {"usable_at": NOW},
        {"status": "verified"},
    ],
)
def test_an_approved_destination_stays_what_it_is(
    change: dict[str, object], cem: Customer
) -> None:
    made = approved(cem)
    with pytest.raises(DatabaseError), transaction.atomic():
        Destination.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        made.delete()


def test_a_destination_begins_as_proposed(ada: User, lia: User, cem: Customer) -> None:
    place = {"customer": cem, "asset": "USDT", "network": "TRON", "address": TRON}
    for begun in (
        {"status": "verified"},
        {"status": "approved", "approved_by": lia, "verified_by": ada},
        {"usable_at": NOW},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            Destination.objects.create(**place, **begun)


def withdrawal(ada: User, bea: User, max_: User) -> Payment:
    """A proposed withdrawal of a posted credit to a usable destination."""
    credit = factories.credit_approved(factories.decision_approved(ada, bea), max_, bea)
    post(credit, max_, bea)
    place = factories.destination(credit.case.customer)
    return payment_propose(
        staff_actor(max_),
        credit.decision,
        kind="withdrawal",
        amount=Decimal("3.1"),
        now=NOW,
        destination=place,
        hold_reference="HOLD-1",
    )


def post(credit: Payment, max_: User, bea: User) -> None:
    """Let a credit be seen in the house's own file."""
    from recovery.domain.lifecycle import PaymentAction
    from recovery.services.actors import SYSTEM
    from recovery.services.batches import batch_release
    from recovery.services.transitions import payment_move

    batch = batch_build(staff_actor(max_), "credit", now=NOW)
    batch_release(acting(factories.staff("rel", Role.CHECKER), NOW), batch, now=NOW)
    credit.refresh_from_db()
    payment_move(SYSTEM, credit, PaymentAction.POST, now=NOW)


def test_no_payment_goes_where_nothing_is_approved(
    ada: User, bea: User, max_: User
) -> None:
    credit = factories.credit_approved(factories.decision_approved(ada, bea), max_, bea)
    post(credit, max_, bea)
    fresh = proposed(ada, credit.case.customer)
    with pytest.raises(NotReadyError, match="approved destination"):
        payment_propose(
            staff_actor(max_),
            credit.decision,
            kind="withdrawal",
            amount=Decimal("3.1"),
            now=NOW,
            destination=fresh,
            hold_reference="HOLD-1",
        )


def test_who_had_a_hand_in_a_destination_approves_no_payment_to_it(
    ada: User, bea: User, max_: User
) -> None:
    payment = withdrawal(ada, bea, max_)
    editor = payment.destination.verified_by
    from accounts.models import RoleGrant

    RoleGrant.objects.create(
        user=editor, role=Role.CHECKER, granted_at=factories.LONG_AGO
    )
    with pytest.raises(SamePersonError, match="destination"):
        payment_approve(
            acting(editor, NOW), payment, shown_digest=payment.content_digest, now=NOW
        )
    with (
        pytest.raises(DatabaseError, match="approves no payment"),
        transaction.atomic(),
    ):
        Approval.objects.create(
            payment=payment,
            proposer=payment.proposer,
            approver=editor,
            approver_role=Role.CHECKER,
            content=payment.sealed,
            content_digest=payment.content_digest,
        )


@pytest.mark.parametrize("how", ["revoked", "hit"])
def test_a_change_of_the_destination_voids_unpaid_payments(
    how: str, ada: User, bea: User, max_: User
) -> None:
    payment = withdrawal(ada, bea, max_)
    payment_approve(
        acting(bea, NOW), payment, shown_digest=payment.content_digest, now=NOW
    )
    place = payment.destination
    if how == "revoked":
        destination_revoke(staff_actor(ada), place, reason="Lost.", now=NOW)
    else:
        hit = Screening("Screen Ltd", ScreeningResult.HIT, NOW)
        destination_screen(staff_actor(ada), place, hit, now=NOW)
    payment.refresh_from_db()
    assert payment.status == "cancelled"
    with pytest.raises(NotReadyError):
        batch_build(staff_actor(max_), "withdrawal", now=NOW)


def test_a_customer_whose_mail_is_new_is_left_out_of_the_batch(
    ada: User, bea: User, max_: User
) -> None:
    payment = withdrawal(ada, bea, max_)
    payment_approve(
        acting(bea, NOW), payment, shown_digest=payment.content_digest, now=NOW
    )
    Customer.objects.update(cooling_until=NOW + timedelta(hours=72))
    with pytest.raises(NotReadyError):
        batch_build(staff_actor(max_), "withdrawal", now=NOW)
    batch = batch_build(staff_actor(max_), "withdrawal", now=NOW + timedelta(hours=73))
    assert batch.lines == 1


def test_the_approval_page_reads_the_address_back_in_groups_of_four(
    ada: User, bea: User, max_: User
) -> None:
    payment = withdrawal(ada, bea, max_)
    page = text_of(signed_in(bea).get(page_url(payment)))
    address = payment.destination.address
    groups = " ".join(
        f"<span>{address[at : at + 4]}</span>" for at in range(0, len(address), 4)
    )
    assert f"<strong>TRON</strong> {groups}" in page
