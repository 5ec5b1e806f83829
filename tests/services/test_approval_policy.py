"""Levels and limits: too much, too often or unpriced needs more people, or is refused."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts.roles import Role
from recovery.domain.approval_rules import ApprovalLimitError
from recovery.domain.errors import (
    DutyMissingError,
    FreshFactorNeededError,
    NotReadyError,
    SamePersonError,
)
from recovery.domain.lifecycle import PaymentStatus
from recovery.models import ApprovalPolicy, Payment, SpendCounter
from recovery.services.actors import Actor, staff_actor
from recovery.services.approval_policies import (
    approval_policy_change,
    asset_price_record,
)
from recovery.services.payments import payment_approve, payment_cancel
from tests.people import acting
from tests.story import NOW, People, staff


def policy(people: People, **terms: Any) -> ApprovalPolicy:
    return approval_policy_change(
        people.lia,
        terms={"currency": "USD", **terms},
        valid_from=NOW,
        terms_reference="House rule 4.2",
        now=NOW,
    )


def price(people: People, of: str = "2", *, hours_old: int = 1) -> None:
    asset_price_record(
        people.lia,
        asset="USDT",
        currency="USD",
        price=Decimal(of),
        priced_at=NOW - timedelta(hours=hours_old),
        source="Reference rate of the house",
        now=NOW,
    )


def checker(name: str) -> Actor:
    return acting(staff(name, Role.CHECKER), NOW)


def approve(actor: Actor, payment: Payment) -> Payment:
    return payment_approve(actor, payment, shown_digest=payment.content_digest, now=NOW)


def test_a_policy_is_not_changed_by_a_checker_or_on_an_old_factor(
    people: People,
) -> None:
    wanted = {
        "terms": {"currency": "USD"},
        "valid_from": NOW,
        "terms_reference": "x",
        "now": NOW,
    }
    with pytest.raises(DutyMissingError):
        approval_policy_change(people.bea, **wanted)
    assert people.lia.user
    with pytest.raises(FreshFactorNeededError):
        approval_policy_change(staff_actor(people.lia.user, now=NOW), **wanted)
    assert not ApprovalPolicy.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"terms": {"currency": ""}},
        {"valid_from": NOW - timedelta(seconds=1)},
        {"terms_reference": " "},
    ],
)
def test_a_policy_that_cannot_hold_is_refused(
    changed: dict[str, Any], people: People
) -> None:
    wanted = {
        "terms": {"currency": "USD"},
        "valid_from": NOW,
        "terms_reference": "x",
        "now": NOW,
    }
    with pytest.raises(NotReadyError):
        approval_policy_change(people.lia, **{**wanted, **changed})


def test_a_later_policy_ends_the_one_before(people: People) -> None:
    first = policy(people, two_above="1")
    second = approval_policy_change(
        people.lia,
        terms={"currency": "EUR"},
        valid_from=NOW + timedelta(days=1),
        terms_reference="House rule 4.3",
        now=NOW,
    )
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.period.upper == second.period.lower
    with pytest.raises(NotReadyError):
        policy(people)


@pytest.mark.parametrize(
    "changed",
    [
        {"source": ""},
        {"price": Decimal(0)},
        {"priced_at": NOW + timedelta(seconds=1)},
    ],
)
def test_a_price_without_source_value_or_past_is_refused(
    changed: dict[str, Any], people: People
) -> None:
    wanted: dict[str, Any] = {
        "asset": "USDT",
        "currency": "USD",
        "price": Decimal(1),
        "priced_at": NOW,
        "source": "s",
        "now": NOW,
    }
    with pytest.raises(NotReadyError):
        asset_price_record(people.lia, **{**wanted, **changed})


def test_a_price_is_not_said_twice_otherwise(people: People) -> None:
    price(people, "2")
    price(people, "2")
    with pytest.raises(NotReadyError):
        price(people, "3")


def test_a_small_payment_needs_one(people: People) -> None:
    policy(people, two_above="10")
    price(people, "2")
    payment = people.credit(people.owed())  # 5 USDT at 2 are 10 USD, not above.

    assert (payment.approvals_needed, payment.value_amount) == (1, 10)
    assert approve(people.bea, payment).status == PaymentStatus.APPROVED


def test_a_payment_above_the_limit_needs_two_different_checkers(
    people: People,
) -> None:
    policy(people, two_above="9.99")
    price(people, "2")
    payment = people.credit(people.owed())

    assert approve(people.bea, payment).status == PaymentStatus.PROPOSED
    with pytest.raises(SamePersonError, match="approved this payment already"):
        approve(people.bea, payment)
    payment = approve(people.rio, payment)
    assert payment.status == PaymentStatus.APPROVED
    assert payment.approvals.count() == 2


def test_a_batch_of_a_payment_approved_by_two_is_released_by_neither(
    people: People,
) -> None:
    policy(people, two_above="1")
    price(people)
    payment = approve(people.rio, approve(people.bea, people.credit(people.owed())))
    assert payment.status == PaymentStatus.APPROVED

    with pytest.raises(SamePersonError, match="approved a line"):
        people.sent()


@pytest.mark.parametrize("hours_old", [None, 24, 25])
def test_without_a_young_price_a_payment_needs_two(
    hours_old: int | None, people: People
) -> None:
    policy(people, two_above="1000000")
    if hours_old is not None:
        price(people, hours_old=hours_old)
    payment = people.credit(people.owed())

    assert (payment.approvals_needed, payment.value_amount) == (2, None)


def test_a_checkers_limits_stop_each_and_the_sum_of_a_day(people: People) -> None:
    policy(people, limits={"approves": {"each": "6", "day": "9"}})
    price(people, "1")
    first, second = (people.credit(people.owed(number)) for number in ("A-1", "A-2"))
    approve(people.bea, first)

    with pytest.raises(ApprovalLimitError, match="approves, day"):
        approve(people.bea, second)
    second.refresh_from_db()
    assert second.status == PaymentStatus.PROPOSED
    counter = SpendCounter.objects.get(
        scope=f"approves:{people.bea.user.pk if people.bea.user else 0}",
        period="2026-11-22",
    )
    assert (counter.total_amount, counter.limit_amount) == (5, 9)
    assert approve(people.rio, second).status == PaymentStatus.APPROVED


def test_one_payment_above_a_checkers_own_limit_is_refused(people: People) -> None:
    policy(people, limits={"approves": {"each": "4.99"}})
    price(people, "1")
    with pytest.raises(ApprovalLimitError, match="approves, each"):
        approve(people.bea, people.credit(people.owed()))


def test_a_makers_limit_counts_cancelled_payments_too(people: People) -> None:
    """Cancelling does not give a day's limit back (TRUST T13)."""
    policy(people, limits={"proposes": {"day": "8"}})
    price(people, "1")
    decision = people.owed()
    payment_cancel(people.max_, people.credit(decision), reason="Again.", now=NOW)

    with pytest.raises(ApprovalLimitError, match="proposes, day"):
        people.credit(decision)


def test_a_customers_day_is_limited_whoever_approves(people: People) -> None:
    policy(people, limits={"customer": {"day": "4"}})
    price(people, "1")
    decision = people.owed()
    two, more = people.credit(decision, Decimal(3)), people.credit(decision, Decimal(2))
    approve(people.bea, two)

    with pytest.raises(ApprovalLimitError, match="customer, day"):
        approve(people.rio, more)


def test_in_strict_mode_five_people_are_needed(people: People) -> None:
    policy(people, headcount=5)
    price(people, "1")
    payment = people.credit(people.owed())

    with pytest.raises(SamePersonError, match="approved the amount"):
        approve(people.bea, payment)  # Bea approved the decision.
    approve(people.rio, payment)
    with pytest.raises(SamePersonError, match="approved a line"):
        people.sent()


def test_in_strict_mode_who_decided_does_not_release(people: People) -> None:
    from recovery.domain.words import PaymentKind
    from recovery.services.batches import batch_build, batch_release

    policy(people, headcount=5)
    price(people, "1")
    approve(people.rio, people.credit(people.owed()))
    batch = batch_build(people.max_, PaymentKind.CREDIT, now=NOW)

    with pytest.raises(SamePersonError, match="decided a line"):
        batch_release(people.bea, batch, now=NOW)
    assert batch_release(checker("eve"), batch, now=NOW).released_by is not None


def test_who_proposed_the_amount_makes_no_payment_of_it(people: People) -> None:
    decision = people.owed()
    assert people.ada.user
    from accounts.models import RoleGrant, User

    RoleGrant.objects.create(
        user=people.ada.user, role=Role.MAKER, granted_at=NOW - timedelta(days=30)
    )
    both = acting(User.objects.get(username="ada"), NOW)
    with pytest.raises(SamePersonError, match="proposed the amount"):
        People.credit(_as_maker(people, both), decision)


def _as_maker(people: People, maker: Actor) -> People:
    from dataclasses import replace

    return replace(people, max_=maker)
