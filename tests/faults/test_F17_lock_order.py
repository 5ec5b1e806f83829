"""Acts lock in one order, so that two of them never wait for each other (TRUST F17).

Each race holds both acts still behind their first lock: in the one order the second
never gets that far, and in any other the two would deadlock in every round.
"""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from decimal import Decimal
from itertools import count
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import Error, connection, connections, transaction

from recovery.domain.errors import RecoveryError
from recovery.domain.words import PaymentKind
from recovery.models import Decision, Event, Payment, RecoveryCase
from recovery.services.assessments import event_recompute
from recovery.services.batches import batch_build, batch_release, payment_stop
from recovery.services.cases import case_reopen
from recovery.services.payments import payment_cancel, payment_propose
from recovery.services.transitions import case_lock, event_lock
from tests.story import NOW, People

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROUNDS = 50
DEADLOCK = "40P01"
_LOCKED = re.compile(
    r'(?:FROM|UPDATE|INTO) "(\w+)".*?(?:FOR NO KEY UPDATE|$)', re.DOTALL
)
# Decision 0016. Whatever else is locked lies under one of these.
ORDER = (
    "accounts_tradingaccount",
    "recovery_payoutbatch",
    "recovery_event",
    "recovery_recoverycase",
    "recovery_payment",
    "recovery_spendcounter",
)
Act = Callable[[], object]


def table_locked(sql: str) -> str:
    """The table whose stored rows a statement locks; empty when it locks none."""
    locks = sql.startswith("UPDATE") or "FOR NO KEY UPDATE" in sql or "DO UPDATE" in sql
    found = _LOCKED.search(sql) if locks else None
    return found.group(1) if found and found.group(1) in ORDER else ""


@contextmanager
def locks_seen(seen: Callable[[str], object]) -> Iterator[None]:
    def noted(execute: Any, sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if table := table_locked(sql):
            seen(table)
        return answer

    with connection.execute_wrapper(noted):
        yield


class Hold:
    """Holds two acts behind their first lock, until both have one or a moment passed."""

    def __init__(self) -> None:
        self._gate = Barrier(2)
        self._seen: set[int] = set()

    def of(self, number: int) -> Callable[[str], None]:
        def seen(table: str) -> None:
            if table != ORDER[0] and number not in self._seen:
                self._seen.add(number)
                with suppress(BrokenBarrierError):
                    self._gate.wait(timeout=0.02)

        return seen


def raced(*acts: Act) -> list[str]:
    """Do two acts at once; what became of each: done, a refusal, or an SQL state."""
    start, hold = Barrier(len(acts)), Hold()

    def one(number: int, act: Act) -> str:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET deadlock_timeout = '20ms'")
            start.wait(timeout=30)
            with locks_seen(hold.of(number)):
                act()
        except RecoveryError as refusal:
            return refusal.code
        except Error as error:
            return str(getattr(error.__cause__, "sqlstate", "error"))
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, range(len(acts)), acts))


def first_locks(act: Act) -> list[str]:
    tables: list[str] = []
    with locks_seen(tables.append):
        act()
    return list(dict.fromkeys(tables))


def event_of(decision: Decision) -> Event:
    assert decision.case.event is not None
    return decision.case.event


@pytest.fixture
def owed(people: People) -> Decision:
    return people.owed()


def test_f17_acts_that_lock_in_two_orders_deadlock_in_this_race(owed: Decision) -> None:
    """Negative control: as an assessment and a proposal once did it."""

    def event_then_case() -> None:
        with transaction.atomic():
            event_lock(event_of(owed))
            case_lock(owed.case)

    def case_then_event() -> None:
        with transaction.atomic():
            case_lock(owed.case)
            event_lock(event_of(owed))

    assert DEADLOCK in raced(event_then_case, case_then_event)


def test_f17_assessments_and_proposals_never_deadlock(
    people: People, owed: Decision
) -> None:
    made: list[Payment] = []

    def propose() -> None:
        made.append(
            payment_propose(
                people.max_,
                owed,
                kind=PaymentKind.CREDIT,
                amount=owed.amount,
                now=NOW,
            )
        )

    for _ in range(ROUNDS):
        outcome = raced(lambda: event_recompute(event_of(owed), now=NOW), propose)
        assert outcome == ["done", "done"]
        payment_cancel(people.max_, made.pop(), reason="Again.", now=NOW)


def test_f17_cancelling_and_releasing_never_deadlock(
    people: People, owed: Decision
) -> None:
    for _ in range(ROUNDS):
        payment = people.approved(people.credit(owed, Decimal("0.1")))
        batch = batch_build(people.max_, PaymentKind.CREDIT, now=NOW)
        outcome = raced(
            lambda payment=payment: payment_cancel(
                people.max_, payment, reason="No.", now=NOW
            ),
            lambda batch=batch: batch_release(people.rio, batch, now=NOW),
        )
        assert outcome == ["transition_refused", "done"]


def test_f17_stopping_and_assessments_never_deadlock(
    people: People, owed: Decision
) -> None:
    for _ in range(ROUNDS // 2):
        payment = people.approved(people.credit(owed))
        batch_build(people.max_, PaymentKind.CREDIT, now=NOW)
        outcome = raced(
            lambda payment=payment: payment_stop(
                people.cora, payment, reason="Asked.", now=NOW
            ),
            lambda: event_recompute(event_of(owed), now=NOW),
        )
        assert outcome == ["done", "done"]
        payment_cancel(people.cora, payment, reason="Again.", now=NOW)


def test_f17_every_act_locks_in_the_one_order(people: People) -> None:
    numbers = count(1)

    def built() -> Payment:
        decision = people.owed(f"L-{next(numbers)}")
        payment = people.approved(people.credit(decision))
        batch_build(people.max_, PaymentKind.CREDIT, now=NOW)
        return payment

    stopped, released, reopened = built(), built(), people.owed("L-9")
    batch = Payment.objects.get(pk=released.pk).batch
    assert batch is not None
    acts: list[Act] = [
        lambda: people.credit(reopened),
        lambda: payment_stop(people.cora, stopped, reason="Asked.", now=NOW),
        lambda: event_recompute(stopped.event, now=NOW),
        lambda: event_recompute(released.event, now=NOW),
        lambda: batch_release(people.rio, batch, now=NOW),
        lambda: payment_cancel(
            people.max_, reopened.payments.get(), reason="No.", now=NOW
        ),
        lambda: case_reopen(
            people.lia,
            RecoveryCase.objects.get(pk=reopened.case_id),
            reason="New facts.",
            now=NOW,
        ),
    ]
    for act in acts:
        tables = first_locks(act)
        assert len(tables) > 1
        assert tables == sorted(tables, key=ORDER.index)
