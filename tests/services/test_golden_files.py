"""Every golden file through the command line: the fixed shape, and its events."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from recovery.models import LedgerEntry
from recovery.services.rules import rules_ship

GOLDEN = Path(__file__).parents[1] / "venues" / "golden"
FILES = sorted(path for path in GOLDEN.iterdir() if path.suffix != ".expected")
SHAPE = {
    "file", "sha256", "venue", "layout", "zone", "records", "accepted", "duplicate",
    "ignored", "rejected", "sums", "first_at", "last_at", "problems", "warnings",
    "events",
}  # fmt: skip
TOLD = ("kind", "account", "instrument", "started_at", "ended_at")

pytestmark = pytest.mark.django_db


def reported(path: Path, folder: Path, **given: str) -> dict[str, Any]:
    """What the command says of one file, tried only."""
    name = folder / (given.pop("name", "") or path.name)
    name.write_bytes(path.read_bytes())
    said = StringIO()
    call_command(
        "import_file", str(name), dry_run=True, json=True, stdout=said, **given
    )
    (report,) = json.loads(said.getvalue())
    return dict(report)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_dry_run_says_what_the_file_holds_in_the_fixed_shape(
    path: Path, tmp_path: Path
) -> None:
    rules_ship()
    said = json.loads(path.with_name(f"{path.name}.expected").read_text("utf-8"))
    expected = said["comes_to"]
    report = reported(path, tmp_path, **said["given"])
    assert set(report) == SHAPE
    report["sums"] = {
        asset: {role: amount for role, amount in roles.items() if amount != "0"}
        for asset, roles in report["sums"].items()
    }
    parts = ("records", "accepted", "ignored", "rejected", "sums")
    assert {name: report[name] for name in parts} == {
        name: expected[name] for name in parts
    }
    assert sorted(
        ([one[name] for name in TOLD] for one in report["events"]), key=str
    ) == sorted(([one[name] for name in TOLD] for one in expected["events"]), key=str)
    for event in report["events"]:
        assert event["results"]
    assert not LedgerEntry.objects.exists()
