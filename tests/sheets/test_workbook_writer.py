"""The writer of workbooks refuses what a cell or sheet would lose."""

import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from recovery.sheets import workbook_writer
from recovery.sheets.errors import CellTooLongError
from recovery.sheets.workbook_writer import Column, WorkbookWriter
from recovery.sheets.xlsx_cells import CellRefusedError, Formula, Styled
from recovery.sheets.xlsx_styles import Highlight, Style

COLUMNS = (Column("Name", 12), Column("Amount", 14, Style.AMOUNT))


def write(path: Path, rows: list[list[Any]], name: str = "Rows") -> Path:
    with WorkbookWriter(path, ["Rows"]) as book, book.sheet(name, COLUMNS) as sheet:
        sheet.header()
        for row in rows:
            sheet.row(row)
    return path


@pytest.mark.parametrize("number", [1.5, True, Decimal("NaN"), Decimal("Infinity")])
def test_number_that_is_not_exact_is_refused(number: Any, tmp_path: Path) -> None:
    with pytest.raises(CellRefusedError):
        write(tmp_path / "x.xlsx", [["a", number]])


def test_text_longer_than_a_cell_is_never_cut(tmp_path: Path) -> None:
    write(tmp_path / "fits.xlsx", [["x" * 32_767]])
    with pytest.raises(CellTooLongError):
        write(tmp_path / "long.xlsx", [["x" * 32_768]])


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "[a]", "x" * 32, "'a", "a'", "a\n"])
def test_name_no_sheet_can_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(CellRefusedError):
        write(tmp_path / "x.xlsx", [], name)


def test_second_sheet_of_one_name_is_refused(tmp_path: Path) -> None:
    with WorkbookWriter(tmp_path / "x.xlsx", []) as book:
        with book.sheet("Rows", COLUMNS):
            pass
        with pytest.raises(CellRefusedError), book.sheet("ROWS", COLUMNS):
            pass


def test_row_below_the_last_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook_writer, "ROWS_MAX", 2)
    with pytest.raises(CellRefusedError):
        write(tmp_path / "x.xlsx", [["a"], ["b"]])


def test_more_columns_than_a_sheet_has_are_refused(tmp_path: Path) -> None:
    columns = [Column("x", 1)] * 16_385
    with (
        pytest.raises(CellRefusedError),
        WorkbookWriter(tmp_path / "x.xlsx", []) as book,
        book.sheet("Rows", columns),
    ):
        pass


def test_file_that_stands_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_text("kept")
    with pytest.raises(FileExistsError):
        write(tmp_path / "x.xlsx", [])
    assert (tmp_path / "x.xlsx").read_text() == "kept"


def test_formula_keeps_its_value_for_readers_that_do_not_calculate(
    tmp_path: Path,
) -> None:
    formulas = [
        ["sum", Formula("1+1", 2)],
        ["word", Formula('IF(1<2,"a&b","c")', "a&b")],
        ["styled", Styled(Formula("1/4", Decimal("0.25")), Style.SHARE)],
    ]
    path = write(tmp_path / "x.xlsx", formulas)
    stored = openpyxl.load_workbook(path, data_only=True)["Rows"]
    live = openpyxl.load_workbook(path)["Rows"]
    assert [stored[f"B{row}"].value for row in (2, 3, 4)] == [2, "a&b", 0.25]
    assert [live[f"B{row}"].value for row in (2, 3, 4)] == [
        "=1+1",
        '=IF(1<2,"a&b","c")',
        "=1/4",
    ]


def test_sheets_are_shown_in_the_order_announced(tmp_path: Path) -> None:
    with WorkbookWriter(tmp_path / "x.xlsx", ["Totals", "Never", "Rows"]) as book:
        for name, after in (
            ("Rows", ""),
            ("Rows 2", "Rows"),
            ("Z", ""),
            ("Totals", ""),
        ):
            with book.sheet(name, COLUMNS, after=after):
                pass
    names = openpyxl.load_workbook(tmp_path / "x.xlsx").sheetnames
    assert names == ["Totals", "Rows", "Rows 2", "Z"]


def test_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [["a", Decimal("1.5")], ["b", 2], [Styled("c", Style.CODE), None]] * 400
    first = write(tmp_path / "1.xlsx", rows).read_bytes()
    assert write(tmp_path / "2.xlsx", rows).read_bytes() == first
    assert (tmp_path / "1.xlsx").stat().st_mode & 0o077 == 0


def test_panes_and_rules_reach_the_sheet(tmp_path: Path) -> None:
    with WorkbookWriter(tmp_path / "x.xlsx", []) as book:
        with book.sheet("A", COLUMNS, freeze_columns=1) as sheet:
            sheet.row(["no header", None], height=30)
            sheet.not_zero_is_wrong("B1")
            sheet.words_are("A1", "bad", Highlight.WRONG)
            sheet.paint_where("A1", 'A1<>"x"', Highlight.CAUTION)
        with book.sheet("B", COLUMNS, freeze_columns=1) as sheet:
            sheet.header()
    read = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert (read["A"].freeze_panes, read["B"].freeze_panes) == ("B1", "B2")
    assert read["A"].row_dimensions[1].height == 30
    assert len(read["A"].conditional_formatting) == 2
    rules = [rule for each in read["A"].conditional_formatting for rule in each.rules]
    assert [rule.formula for rule in rules] == [["0"], ['"bad"'], ['A1<>"x"']]


def test_failure_half_way_leaves_no_workbook(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        _fail_half_way(tmp_path / "x.xlsx")
    with pytest.raises((zipfile.BadZipFile, KeyError)):
        openpyxl.load_workbook(tmp_path / "x.xlsx")


def _fail_half_way(path: Path) -> None:
    with WorkbookWriter(path, []) as book, book.sheet("Rows", COLUMNS) as sheet:
        sheet.header()
        raise RuntimeError
