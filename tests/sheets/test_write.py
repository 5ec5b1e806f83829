from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from recovery.sheets.safe_text import cell_xml
from recovery.sheets.sheet_scan import column_letters, column_number
from recovery.sheets.write_csv import write_csv

AT = datetime(2026, 10, 10, 12, 0, 0, 123000, tzinfo=UTC)
DANGEROUS = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
]


@pytest.mark.parametrize("number", [1, 26, 27, 702, 703, 16384])
def test_column_letters_and_numbers_agree(number: int) -> None:
    assert column_number(column_letters(number)) == number


def test_text_for_cells_keeps_every_character() -> None:
    assert cell_xml("a_x0041_b\x07\r<") == "a_x005F_x0041_b_x0007__x000D_&lt;"


def test_csv_defuses_what_could_run(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    rows = [[text] for text in [*DANGEROUS, "-", "\0x", "plain"]]
    with path.open("w", encoding="utf-8", newline="") as stream:
        assert write_csv(stream, ["memo"], rows) == len(rows)
    lines = path.read_bytes().decode()
    for text in DANGEROUS:
        assert f"'{text}" in lines
    assert "\r\n-\r\n'\u2400x\r\nplain\r\n" in lines


def test_csv_keeps_numbers_and_times_plain(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    row = [Decimal("-1E-8"), -5, AT, date(2026, 1, 2), None]
    with path.open("w", encoding="utf-8", newline="") as stream:
        write_csv(stream, ["a", "b", "c", "d", "e"], [row])
    assert path.read_text().splitlines()[1] == (
        "-0.00000001,-5,2026-10-10T12:00:00.123Z,2026-01-02,"
    )


def test_csv_is_never_taken_for_another_format(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        write_csv(stream, ["ID", "x"], [["1", "2"]])
    assert path.read_bytes().startswith(b'"ID"')
