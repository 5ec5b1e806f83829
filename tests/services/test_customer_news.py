"""Every step of every lifecycle writes the one mail its table names, or none at all."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Customer
from recovery.domain.customer_news import (
    CASE_STEP_MAIL,
    COLLECTION_STEP_MAIL,
    CustomerNews,
    Silence,
    Told,
    collection_step_mail,
    payment_step_mail,
)
from recovery.domain.errors import NotReadyError
from recovery.domain.lifecycle import (
    CASE_CLOCKS,
    CASE_STEPS,
    COLLECTION_STEPS,
    PAYMENT_STEPS,
    CaseAction,
    CaseStatus,
    CollectionAction,
    PaymentAction,
    case_clock,
)
from recovery.domain.staff_news import StaffNews
from recovery.domain.words import PaymentKind
from recovery.models import (
    Collection,
    OutboxMessage,
    Payment,
    RecoveryCase,
    StaffNotice,
    Transition,
)
from recovery.services.actors import CUSTOMER
from recovery.services.cases import (
    case_ask_customer,
    case_customer_answer,
    case_reopen,
    case_tell,
    case_withdraw,
)
from recovery.services.clocks import clocks_look
from recovery.services.customer_news import step_mailed
from recovery.services.payments import payment_cancel, payment_hold
from tests.services.test_recomputed import posted
from tests.services.test_staff_notices import case_of
from tests.story import NOW, People, clean_ledger, customer_of, short_ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def cem(db: None) -> Customer:
    return customer_of("A-1")


def every_step(case: RecoveryCase) -> Iterator[tuple[Transition, Told]]:
    """One unsaved transition for each pair of status and action there is."""
    number = 0
    for (status, action), step in CASE_STEPS.items():
        number += 1
        yield (
            taken(number, case, status, action, step.to_status),
            CASE_STEP_MAIL[CaseAction(action)],
        )
    for kind in PaymentKind:
        for (status, action), step in PAYMENT_STEPS.items():
            for approver in (None, 1):
                number += 1
                payment = Payment(case=case, kind=kind, approver_id=approver)
                told = payment_step_mail(
                    kind, PaymentAction(action), was_approved=approver is not None
                )
                row = taken(number, case, status, action, step.to_status)
                row.payment = payment
                yield row, told
    for (status, action), step in COLLECTION_STEPS.items():
        number += 1
        row = taken(number, case, status, action, step.to_status)
        row.collection = Collection(pk=1, case=case)
        yield row, collection_step_mail(CollectionAction(action), was_noticed=False)


def taken(
    number: int, case: RecoveryCase, status: str, action: str, to_status: str
) -> Transition:
    return Transition(
        pk=number, case=case, action=action, from_status=status, to_status=to_status
    )


def test_every_action_has_a_mail_or_a_reason_for_silence() -> None:
    assert set(CASE_STEP_MAIL) == set(CaseAction)
    assert set(COLLECTION_STEP_MAIL) == set(CollectionAction)
    for kind in PaymentKind:
        for action in PaymentAction:
            assert isinstance(payment_step_mail(kind, action), CustomerNews | Silence)


def test_each_of_all_transitions_writes_its_one_mail_however_often_it_is_told(
    cem: Customer,
) -> None:
    case = case_of(customer=cem)
    count = 0
    for row, told in every_step(case):
        for _ in range(2):
            step_mailed(row)
        mails = OutboxMessage.objects.filter(key=f"step-{row.pk}")
        wanted = [told.value] if isinstance(told, CustomerNews) else []
        assert list(mails.values_list("event", flat=True)) == wanted, row.action
        count += 1
    assert count > 80


def test_a_hold_tells_nobody_and_late_money_tells_the_same_held_or_not(
    people: People,
) -> None:
    payments = [
        people.approved(people.credit(people.owed(number))) for number in ("A-1", "A-2")
    ]
    before = OutboxMessage.objects.count()
    payment_hold(people.cora, payments[0], reason="Suspicion", now=NOW)
    assert OutboxMessage.objects.count() == before

    for hours in (1, 24, 50, 60, 71):
        clocks_look(timezone.now() + timedelta(hours=hours))

    late = OutboxMessage.objects.filter(event="payment.late").order_by("recipient")
    assert [one.recipient for one in late] == ["a-1@example.org", "a-2@example.org"]
    one, other = (mail.body.splitlines() for mail in late)
    assert [line for line in one if "RC-" not in line] == [
        line for line in other if "RC-" not in line
    ]


def test_a_credit_that_was_never_approved_is_stopped_without_a_word(
    people: People,
) -> None:
    payment = people.credit(people.owed())
    payment_cancel(people.max_, payment, reason="Typo.", now=NOW)
    assert not OutboxMessage.objects.filter(event="payment.stopped").exists()

    payment = people.approved(people.credit(payment.decision, Decimal(1)))
    payment_cancel(people.max_, payment, reason="Not now.", now=NOW)
    assert OutboxMessage.objects.filter(event="payment.stopped").count() == 1


def test_what_is_broken_off_tells_nobody(people: People) -> None:
    case = people.case(people.event(short_ledger("A-1")))
    with transaction.atomic():
        case_ask_customer(people.ada, case, "Which order?", now=NOW)
        transaction.set_rollback(True)
    assert not OutboxMessage.objects.filter(event="info.requested").exists()


def test_every_step_of_a_story_has_its_mail_and_no_mail_is_without_a_step(
    people: People,
) -> None:
    case = posted(people).case
    case_reopen(people.lia, case, reason="Late rows.", now=NOW)
    other = people.case(people.event(short_ledger("A-2")))
    case_ask_customer(people.ada, other, "Which order?", now=NOW)
    case_customer_answer(CUSTOMER, other, "The first.", now=NOW)
    case_withdraw(CUSTOMER, other, now=NOW)
    require_each_step_told_once()


def require_each_step_told_once() -> None:
    wanted = {}
    for step in Transition.objects.select_related("payment", "case__customer"):
        if step.case.customer is None or step.collection_id:
            continue
        if step.payment is None:
            told: Told = CASE_STEP_MAIL[CaseAction(step.action)]
        else:
            was_approved = step.payment.approver_id is not None
            told = payment_step_mail(
                step.payment.kind,
                PaymentAction(step.action),
                was_approved=was_approved,
            )
        if isinstance(told, CustomerNews):
            wanted[f"step-{step.pk}"] = told.value
    written = OutboxMessage.objects.filter(key__startswith="step-")
    assert dict(written.values_list("key", "event")) == wanted


def test_an_update_is_told_once_and_moves_the_promise(people: People) -> None:
    case = people.case(people.event(short_ledger("A-1")))
    promised = case.next_update_due_at
    with pytest.raises(NotReadyError):
        case_tell(people.ada, case, " ", now=NOW)
    later = NOW + timedelta(days=1)

    case = case_tell(people.ada, case, "We wait for the venue.", now=later)

    assert case.next_update_due_at > promised
    assert OutboxMessage.objects.filter(event="update.given").count() == 1
    assert case.notes.get(is_public=True).text == "We wait for the venue."


def test_nothing_is_told_of_a_case_that_is_over(people: People) -> None:
    case = people.decided(people.case(people.event(clean_ledger("A-1")))).case
    with pytest.raises(NotReadyError):
        case_tell(people.ada, case, "Still at it.", now=NOW)


def test_a_late_promise_is_told_once_and_none_where_the_customer_must_answer(
    people: People,
) -> None:
    cases = [
        people.case(people.event(short_ledger(number))) for number in ("A-1", "A-2")
    ]
    case_ask_customer(people.ada, cases[1], "Which order?", now=NOW)
    for hours in (-30, -1, 1, 2, 20):
        clocks_look(cases[0].next_update_due_at + timedelta(hours=hours))
    mails = OutboxMessage.objects.filter(event="update.late")
    assert [one.recipient for one in mails] == ["a-1@example.org"]


def warnings_of(case: RecoveryCase) -> list[str]:
    rows = StaffNotice.objects.filter(news__startswith="sla.", subject_id=case.pk)
    return list(rows.order_by("id").values_list("news", flat=True))


def test_staff_are_warned_at_half_three_quarters_and_the_end_once_each(
    people: People,
) -> None:
    case = people.case(people.event(short_ledger("A-1")))
    for day in range(70):
        clocks_look(NOW + timedelta(days=day, hours=1))
    assert warnings_of(case) == [
        StaffNews.SLA_WARNING_50,
        StaffNews.SLA_WARNING_75,
        StaffNews.SLA_BREACHED,
    ]


def test_time_that_waits_for_the_customer_does_not_count(people: People) -> None:
    case = people.case(people.event(short_ledger("A-1")))
    asked = NOW + timedelta(days=20)
    case_ask_customer(people.ada, case, "Which order?", now=asked)
    answered = asked + timedelta(days=25)
    for day in range(45):
        clocks_look(NOW + timedelta(days=day, hours=1))
    assert warnings_of(case) == []
    case_customer_answer(CUSTOMER, case, "The first.", now=answered)

    for day in range(45, 53):  # 20 days ran before, so the 28th is day 53.
        clocks_look(NOW + timedelta(days=day, hours=1))
    assert warnings_of(case) == []
    clocks_look(NOW + timedelta(days=53, hours=1))
    assert warnings_of(case) == [StaffNews.SLA_WARNING_50]


def test_a_case_nobody_takes_is_warned_of_by_its_own_clock(db: None) -> None:
    now = timezone.now()
    case = case_of()
    wait = case_clock(CaseStatus.NEW).after
    assert wait
    for percent in (49, 51, 76, 101):
        clocks_look(now + wait * percent / 100)
    assert len(warnings_of(case)) == 3
    assert all(clock.after or clock.is_paused for clock in CASE_CLOCKS.values())
