"""Lines of the catalogue of hostile input that only a whole import can show."""

import json
import os
from contextlib import suppress
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from openpyxl import Workbook

from recovery.models import LedgerEntry, SourceFile
from recovery.services.rules import rules_ship
from tests.story import HouseAccount, write_ledger

pytestmark = pytest.mark.django_db

LOG = "uid\tasset\ttype\tamount\ttime\tid\n"
ROW = "42\tUSDT\tFUNDING_FEE\t{amount}\t2026-05-01 04:00:0{second}\t{id}\n"


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.FILES_DIR = tmp_path / "store"
    rules_ship()


def imported(path: Path, **given: Any) -> dict[str, Any]:
    """What the command says of one file, refused or not."""
    said = StringIO()
    with suppress(SystemExit):
        call_command("import_file", str(path), json=True, stdout=said, **given)
    (report,) = json.loads(said.getvalue())
    return dict(report)


def log(path: Path, *rows: str) -> Path:
    path.write_text(LOG + "".join(rows), "utf-8")
    return path


def funding(number: int, amount: str = "-1") -> str:
    return ROW.format(amount=amount, second=number, id=f"90{number}")


# --- names and accounts -------------------------------------------------------------


@pytest.mark.parametrize("name", ["book.xlsx", "BOOK.XLSM"])
def test_x01_text_under_the_name_of_a_workbook_is_refused(
    name: str, tmp_path: Path
) -> None:
    found = imported(log(tmp_path / name, funding(1)))
    assert "the content is text" in found["refused"]
    assert not LedgerEntry.objects.exists()


def test_c59_workbook_under_the_name_of_a_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    book = Workbook()
    assert book.active is not None
    book.active.append(["uid", "asset", "type", "amount", "time"])
    book.save(path)
    assert "the content is a workbook" in imported(path)["refused"]


def test_c55_file_of_another_customer_is_refused(tmp_path: Path) -> None:
    found = imported(log(tmp_path / "a.tsv", funding(1)), account="41")
    assert "names account '42', not '41'" in found["refused"]
    assert imported(log(tmp_path / "b.tsv", funding(2)), account="42")["accepted"] == 1


def test_c56_rows_of_a_second_customer_are_refused_one_by_one(tmp_path: Path) -> None:
    """One file may hold many accounts; where one is given, no other slips in."""
    other = funding(2).replace("42\t", "43\t", 1)
    path = log(tmp_path / "a.tsv", funding(1), other)
    found = imported(path, account="42")
    assert (found["accepted"], found["rejected"]) == (1, 1)
    assert found["problems"][0]["column"] == "uid"
    assert "another account" in found["problems"][0]["reason"]


# --- rows that come again -----------------------------------------------------------


def test_c50_unknown_operation_keeps_its_money_and_is_told(tmp_path: Path) -> None:
    """Not refused, as the catalogue has it: a venue's list of types is never closed."""
    row = funding(1).replace("FUNDING_FEE", "NEVER_SEEN")
    found = imported(log(tmp_path / "a.tsv", row))
    assert found["sums"] == {"USDT": {"UNKNOWN": "-1"}}
    assert any("NEVER_SEEN" in one for one in found["warnings"])


def test_c51_same_id_and_content_counts_once(tmp_path: Path) -> None:
    found = imported(log(tmp_path / "a.tsv", funding(1), funding(1)))
    assert (found["accepted"], found["duplicate"], found["warnings"]) == (1, 1, [])


def test_c52_same_id_with_another_amount_is_told_inside_a_file(tmp_path: Path) -> None:
    rows = (funding(1), funding(1, "-2"))
    found = imported(log(tmp_path / "a.tsv", *rows))
    assert (found["accepted"], found["duplicate"]) == (1, 1)
    (told,) = found["warnings"]
    assert "differ" in told
    assert LedgerEntry.objects.get().amount == Decimal(-1)


def test_c52_same_id_with_another_amount_is_told_across_files(tmp_path: Path) -> None:
    imported(log(tmp_path / "a.tsv", funding(1)))
    found = imported(log(tmp_path / "b.tsv", funding(1, "-2"), funding(2)))
    assert (found["accepted"], found["duplicate"]) == (1, 1)
    (told,) = found["warnings"]
    assert "Row 2 carries the id" in told
    assert LedgerEntry.objects.order_by("pk")[0].amount == Decimal(-1)


def test_c52_same_id_with_another_amount_is_told_in_a_house_file(
    tmp_path: Path,
) -> None:
    account = HouseAccount("A-1", [])
    account.add("deposit", "1", row_id="R-1")
    account.add("deposit", "2", row_id="R-1")
    found = imported(
        write_ledger(tmp_path / "ledger.csv", [account]), provenance="house"
    )
    assert (found["accepted"], found["duplicate"]) == (1, 1)
    assert any("R-1" in one for one in found["warnings"])


def test_c52_same_trade_with_another_amount_is_told_without_ids(tmp_path: Path) -> None:
    """A rejected row would have come first: its equal took its place."""
    names = "time,coin,dir,px,sz,ntl,fee,closedPnl\n"
    at = "3/14/2026 - 10:00:01,BTC,Close Long,76000,0.1,7600,0,"
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(names + at + "no\n" + at + "-70\n")
    second.write_text(names + at + "-80\n" + at + "-70\n")
    given = {"account": "0x1", "zone": "UTC"}
    assert imported(first, **given)["rejected"] == 1
    found = imported(second, **given)
    assert (found["accepted"], found["duplicate"]) == (1, 1)
    assert any("Row 2 tells the same" in one for one in found["warnings"])


def test_c57_same_content_is_the_same_import_and_a_blank_line_doubles_nothing(
    tmp_path: Path,
) -> None:
    first = imported(log(tmp_path / "a.tsv", funding(1), funding(2)))
    again = imported(log(tmp_path / "a.tsv", funding(1), funding(2)))
    renamed = imported(log(tmp_path / "other.tsv", funding(1), funding(2)))
    assert first["sha256"] == again["sha256"] == renamed["sha256"]
    assert again["accepted"] == renamed["accepted"] == 2
    assert SourceFile.objects.count() == 1
    blank = imported(log(tmp_path / "blank.tsv", funding(1), "\n", funding(2)))
    assert (blank["accepted"], blank["duplicate"]) == (0, 2)
    assert LedgerEntry.objects.count() == 2


# --- times and texts ----------------------------------------------------------------


def test_c47_rows_of_a_year_to_come_are_told(tmp_path: Path) -> None:
    row = funding(1).replace("2026-", "2098-")
    found = imported(log(tmp_path / "a.tsv", row))
    assert found["accepted"] == 1
    assert any(
        "2098-05-01 04:00 UTC, which is still to come" in one
        for one in found["warnings"]
    )


def test_c12_message_of_an_answer_with_half_a_character_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"msg": "\\ud800 too many requests\\u0000"}')
    assert "It says:  too many requests." in imported(path)["refused"]


def test_c12_half_a_character_refuses_its_row_alone(tmp_path: Path) -> None:
    bill = {
        "billId": "700", "ts": "1774752600000", "ccy": "USDT", "balChg": "-5.03",
        "bal": "94.97", "pnl": "-5", "fee": "-0.03", "sz": "1", "px": "60000",
        "type": "5", "subType": "104", "instId": "BTC-USDT-SWAP", "ordId": "800",
    }  # fmt: skip
    path = tmp_path / "a.json"
    path.write_text(
        json.dumps({"data": [bill, bill | {"ordId": "\ud800", "x\ud800": 1}]})
    )
    found = imported(path, account="7")
    assert (found["records"], found["accepted"], found["rejected"]) == (2, 1, 1)
    assert found["problems"][0]["column"] == "ordId"


def test_c52_two_prices_of_one_instant_are_told(tmp_path: Path) -> None:
    names = "#recovery-desk,house-mark-prices,1\ntime_utc,instrument,mark_price\n"
    at = "2026-03-01T10:00:02.000Z,BTCUSDT,"
    path = tmp_path / "prices.csv"
    path.write_text(f"{names}{at}7\n{at}8\n{at}7.0\n#manifest,rows=3\n")
    found = imported(path, provenance="house")
    assert (found["accepted"], found["duplicate"]) == (1, 2)
    (told,) = found["warnings"]
    assert "Row 4 tells the same, as row 3 " in told


# --- what is said of a file ---------------------------------------------------------


def test_name_that_is_no_text_is_kept_readable(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff\xfe.tsv")
    assert imported(log(path, funding(1)))["accepted"] == 1
    assert SourceFile.objects.get().name == "\ufffd\ufffd.tsv"


@pytest.mark.parametrize(
    "said",
    [
        {"account": "4" * 65},
        {"account": "4\0"},
        {"zone": "Z" * 33},
        {"asset": "\ud800"},
    ],
)
def test_what_no_column_holds_is_refused_before_it_is_kept(
    said: dict[str, str], tmp_path: Path
) -> None:
    found = imported(log(tmp_path / "a.tsv", funding(1)), **said)
    assert "can be none: say it again" in found["refused"]
    assert not SourceFile.objects.exists()
