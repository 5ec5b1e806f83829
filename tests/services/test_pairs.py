"""Every two acts on one subject at the same moment end as one after the other (F18).

For each pair the test learns both orders first: what each act answers, and how the
subject ends. At the starting gate nothing else may come out: one wins and the other is
told why, by a refusal of ours and never by an error of the database.
`PAIRS_ROUNDS=20` runs each race more often.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations_with_replacement, count
from threading import Barrier

import pytest
from django.db import connections

from accounts.roles import Role
from recovery.domain.errors import NotReadyError, RecoveryError
from recovery.domain.lifecycle import PaymentStatus
from recovery.domain.words import PaymentKind
from recovery.models import (
    Decision,
    Event,
    FeeSchedule,
    Payment,
    PayoutBatch,
    RecoveryCase,
)
from recovery.services.actors import CUSTOMER, SYSTEM, Actor
from recovery.services.assessments import event_recompute
from recovery.services.batches import batch_build, batch_release, confirmations_read
from recovery.services.cases import (
    case_ask_customer,
    case_close,
    case_link_event,
    case_open,
    case_reopen,
    case_take,
    case_withdraw,
)
from recovery.services.decisions import (
    decision_approve,
    decision_propose,
    decision_return,
)
from recovery.services.payments import (
    payment_approve,
    payment_cancel,
    payment_hold,
    payment_propose,
)
from tests.faults.stories import confirmation, withdrawal
from tests.people import acting
from tests.story import (
    NOW,
    REASON,
    SHORT,
    People,
    bring_in,
    customer_of,
    result_of,
    short_ledger,
    staff,
    write_ledger,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROUNDS = int(os.environ.get("PAIRS_ROUNDS", "1"))
# Ten pairs at most, each in both orders and then in its races.
SUBJECTS = 10 * (2 + ROUNDS) + 2


@dataclass(slots=True)
class Desk:
    """People, and events nobody has spoken of yet."""

    people: People
    carl: Actor  # A second checker.
    events: list[Event]

    def case(self) -> RecoveryCase:
        return self.people.case(self.events.pop())

    def owed(self) -> Decision:
        return self.people.decided(self.case())

    def swept(self) -> None:
        """No approved payment of an earlier race waits for a batch."""
        for payment in Payment.objects.filter(status=PaymentStatus.APPROVED):
            payment_cancel(self.people.max_, payment, reason="Over.", now=NOW)


# An act by its name: what it does to a subject.
Act = Callable[[Desk, object], object]
Made = Callable[[Desk], object]
Outcome = tuple[str, str, object]


def approve_by(who: str) -> Act:
    def act(desk: Desk, payment: Payment) -> object:
        actor = desk.carl if who == "carl" else desk.people.bea
        digest = payment.content_digest
        return payment_approve(actor, payment, shown_digest=digest, now=NOW)

    return act


def decide_by(who: str) -> Act:
    def act(desk: Desk, decision: Decision) -> object:
        actor = desk.people.lia if who == "lia" else desk.people.bea
        digest = decision.content_digest
        return decision_approve(actor, decision, shown_digest=digest, now=NOW)

    return act


def release_by(who: str) -> Act:
    def act(desk: Desk, batch: PayoutBatch) -> object:
        actor = desk.carl if who == "carl" else desk.people.bea
        return batch_release(actor, batch, now=NOW)

    return act


def propose_decision(desk: Desk, case: RecoveryCase) -> object:
    return decision_propose(
        desk.people.ada,
        case,
        result=result_of(case),
        kind="owed",
        amount=SHORT,
        reason=REASON,
        now=NOW,
    )


def propose_all(desk: Desk, decision: Decision) -> object:
    return payment_propose(
        desk.people.max_, decision, kind=PaymentKind.CREDIT, amount=SHORT, now=NOW
    )


def open_for(desk: Desk, event: Event) -> object:
    made = case_open(SYSTEM, event=event, customer=None, origin="rule", now=NOW)
    return made.event_id


def recompute(desk: Desk, decision: Decision) -> object:
    """Under a schedule that changed when the proposal was made."""
    return event_recompute(decision.case.event, now=NOW) and None


def proposed_payment(desk: Desk) -> Payment:
    return desk.people.credit(desk.owed())


def approved_payment(desk: Desk) -> Payment:
    return desk.people.approved(proposed_payment(desk))


def built_batch(desk: Desk) -> PayoutBatch:
    approved_payment(desk)
    return batch_build(desk.people.max_, PaymentKind.CREDIT, now=NOW)


def proposed_decision(desk: Desk) -> Decision:
    """Proposed under the schedule of then; meanwhile another one is in force."""
    decision = desk.people.proposed(desk.case())
    schedule = FeeSchedule.objects.get(venue="house", tier="base")
    schedule.taker_rate += schedule.taker_rate / 100
    schedule.version += 1
    schedule.save()
    return decision


def closed_case(desk: Desk) -> RecoveryCase:
    case = case_open(
        SYSTEM, event=desk.events.pop(), customer=None, origin="rule", now=NOW
    )
    return case_withdraw(CUSTOMER, case, now=NOW)


def unmatched_case(desk: Desk) -> RecoveryCase:
    case = case_open(SYSTEM, event=None, customer=None, origin="claim", now=NOW)
    case.wanted = desk.events.pop()
    return case


MATRIX: dict[str, tuple[Made, dict[str, Act]]] = {
    "a proposed payment": (
        proposed_payment,
        {
            "approve": approve_by("bea"),
            "approve too": approve_by("carl"),
            "cancel": lambda desk, payment: payment_cancel(
                desk.people.max_, payment, reason="Not any more.", now=NOW
            ),
            "reopen": lambda desk, payment: case_reopen(
                desk.people.lia, payment.case, reason="New facts.", now=NOW
            ),
        },
    ),
    "an approved payment": (
        approved_payment,
        {
            "cancel": lambda desk, payment: payment_cancel(
                desk.people.max_, payment, reason="Not any more.", now=NOW
            ),
            "hold": lambda desk, payment: payment_hold(
                desk.people.cora, payment, reason="Screening.", now=NOW
            ),
            "build": lambda desk, _: batch_build(
                desk.people.max_, PaymentKind.CREDIT, now=NOW
            ),
        },
    ),
    "a batch": (
        built_batch,
        {
            "release": release_by("bea"),
            "release too": release_by("carl"),
            "cancel a line": lambda desk, batch: payment_cancel(
                desk.people.max_, batch.payments.get(), reason="No.", now=NOW
            ),
        },
    ),
    "a proposed decision": (
        proposed_decision,
        {
            "approve": decide_by("bea"),
            "approve too": decide_by("lia"),
            "return": lambda desk, decision: decision_return(
                desk.people.lia, decision, reason="Look again.", now=NOW
            ),
            "recompute": recompute,
        },
    ),
    "a case being worked on": (
        lambda desk: desk.case(),
        {
            "propose": propose_decision,
            "ask": lambda desk, case: case_ask_customer(
                desk.people.ada, case, "Which account?", now=NOW
            ),
            "withdraw": lambda desk, case: case_withdraw(CUSTOMER, case, now=NOW),
        },
    ),
    "a new case": (
        lambda desk: case_open(
            SYSTEM, event=desk.events.pop(), customer=None, origin="rule", now=NOW
        ),
        {
            "take": lambda desk, case: case_take(desk.people.ada, case, now=NOW),
            "take too": lambda desk, case: case_take(desk.people.lia, case, now=NOW),
            "withdraw": lambda desk, case: case_withdraw(CUSTOMER, case, now=NOW),
        },
    ),
    "an owed decision": (
        lambda desk: desk.owed(),
        {
            "pay": propose_all,
            "reopen": lambda desk, decision: case_reopen(
                desk.people.lia, decision.case, reason="New facts.", now=NOW
            ),
            "close": lambda desk, decision: case_close(
                desk.people.ada, decision.case, reason="Done.", now=NOW
            ),
        },
    ),
    "an event": (lambda desk: desk.events.pop(), {"open": open_for}),
    "a withdrawn case": (
        closed_case,
        {
            "reopen": lambda desk, case: case_reopen(
                desk.people.lia, case, reason="After all.", now=NOW
            ),
            "open another": lambda desk, case: open_for(desk, case.event),
        },
    ),
    "a case without an event": (
        unmatched_case,
        {
            "link": lambda desk, case: case_link_event(
                desk.people.ada, case, case.wanted, shown_version=case.version
            ),
            "open another": lambda desk, case: open_for(desk, case.wanted),
        },
    ),
}


@pytest.fixture
def desk(committed_people: People) -> Desk:
    people = committed_people
    numbers = [f"P-{number}" for number in range(SUBJECTS)]
    ledgers = [short_ledger(number) for number in numbers]
    bring_in(write_ledger(people.folder / "pairs.csv", ledgers))
    for number in numbers:
        customer_of(number)
    carl = acting(staff("carl", Role.CHECKER), NOW)
    return Desk(people, carl, list(Event.objects.order_by("pk")))


def told(act: Callable[[], object]) -> str:
    """What came of an act: done, or the code of the refusal."""
    try:
        act()
    except RecoveryError as refusal:
        return refusal.code
    except Exception as error:  # noqa: BLE001 - it is never among the allowed
        return f"{type(error).__name__}: {error}"
    return "done"


def ends(subject: object) -> object:
    """How a subject ends, as far as two acts could disagree about it."""
    if isinstance(subject, Event):
        return RecoveryCase.objects.filter(event=subject).count()
    if isinstance(subject, PayoutBatch):
        subject = subject.payments.get()
    subject.refresh_from_db()
    case = subject if isinstance(subject, RecoveryCase) else subject.case
    case.refresh_from_db()
    event = getattr(case, "wanted", case.event)
    return (
        subject.status,
        case.status,
        case.payments.count(),
        case.decisions.count(),
        RecoveryCase.objects.filter(event=event).count(),
    )


def one_after_the_other(desk: Desk, made: Made, acts: Sequence[Act]) -> Outcome:
    desk.swept()
    subject = made(desk)
    codes = [told(lambda act=act: act(desk, subject)) for act in acts]
    return (codes[0], codes[1], ends(subject))


def at_once(desk: Desk, made: Made, acts: Sequence[Act]) -> Outcome:
    desk.swept()
    subject = made(desk)
    gate = Barrier(len(acts))

    def one(act: Act) -> str:
        try:
            connections["default"].ensure_connection()
            gate.wait(timeout=60)
            return told(lambda: act(desk, subject))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        codes = list(pool.map(one, acts))
    return (codes[0], codes[1], ends(subject))


def allowed_outcomes(desk: Desk, made: Made, acts: Sequence[Act]) -> set[Outcome]:
    first, second = acts
    turned = one_after_the_other(desk, made, (second, first))
    return {
        one_after_the_other(desk, made, (first, second)),
        (turned[1], turned[0], turned[2]),
    }


@pytest.mark.parametrize("subject", MATRIX)
def test_two_acts_at_once_end_as_one_after_the_other(subject: str, desk: Desk) -> None:
    made, acts = MATRIX[subject]
    for first, second in combinations_with_replacement(acts, 2):
        pair = (acts[first], acts[second])
        allowed = allowed_outcomes(desk, made, pair)
        assert all(":" not in code for one in allowed for code in one[:2]), allowed
        for _ in range(ROUNDS):
            assert at_once(desk, made, pair) in allowed, (subject, first, second)


def test_the_check_notices_acts_that_look_but_do_not_lock(desk: Desk) -> None:
    """Negative control: both find it proposed and both say they were first."""

    def first_or_refused(_: Desk, payment: Payment) -> object:
        fresh = Payment.objects.get(pk=payment.pk)
        if fresh.held_reason:
            raise NotReadyError("Somebody was first.")
        Payment.objects.filter(pk=payment.pk).update(held_reason="Mine.")
        return payment

    gate = Barrier(2)

    def naive(_: Desk, payment: Payment) -> object:
        fresh = Payment.objects.get(pk=payment.pk)
        gate.wait(timeout=30)
        if fresh.held_reason:
            raise NotReadyError("Somebody was first.")
        Payment.objects.filter(pk=payment.pk).update(held_reason="Mine.")
        return payment

    allowed = allowed_outcomes(
        desk, proposed_payment, (first_or_refused, first_or_refused)
    )
    assert at_once(desk, proposed_payment, (naive, naive)) not in allowed


@pytest.mark.parametrize("status", ["confirmed", "returned"])
def test_two_confirmations_at_once_are_one(
    status: str, committed_people: People
) -> None:
    people = committed_people
    numbers = count(1)

    def sent(_: object) -> Payment:
        payment = people.approved(withdrawal(people, f"W-{next(numbers)}"))
        people.sent(PaymentKind.WITHDRAWAL)
        return payment

    def read(how: str) -> Act:
        return lambda _desk, payment: confirmations_read(
            people.max_, confirmation(payment, how), now=NOW
        )

    desk = Desk(people, people.bea, [])
    pair = (read("confirmed"), read(status))
    allowed = allowed_outcomes(desk, sent, pair)
    for _ in range(ROUNDS):
        assert at_once(desk, sent, pair) in allowed
