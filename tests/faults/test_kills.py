"""SIGKILL of a worker at any instant ends as a run that nobody disturbed (TRUST §3).

Here three instants each of an import, a recompute and the real Celery worker;
`make faults` draws many, each in a desk of its own (long_run.py).
"""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from django.core.management import call_command

from accounts.models import TradingAccount
from recovery.models import FeeSchedule
from recovery.services.due import assessments_make_due
from recovery.tasks import run_all_due
from tests.faults.desk import (
    celery_worker,
    long_histories,
    ring_until_idle,
    run_killed_after,
    run_killed_at_statement,
    run_undisturbed,
)
from tests.faults.left import conserves, what_is_left
from tests.story import receive, write_ledger

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SEED = int(os.environ.get("FAULTS_SEED", "20261122"))
IMPORT_ROWS = 20_000
RECOMPUTED_ACCOUNTS = 600

Prepare = Callable[[Path], None]


def import_is_due(folder: Path) -> None:
    """A house ledger of 20,000 rows waits to be imported."""
    accounts = long_histories(100, IMPORT_ROWS // 100)
    receive(write_ledger(folder / "ledger.csv", accounts))


def recompute_is_due(folder: Path) -> None:
    """600 events were assessed; then the fee schedule changed."""
    accounts = long_histories(RECOMPUTED_ACCOUNTS, 7)
    receive(write_ledger(folder / "ledger.csv", accounts))
    run_all_due()
    changed = FeeSchedule.objects.filter(venue="house", tier="base")
    changed.update(taker_rate="0.0006", version=2)
    ids = TradingAccount.objects.values_list("pk", flat=True)
    assessments_make_due(list(ids), "rule-change")


KINDS: dict[str, Prepare] = {"import": import_is_due, "recompute": recompute_is_due}


def emptied() -> None:
    """The desk as after its migrations."""
    call_command("flush", interactive=False, verbosity=0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_killed_three_times_leaves_what_an_undisturbed_one_does(
    kind: str, tmp_path: Path
) -> None:
    """At two random instants, and at a statement in the middle of what is left."""
    KINDS[kind](tmp_path)
    seconds, statements = run_undisturbed()
    expected = what_is_left()
    assert conserves()
    rng = Random(SEED)
    emptied()
    KINDS[kind](tmp_path)

    kills = [
        run_killed_after(rng.uniform(0, seconds / 3)),
        run_killed_after(rng.uniform(0, seconds / 3)),
        run_killed_at_statement(rng.randrange(statements // 10, statements // 3)),
    ]
    assert any(kills)
    run_undisturbed()

    assert what_is_left() == expected
    assert conserves()


def test_the_real_worker_killed_three_times_leaves_the_same(tmp_path: Path) -> None:
    accounts = long_histories(150, 40)
    receive(write_ledger(tmp_path / "ledger.csv", accounts))
    run_undisturbed()
    expected = what_is_left()
    rng = Random(SEED)
    emptied()
    receive(write_ledger(tmp_path / "ledger.csv", accounts))

    for _ in range(3):
        worker = celery_worker()
        ring_until_idle(rng.uniform(2, 5))
        assert worker.kill()
    worker = celery_worker()
    try:
        assert ring_until_idle()
    finally:
        worker.kill()

    assert what_is_left() == expected
    assert conserves()
