"""`make truth EVENTS=10000 SEED=7`: the desk against the truth of very many events.

Not part of `make check`; the result is kept under benchmarks/results.
"""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recovery.demo.generate import write_demo
from recovery.models import Break, Event, LedgerEntry, SourceFile
from tests.journeys.truth import (
    bring_in_demo,
    clean_events_with_a_break,
    differences,
    true_events,
)

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
EVENTS = int(os.environ.get("TRUTH_EVENTS", "10000"))
SEED = int(os.environ.get("TRUTH_SEED", "7"))


@pytest.mark.django_db(transaction=True)
def test_every_event_is_found_as_the_truth_tells_it(tmp_path: Path) -> None:
    size = write_demo(tmp_path, seed=SEED, events=EVENTS)
    start = time.monotonic()
    bring_in_demo(tmp_path)
    seconds = time.monotonic() - start

    unlike = differences(tmp_path)
    broken = clean_events_with_a_break(tmp_path)

    keep(
        {
            "seed": SEED,
            "events": len(true_events(tmp_path)),
            "scenarios": size.scenarios,
            "files": SourceFile.objects.count(),
            "ledger_rows": LedgerEntry.objects.count(),
            "events_found": Event.objects.count(),
            "breaks": Break.objects.count(),
            "told_otherwise": len(unlike),
            "clean_events_with_a_break": len(broken),
            "import_and_assess_seconds": round(seconds, 1),
        }
    )
    assert unlike == []
    assert broken == []


def keep(told: dict[str, object]) -> None:
    """Write the run down beside those of other seeds."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"truth-{datetime.now(UTC):%Y-%m-%d}.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    kept[f"seed {SEED}, {EVENTS} events"] = told
    path.write_text(json.dumps(kept, indent=1) + "\n")
