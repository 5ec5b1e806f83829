"""Files broken in ways the catalogue's own examples are not: found by trying."""

import json
import time
from decimal import Decimal
from pathlib import Path

import pytest

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import LedgerLine, RowProblem
from recovery.domain.money import AmountUnreadableError
from recovery.reading.messages import Ended, Request
from recovery.reading.read_file import read_file
from recovery.sheets.errors import FileRefusedError
from recovery.sheets.open_source import open_source
from recovery.sheets.records import Limits
from recovery.venues.accounts import AccountUnreadableError
from recovery.venues.file_rules import NumberRule
from recovery.venues.headerless import with_header
from recovery.venues.numbers import number_reader
from tests.sheets.workbooks import pack, parts, sheet, text_row
from tests.venues.reports import understood

CELLS = {
    "Uid": "90817263", "Currency": "USDC", "Contract": "ETHPERP", "Type": "TRADE",
    "Direction": "BUY", "Quantity": "0.5", "Position": "0.5", "Filled Price": "3000",
    "Funding": "0", "Fee Paid": "-0.9", "Cash Flow": "0", "Change": "-0.9",
    "Wallet Balance": "99.1", "Action": "OPEN", "Time(UTC)": "2026-03-29 01:30:00",
}  # fmt: skip
BYBIT = list(CELLS)
ROW = list(CELLS.values())
OKX = (
    "id,Order id,Time,Trade Type,Symbol,Action,Amount,Trading Unit,Filled Price,PnL,"
    "Fee,Fee Unit,Position Change,Position Balance,Balance Change,Balance,Balance Unit\n"
)
SWAP = (
    "{id},{order},2026-03-29 02:30:00,Swap,BTC-USDT-SWAP,Close long,1,BTC,60000,-5,"
    "-0.03,USDT,-1,0,-5.03,94.97,USDT\n"
)
BILL = {
    "billId": "700", "ts": "1774752600000", "ccy": "USDT", "balChg": "-5.03",
    "bal": "94.97", "pnl": "-5", "fee": "-0.03", "sz": "1", "px": "60000",
    "type": "5", "subType": "104", "instId": "BTC-USDT-SWAP", "ordId": "800",
}  # fmt: skip


def line(**cells: str) -> str:
    """A row of Bybit with other cells, each under the name of its column."""
    return ",".join((CELLS | cells).values()) + "\n"


def bybit(*rows: str) -> str:
    return ",".join(BYBIT) + "\n" + "".join(rows)


def found(
    path: Path, content: str | bytes, **given: str
) -> tuple[list[LedgerLine], list[RowProblem]]:
    """Lines and problems of a file."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    outcomes = understood(path, **given)[0]
    lines = [one for one in outcomes if isinstance(one, LedgerLine)]
    problems = [one for one in outcomes if isinstance(one, RowProblem)]
    assert len(lines) + len(problems) == len(outcomes)
    return lines, problems


def refused(path: Path, content: str | bytes, **given: str) -> RecoveryError:
    with pytest.raises(RecoveryError) as caught:
        found(path, content, **given)
    return caught.value


# --- what no database keeps ---------------------------------------------------------


@pytest.mark.parametrize("key", ["billId", "ordId", "type", "ccy"])
def test_c12_half_a_character_in_an_answer_is_a_row_problem(
    tmp_path: Path, key: str
) -> None:
    answer = json.dumps({"data": [BILL | {key: "\ud800"}, BILL]})
    lines, (problem,) = found(tmp_path / "a.json", answer, account="7")
    assert len(lines) == 1
    assert (problem.row_number, problem.column) == (1, key)
    assert "half of a character" in problem.reason


def test_c12_half_a_character_in_a_key_is_left_out_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"data": [BILL | {"no\ud800te": "x"}]}))
    assert "note" in open_source(path).header


def test_c13_nul_written_as_an_escape_in_a_workbook_is_a_row_problem(
    tmp_path: Path,
) -> None:
    cells = [*ROW[:3], "TRA_x0000_DE", *ROW[4:]]
    book = pack(
        tmp_path / "b.xlsx", parts(sheet(text_row(1, *BYBIT), text_row(2, *cells)))
    )
    _, (problem,) = found(book, book.read_bytes())
    assert (problem.column, problem.reason) == ("Type", "holds a NUL character")


@pytest.mark.parametrize("stated", ["12\03", "x" * 5000, "1.2E+07", "<b>"])
def test_account_above_the_rows_that_can_be_none_is_refused(
    tmp_path: Path, stated: str
) -> None:
    above = f"UID:{stated},Account Type:Main,Time Zone:UTC+8\n"
    text = above + OKX + SWAP.format(id="1", order="2")
    assert isinstance(refused(tmp_path / "o.csv", text), AccountUnreadableError)


def test_account_above_the_rows_with_hidden_digits_is_asked_for(tmp_path: Path) -> None:
    above = "UID:12****,Account Type:Main,Time Zone:UTC+8\n"
    text = above + OKX + SWAP.format(id="1", order="2")
    assert refused(tmp_path / "o.csv", text).code == "account_needed"
    assert (
        refused(tmp_path / "o.csv", text, account="99").code == "account_contradicted"
    )
    (line_read,), _ = found(tmp_path / "o.csv", text, account="123456")
    assert line_read.account == "123456"


def test_time_longer_than_the_desk_keeps_is_read_without_its_blanks(
    tmp_path: Path,
) -> None:
    padded = line(**{"Time(UTC)": ROW[-1] + " " * 60})
    lines, _ = found(tmp_path / "b.csv", bybit(*[line()] * 25, padded))
    assert lines[-1].raw_time == ROW[-1]


def test_account_and_wallet_longer_than_the_desk_keeps_are_a_row_problem(
    tmp_path: Path,
) -> None:
    names = "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark\n"
    text = f"{names}{'1' * 60},2026-03-04 05:06:07,Isolated Margin,Fee,USDT,-1,\n"
    _, (problem,) = found(tmp_path / "b.csv", text)
    assert problem.reason == "is longer than 64 characters"


# --- digits a spreadsheet took ------------------------------------------------------


@pytest.mark.parametrize("spoilt", ["1.23457E+18", "1E+18", "1234567890123450000.0"])
@pytest.mark.parametrize(("column", "name"), [("id", "id"), ("order", "Order id")])
def test_x31_id_without_its_last_digits_is_a_row_problem(
    tmp_path: Path, spoilt: str, column: str, name: str
) -> None:
    """Two rows with such an id would be taken for one."""
    sound = {"id": "1234567890123456789", "order": "1234567890123456001"}
    text = OKX + SWAP.format(**sound) + SWAP.format(**sound | {column: spoilt})
    lines, (problem,) = found(tmp_path / "o.csv", text, account="7", zone="UTC")
    assert len(lines) == 1
    assert name in problem.column.split(" and ")
    assert "lost its digits" in problem.reason


def test_x31_account_without_its_last_digits_is_a_row_problem(tmp_path: Path) -> None:
    lines, (problem,) = found(
        tmp_path / "b.csv", bybit(line(), line(Uid="9.0817263E+7"))
    )
    assert (len(lines), problem.column) == (1, "Uid")


# --- times --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-12-31 23:59:60",
        "2026-03-29 24:00:00",
    ],
)
def test_c44_hour_that_does_not_exist_is_a_row_problem(
    tmp_path: Path, time: str
) -> None:
    text = bybit(line(), line(**{"Time(UTC)": time}))
    lines, (problem,) = found(tmp_path / "b.csv", text)
    assert (len(lines), problem.reason) == (1, "is no day and hour of the calendar")


def test_first_day_of_all_in_a_zone_is_a_row_problem(tmp_path: Path) -> None:
    row_of_then = SWAP.format(id="1", order="2").replace("2026-03-29", "0001-01-01")
    for zone in ("Europe/Berlin", "+14:00"):
        _, (problem,) = found(
            tmp_path / "o.csv", OKX + row_of_then, account="7", zone=zone
        )
        assert problem.column == "Time"


# --- what nobody sees ---------------------------------------------------------------


@pytest.mark.parametrize("column", ["Change", "Time(UTC)", "Contract", "Currency"])
def test_c15_hidden_sign_in_a_cell_is_named(tmp_path: Path, column: str) -> None:
    text = bybit(line(), line(**{column: CELLS[column] + "\u200b"}))
    _, (problem,) = found(tmp_path / "b.csv", text)
    assert problem.column == column
    assert "U+200B" in problem.reason


def test_c09_mark_alone_on_the_last_line_is_no_row(tmp_path: Path) -> None:
    text = "\ufeff" + bybit(line(), line()).replace("\n", "\n\ufeff")
    lines, problems = found(tmp_path / "b.csv", text)
    assert (len(lines), problems) == (2, [])


# --- rows and columns ---------------------------------------------------------------


def test_c24_two_lines_run_together_are_one_row_problem(tmp_path: Path) -> None:
    """Not the reason to find no header in the whole file."""
    joined = line().strip() + "," + line()
    lines, (problem,) = found(tmp_path / "b.csv", bybit(line(), joined, line()))
    assert (len(lines), problem.row_number) == (2, 3)
    assert problem.reason == "has 30 cells instead of 15"


def test_c28_more_columns_than_the_limit_are_refused_at_once(tmp_path: Path) -> None:
    header = ",".join(f"c{number}" for number in range(10_000))
    text = f"{header}\n{'1,' * 9_999}1\n"
    assert refused(tmp_path / "b.csv", text).code == "too_many_columns"


@pytest.mark.parametrize(
    ("row_with_quote", "why"),
    [
        (line(Contract='"ETHPERP'), "never closed"),
        (line(Contract='"ETH"PERP'), "text follows"),
    ],
)
def test_c19_c20_quote_out_of_place_is_told_in_words(
    tmp_path: Path, row_with_quote: str, why: str
) -> None:
    refusal = refused(tmp_path / "b.csv", bybit(line(), row_with_quote, line()))
    assert "Line 3 " in str(refusal)
    assert why in str(refusal)


def test_rows_of_bare_numbers_have_the_shape_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rows.txt"
    path.write_text("1,2,3,4,2026-05-01 04:00:01\n" * 5)
    with pytest.raises(FileRefusedError) as caught:
        with_header(open_source(path))
    assert caught.value.code == "header_missing"


# --- content of another kind --------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-32", "utf-32-be", "utf-32-le", "utf-16-be"])
def test_c10_wide_characters_are_read(tmp_path: Path, encoding: str) -> None:
    lines, problems = found(tmp_path / "b.csv", bybit(line()).encode(encoding))
    assert (len(lines), problems) == (1, [])


def test_answer_saved_by_a_shell_in_wide_characters_is_read(tmp_path: Path) -> None:
    answer = json.dumps({"data": [BILL]}).encode("utf-16")
    lines, _ = found(tmp_path / "a.json", answer, account="7")
    assert len(lines) == 1


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"BZh91AY&SY\x00", "a compressed file"),
        (b"\xfd7zXZ\x00\x00", "a compressed file"),
        (b"\x28\xb5\x2f\xfd\x00", "a compressed file"),
        (b"PK\x05\x06" + bytes(18), "an empty archive"),
        (b"SQLite format 3\x00", "a database"),
        (b"PAR1\x15\x04", "a Parquet table"),
        (b"RIFF\x00\x00\x00\x00WEBP", "a picture or a recording"),
        (b"{\\rtf1 a, b}", "a text document"),
    ],
)
def test_c59_content_that_is_no_table_is_named(
    tmp_path: Path, content: bytes, named: str
) -> None:
    refusal = refused(tmp_path / "b.csv", content)
    assert refusal.code == "foreign_content"
    assert named in str(refusal)


def test_c59_archive_under_the_name_of_a_text_is_called_an_archive(
    tmp_path: Path,
) -> None:
    path = pack(tmp_path / "b.csv", {"history.csv": bybit(line())})
    with pytest.raises(FileRefusedError, match=r"archive of 1 files: history\.csv"):
        open_source(path, name="b.csv")


def test_x02_binary_workbook_is_named(tmp_path: Path) -> None:
    kind = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
    types = (
        f'<Types><Override PartName="/xl/workbook.bin" ContentType="{kind}"/></Types>'
    )
    path = pack(tmp_path / "b.xlsx", {"[Content_Types].xml": types})
    with pytest.raises(FileRefusedError, match="a binary workbook"):
        open_source(path)


# --- values that mean nothing -------------------------------------------------------


@pytest.mark.parametrize("price", ["0", "-5", "0.000"])
def test_price_that_is_not_above_zero_is_a_row_problem(
    tmp_path: Path, price: str
) -> None:
    text = (
        "#recovery-desk,house-mark-prices,1\ntime_utc,instrument,mark_price\n"
        f"2026-03-01T10:00:00.000Z,BTCUSDT,{price}\n#manifest,rows=1\n"
    )
    _, (problem,) = found(tmp_path / "p.csv", text)
    assert problem.reason == "is no price: it is not above zero"


def test_c47_time_of_another_century_is_a_row_problem(tmp_path: Path) -> None:
    late = line(**{"Time(UTC)": "9999-12-31 23:59:59"})
    lines, (problem,) = found(tmp_path / "b.csv", bybit(line(), late))
    assert (len(lines), problem.reason) == (1, "lies in another century")


def test_zone_said_against_that_of_the_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    above = "UID:7,Account Type:Main,Time Zone:UTC+8\n"
    path.write_text(above + OKX + SWAP.format(id="1", order="2"))
    told = {}
    for zone in ("", "+08:00", "UTC"):
        request = Request(path=str(path), file_id=1, name="o.csv", zone=zone)
        *_, ended = read_file(request)
        assert isinstance(ended, Ended)
        told[zone] = [one for one in ended.warnings if "its times are in" in one]
    assert (told[""], told["+08:00"]) == ([], [])
    assert told["UTC"] == [
        "The file says that its times are in +08:00; they were read in UTC, as it was said."
    ]


@pytest.mark.parametrize("text", ["{} " * 20, "[" + "{}," * 20 + "{}]", "[[],[]]" * 20])
def test_more_objects_than_rows_may_be_are_refused_unread(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(FileRefusedError) as caught:
        open_source(path, limits=Limits(rows=5))
    assert caught.value.code == "too_many_rows"


def test_c25_blanks_behind_a_number_with_a_unit_do_not_hold_the_reader() -> None:
    read = number_reader(NumberRule(unit_suffix=True))
    begun = time.monotonic()
    with pytest.raises(AmountUnreadableError):
        read("1" + " " * 130_000 + "!")
    assert time.monotonic() - begun < 20
    assert read("0.5 USDT") == Decimal("0.5")
