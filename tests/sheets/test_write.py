import io
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from defusedxml.ElementTree import fromstring
from openpyxl.utils.escape import unescape

from recovery.sheets import write_xlsx as module
from recovery.sheets.cell_writer import column_letters, serial
from recovery.sheets.errors import CellTooLongError
from recovery.sheets.open_source import open_source
from recovery.sheets.safe_text import cell_xml
from recovery.sheets.sheet_scan import column_number
from recovery.sheets.workbook_values import (
    CellValue,
    Choices,
    Column,
    Formula,
    Highlight,
    Look,
    Number,
    Sheet,
    Styled,
)
from recovery.sheets.write_csv import write_csv
from recovery.sheets.write_xlsx import sheet_name, write_xlsx

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
PLAIN = [
    "-",
    "00123",
    "1E5",
    "#REF!",
    "a,b;c",
    'say "hi"',
    "two\nlines",
    "ä€",
    "a_x0041_b",
]
AT = datetime(2026, 10, 10, 12, 0, 0, 123000, tzinfo=UTC)


def written(*rows: list[CellValue], path: Path, **more: object) -> Path:
    columns = [Column(f"c{number}") for number in range(len(rows[0]))]
    sheet = Sheet("Rows", columns, rows, **more)  # type: ignore[arg-type]
    assert write_xlsx(path, [sheet]) == {"Rows": len(rows)}
    return path


def cell(path: Path, place: str = "A2") -> object:
    return openpyxl.load_workbook(path).worksheets[0][place]


@pytest.mark.parametrize("text", [*DANGEROUS, *PLAIN, "bell\x07", "x\0y", "_x005F_"])
def test_every_text_comes_back_as_text(tmp_path: Path, text: str) -> None:
    path = written([text, "end"], path=tmp_path / "o.xlsx")
    found = openpyxl.load_workbook(path).worksheets[0]["A2"]
    assert found.data_type in ("s", "inlineStr")
    assert unescape(found.value) == text


@pytest.mark.parametrize("text", ["=1+1", "a", "-", "two\nlines", "00123"])
def test_our_own_reader_reads_what_is_written(tmp_path: Path, text: str) -> None:
    path = written([text, "end"], path=tmp_path / "o.xlsx")
    assert [one.cells[0] for one in open_source(path).records()] == [text]


def test_amount_is_exact_text(tmp_path: Path) -> None:
    amount = Decimal("-12345678901234567890.123456789012345678")
    path = written([amount, Styled(amount, Look.BAD)], path=tmp_path / "o.xlsx")
    (record,) = open_source(path).records()
    assert record.cells == (str(amount), str(amount))
    assert record.flaws == ()


def test_number_is_rounded_to_what_every_program_keeps(tmp_path: Path) -> None:
    path = written(
        [Number(Decimal("-0.12345678901234567")), 7, 10**15, True, None],
        path=tmp_path / "o.xlsx",
    )
    sheet = openpyxl.load_workbook(path).worksheets[0]
    values = [one.value for one in sheet[2]]
    assert repr(values[0]) == "-0.123456789012346"
    assert values[1:] == [7, str(10**15), True, None]


def test_formula_carries_its_value(tmp_path: Path) -> None:
    path = written(
        [Formula("=SUM(1,2)", 3), Formula('IF(1<2,"a&b","")', "a&b")],
        path=tmp_path / "o.xlsx",
    )
    live = openpyxl.load_workbook(path).worksheets[0]
    stored = openpyxl.load_workbook(path, data_only=True).worksheets[0]
    assert [one.value for one in live[2]] == ["=SUM(1,2)", '=IF(1<2,"a&b","")']
    assert [one.value for one in stored[2]] == [3, "a&b"]


def test_times_are_dates_in_utc(tmp_path: Path) -> None:
    berlin = AT.astimezone(timezone(timedelta(hours=2)))
    path = written([AT, berlin, date(2026, 10, 10)], path=tmp_path / "o.xlsx")
    (record,) = open_source(path).records()
    assert record.cells == (
        "2026-10-10 12:00:00.123",
        "2026-10-10 12:00:00.123",
        "2026-10-10 00:00:00",
    )
    assert serial(date(1900, 3, 1)) == "61"


def test_text_that_fits_no_cell_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CellTooLongError):
        written(["x" * 32_768], path=tmp_path / "o.xlsx")
    written(["x" * 32_767], path=tmp_path / "o.xlsx")


def test_widths_panes_filters_formats_and_looks_are_written(tmp_path: Path) -> None:
    sheet = Sheet(
        "Breaks",
        [Column("a", 20), Column("b", 9, "0.00")],
        [[1, Number(Decimal("1.5"))], [Styled(2, Look.TOTAL, "0%"), Styled(None)]],
        above=[[Styled("Title", Look.TITLE), "x", "beyond"]],
        freeze_columns=1,
        highlights=[Highlight("A3:A4", "$A3<>0")],
        choices=[Choices("B3:B4", ["accept", "reject"])],
    )
    path = tmp_path / "o.xlsx"
    write_xlsx(
        path, [sheet, Sheet("Rules", [Column("x")], [], hidden=True, filtered=False)]
    )
    book = openpyxl.load_workbook(path)
    found = book["Breaks"]
    assert found.column_dimensions["A"].width == 20
    assert found.freeze_panes == "B3"
    assert found.auto_filter.ref == "A2:B4"
    assert found["B3"].number_format == "0.00"
    assert found["A4"].number_format == "0%"
    assert found["A4"].font.b
    assert found["A2"].fill.fgColor.rgb == "FF1F2937"
    assert found.data_validations.dataValidation[0].formula1 == '"accept,reject"'
    assert next(iter(found.conditional_formatting)).rules[0].formula == ["$A3<>0"]
    assert book["Rules"].sheet_state == "hidden"
    assert book["Rules"].auto_filter.ref is None


def test_same_rows_give_the_same_bytes() -> None:
    def once() -> bytes:
        target = io.BytesIO()
        write_xlsx(target, [Sheet("S", [Column("a")], [["x"], [AT]])])
        return target.getvalue()

    assert once() == once()


def test_all_parts_are_well_formed(tmp_path: Path) -> None:
    path = written(["<&>\"'\x01"], path=tmp_path / "o.xlsx")
    with zipfile.ZipFile(path) as file:
        assert all(fromstring(file.read(name)) is not None for name in file.namelist())


def test_rows_beyond_the_grid_go_on_a_second_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRID_ROWS", 3)
    for count, expected in [(2, {"S": 2}), (5, {"S": 2, "S (2)": 2, "S (3)": 1})]:
        rows = ([number] for number in range(count))
        path = tmp_path / "o.xlsx"
        assert write_xlsx(path, [Sheet("S", [Column("a")], rows)]) == expected
        book = openpyxl.load_workbook(path)
        numbers = [
            row[0].value for sheet in book.worksheets for row in sheet.iter_rows(2)
        ]
        assert numbers == list(range(count))


def test_many_rows_are_written_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "o.xlsx"
    rows = ([number] for number in range(1200))
    assert write_xlsx(path, [Sheet("S", [Column("a")], rows)]) == {"S": 1200}
    assert len(list(open_source(path).rows())) in (1200, 1201)


@pytest.mark.parametrize(
    ("wanted", "taken", "name"),
    [
        ("Breaks", [], "Breaks"),
        ("a/b:[c]*?\\", [], "a b  c"),
        ("", [], "Sheet"),
        ("x" * 40, [], "x" * 31),
        ("x" * 40, ["X" * 31], "x" * 27 + " (2)"),
        ("S", ["s", "S (2)"], "S (3)"),
    ],
)
def test_sheet_names_are_made_fit(wanted: str, taken: list[str], name: str) -> None:
    assert sheet_name(wanted, taken) == name


@pytest.mark.parametrize("number", [1, 26, 27, 702, 703, 16384])
def test_column_letters_and_numbers_agree(number: int) -> None:
    assert column_number(column_letters(number)) == number


def test_text_for_cells_keeps_every_character() -> None:
    assert cell_xml("a_x0041_b\x07\r<") == "a_x005F_x0041_b_x0007__x000D_&lt;"


def test_csv_defuses_what_could_run(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    rows = [[text] for text in [*DANGEROUS, "-", "\0x", "plain"]]
    assert write_csv(path, ["memo"], rows) == len(rows)
    lines = path.read_bytes().decode()
    for text in DANGEROUS:
        assert f"'{text}" in lines
    assert "\r\n-\r\n'\u2400x\r\nplain\r\n" in lines


def test_csv_keeps_numbers_and_times_plain(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    row = [Decimal("-1E-8"), -5, AT, date(2026, 1, 2), None]
    write_csv(path, ["a", "b", "c", "d", "e"], [row])
    assert path.read_text().splitlines()[1] == (
        "-0.00000001,-5,2026-10-10T12:00:00.123Z,2026-01-02,"
    )


def test_csv_is_never_taken_for_another_format(tmp_path: Path) -> None:
    path = tmp_path / "o.csv"
    write_csv(path, ["ID", "x"], [["1", "2"]])
    assert path.read_bytes().startswith(b'"ID"')
