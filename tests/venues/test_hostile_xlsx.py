"""Hostile workbooks: each line of the catalogue, with the outcome it asks for.

How the container is taken apart is tried in tests/sheets/test_read_xlsx.py; here the
question is what becomes of the file and of its rows.
"""

import socket
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import MarkPrice, RowProblem
from recovery.sheets.open_source import open_source
from recovery.venues.interpretation import Interpreter
from recovery.venues.outcomes import Outcome
from recovery.venues.recognition import recognise
from tests.sheets.workbooks import (
    HEADER,
    MAIN,
    XML,
    number_cell,
    pack,
    parts,
    prices,
    row,
    sheet,
    text_cell,
    text_row,
)

TIME = "2026-10-10T00:00:00.000Z"
GOOD = text_row(2, TIME, "BTCUSDT", "60000.5")
Make = Callable[[Path], Path]


def refused(path: Path) -> str:
    try:
        source = open_source(path)
        interpreter = Interpreter(recognise(source))
        list(interpreter.interpret_all(source.records()))
    except RecoveryError as refusal:
        return refusal.code
    return ""


def outcomes(path: Path) -> list[Outcome]:
    source = open_source(path)
    return list(Interpreter(recognise(source)).interpret_all(source.records()))


def price_row(number: int, price: str, time: str = "") -> str:
    return row(
        number,
        time or text_cell(f"A{number}", TIME),
        text_cell(f"B{number}", "BTCUSDT"),
        price,
    )


def whole(**extra: str) -> dict[str, str]:
    return parts(sheet(text_row(1, *HEADER), GOOD)) | extra


def with_part(name: str, text: str) -> Make:
    return lambda path: pack(path, whole() | {name: text})


def with_sheet_text(before: str = "", after: str = "") -> Make:
    return lambda path: prices(path, GOOD, before=before, after=after)


def many_members(path: Path) -> Path:
    return pack(path, whole() | {f"x/{n}.xml": "x" for n in range(10_000)})


def cut(path: Path) -> Path:
    data = prices(path, GOOD).read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def commented(path: Path) -> Path:
    prices(path, GOOD)
    with zipfile.ZipFile(path, "a") as file:
        file.comment = b"x"
    return path


def of_bytes(data: bytes) -> Make:
    def make(path: Path) -> Path:
        path.write_bytes(data)
        return path

    return make


DTD = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
REFUSED: dict[str, Make] = {
    "X02 macro": with_part("xl/vbaProject.bin", "x"),
    "X02 OpenDocument": lambda path: pack(path, {"content.xml": "<a/>"}),
    "X03 OLE container": of_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
    "X04 cut off": cut,
    "X05 comment": commented,
    "X09 blanks": lambda path: prices(path, " " * 30_000_000),
    "X10 members": many_members,
    "X12 name": with_part("../evil.xml", "x"),
    "X14 far cell": lambda path: prices(path, GOOD, row(1048576, text_cell("XFD1048576", "x"))),
    "X15 outside the grid": lambda path: prices(path, row(2, text_cell("XFE1", "x"))),
    "X15 no column": lambda path: prices(path, row(2, text_cell("7", "x"))),
    "X19 rows": lambda path: prices(
        path, *(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(2, 520_000))
    ),
    "X21 external entity": lambda path: pack(
        path,
        whole() | {"xl/worksheets/sheet1.xml": sheet(GOOD).replace(XML, XML + DTD)},
    ),
    "X22 document type": lambda path: pack(
        path,
        whole() | {"xl/styles.xml": f"{XML}<!DOCTYPE a><styleSheet xmlns='{MAIN}'/>"},
    ),
    "X37 several sheets": lambda path: pack(
        path, parts(*[sheet(text_row(1, *HEADER), GOOD)] * 2)
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_workbook_is_refused(tmp_path: Path, case: str) -> None:
    assert refused(REFUSED[case](tmp_path / "book.xlsx")), case
    assert len(outcomes(prices(tmp_path / "next.xlsx", GOOD))) == 1


ROWS = {
    "X26 no stored result": '<c r="C3"><f>1+1</f></c>',
    "X27 error": '<c r="C3" t="e"><v>#REF!</v></c>',
    "X27 boolean": '<c r="C3" t="b"><v>1</v></c>',
    "X30 twenty digits": number_cell("C3", "60000.123456789012345"),
    "X31 long number": number_cell("C3", "1234567890123456789"),
}


@pytest.mark.parametrize("case", ROWS)
def test_cell_makes_its_row_a_problem(tmp_path: Path, case: str) -> None:
    rows = [GOOD, price_row(3, ROWS[case]), text_row(4, TIME, "ETHUSDT", "1")]
    found = outcomes(prices(tmp_path / "book.xlsx", *rows))
    problems = [one for one in found if isinstance(one, RowProblem)]
    assert [(one.row_number, one.column) for one in problems] == [(3, "mark_price")]
    assert len(found) == 3


@pytest.mark.parametrize("text", ["NaN", "INF", "1e400"])
def test_x28_number_that_is_none_is_never_read(tmp_path: Path, text: str) -> None:
    path = prices(tmp_path / "book.xlsx", GOOD, price_row(3, number_cell("C3", text)))
    if refused(path):
        return
    found = outcomes(path)
    assert isinstance(found[0], MarkPrice)
    assert all(isinstance(one, RowProblem) for one in found[1:])


@pytest.mark.parametrize("serial", ["-5", "2958466", "60"])
def test_x33_serials_that_are_no_dates_are_row_problems(
    tmp_path: Path, serial: str
) -> None:
    bad = price_row(3, number_cell("C3", "1"), number_cell("A3", serial, 1))
    found = outcomes(prices(tmp_path / "book.xlsx", GOOD, bad))
    assert [type(one) for one in found] == [MarkPrice, RowProblem]


def test_x34_dates_as_text_and_as_number_are_both_right(tmp_path: Path) -> None:
    second = price_row(3, number_cell("C3", "1"), number_cell("A3", "46305", 1))
    first, other = outcomes(prices(tmp_path / "book.xlsx", GOOD, second))
    assert isinstance(first, MarkPrice)
    assert isinstance(other, MarkPrice)
    assert first.occurred_at == other.occurred_at


@pytest.mark.parametrize(
    "before",
    ['<dimension ref="A1:A1"/>', '<dimension ref="A1:XFD1048576"/>', ""],  # X16-X18
)
def test_stated_dimension_is_not_believed(tmp_path: Path, before: str) -> None:
    assert len(outcomes(with_sheet_text(before)(tmp_path / "book.xlsx"))) == 1


@pytest.mark.parametrize(
    "make",
    [
        with_part("xl/media/logo.png", "x" * 100),  # X40
        with_part("xl/comments1.xml", "<comments/>"),
        with_sheet_text('<cols><col min="1" max="2" hidden="1"/></cols>'),  # X36
        lambda path: prices(path, GOOD.replace("BTCUSDT", "=HYPERLINK")),  # X24
    ],
)
def test_what_is_no_data_does_no_harm(tmp_path: Path, make: Make) -> None:
    assert len(outcomes(make(tmp_path / "book.xlsx"))) == 1


def test_x25_computed_cell_is_read_and_noted(tmp_path: Path) -> None:
    cell = '<c r="C3"><f>1+1</f><v>2</v></c>'
    path = prices(tmp_path / "book.xlsx", GOOD, price_row(3, cell))
    source = open_source(path)
    found = list(Interpreter(recognise(source)).interpret_all(source.records()))
    assert isinstance(found[1], MarkPrice)
    assert found[1].mark_price == Decimal(2)
    assert any("computed" in note for note in source.notes)


@pytest.mark.parametrize(
    "part",
    [
        "xl/externalLinks/externalLink1.xml",
        "xl/connections.xml",
        "xl/queryTables/queryTable1.xml",
        "xl/embeddings/oleObject1.bin",
    ],
)
def test_x23_what_leads_out_is_noted_and_never_followed(
    tmp_path: Path, part: str
) -> None:
    source = open_source(with_part(part, "<a/>")(tmp_path / "book.xlsx"))
    assert any("nothing was followed" in note for note in source.notes)
    assert len(list(source.records())) == 1


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody on loopback whom nobody may call."""
    with socket.create_server(("127.0.0.1", 0)) as open_to_all:
        open_to_all.settimeout(0.2)
        yield open_to_all


def test_x21_x23_addresses_in_a_workbook_are_never_called(
    tmp_path: Path, listener: socket.socket
) -> None:
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    entity = f'<!DOCTYPE a [<!ENTITY a SYSTEM "{url}">]>'
    asked = sheet(text_row(1, *HEADER), GOOD.replace("BTCUSDT", "&a;"))
    called = {"xl/worksheets/sheet1.xml": asked.replace(XML, XML + entity)}
    assert refused(pack(tmp_path / "entity.xlsx", whole() | called))
    link = f"<externalLink xmlns='{MAIN}' r='{url}'/>"
    path = with_part("xl/externalLinks/externalLink1.xml", link)(tmp_path / "b.xlsx")
    assert len(list(open_source(path).records())) == 1
    with pytest.raises(TimeoutError):
        listener.accept()


def test_x35_cells_under_a_merged_one_are_row_problems(tmp_path: Path) -> None:
    merged = '<mergeCells count="1"><mergeCell ref="C2:C3"/></mergeCells>'
    rows = [GOOD, text_row(3, TIME, "ETHUSDT", "1")]
    found = outcomes(prices(tmp_path / "book.xlsx", *rows, after=merged))
    assert isinstance(found[0], MarkPrice)
    assert isinstance(found[1], RowProblem)


def test_x38_header_below_a_title_is_found(tmp_path: Path) -> None:
    rows = [
        text_row(2, "Prices of a day"),
        text_row(7, *HEADER),
        GOOD.replace('2"', '8"'),
    ]
    path = pack(tmp_path / "book.xlsx", parts(sheet(*rows)))
    assert [type(one) for one in outcomes(path)] == [MarkPrice]


def test_x39_very_long_cell_is_bounded(tmp_path: Path) -> None:
    path = prices(tmp_path / "book.xlsx", GOOD.replace("BTCUSDT", "x" * 1_000_000))
    if not refused(path):
        assert all(isinstance(one, RowProblem) for one in outcomes(path))
