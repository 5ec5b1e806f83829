"""Builders that die at any statement put every payment into exactly one batch.

A small run; `make faults KIND=batches` is the whole: eight builders over 5,000 payments.
"""

from pathlib import Path

import pytest
from pytest_django import Settings

from recovery.domain.lifecycle import PaymentAction, PaymentStatus
from recovery.domain.words import PaymentKind
from recovery.models import Payment, PayoutBatch
from recovery.services.actors import Actor
from recovery.services.transitions import payment_move
from tests.faults.batches import (
    approved_payments,
    build_with_kills,
    require_each_in_one_batch,
)
from tests.services.test_concurrency import race
from tests.story import NOW, People

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def people(transactional_db: None, tmp_path: Path, settings: Settings) -> People:
    settings.FILES_DIR = tmp_path / "files"
    return People.hired(tmp_path)


def test_builders_killed_in_the_middle_leave_each_payment_in_one_batch(
    people: People,
) -> None:
    approved_payments(people, 90)

    killed = build_with_kills(3, kills=4, lines_max=20, seed=20261122)

    assert killed >= 2
    require_each_in_one_batch(90)


def naive_build(actor: Actor) -> PayoutBatch:
    """Read what waits, write the header, then move: no lock between."""
    waiting = list(Payment.objects.filter(status=PaymentStatus.APPROVED))
    assert actor.user
    batch = PayoutBatch.objects.create(
        reference=f"PB-{actor.name}-{id(waiting)}",
        kind=PaymentKind.CREDIT,
        built_by=actor.user,
        built_at=NOW,
        lines=len(waiting),
        totals={},
        hash_total="",
    )
    for payment in waiting:
        payment.refresh_from_db()
        if payment.status == PaymentStatus.APPROVED:
            payment.batch = batch
            payment_move(actor, payment, PaymentAction.ADD_TO_BATCH, now=NOW)
    return batch


def test_a_naive_builder_loses_in_this_check(people: People) -> None:
    """Negative control: headers that are not the sums of their lines."""
    approved_payments(people, 40)
    race([lambda: naive_build(people.max_) for _ in range(4)])

    with pytest.raises(AssertionError):
        require_each_in_one_batch(40)
