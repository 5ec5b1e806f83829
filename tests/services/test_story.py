"""The makers of the other tests tell what they say they tell."""

from decimal import Decimal

from recovery.domain.lifecycle import CaseStatus, PaymentStatus
from recovery.domain.words import BreakReason, DecisionKind
from tests.story import SHORT, People, clean_ledger, deficit_ledger, result_of


def test_a_clean_event_opens_no_break(people: People) -> None:
    event = people.event(clean_ledger("A-1"))

    assert not event.breaks.exists()


def test_a_short_event_is_decided_paid_and_sent(people: People) -> None:
    decision = people.owed()
    payment = people.approved(people.credit(decision))
    batch = people.sent()

    payment.refresh_from_db()
    decision.case.refresh_from_db()
    assert decision.case.status == CaseStatus.OWED
    assert decision.result.reason == BreakReason.FEE_VARIANCE
    assert (payment.status, payment.amount) == (PaymentStatus.SENT, SHORT)
    assert batch.totals == {"USDT": "5"}


def test_a_deficit_that_the_fund_covered_is_decided_as_one(people: People) -> None:
    case = people.case(people.event(deficit_ledger("A-1")))
    decision = people.decided(case)

    assert decision.kind == DecisionKind.DEFICIT
    assert decision.amount == result_of(case).deficit_amount > Decimal(0)
