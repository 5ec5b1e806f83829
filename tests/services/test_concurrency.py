"""Many hands at once: what must happen once happens once (TRUST T12, T15, M11 to M14).

Each race is run through the same starting gate; a deliberately naive function must
lose in it, or the gate would prove nothing.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import pytest
from django.db import IntegrityError, connections, transaction
from django.db.models import Count, Q

from accounts.models import TradingAccount
from accounts.roles import Role
from recovery.domain.errors import LimitExceededError, NotReadyError, RecoveryError
from recovery.domain.lifecycle import PaymentAction, PaymentStatus
from recovery.domain.words import PaymentKind
from recovery.models import (
    Approval,
    Assessment,
    AuditEntry,
    Job,
    Payment,
    PayoutBatch,
    RecoveryCase,
    SourceFile,
    Transition,
)
from recovery.services.actors import SYSTEM, Actor
from recovery.services.assessments import accounts_assess
from recovery.services.audit import audit_write
from recovery.services.batches import batch_build, batch_path, batch_release
from recovery.services.cases import case_open
from recovery.services.payments import payment_approve, payment_propose
from recovery.tasks import run
from tests.people import acting
from tests.story import (
    NOW,
    SHORT,
    People,
    receive,
    short_ledger,
    staff,
    write_ledger,
)

pytestmark = pytest.mark.django_db(transaction=True)
APPROVED = "payment.approve"


def race(acts: Sequence[Callable[[], object]]) -> list[object]:
    """Do all acts at the same moment, each on a connection of its own.

    Returns:
        What each gave: its result, or the refusal it met.
    """
    gate = Barrier(len(acts))

    def one(act: Callable[[], object]) -> object:
        try:
            connections["default"].ensure_connection()
            gate.wait(timeout=60)
            return act()
        except (RecoveryError, IntegrityError) as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def won(outcomes: Sequence[object]) -> int:
    return sum(not isinstance(one, Exception) for one in outcomes)


def checkers(count: int) -> list[Actor]:
    return [acting(staff(f"c{number}", Role.CHECKER), NOW) for number in range(count)]


def approvals_told(payment: Payment) -> int:
    return AuditEntry.objects.filter(
        action=APPROVED, subject=f"payment {payment.reference}"
    ).count()


def naive_approve(actor: Actor, payment: Payment) -> None:
    """Read, check, save: no lock, nothing unique."""
    if approvals_told(payment):
        raise NotReadyError("This payment is already approved.")
    audit_write(actor, APPROVED, f"payment {payment.reference}")


def unlocked_approve(actor: Actor, payment: Payment) -> None:
    """The true rows, but nobody waits for anybody."""
    fresh = Payment.objects.get(pk=payment.pk)
    if fresh.status != PaymentStatus.PROPOSED:
        raise NotReadyError("This payment is already approved.")
    with transaction.atomic():
        Approval.objects.create(
            payment=fresh,
            proposer=fresh.proposer,
            approver=actor.user,
            approver_role=actor.role,
            content=fresh.sealed,
            content_digest=fresh.content_digest,
        )


def test_a_naive_approval_loses_this_race(committed_people: People) -> None:
    """Negative control."""
    payment = committed_people.credit(committed_people.owed())
    actors = checkers(50)

    outcomes = race([lambda a=actor: naive_approve(a, payment) for actor in actors])

    assert won(outcomes) == approvals_told(payment) > 1


def test_an_unlocked_approval_is_stopped_by_the_database(
    committed_people: People,
) -> None:
    payment = committed_people.credit(committed_people.owed())
    actors = checkers(20)

    outcomes = race([lambda a=actor: unlocked_approve(a, payment) for actor in actors])

    assert won(outcomes) == Approval.objects.filter(payment=payment).count() == 1


def test_fifty_approvals_at_once_make_one_and_send_one_line(
    committed_people: People,
) -> None:
    people = committed_people
    payment = people.credit(people.owed())
    digest = payment.content_digest
    actors = checkers(50)

    outcomes = race(
        [
            lambda a=actor: payment_approve(a, payment, shown_digest=digest, now=NOW)
            for actor in actors
        ]
    )

    refusals = {type(one) for one in outcomes if isinstance(one, Exception)}
    assert (won(outcomes), refusals) == (1, {NotReadyError})
    assert Approval.objects.filter(payment=payment).count() == 1
    assert approvals_told(payment) == 1
    lines = batch_path(people.sent()).read_text().split()
    assert sum(payment.reference in line for line in lines) == 1
    steps = Transition.objects.filter(payment=payment).order_by("id")
    assert list(steps.values_list("action", flat=True)) == [
        PaymentAction.APPROVE,
        PaymentAction.ADD_TO_BATCH,
        PaymentAction.SEND,
    ]


def build_all(actor: Actor) -> list[PayoutBatch]:
    built = []
    try:
        while True:
            built.append(batch_build(actor, PaymentKind.CREDIT, now=NOW, lines_max=13))
    except NotReadyError:
        return built


def test_eight_builders_put_each_payment_into_one_batch(
    committed_people: People,
) -> None:
    people = committed_people
    decision = people.owed()
    for _ in range(200):
        people.approved(people.credit(decision, SHORT / 200))

    outcomes = race([lambda: build_all(people.max_) for _ in range(8)])

    batches = PayoutBatch.objects.annotate(held=Count("payments"))
    assert won(outcomes) == 8
    assert sum(batch.lines for batch in batches) == 200
    assert all(batch.lines == batch.held for batch in batches)
    assert (
        Payment.objects.filter(
            status=PaymentStatus.IN_BATCH, batch__isnull=False
        ).count()
        == 200
    )
    steps = Count("transitions", Q(transitions__action=PaymentAction.ADD_TO_BATCH))
    added = Payment.objects.annotate(added=steps).values_list("added", flat=True)
    assert set(added) == {1}


def test_eight_releases_at_once_write_one_file(committed_people: People) -> None:
    people = committed_people
    people.approved(people.credit(people.owed()))
    batch = batch_build(people.max_, PaymentKind.CREDIT, now=NOW)

    outcomes = race(
        [lambda: batch_release(people.rio, batch, now=NOW) for _ in range(8)]
    )

    assert won(outcomes) == 1
    assert Transition.objects.filter(action=PaymentAction.SEND).count() == 1


def test_proposals_at_once_never_exceed_what_is_owed(committed_people: People) -> None:
    people = committed_people
    decision = people.owed()

    outcomes = race(
        [
            lambda: payment_propose(
                people.max_,
                decision,
                kind=PaymentKind.CREDIT,
                amount=Decimal(2),
                now=NOW,
            )
            for _ in range(8)
        ]
    )

    refusals = {type(one) for one in outcomes if isinstance(one, Exception)}
    assert (won(outcomes), refusals) == (2, {LimitExceededError})


def test_eight_claims_at_once_open_one_case(committed_people: People) -> None:
    event = committed_people.event(short_ledger("A-1"))

    outcomes = race(
        [
            lambda: case_open(
                SYSTEM, event=event, customer=None, origin="rule", now=NOW
            )
            for _ in range(8)
        ]
    )

    assert won(outcomes) == 8
    assert len(set(map(str, outcomes))) == RecoveryCase.objects.count() == 1


def test_the_same_file_received_eight_times_at_once_is_one(
    committed_people: People, tmp_path: Path
) -> None:
    path = write_ledger(tmp_path / "ledger.csv", [short_ledger("A-1")])

    outcomes = race([lambda: receive(path) for _ in range(8)])

    assert won(outcomes) == 8
    assert SourceFile.objects.count() == Job.objects.count() == 1


def test_a_job_rung_eight_times_at_once_is_done_once(
    committed_people: People, tmp_path: Path
) -> None:
    path = write_ledger(tmp_path / "ledger.csv", [short_ledger("A-1")])
    job = receive(path).job
    assert job

    outcomes = race([lambda: run(job.pk) for _ in range(8)])

    assert sorted(map(bool, outcomes)) == [False] * 7 + [True]
    assert Job.objects.get(pk=job.pk).attempt == 1


class NoLease:
    def beat(self, done: int, total: int = 0, unit: str = "") -> None:
        """Hold on for ever."""


def test_eight_recomputes_at_once_store_one_assessment(
    committed_people: People, tmp_path: Path
) -> None:
    ledgers = [short_ledger(f"A-{number}") for number in range(5)]
    job = receive(write_ledger(tmp_path / "ledger.csv", ledgers)).job
    assert job
    assert run(job.pk)
    accounts = sorted(TradingAccount.objects.values_list("pk", flat=True))

    outcomes = race(
        [lambda: accounts_assess(NoLease(), accounts, now=NOW) for _ in range(8)]
    )

    assert sorted(map(int, map(str, outcomes))) == [0] * 7 + [5]
    assert Assessment.objects.count() == 5
    assert {one.number for one in Assessment.objects.all()} == {1}
