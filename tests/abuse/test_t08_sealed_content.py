"""T08: whatever an approval bound is changed, and the payment goes nowhere.

Three ways in: the ORM and the application's own SQL are refused by the guards (see also
tests/services/test_four_eyes_sql.py). What an owner of the database changes behind the
guards' back is noticed at the next step, and taken back in sight of everybody.
"""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from recovery.domain.errors import NotReadyError, StaleError
from recovery.domain.lifecycle import PaymentStatus
from recovery.domain.words import PaymentKind
from recovery.models import Payment, PayoutBatch
from recovery.services.batches import batch_build, batch_release
from recovery.services.payments import payment_propose
from tests import factories
from tests.services.test_recomputed import destination, posted
from tests.story import NOW, SHORT, People

pytestmark = pytest.mark.django_db
# Columns of a withdrawal that its approval seals, and another value for each.
SEALED: dict[str, object] = {
    "amount": Decimal("4.99"),
    "asset": "USDC",
    "kind": "credit",
    "hold_reference": "H-9",
    "fee_amount": Decimal(1),
    "approvals_needed": 2,
    "value_amount": Decimal(7),
    "value_currency": "EUR",
    "reference": "PY-OTHER",
    "content_digest": "0" * 64,
    "sealed": "{}",
}
# What the payment points to.
BOUND: dict[str, object] = {
    "network": "ETHEREUM",
    "address": "T-THIEF",
    "memo": "other",
}


def withdrawal(people: People) -> Payment:
    decision = posted(people)
    return payment_propose(
        people.max_,
        decision,
        kind=PaymentKind.WITHDRAWAL,
        amount=SHORT,
        now=NOW,
        destination=destination(decision),
        hold_reference="H-1",
    )


def behind_the_guards(table: str, pk: int, column: str, value: object) -> None:
    """As the owner of the database would, with every trigger told to stand aside."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, pk])
        cursor.execute("SET LOCAL session_replication_role = origin")


def changed(payment: Payment, column: str) -> None:
    if column in BOUND:
        assert payment.destination_id
        behind_the_guards(
            "accounts_destination", payment.destination_id, column, BOUND[column]
        )
    else:
        behind_the_guards("recovery_payment", payment.pk, column, SEALED[column])


COLUMNS = [*SEALED, *BOUND]


@pytest.mark.parametrize("column", SEALED)
def test_t08_the_orm_changes_no_sealed_field(people: People, column: str) -> None:
    payment = withdrawal(people)
    for step in (lambda: None, lambda: people.approved(payment)):
        step()
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(**{column: SEALED[column]})


@pytest.mark.parametrize("column", COLUMNS)
def test_t08_a_changed_proposal_is_not_approved(people: People, column: str) -> None:
    payment = withdrawal(people)
    shown = payment.content_digest
    changed(payment, column)
    with pytest.raises(StaleError):
        people.approved(Payment.objects.get(pk=payment.pk))
    payment.refresh_from_db()
    assert (payment.status, payment.approvals.count()) == ("proposed", 0)
    assert shown


@pytest.mark.parametrize("column", [one for one in COLUMNS if one != "kind"])
def test_t08_a_changed_approval_is_taken_back_for_everybody_to_see(
    people: People, column: str
) -> None:
    payment = people.approved(withdrawal(people))
    changed(payment, column)
    with pytest.raises(NotReadyError):
        batch_build(people.max_, PaymentKind.WITHDRAWAL, now=NOW)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.CANCELLED
    last = payment.transitions.order_by("-id").first()
    assert last is not None
    assert (last.action, last.actor_name) == ("void_approval", "system")
    assert "What was approved is not what stands there now" in last.reason


@pytest.mark.parametrize("column", [one for one in COLUMNS if one != "kind"])
def test_t08_a_batch_with_a_changed_line_is_not_released(
    people: People, column: str
) -> None:
    payment = people.approved(withdrawal(people))
    batch = batch_build(people.max_, PaymentKind.WITHDRAWAL, now=NOW)
    changed(payment, column)
    with pytest.raises(NotReadyError):
        batch_release(people.rio, batch, now=NOW)
    assert PayoutBatch.objects.get(pk=batch.pk).released_by is None


def test_t08_a_batch_goes_on_without_the_changed_line(people: People) -> None:
    kept = people.approved(people.credit(people.owed("A-2")))
    lost = people.approved(people.credit(people.owed("A-3")))
    changed(lost, "amount")

    batch = batch_build(people.max_, PaymentKind.CREDIT, now=NOW)
    assert [one.pk for one in batch.payments.all()] == [kept.pk]


def test_t08_what_differs_is_named(people: People) -> None:
    payment = withdrawal(people)
    changed(payment, "address")
    with pytest.raises(StaleError) as refusal:
        people.approved(payment)
    assert refusal.value.differences == (
        "destination: TRON, T1, nothing then, TRON, T-THIEF, nothing now",
    )


def test_t08_another_destination_row_is_refused_by_the_database(
    people: People,
) -> None:
    payment = people.approved(withdrawal(people))
    other = factories.destination(payment.case.customer, address="T-OTHER")
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(destination=other)
