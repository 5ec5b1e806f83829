"""Seeded faults in every kind of act; the invariants hold after each (TRUST §3.3).

A few here; `make faults KIND=mixed N=100 SEED=…` keeps what a long run found.
"""

import os
from pathlib import Path

import pytest

from tests.faults.forks import Forks
from tests.faults.mixed import MixedRun
from tests.faults.own_servers import own_servers
from tests.story import People

SEED = int(os.environ.get("FAULTS_SEED", "20261122"))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_invariants_hold_after_every_fault(
    people: People, forks: Forks, others: Forks, tmp_path: Path
) -> None:
    run = MixedRun(SEED, tmp_path, forks, others)
    run.run(faults=6)
    assert sum(run.faults.values()) == 6


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_invariants_hold_while_the_servers_restart(
    people: People, forks: Forks, others: Forks, tmp_path: Path
) -> None:
    """F09, F10 and F16, in the middle of acts."""
    with own_servers(tmp_path) as servers:
        run = MixedRun(SEED, tmp_path, forks, others, servers, only_restarts=True)
        run.run(faults=5)
    assert run.faults.keys() == {"restart_database", "restart_redis"}
