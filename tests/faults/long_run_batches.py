"""`make faults KIND=batches`: eight builders, 5,000 payments, N kills; kept by date."""

import os
import time
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.faults.batches import (
    approved_payments,
    build_with_kills,
    require_each_in_one_batch,
)
from tests.faults.long_run import keep
from tests.story import People

PAYMENTS = int(os.environ.get("FAULTS_PAYMENTS", "5000"))
KILLS = int(os.environ.get("FAULTS_N", "20"))
WORKERS = 8


@pytest.mark.django_db(transaction=True)
def test_eight_dying_builders_put_each_payment_into_one_batch(
    tmp_path: Path, settings: Settings
) -> None:
    settings.FILES_DIR = tmp_path / "files"
    approved_payments(People.hired(tmp_path), PAYMENTS)
    start = time.monotonic()

    killed = build_with_kills(WORKERS, kills=KILLS, lines_max=100, seed=20261122)

    keep(
        "batches",
        {
            "workers": WORKERS,
            "kills_drawn": KILLS,
            "killed_at_work": killed,
            "seconds": round(time.monotonic() - start, 1),
            **require_each_in_one_batch(PAYMENTS),
        },
    )
