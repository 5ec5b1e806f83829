"""What the command line is told of a file, it hands on; what it lacks, it asks for."""

import json
import os
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from recovery.models import SourceFile
from recovery.services.rules import rules_ship

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


# --- what cannot be read ------------------------------------------------------------


def answered(*paths: Path, **said: Any) -> tuple[list[dict[str, Any]], int]:
    """What the command says of these files, and its exit code."""
    out, code = StringIO(), 0
    try:
        call_command("import_file", *map(str, paths), json=True, stdout=out, **said)
    except SystemExit as ending:
        code = int(ending.code or 0)
    return list(json.loads(out.getvalue())), code


def not_there(folder: Path) -> Path:
    return folder / "nowhere.csv"


def a_folder(folder: Path) -> Path:
    (folder / "folder.csv").mkdir()
    return folder / "folder.csv"


def a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.csv")
    return folder / "pipe.csv"


def an_empty_file(folder: Path) -> Path:
    (folder / "empty.csv").touch()
    return folder / "empty.csv"


def a_loop(folder: Path) -> Path:
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    return folder / "loop.csv"


def a_picture(folder: Path) -> Path:
    (folder / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n")
    return folder / "picture.csv"


UNREADABLE = {
    not_there: "No such file",
    a_folder: "it is no file",
    a_pipe: "it is no file",
    an_empty_file: "empty",
    a_loop: "symbolic links",
    a_picture: "picture",
}


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("made", UNREADABLE, ids=lambda made: made.__name__)
def test_what_cannot_be_read_is_answered_in_the_same_list(
    made: Any, dry_run: bool, tmp_path: Path
) -> None:
    """And the file behind it on the line is read all the same."""
    rules_ship()
    good = GOLDEN / "bybit.transaction-log.U2.csv"
    (bad, fine), code = answered(made(tmp_path), good, account="77", dry_run=dry_run)
    assert set(bad) == {"file", "sha256", "refused"}
    assert UNREADABLE[made] in bad["refused"]
    assert fine["accepted"] > 0
    assert code == 2


def test_rejected_rows_are_no_refusal(tmp_path: Path) -> None:
    path = tmp_path / "log.tsv"
    path.write_text(
        "uid\tasset\ttype\tamount\ttime\n42\tUSDT\tFEE\tmuch\t2026-05-01 04:00:00\n"
    )
    (report,), code = answered(path, dry_run=True)
    assert (report["rejected"], code) == (1, 0)


def test_a_refused_file_that_was_only_tried_leaves_nothing(tmp_path: Path) -> None:
    answered(a_picture(tmp_path), dry_run=True)
    assert not SourceFile.objects.exists()
    assert list((tmp_path / "sources").iterdir()) == []
