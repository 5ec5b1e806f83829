"""What the command line is told of a file, it hands on; what it lacks, it asks for."""

import json
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from recovery.models import SourceFile

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).parents[1] / "venues" / "golden"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path) -> None:
    settings.FILES_DIR = tmp_path


def imported(name: str, **said: str) -> dict[str, Any]:
    out = StringIO()
    with suppress(SystemExit):
        call_command("import_file", str(GOLDEN / name), json=True, stdout=out, **said)
    (report,) = json.loads(out.getvalue())
    return dict(report)


def test_a_file_without_its_asset_is_refused_until_it_is_told() -> None:
    name = "deribit.transaction-log.1.csv"
    refused = imported(name, account="77")
    assert "give the asset" in refused["refused"]
    report = imported(name, account="77", asset="btc")
    assert (report["accepted"], list(report["sums"])) == (5, ["BTC"])
    assert SourceFile.objects.get().asset == "BTC"


def test_the_order_of_day_and_month_is_told_on_the_command_line() -> None:
    report = imported(
        "bitmex.trade-history.csv.csv", account="7", zone="UTC", day_month="month"
    )
    assert report["first_at"] < report["last_at"]
    assert SourceFile.objects.get().day_order == "month"


def test_an_order_that_the_rows_contradict_is_refused() -> None:
    report = imported(
        "bitmex.trade-history.csv.csv", account="7", zone="UTC", day_month="day"
    )
    assert "the month is written first" in report["refused"]
