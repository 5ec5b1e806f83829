"""What time does by itself: it closes and expires, and never moves money."""

from datetime import timedelta
from decimal import Decimal

import pytest

from recovery.domain.lifecycle import CaseStatus
from recovery.models import Payment, RecoveryCase
from recovery.services.cases import case_ask_customer
from recovery.services.lifecycle_clocks import lifecycles_advance
from tests.services.test_recomputed import posted
from tests.story import NOW, People, clean_ledger, short_ledger

LATER = NOW + timedelta(days=31)


def status_of(case: RecoveryCase) -> str:
    case.refresh_from_db()
    return case.status


def test_nothing_is_closed_before_its_time_or_while_money_is_on_its_way(
    people: People,
) -> None:
    owed = people.owed("A-1").case
    asked = people.case(people.event(short_ledger("A-2")))
    case_ask_customer(people.ada, asked, "Which account?", now=NOW)
    refused = people.decided(people.case(people.event(clean_ledger("A-3")))).case
    before = {case: status_of(case) for case in (owed, asked, refused)}

    lifecycles_advance(now=NOW + timedelta(days=1))

    assert {case: status_of(case) for case in before} == before
    lifecycles_advance(now=LATER)
    assert status_of(owed) == CaseStatus.OWED
    assert not Payment.objects.exists()


def test_a_part_that_arrived_closes_nothing(people: People) -> None:
    decision = posted(people, Decimal(2))
    lifecycles_advance(now=LATER)
    assert status_of(decision.case) != CaseStatus.CLOSED


def test_what_is_in_the_own_balance_closes_the_case_at_once(people: People) -> None:
    decision = posted(people)
    assert lifecycles_advance(now=NOW)["closed_paid"] == 1
    assert status_of(decision.case) == CaseStatus.CLOSED
    assert lifecycles_advance(now=NOW)["closed_paid"] == 0


@pytest.mark.parametrize("days", [29, 31])
def test_a_question_expires_and_a_refusal_closes_after_their_period(
    people: People, days: int
) -> None:
    asked = people.case(people.event(short_ledger("A-2")))
    case_ask_customer(people.ada, asked, "Which account?", now=NOW)
    refused = people.decided(people.case(people.event(clean_ledger("A-3")))).case

    lifecycles_advance(now=NOW + timedelta(days=days))

    wanted = (
        {CaseStatus.CLOSED}
        if days > 30
        else {CaseStatus.AWAITING_CUSTOMER, CaseStatus.NOT_OWED}
    )
    assert {status_of(asked), status_of(refused)} == wanted
