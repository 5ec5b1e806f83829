"""`make faults KIND=races`: 200 hands on one payment at one instant; kept by date.

Each race has a naive twin in the same gate: it must lose, or the gate proves nothing.
"""

import os
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import Settings

from recovery.domain.lifecycle import PaymentStatus
from recovery.models import Approval, Payment, SpendCounter
from recovery.services.actors import Actor
from recovery.services.payments import payment_approve
from tests.abuse.test_t12_t15_races import naive_count, parts
from tests.faults.long_run import keep
from tests.services.test_approval_policy import policy, price
from tests.services.test_concurrency import (
    approvals_told,
    checkers,
    naive_approve,
    race,
    won,
)
from tests.story import NOW, SHORT, People

HANDS = int(os.environ.get("RACES_HANDS", "200"))
LIMIT = Decimal(2)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def files(settings: Settings, tmp_path: Path) -> None:
    """Batch files lie where no other test looks."""
    settings.FILES_DIR = tmp_path / "files"


def raced(acts: list[Callable[[], object]]) -> tuple[list[object], dict[str, object]]:
    start = time.monotonic()
    outcomes = race(acts)
    told = Counter(
        type(one).__name__ if isinstance(one, Exception) else "won" for one in outcomes
    )
    seconds = round(time.monotonic() - start, 1)
    return outcomes, {"hands": len(acts), "seconds": seconds, **sorted_of(told)}


def sorted_of(told: Counter[str]) -> dict[str, int]:
    return dict(sorted(told.items()))


def approvals(actors: list[Actor], payment: Payment) -> list[Callable[[], object]]:
    digest = payment.content_digest
    return [
        lambda a=actor: payment_approve(a, payment, shown_digest=digest, now=NOW)  # type: ignore[misc]
        for actor in actors
    ]


def test_of_all_hands_at_one_instant_exactly_one_approves(tmp_path: Path) -> None:
    people = People.hired(tmp_path)
    payment = people.credit(people.owed())
    actors = checkers(HANDS)

    outcomes, found = raced(approvals(actors, payment))

    payment.refresh_from_db()
    assert won(outcomes) == Approval.objects.filter(payment=payment).count() == 1
    assert payment.status == PaymentStatus.APPROVED
    other = people.credit(people.owed("A-2"))
    naive, twin = raced([lambda a=one: naive_approve(a, other) for one in actors])  # type: ignore[misc]
    assert won(naive) == approvals_told(other) > 1
    keep("race_approvals", {"ours": found, "naive": twin})


def test_split_payments_of_all_hands_never_pass_the_limit(tmp_path: Path) -> None:
    people = People.hired(tmp_path)
    policy(people, limits={"approves": {"day": str(LIMIT)}})
    price(people, "1")
    payments = parts(people, HANDS)
    each = SHORT / HANDS

    acts = [act for one in payments for act in approvals([people.bea], one)]
    outcomes, found = raced(acts)

    assert won(outcomes) == LIMIT // each
    counter = SpendCounter.objects.get(
        scope__startswith="approves:", period=f"{NOW:%Y-%m-%d}"
    )
    assert counter.total_amount == LIMIT
    naive_count(1, Decimal(0), LIMIT)
    naive, twin = raced([lambda: naive_count(1, each, LIMIT)] * HANDS)
    # It counted less than it let through: the day would never be full.
    counted = SpendCounter.objects.get(scope="naive:1").total_amount
    assert counted < each * won(naive)
    told = {
        "let_through": str(each * won(naive)),
        "counted": f"{counted.normalize():f}",
    }
    fits = int(LIMIT // each)
    keep("race_limits", {"ours": found, "fits": fits, "naive": {**twin, **told}})
