"""The quick reading of workbooks tells the same as the careful one, or steps aside."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recovery.sheets import read_xlsx
from recovery.sheets.errors import FileRefusedError
from recovery.sheets.open_source import open_source
from recovery.sheets.plain_cells import NotPlainError
from recovery.sheets.plain_sheet import PlainSheet
from recovery.sheets.records import HOUSE_LIMITS, UPLOAD_LIMITS, Record
from recovery.sheets.workbook_parts import checked_book
from tests.sheets.workbooks import (
    HEADER,
    number_cell,
    pack,
    parts,
    prices,
    row,
    sheet,
    text_cell,
    text_row,
)

GOOD = text_row(2, "2026-10-10T00:00:00.000Z", "BTCUSDT", "60000.5")
PART = "xl/worksheets/sheet1.xml"
LONG = [text_row(n, f"time {n}", "BTCUSDT" * 40, "x" * 400) for n in range(2, 9000)]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book.xlsx"


def plainly(path: Path) -> list[Record]:
    sheet_read = PlainSheet(path, PART, UPLOAD_LIMITS)
    return [record for block in sheet_read.blocks() for record in block]


def carefully(path: Path) -> list[Record]:
    found = read_xlsx._carefully(checked_book(path, "", UPLOAD_LIMITS))
    return list(found.rows())


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="B3"><f>1+1</f><v>2</v></c>',
        '<c r="B3" s="1"><v>46305.5</v></c>',
        '<c r="B3" s="7"><v>1</v></c>',
        '<c r="B3"><v>0.30000000000000004</v></c>',
        '<c r="B3"><v>1.00000000000000000000</v></c>',
        '<c r="B3"><v>1e</v></c>',
        '<c r="B3"><v>--1</v></c>',
        '<c r="B3" t="s"><v>0</v></c>',
        '<c r="B3" t="s"><v>-1</v></c>',
        '<c r="B3" t="s"><v>1.5</v></c>',
        '<c r="B3" t="b"><v>1</v></c>',
        '<c r="B3" t="e"><v>#REF!</v></c>',
        '<c r="B4"><v>1</v></c>',
        '<c r="C3"><v>1</v></c><c r="B3"><v>1</v></c>',
        '<c r="B3"><v>1</v></c><c r="B3"><v>2</v></c>',
        '<c r="AA3"><v>1</v></c>',
        '<c r="B3"><!-- --><v>1</v></c>',
        text_cell("B3", "&#65;"),
        text_cell("B3", "&nbsp;"),
        text_cell("B3", "a_x0041_"),
        text_cell("B3", "a\rb"),
        '<c r="B3" t="inlineStr"><is><r><t>a</t></r></is></c>',
    ],
)
def test_what_the_pattern_does_not_know_is_left_to_the_careful_reading(
    book: Path, cell: str
) -> None:
    prices(book, GOOD, row(3, cell))
    with pytest.raises(NotPlainError):
        plainly(book)


@pytest.mark.parametrize(
    "rows",
    [
        "",
        GOOD + "<!-- -->" + text_row(3, "a"),
        GOOD + " " + text_row(3, "a"),
        GOOD + text_row(2, "a"),
        text_row(3, "a") + GOOD,
        GOOD.replace("<row ", '<row hidden="1" '),
        GOOD.replace("<row ", "<row\n"),
        GOOD + '<row r="3"/>',
        GOOD + "</row>",
        GOOD + '<c r="A3"/>',
    ],
)
def test_rows_in_another_form_are_left_to_the_careful_reading(
    book: Path, rows: str
) -> None:
    pack(book, parts(sheet(rows)))
    with pytest.raises(NotPlainError):
        plainly(book)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'),
        ("", "<sheetData>" + text_row(3, "a") + "</sheetData>"),
        ("", '<c r="A9"><v>1</v></c>'),
        ("", "<open>"),
        ("<sheetData/>", ""),
        ("", "<!DOCTYPE a>"),
    ],
)
def test_a_frame_with_more_than_rows_is_left_to_the_careful_reading(
    book: Path, before: str, after: str
) -> None:
    prices(book, GOOD, before=before, after=after)
    with pytest.raises(NotPlainError):
        plainly(book)


def texts() -> st.SearchStrategy[str]:
    """Texts as they stand in XML, with the entities every XML has."""
    piece = st.sampled_from(
        ["BTC", "a b", " ", "\n", "\t", "é", "中", "_", '"', "'", ";", "&amp;", "&lt;"]
    )
    return st.lists(piece, max_size=4).map("".join)


def numbers() -> st.SearchStrategy[str]:
    plain = st.decimals(-(10**9), 10**9, places=4).map(str)
    tiny = st.integers(1, 10**6).map("{}E-9".format)
    whole = st.integers(-(10**18), 10**18).map(str)
    return st.one_of(plain, tiny, whole, st.just("7.0000000000000007E-2"))


def cell_at(place: str) -> st.SearchStrategy[str]:
    return st.one_of(
        texts().map(lambda text: text_cell(place, text)),
        texts().map(
            lambda text: (
                f'<c r="{place}" t="inlineStr"><is>'
                f'<t xml:space="preserve">{text}</t></is></c>'
            )
        ),
        numbers().map(lambda text: number_cell(place, text)),
        numbers().map(lambda text: number_cell(place, text, style=2)),
        st.integers(0, 2).map(lambda at: f'<c r="{place}" t="s"><v>{at}</v></c>'),
        st.sampled_from([f'<c r="{place}" s="1"/>', f'<c r="{place}" />', ""]),
    )


@st.composite
def sheets(draw: st.DrawFn) -> str:
    places = sorted(draw(st.sets(st.integers(2, 12), min_size=1, max_size=6)))
    rows = [
        row(at, *(draw(cell_at(f"{letter}{at}")) for letter in "ABD")) for at in places
    ]
    return sheet(text_row(1, *HEADER), *rows)


@given(whole=sheets())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_read_quickly_is_read_the_same_carefully(
    book: Path, whole: str
) -> None:
    content = parts(whole)
    content["xl/sharedStrings.xml"] = (
        "<sst><si><t>ETH</t></si><si><t>a&amp;b</t></si>"
        '<si><t xml:space="preserve"> x </t></si></sst>'
    )
    content["xl/styles.xml"] = content["xl/styles.xml"].replace(
        "</cellXfs>", '<xf numFmtId="4"/></cellXfs>'
    )
    pack(book, content)
    try:
        plainly(book)
    except NotPlainError:
        return
    quick = open_source(book)
    read = [(one.number, *one.cells) for one in quick.rows()]
    assert read == [(one.number, *one.cells) for one in carefully(book)]


def test_a_long_sheet_streams_and_can_be_read_again(book: Path) -> None:
    prices(book, *LONG)
    source = open_source(book)
    for _ in range(2):
        found = list(source.records())
        assert [one.number for one in found] == list(range(2, 9000))
        assert found[-1].cells == ("time 8999", "BTCUSDT" * 40, "x" * 400)


def late(*rows: str) -> Iterator[str]:
    """The long sheet with other rows at its end."""
    yield from LONG
    yield from rows


def test_a_long_sheet_that_turns_unusual_below_goes_on_carefully(book: Path) -> None:
    computed = row(9000, '<c r="A9000"><f>1</f><v>2</v></c>')
    hidden = text_row(9001, "a").replace("<row ", '<row hidden="1" ')
    prices(book, *late(computed, hidden))
    source = open_source(book)
    found = list(source.records())
    assert [one.number for one in found] == list(range(2, 9002))
    assert found[-2].cells[0] == "2"
    assert source.notes == [
        "1 hidden rows were read like the others.",
        "1 cells are computed, not exported by the venue.",
    ]


def test_rows_that_change_what_was_handed_out_refuse_the_file(book: Path) -> None:
    merged = '<mergeCells count="1"><mergeCell ref="A5:A6"/></mergeCells>'
    prices(book, *LONG, after=merged)
    records = open_source(book).records()
    with pytest.raises(FileRefusedError, match="two ways"):
        list(records)


def test_a_row_that_comes_again_below_refuses_the_file(book: Path) -> None:
    prices(book, *late(text_row(5, "other")))
    records = open_source(book).records()
    with pytest.raises(FileRefusedError, match="two cells at one place, A5"):
        list(records)


def test_a_long_sheet_of_more_rows_than_the_limit_is_refused(book: Path) -> None:
    prices(book, *late(text_row(600_000, "far")))
    with pytest.raises(FileRefusedError, match="row 600000"):
        list(open_source(book).records())


def test_the_platforms_own_sheets_are_larger_only_where_they_stream() -> None:
    streams = HOUSE_LIMITS.of_streams()
    assert streams.member_bytes > HOUSE_LIMITS.member_bytes
    assert UPLOAD_LIMITS.of_streams() == UPLOAD_LIMITS
