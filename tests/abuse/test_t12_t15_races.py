"""T12, T15: many hands at one moment; what may happen once happens once.

Every race has a naive twin that must lose in the same gate, or the gate proves nothing.
"""

from decimal import Decimal

import pytest
from django.db import IntegrityError

from recovery.domain.approval_rules import ApprovalLimitError
from recovery.domain.errors import NotReadyError, SamePersonError
from recovery.domain.lifecycle import PaymentStatus
from recovery.models import Approval, Payment, SpendCounter
from recovery.services.actors import Actor
from recovery.services.approval_limits import Spender, approval_rules_at, spend_count
from recovery.services.payments import payment_approve
from tests.services.test_approval_policy import policy, price
from tests.services.test_concurrency import checkers, naive_approve, race, won
from tests.story import NOW, SHORT, People

pytestmark = pytest.mark.django_db(transaction=True)
HANDS = 200
AT_ONCE = 25  # Connections; the gate opens as often as it takes.


def in_waves(actors: list[Actor], payment: Payment) -> list[object]:
    digest = payment.content_digest
    outcomes: list[object] = []
    for start in range(0, len(actors), AT_ONCE):
        outcomes += race(
            [
                lambda a=actor: payment_approve(
                    a, payment, shown_digest=digest, now=NOW
                )
                for actor in actors[start : start + AT_ONCE]
            ]
        )
    return outcomes


def test_t15_two_hundred_approvals_of_one_payment_make_one(
    committed_people: People,
) -> None:
    payment = committed_people.credit(committed_people.owed())

    outcomes = in_waves(checkers(HANDS), payment)

    assert (len(outcomes), won(outcomes)) == (HANDS, 1)
    refusals = {type(one) for one in outcomes if isinstance(one, Exception)}
    assert refusals == {NotReadyError}
    assert Approval.objects.filter(payment=payment).count() == 1


def test_t15_of_two_hundred_exactly_two_approve_where_two_are_needed(
    committed_people: People,
) -> None:
    people = committed_people
    policy(people, two_above="1")
    price(people)
    payment = people.credit(people.owed())

    outcomes = in_waves(checkers(HANDS), payment)

    payment.refresh_from_db()
    assert won(outcomes) == Approval.objects.filter(payment=payment).count() == 2
    assert payment.status == PaymentStatus.APPROVED


def test_t15_one_person_from_many_windows_is_one_approval(
    committed_people: People,
) -> None:
    people = committed_people
    policy(people, two_above="1")
    price(people)
    payment = people.credit(people.owed())

    outcomes = in_waves([people.bea] * AT_ONCE, payment)

    assert won(outcomes) == 1
    refusals = {type(one) for one in outcomes if isinstance(one, Exception)}
    assert refusals == {SamePersonError}


def test_t15_a_naive_approval_loses_in_this_gate(committed_people: People) -> None:
    """Negative control."""
    payment = committed_people.credit(committed_people.owed())
    outcomes = race(
        [lambda a=actor: naive_approve(a, payment) for actor in checkers(AT_ONCE)]
    )
    assert won(outcomes) > 1


def parts(people: People, count: int) -> list[Payment]:
    decision = people.owed()
    return [people.credit(decision, SHORT / count) for _ in range(count)]


def test_t12_split_payments_never_pass_the_limit_of_a_day(
    committed_people: People,
) -> None:
    people = committed_people
    policy(people, limits={"approves": {"day": "2"}})
    price(people, "1")
    payments = parts(people, 20)  # Of 0.25 each: eight fit.

    outcomes = race(
        [
            lambda p=payment: payment_approve(
                people.bea, p, shown_digest=p.content_digest, now=NOW
            )
            for payment in payments
        ]
    )

    refusals = {type(one) for one in outcomes if isinstance(one, Exception)}
    assert (won(outcomes), refusals) == (8, {ApprovalLimitError})
    counter = SpendCounter.objects.get(
        scope__startswith="approves:", period="2026-11-22"
    )
    assert counter.total_amount == counter.limit_amount == 2


def naive_count(who: int, amount: Decimal, limit: Decimal) -> None:
    """Read the total, compare, write it back: no lock, no limit in the row."""
    counter, _ = SpendCounter.objects.get_or_create(
        scope=f"naive:{who}", period="2026-11-22", currency="USD"
    )
    if counter.total_amount + amount > limit:
        raise NotReadyError("The limit is used up.")
    counter.total_amount += amount
    counter.save(update_fields=["total_amount"])


def test_t12_a_naive_counter_lets_more_through(committed_people: People) -> None:
    """Negative control: more got through than the limit holds."""
    naive_count(1, Decimal(0), Decimal(2))
    for _ in range(5):  # Luck may be with it once.
        outcomes = race(
            [
                lambda: naive_count(1, Decimal("0.25"), Decimal(2))
                for _ in range(AT_ONCE)
            ]
        )
        if won(outcomes) > 8:
            return
    pytest.fail("the gate did not catch the naive counter")


def test_t12_a_total_above_its_limit_is_refused_by_the_database(
    committed_people: People,
) -> None:
    people = committed_people
    policy(people, limits={"approves": {"day": "2"}})
    spend_count(approval_rules_at(NOW), [Spender("approves", 1)], Decimal(2), at=NOW)
    counters = SpendCounter.objects.filter(scope="approves:1", period="2026-11-22")
    with pytest.raises(IntegrityError):
        counters.update(total_amount=Decimal("2.01"))
    with pytest.raises(IntegrityError):
        counters.update(total_amount=Decimal(1))
