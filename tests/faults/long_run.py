"""`make faults N=20 KIND=import`: many seeded instants, each in a desk of its own.

An import is of ROWS=200000 rows, as CSV or (KIND=import-xlsx) as a workbook. Not part of `make check`; the result is kept under benchmarks/results.
"""

import json
import os
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

import pytest
from openpyxl import Workbook

from recovery.models import Job, JobState
from tests.faults.desk import long_histories, run_killed_after, run_undisturbed
from tests.faults.left import conserves, what_is_left
from tests.faults.test_kills import SEED, Prepare, emptied, recompute_is_due
from tests.story import receive, write_ledger

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
KILLS = int(os.environ.get("FAULTS_N", "20"))
WANTED = os.environ.get("FAULTS_KIND", "")
ROWS = int(os.environ.get("FAULTS_ROWS", "200000"))


def import_is_due(folder: Path, name: str = "ledger.csv") -> None:
    """A house ledger of many rows waits to be imported; it is written once."""
    path = folder / name
    if not path.exists():
        write_ledger(folder / "ledger.csv", long_histories(100, ROWS // 100))
    if not path.exists():
        as_workbook(folder / "ledger.csv", path)
    receive(path)


def as_workbook(text: Path, path: Path) -> None:
    """The same lines, one cell for each."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in text.read_text("utf-8").splitlines():
        sheet.append(line.split(","))
    book.save(path)


KINDS: dict[str, Prepare] = {
    "import": import_is_due,
    "import-xlsx": partial(import_is_due, name="ledger.xlsx"),
    "recompute": recompute_is_due,
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", [WANTED] if WANTED else [*KINDS])
def test_every_instant_ends_alike(kind: str, tmp_path: Path) -> None:
    KINDS[kind](tmp_path)
    seconds, statements = run_undisturbed()
    expected = what_is_left()
    assert conserves()
    rng = Random(SEED)
    found: list[dict[str, object]] = []
    longest = seconds
    while sum(bool(one["was_working"]) for one in found) < KILLS:
        emptied()
        KINDS[kind](tmp_path)
        instant = rng.uniform(0, longest)
        was_working = run_killed_after(instant)
        if not was_working:  # It was done by then: later instants show nothing.
            longest = instant
        unfinished = Job.objects.exclude(state=JobState.DONE).count()
        start = time.monotonic()
        run_undisturbed()
        found.append(
            {
                "instant_seconds": round(instant, 3),
                "was_working": was_working,
                "jobs_unfinished": unfinished,
                "recovered_seconds": round(time.monotonic() - start, 2),
                "ended_alike": what_is_left() == expected and conserves(),
            }
        )
    told = {
        "seed": SEED,
        "rows": ROWS if kind.startswith("import") else None,
        "undisturbed_seconds": round(seconds, 2),
        "undisturbed_statements": statements,
        "left": {name: count for name, (count, _) in expected.digests.items()},
        "kills": len(found),
        "killed_at_work": sum(bool(one["was_working"]) for one in found),
        "ended_alike": sum(bool(one["ended_alike"]) for one in found),
        "runs": found,
    }
    keep(kind, told)
    assert told["ended_alike"] == len(found)


def keep(kind: str, told: dict[str, object]) -> None:
    """Write the run down beside that of the other kind."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"faults-{datetime.now(UTC):%Y-%m-%d}.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(kept | {kind: told}, indent=1) + "\n")
