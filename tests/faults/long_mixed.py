"""`make faults KIND=mixed N=100 SEED=1`: many seeded faults at one desk.

Not part of `make check`; the result is kept under benchmarks/results.
"""

import time
from pathlib import Path

import pytest

from recovery.models import Payment, RecoveryCase
from recovery.selectors.invariant_rules import INVARIANTS
from tests.faults.forks import Forks
from tests.faults.long_run import KILLS, keep
from tests.faults.mixed import MixedRun
from tests.faults.own_servers import own_servers
from tests.faults.test_mixed import SEED
from tests.story import People


@pytest.mark.django_db(transaction=True)
def test_invariants_hold_after_each_of_many_faults(
    people: People, forks: Forks, others: Forks, tmp_path: Path
) -> None:
    start = time.monotonic()
    with own_servers(tmp_path) as servers:
        run = MixedRun(SEED, tmp_path, forks, others, servers)
        run.run(faults=KILLS)
        keep("mixed", told(run, time.monotonic() - start))


def told(run: MixedRun, seconds: float) -> dict[str, object]:
    """What is kept of a run."""
    return {
        "seed": SEED,
        "seconds": round(seconds, 1),
        "faults": sum(run.faults.values()),
        "faults_by_kind": dict(sorted(run.faults.items())),
        "steps": run.steps,
        "acts": dict(sorted(run.acts.items())),
        "undisturbed_tries_ended": dict(sorted(run.again.items())),
        "invariants_held": [one.name for one in INVARIANTS],
        "accounts": run.accounts,
        "cases": RecoveryCase.objects.count(),
        "payments": {
            status: Payment.objects.filter(status=status).count()
            for status in sorted(set(Payment.objects.values_list("status", flat=True)))
        },
    }
