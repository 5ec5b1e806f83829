"""Goodwill: from its own budget, by the same four eyes, in no sum of what is owed."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.utils import timezone
from openpyxl import load_workbook

from recovery.domain.errors import (
    DutyMissingError,
    FreshFactorNeededError,
    LimitExceededError,
    NotReadyError,
    SamePersonError,
)
from recovery.domain.lifecycle import PaymentStatus
from recovery.domain.words import DecisionKind, PaymentKind
from recovery.models import (
    AuditEntry,
    Decision,
    GoodwillBudget,
    GoodwillReason,
    OutboxMessage,
    Payment,
    RecoveryCase,
)
from recovery.selectors.claims import status_view
from recovery.selectors.invariants import invariants_broken
from recovery.services.actors import OPERATOR, staff_actor
from recovery.services.approval_policies import approval_policy_change
from recovery.services.batches import batch_path
from recovery.services.cases import case_close
from recovery.services.decisions import decision_approve, decision_propose
from recovery.services.goodwill import goodwill_given, goodwill_propose
from recovery.services.goodwill_terms import (
    GoodwillLimits,
    goodwill_budget_change,
    goodwill_reason_add,
    goodwill_reason_end,
)
from recovery.services.payments import (
    payment_approve,
    payment_cancel,
    payment_headroom,
    payment_propose,
)
from recovery.services.workbooks import workbook_export
from tests.services import workbook_engines as engines
from tests.story import (
    NOW,
    SHORT,
    People,
    bring_in,
    clean_ledger,
    goodwill_reason,
    result_of,
    write_ledger,
)

LIMITS = GoodwillLimits("USDT", Decimal(20), Decimal(10), Decimal(12))


def late() -> GoodwillReason:
    return goodwill_reason("late-answer")


def not_owed(people: People, number: str = "A-2") -> Decision:
    """A fair no."""
    case = people.case(people.event(clean_ledger(number)))
    decision = decision_propose(
        people.ada,
        case,
        result=result_of(case),
        kind=DecisionKind.NOT_OWED,
        amount=Decimal(0),
        reason="Everything was booked as the terms say.",
        now=NOW,
    )
    return decision_approve(
        people.bea, decision, shown_digest=decision.content_digest, now=NOW
    )


# --- refusals -------------------------------------------------------------------------


def test_without_a_budget_there_is_no_goodwill(people: People) -> None:
    with pytest.raises(NotReadyError, match="No goodwill budget"):
        people.goodwill(people.owed().case)


def test_goodwill_before_the_decision_is_refused(people: People) -> None:
    people.budget()
    case = people.case(people.event(clean_ledger("A-2")))
    with pytest.raises(NotReadyError, match="once the case is decided"):
        people.goodwill(case)


def test_who_proposed_the_decision_gives_no_goodwill(people: People) -> None:
    from accounts.models import RoleGrant, User
    from accounts.roles import Role
    from tests.people import acting

    people.budget()
    case = people.owed().case
    assert people.ada.user
    RoleGrant.objects.create(
        user=people.ada.user, role=Role.MAKER, granted_at=NOW - timedelta(days=30)
    )
    both = acting(User.objects.get(username="ada"), NOW)
    with pytest.raises(SamePersonError):
        goodwill_propose(
            both, case, reason=late(), words="w", amount=Decimal(1), now=NOW
        )


def test_only_a_maker_proposes_and_only_a_lead_budgets(people: People) -> None:
    people.budget()
    case = people.owed().case
    for actor in (people.ada, people.bea, people.lia):
        with pytest.raises(DutyMissingError):
            goodwill_propose(
                actor, case, reason=late(), words="w", amount=Decimal(1), now=NOW
            )
    with pytest.raises(DutyMissingError):
        goodwill_budget_change(
            people.max_, limits=LIMITS, valid_from=NOW, terms_reference="x", now=NOW
        )
    assert people.lia.user
    with pytest.raises(FreshFactorNeededError):
        goodwill_budget_change(
            staff_actor(people.lia.user, now=NOW),
            limits=LIMITS,
            valid_from=NOW,
            terms_reference="x",
            now=NOW,
        )


@pytest.mark.parametrize(
    ("limits", "amount"), [({"each": "1.99"}, "2"), ({"month": "1.99"}, "2")]
)
def test_goodwill_above_a_limit_of_the_budget_is_refused(
    limits: dict[str, str], amount: str, people: People
) -> None:
    people.budget(**limits)
    with pytest.raises(LimitExceededError):
        people.goodwill(people.owed().case, amount)


def test_the_sum_to_one_customer_and_the_sum_of_a_month_are_limited(
    people: People,
) -> None:
    people.budget(month="5", customer="3")
    one, other = people.owed("A-1").case, people.owed("A-2").case
    people.goodwill(one)
    with pytest.raises(LimitExceededError):
        people.goodwill(one)  # 4 to one customer.
    people.goodwill(other)
    with pytest.raises(LimitExceededError):
        people.goodwill(other, "1.01")  # 5.01 in the month.
    people.goodwill(other, "1")


def test_a_new_version_does_not_empty_the_month(people: People) -> None:
    people.budget(month="3")
    case = people.owed().case
    people.goodwill(case)
    later = NOW + timedelta(minutes=1)
    goodwill_budget_change(
        people.lia,
        limits=GoodwillLimits("USDT", Decimal(3), Decimal(3), Decimal(3)),
        valid_from=later,
        terms_reference="House rule 9.1",
        now=NOW,
    )
    with pytest.raises(LimitExceededError):
        goodwill_propose(
            people.max_,
            case,
            reason=late(),
            words="Again.",
            amount=Decimal("1.01"),
            now=later,
        )


def test_the_next_month_begins_empty(people: People) -> None:
    people.budget(month="2", customer="2")
    case = people.owed().case
    people.goodwill(case)
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert goodwill_given("USDT", at=NOW) == 2
    assert goodwill_given("USDT", at=december) == 0


def test_what_was_cancelled_is_given_back_to_the_budget(people: People) -> None:
    people.budget(month="2", customer="2")
    case = people.owed().case
    payment_cancel(people.max_, people.goodwill(case), reason="Too soon.", now=NOW)
    people.goodwill(case)


def test_without_a_price_goodwill_is_refused_never_guessed(people: People) -> None:
    goodwill_budget_change(
        people.lia,
        limits=GoodwillLimits("EUR", Decimal(20), Decimal(10), Decimal(12)),
        valid_from=NOW,
        terms_reference="House rule 9",
        now=NOW,
    )
    with pytest.raises(NotReadyError, match="No price of USDT in EUR"):
        people.goodwill(people.owed().case)


def test_budget_and_approval_policy_count_in_one_currency(people: People) -> None:
    people.budget()
    approval_policy_change(
        people.lia,
        terms={"currency": "USD"},
        valid_from=NOW,
        terms_reference="House rule 4",
        now=NOW,
    )
    with pytest.raises(NotReadyError, match="budget in USD begin"):
        people.goodwill(people.owed().case)


@pytest.mark.parametrize(
    "changed",
    [
        {"valid_from": NOW - timedelta(seconds=1)},
        {"terms_reference": " "},
        {"limits": GoodwillLimits("USDT", Decimal(0), Decimal(1), Decimal(1))},
        {"limits": GoodwillLimits(" ", Decimal(1), Decimal(1), Decimal(1))},
    ],
)
def test_a_budget_that_cannot_hold_is_refused(
    changed: dict[str, Any], people: People
) -> None:
    wanted: dict[str, Any] = {
        "limits": LIMITS,
        "valid_from": NOW,
        "terms_reference": "x",
        "now": NOW,
    }
    with pytest.raises(NotReadyError):
        goodwill_budget_change(people.lia, **{**wanted, **changed})


def test_another_currency_in_the_middle_of_a_month_is_refused(people: People) -> None:
    people.budget()
    wanted: dict[str, Any] = {
        "limits": GoodwillLimits("EUR", Decimal(1), Decimal(1), Decimal(1)),
        "terms_reference": "x",
        "now": NOW,
    }
    with pytest.raises(NotReadyError, match="begins with a month"):
        goodwill_budget_change(people.lia, valid_from=NOW + timedelta(days=1), **wanted)
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert goodwill_budget_change(people.lia, valid_from=december, **wanted).pk


def test_an_ended_reason_and_no_words_are_refused(people: People) -> None:
    people.budget()
    case = people.owed().case
    reason = goodwill_reason_add(people.lia, code="storm", told="A storm")
    with pytest.raises(NotReadyError):
        goodwill_reason_add(people.lia, code="storm", told="Another")
    goodwill_reason_end(people.lia, reason, now=NOW)
    reason.refresh_from_db()
    for words, of in (("Why.", reason), (" ", late())):
        with pytest.raises(NotReadyError):
            goodwill_propose(
                people.max_, case, reason=of, words=words, amount=Decimal(1), now=NOW
            )


def test_goodwill_does_not_come_in_by_the_door_of_what_is_owed(people: People) -> None:
    people.budget()
    with pytest.raises(NotReadyError, match="from its budget"):
        payment_propose(
            people.max_,
            people.owed(),
            kind=PaymentKind.GOODWILL,
            amount=Decimal(1),
            now=NOW,
        )


def test_its_maker_does_not_approve_it(people: People) -> None:
    people.budget()
    payment = people.goodwill(people.owed().case)
    with pytest.raises(DutyMissingError):
        payment_approve(
            people.max_, payment, shown_digest=payment.content_digest, now=NOW
        )


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE recovery_payment SET goodwill_words = 'Else.'", "sealed"),
        ("UPDATE recovery_payment SET goodwill_reason_id = NULL", "sealed"),
        ("UPDATE recovery_goodwillbudget SET month_amount = 1000", "does not change"),
        ("DELETE FROM recovery_goodwillbudget", "written once"),
        ("DELETE FROM recovery_goodwillreason", "written once"),
    ],
)
def test_the_database_keeps_what_was_sealed(
    statement: str, says: str, people: People
) -> None:
    people.budget()
    people.goodwill(people.owed().case)
    with (
        pytest.raises(IntegrityError, match=says),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("'goodwill', 10.1, 10.1, 'USDT', 1", "passes a limit"),
        ("'goodwill', 6, 6, 'EUR', 1", "budget that is in force"),
        ("'goodwill', 6, 6, 'USDT', 1", "needs two approvals"),
        ("'credit', 1, 1, 'USDT', 1", "goodwill_whole"),
    ],
)
def test_the_database_refuses_goodwill_past_its_budget(
    column: str, says: str, people: People
) -> None:
    people.budget(two_above="5")
    payment = people.goodwill(people.owed().case)
    with (
        pytest.raises(IntegrityError, match=says),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            f"""
            INSERT INTO recovery_payment (reference, uuid, case_id, decision_id,
              event_id, asset, hold_reference, status, status_since, version, sealed,
              content_digest, proposer_id, proposed_at, confirmation_reference,
              fee_amount, house_fee_amount, held_reason, held_from, goodwill_budget_id,
              goodwill_reason_id, goodwill_words, kind, amount, value_amount,
              value_currency, approvals_needed)
            SELECT 'GW-X', gen_random_uuid(), case_id, decision_id, event_id, asset,
              '', status, status_since, 1, sealed, content_digest, proposer_id,
              proposed_at, '', 0, 0, '', '', goodwill_budget_id, goodwill_reason_id, '',
              {column}
            FROM recovery_payment WHERE id = %s
            """,
            [payment.pk],
        )


# --- what it does ---------------------------------------------------------------------


def test_goodwill_takes_nothing_from_what_is_owed(people: People) -> None:
    people.budget()
    decision = people.owed()
    people.approved(people.goodwill(decision.case))
    assert payment_headroom(decision, PaymentKind.CREDIT) == SHORT
    people.approved(people.credit(decision))  # All of it.
    with pytest.raises(LimitExceededError):
        people.credit(decision, Decimal("0.01"))


def test_goodwill_is_given_on_a_fair_no(people: People) -> None:
    people.budget()
    decision = not_owed(people)
    payment = people.approved(people.goodwill(decision.case))
    assert payment.status == PaymentStatus.APPROVED
    assert OutboxMessage.objects.filter(event="goodwill.approved").exists()
    assert not OutboxMessage.objects.filter(event="amount.approved").exists()
    words = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"goodwill.propose", "goodwill.approve", "goodwill.budget"} <= words


def test_above_its_own_level_two_approve(people: People) -> None:
    people.budget(two_above="1.99")
    payment = people.goodwill(people.owed().case)
    assert payment.approvals_needed == 2
    assert people.approved(payment).status == PaymentStatus.PROPOSED


def test_a_goodwill_row_of_the_ledger_posts_it_and_changes_no_assessment(
    people: People,
) -> None:
    people.budget()
    decision = not_owed(people)
    payment = people.approved(people.goodwill(decision.case))
    batch = people.sent(PaymentKind.GOODWILL)
    text = batch_path(batch).read_text()
    assert payment.reference in text
    assert decision.case.event
    assert decision.case.event.reference not in text

    account = clean_ledger("A-2")
    account.add("goodwill", "2", order_id=payment.reference)
    bring_in(write_ledger(people.folder / "next.csv", [account]))

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.POSTED
    assert result_of(RecoveryCase.objects.get(pk=payment.case_id)).variance_amount == 0
    assert OutboxMessage.objects.filter(event="goodwill.posted").exists()


def test_goodwill_booked_as_a_credit_stays_sent(people: People) -> None:
    people.budget()
    decision = not_owed(people)
    payment = people.approved(people.goodwill(decision.case))
    people.sent(PaymentKind.GOODWILL)
    account = clean_ledger("A-2")
    account.add("credit", "2", order_id=payment.reference)
    bring_in(write_ledger(people.folder / "next.csv", [account]))
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.SENT


def test_the_customer_reads_goodwill_and_never_owed(people: People) -> None:
    people.budget()
    decision = people.owed()
    people.approved(people.goodwill(decision.case))
    case = RecoveryCase.objects.get(pk=decision.case_id)
    view = status_view(case, now=NOW)
    (shown,) = view.payments
    assert shown.name.startswith("Goodwill, beside what is owed: We answered you later")
    assert "Payment" not in view.label  # What is owed has not begun to move.


def test_a_case_that_owes_is_not_closed_by_goodwill(people: People) -> None:
    people.budget()
    decision = people.owed()
    payment = people.approved(people.goodwill(decision.case))
    people.sent(PaymentKind.GOODWILL)
    account = short_of(people, payment)
    bring_in(account)
    case = RecoveryCase.objects.get(pk=decision.case_id)
    with pytest.raises(NotReadyError, match="Money is owed"):
        case_close(people.ada, case, reason="Done.", now=NOW)


def short_of(people: People, payment: Payment) -> Any:
    from tests.story import short_ledger

    account = short_ledger("A-1")
    account.add("goodwill", "2", order_id=payment.reference)
    return write_ledger(people.folder / "later.csv", [account])


def test_every_invariant_holds_with_goodwill_there(people: People) -> None:
    people.budget()
    people.approved(people.goodwill(people.owed().case))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert invariants_broken() == []


def test_the_workbook_tells_goodwill_apart_and_ties(
    committed_people: People, tmp_path: Path
) -> None:
    people = committed_people
    people.budget(two_above="1")
    decision = people.owed()
    payment = people.goodwill(decision.case)
    for checker in (people.bea, people.rio):
        payment_approve(checker, payment, shown_digest=payment.content_digest, now=NOW)
    people.credit(decision)
    out = tmp_path / "book.xlsx"
    now = timezone.now()
    assert workbook_export(OPERATOR, out, now=now).written.is_tied

    stored = engines.cached(out)
    assert not engines.differences(stored, engines.by_formualizer(out))
    rows = list(
        load_workbook(out, data_only=True)["TieOut"].iter_rows(values_only=True)
    )
    (at,) = [number for number, row in enumerate(rows) if "Of it goodwill" in row]
    number, amount, _, _, goodwill, by_database, gap = rows[at + 1][4:11]
    assert (number, amount, goodwill, by_database, gap) == (2, 7, 2, 2, 0)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_never_pass_the_budget(committed_people: People) -> None:
    """Eight makers at once, two to a month of 5: two are given."""
    people = committed_people
    people.budget(month="5", customer="20")
    cases = [people.owed(f"A-{number}").case for number in range(1, 5)]
    given: list[str] = []

    def give(case: RecoveryCase) -> None:
        try:
            given.append(people.goodwill(case).reference)
        except LimitExceededError:
            return
        finally:
            connection.close()

    threads = [threading.Thread(target=give, args=[case]) for case in cases * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == 2
    assert goodwill_given("USDT", at=NOW) == 4
    assert GoodwillBudget.objects.count() == 1
