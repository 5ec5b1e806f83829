"""Two files of one position: what it earned, net, and every row of the wallet."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from recovery.services.rules import rules_ship

GOLDEN = Path(__file__).parents[1] / "venues" / "golden"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.FILES_DIR = tmp_path
    rules_ship()


def imported(*names: str) -> list[dict[str, Any]]:
    said = StringIO()
    files = [str(GOLDEN / name) for name in names]
    call_command("import_file", *files, account="77", json=True, stdout=said)
    return list(json.loads(said.getvalue()))


def test_net_and_gross_files_of_one_position_make_one_event() -> None:
    log, net = imported("bybit.transaction-log.U2.csv", "bybit.closed-pnl.1.csv")
    (event,) = log["events"]
    assert (event["kind"], event["instrument"]) == ("liquidation", "BTCUSDT")
    assert event["started_at"] == "2026-03-01T10:00:01+00:00"
    assert [one["reference"] for one in net["events"]] in ([], [event["reference"]])
    assert net["accepted"] == 2


def test_net_file_alone_makes_the_event() -> None:
    (net,) = imported("bybit.closed-pnl.1.csv")
    assert [one["kind"] for one in net["events"]] == ["liquidation"]
