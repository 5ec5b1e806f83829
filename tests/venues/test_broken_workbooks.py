"""Workbooks broken or arranged in ways no test had: found by trying."""

from pathlib import Path

import pytest

from recovery.reading.messages import Ended, Request
from recovery.reading.read_file import read_file
from recovery.sheets.errors import FileRefusedError
from recovery.sheets.open_source import open_source
from tests.sheets.workbooks import pack, parts, row, sheet, text_cell, text_row
from tests.venues.test_broken_files import BYBIT, ROW

# --- cells --------------------------------------------------------------------------


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


# --- several sheets -----------------------------------------------------------------


NOTES = sheet(text_row(1, "My notes"), text_row(2, "call", "the customer"))
TABLE = sheet(text_row(1, *BYBIT), text_row(2, *ROW))


def read_notes(path: Path) -> list[str]:
    """The warnings of a file that is read."""
    *_, ended = read_file(Request(path=str(path), file_id=1, name=path.name))
    assert isinstance(ended, Ended)
    return ended.warnings


def test_x37_only_known_sheet_is_read_and_the_others_named(tmp_path: Path) -> None:
    path = pack(tmp_path / "b.xlsx", parts(NOTES, TABLE))
    assert read_notes(path) == ["Only the sheet S2 was read, not: S1."]


@pytest.mark.parametrize("sheets", [(TABLE, TABLE), (NOTES, NOTES)])
def test_x37_nobody_guesses_between_sheets(
    tmp_path: Path, sheets: tuple[str, ...]
) -> None:
    path = pack(tmp_path / "b.xlsx", parts(*sheets))
    with pytest.raises(FileRefusedError, match=r"S1, S2\. Save the one that is meant"):
        read_notes(path)


def test_x36_hidden_columns_are_counted(tmp_path: Path) -> None:
    hidden = '<cols><col min="3" max="5" width="9" hidden="1"/></cols>'
    rows = (text_row(1, *BYBIT), text_row(2, *ROW))
    quick = sheet(*rows, before=hidden)
    slow = sheet(*rows, before=f"<!-- x -->{hidden}")
    for number, one in enumerate((quick, slow)):
        path = pack(tmp_path / f"b{number}.xlsx", parts(one))
        assert read_notes(path) == ["3 hidden columns were read like the others."]
