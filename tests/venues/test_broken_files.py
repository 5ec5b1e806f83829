"""Files broken in ways the catalogue's own examples are not: found by trying."""

import json
from pathlib import Path

import pytest

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import LedgerLine, RowProblem
from recovery.sheets.errors import FileRefusedError
from recovery.sheets.open_source import open_source
from recovery.venues.accounts import AccountUnreadableError
from tests.sheets.workbooks import pack, parts, row, sheet, text_cell, text_row
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


# --- workbooks ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        (text_row(2, *ROW), text_row(2, *ROW)),
        (row(2, text_cell("A2", "1"), text_cell("A2", "2")),),
    ],
)
def test_two_cells_at_one_place_refuse_the_workbook(
    tmp_path: Path, rows: tuple[str, ...]
) -> None:
    """A reader keeps the last of them: the other would be lost without a word."""
    book = pack(tmp_path / "b.xlsx", parts(sheet(text_row(1, *BYBIT), *rows)))
    with pytest.raises(FileRefusedError, match="two cells at one place, A2"):
        open_source(book)
