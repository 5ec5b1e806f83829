import struct
import zipfile
from pathlib import Path

import pytest

from recovery.sheets.errors import FileRefusedError
from recovery.sheets.open_source import open_source
from recovery.sheets.records import Limits, Record
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

GOOD = text_row(2, "2026-10-10T00:00:00.000Z", "BTCUSDT", "60000.5")
BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'


def refusal(path: Path, limits: Limits | None = None, sheet_name: str = "") -> str:
    with pytest.raises(FileRefusedError) as caught:
        list(open_source(path, limits=limits or Limits(), sheet=sheet_name).records())
    assert caught.value.reason
    assert caught.value.remedy
    return f"{caught.value.code}: {caught.value.reason}"


def records(path: Path) -> list[Record]:
    return list(open_source(path).records())


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book.xlsx"


def test_rows_are_delivered_with_their_numbers(book: Path) -> None:
    source = open_source(prices(book, GOOD, text_row(5, "t", "ETHUSDT", "1")))
    assert source.header == HEADER
    assert source.header_number == 1
    assert [(one.number, one.cells[1]) for one in source.records()] == [
        (2, "BTCUSDT"),
        (5, "ETHUSDT"),
    ]
    assert [one.number for one in source.records()] == [2, 5]


def test_header_below_a_title_is_found(book: Path) -> None:
    pack(
        book,
        parts(
            sheet(
                text_row(3, "Prices of October"),
                text_row(7, *HEADER),
                text_row(8, "a", "b", "1"),
            )
        ),
    )
    source = open_source(book)
    assert source.header_number == 7
    assert source.preamble == (("Prices of October",),)
    assert [one.number for one in source.records()] == [8]


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("60000.5", "60000.5"),
        ("7", "7"),
        ("-0.07", "-0.07"),
        ("7.0000000000000007E-2", "0.07"),
        ("123456789012.123", "123456789012.123"),
        ("5.4E-7", "5.4e-07"),
        ("100000000000000", "100000000000000"),
    ],
)
def test_number_cells_give_the_text_that_was_typed(
    book: Path, stored: str, text: str
) -> None:
    (record,) = records(prices(book, row(2, number_cell("A2", stored))))
    assert record.cells[0] == text
    assert record.flaws == ()


@pytest.mark.parametrize(
    "stored",
    [
        "0.30000000000000004",
        "12345678901234567890",
        "1E15",
        "-1234567890123456",
        "0.12345678901234567890123",
    ],
)
def test_number_cells_beyond_fifteen_digits_are_flawed(book: Path, stored: str) -> None:
    (record,) = records(prices(book, row(2, number_cell("A2", stored))))
    assert record.flaws
    assert "digits" in record.flaws[0].reason


@pytest.mark.parametrize(
    ("date1904", "serial", "text"),
    [
        (False, "46305.5", "2026-10-10 12:00:00"),
        (True, "44843.5", "2026-10-10 12:00:00"),
        (False, "46305", "2026-10-10 00:00:00"),
        (False, "46305.00000142361", "2026-10-10 00:00:00.123"),
    ],
)
def test_x32_dates_of_both_systems_are_read(
    book: Path, date1904: bool, serial: str, text: str
) -> None:
    whole = sheet(text_row(1, *HEADER), row(2, number_cell("A2", serial, style=1)))
    pack(book, parts(whole, date1904=date1904))
    (record,) = records(book)
    assert record.cells[0] == text
    assert record.flaws == ()


@pytest.mark.parametrize("serial", ["60", "0.5"])
def test_dates_that_no_trade_can_have_are_flawed(book: Path, serial: str) -> None:
    (record,) = records(prices(book, row(2, number_cell("A2", serial, style=1))))
    assert record.flaws


def test_booleans_come_as_words(book: Path) -> None:
    (record,) = records(prices(book, row(2, '<c r="A2" t="b"><v>1</v></c>')))
    assert record.cells[0] == "TRUE"


def test_formula_without_a_stored_result_flaws_its_row(book: Path) -> None:
    found = records(
        prices(
            book,
            row(2, text_cell("A2", "x"), '<c r="C2"><f>1+1</f></c>'),
            row(3, '<c r="C3"><f>1+1</f></c>'),
            GOOD.replace('2"', '4"'),
        )
    )
    assert [one.number for one in found] == [2, 3, 4]
    assert [bool(one.flaws) for one in found] == [True, True, False]
    assert found[0].flaws[0].column == 2


def test_formula_with_a_stored_result_is_read_and_noted(book: Path) -> None:
    source = open_source(prices(book, row(2, '<c r="C2"><f>1+1</f><v>2</v></c>')))
    assert [one.cells[2] for one in source.records()] == ["2"]
    assert "1 cells are computed" in source.notes[0]


def test_error_cells_are_flawed(book: Path) -> None:
    (record,) = records(
        prices(book, row(2, text_cell("A2", "x"), '<c r="C2" t="e"><v>#REF!</v></c>'))
    )
    assert record.flaws[0].reason == "shows the error #REF!"


def test_cells_under_a_merged_one_are_flawed(book: Path) -> None:
    merged = '<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'
    found = records(prices(book, GOOD, text_row(3, "", "ETHUSDT", "1"), after=merged))
    assert found[0].flaws == ()
    assert found[1].flaws[0].column == 0


def test_hidden_rows_are_read_and_counted(book: Path) -> None:
    for shape in ("", "<f>1</f>"):
        hidden = GOOD.replace('r="2">', 'r="2" hidden="1">', 1)
        extra = row(3, f'<c r="C3">{shape}<v>2</v></c>')
        source = open_source(prices(book, hidden, extra))
        assert len(list(source.records())) == 2
        assert "1 hidden rows" in source.notes[0]


@pytest.mark.parametrize(
    "dimension", ["", '<dimension ref="A1:A1"/>', '<dimension ref="A1:XFD1048576"/>']
)
def test_x16_to_x18_dimension_of_a_sheet_is_not_believed(
    book: Path, dimension: str
) -> None:
    found = records(prices(book, GOOD, before=dimension))
    assert len(found) == 1
    assert len(found[0].cells) == 3


def test_rows_of_empty_cells_are_no_records(book: Path) -> None:
    found = records(
        prices(
            book,
            row(2, '<c r="A2" t="inlineStr"/>', '<c r="B2"><v></v></c>'),
            row(3, '<c r="A3" t="inlineStr"><is><t/></is></c>'),
            GOOD.replace('2"', '4"'),
        )
    )
    assert [one.number for one in found] == [4]


def test_sheets_in_an_unusual_spelling_are_read_too(book: Path) -> None:
    whole = (
        f'{XML}<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="1">'
        + "".join(
            f'<x:c r="{place}" t="inlineStr"><x:is><x:t>{name}</x:t></x:is></x:c>'
            for place, name in zip(("A1", "B1", "C1"), HEADER, strict=True)
        )
        + '</x:row><x:row r="2"><x:c r="A2"><x:v>7</x:v></x:c></x:row>'
        "</x:sheetData></x:worksheet>"
    )
    pack(book, parts(whole))
    assert [one.cells[0] for one in records(book)] == ["7"]


def test_only_sheet_with_data_is_taken(book: Path) -> None:
    pack(book, parts(sheet(), sheet(text_row(1, *HEADER), GOOD)))
    assert open_source(book).sheet == "S2"


def test_several_sheets_with_data_are_asked_about(book: Path) -> None:
    one = sheet(text_row(1, *HEADER), GOOD)
    pack(book, parts(one, one))
    assert "sheet_needed: Several sheets hold data: S1, S2." in refusal(book)
    assert open_source(book, sheet="S2").sheet == "S2"
    assert "sheet_unknown" in refusal(book, sheet_name="S9")


def test_workbook_without_data_is_refused(book: Path) -> None:
    assert "no_rows" in refusal(pack(book, parts(sheet())))
    assert "no_rows" in refusal(pack(book, parts(sheet())), sheet_name="S1")


# Hostile structure: each is refused before any reader builds rows.


@pytest.mark.parametrize(
    "place", ["XFD1048576", "A1048577", "XFE1", "a2", "", "5", "IV500001"]
)
def test_cells_far_out_or_nowhere_are_refused(book: Path, place: str) -> None:
    assert refusal(prices(book, row(2, number_cell(place, "1"))))


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(rows=2), "sheet_too_large"),
        (Limits(columns=2), "sheet_too_large"),
        (Limits(cells=5), "sheet_too_large"),
        (Limits(members=3), "unsafe_workbook"),
        (Limits(member_bytes=100), "unsafe_workbook"),
        (Limits(unpacked_bytes=100), "unsafe_workbook"),
        (Limits(file_bytes=100), "too_large"),
    ],
)
def test_limits_are_kept(book: Path, limits: Limits, code: str) -> None:
    rows = [GOOD, text_row(3, "a", "b", "c")]
    assert refusal(prices(book, *rows), limits).startswith(code)


def test_sheet_of_blanks_packed_tight_is_refused(book: Path) -> None:
    assert "packed" in refusal(prices(book, " " * 5_000_000))


def test_row_without_an_end_is_refused(book: Path) -> None:
    noise = "".join(f"<!-- {n} -->" for n in range(800_000))
    limits = Limits(ratio=1000)
    assert "sheet_too_large" in refusal(prices(book, noise), limits)


@pytest.mark.parametrize(
    "part",
    [
        "[Content_Types].xml",
        "_rels/.rels",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "xl/sharedStrings.xml",
        "xl/worksheets/sheet1.xml",
    ],
)
def test_x20_document_types_and_entities_are_refused_in_every_part(
    book: Path, part: str
) -> None:
    content = parts(sheet(text_row(1, *HEADER), GOOD))
    content.setdefault("xl/sharedStrings.xml", f'{XML}<sst xmlns="{MAIN}"/>')
    content[part] = content[part].replace(XML, XML + BOMB)
    assert "declares a document type" in refusal(pack(book, content))


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_parts_that_are_not_well_formed_are_refused(book: Path, part: str) -> None:
    content = parts(sheet(text_row(1, *HEADER), GOOD))
    content[part] = content[part].replace("</", "<", 1)
    assert "well-formed" in refusal(pack(book, content))


@pytest.mark.parametrize(
    "part",
    ["_rels/.rels", "xl/workbook.xml", "xl/worksheets/sheet1.xml"],
)
def test_missing_parts_are_refused(book: Path, part: str) -> None:
    content = parts(sheet(text_row(1, *HEADER), GOOD))
    del content[part]
    assert "lacks the part" in refusal(pack(book, content))


def test_parts_in_another_encoding_are_refused(book: Path) -> None:
    content: dict[str, str | bytes] = dict(parts(sheet(text_row(1, *HEADER), GOOD)))
    wide = str(content["xl/worksheets/sheet1.xml"]).replace("UTF-8", "UTF-16")
    content["xl/worksheets/sheet1.xml"] = wide.encode("utf-16")
    assert "UTF-8" in refusal(pack(book, content))
    content["xl/worksheets/sheet1.xml"] = wide
    assert "UTF-8" in refusal(pack(book, content))
    key = "[Content_Types].xml"
    content[key] = str(content[key]).replace("UTF-8", "U8F-8")
    assert "UTF-8" in refusal(pack(book, content))


def test_large_small_parts_are_refused(book: Path) -> None:
    content = parts(sheet(text_row(1, *HEADER), GOOD))
    content["xl/workbook.xml"] += " " * 1_100_000
    assert "xl/workbook.xml" in refusal(pack(book, content), Limits(ratio=10_000))


@pytest.mark.parametrize(
    ("stated", "named"),
    [
        ("application/vnd.ms-excel.sheet.macroEnabled.main+xml", "macros"),
        ("application/vnd.ms-excel.sheet.binary.macroEnabled.main", "binary workbook"),
        ("application/vnd.wordprocessingml.document.main+xml", "text document"),
        ("application/zip", "not a workbook"),
    ],
)
def test_other_kinds_of_document_are_named(book: Path, stated: str, named: str) -> None:
    content = parts(sheet(text_row(1, *HEADER), GOOD))
    usual = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    key = "[Content_Types].xml"
    content[key] = content[key].replace(usual, stated)
    assert named in refusal(pack(book, content))


def test_macros_archives_and_opendocument_are_named(book: Path) -> None:
    content = parts(sheet(text_row(1, *HEADER), GOOD))
    assert "macros" in refusal(pack(book, content | {"xl/vbaProject.bin": "x"}))
    assert "an archive" in refusal(pack(book, {"a.txt": "x"}))
    assert "OpenDocument" in refusal(pack(book, {"content.xml": "<a/>"}))


def test_sheets_outside_the_workbook_are_refused(book: Path) -> None:
    content = parts(sheet(text_row(1, *HEADER), GOOD))
    key = "xl/_rels/workbook.xml.rels"
    outside = content[key].replace('Target="work', 'TargetMode="External" Target="work')
    assert "not inside" in refusal(pack(book, content | {key: outside}))
    nowhere = content[key].replace("rId1", "rId7")
    assert "not inside" in refusal(pack(book, content | {key: nowhere}))


def test_absolute_targets_are_followed_inside_the_workbook(book: Path) -> None:
    content = parts(sheet(text_row(1, *HEADER), GOOD))
    key = "xl/_rels/workbook.xml.rels"
    content[key] = content[key].replace('"worksheets/', '"/xl/worksheets/')
    assert len(records(pack(book, content))) == 1


def test_x29_shared_text_that_does_not_exist_is_refused(book: Path) -> None:
    whole = sheet(text_row(1, *HEADER), row(2, '<c r="A2" t="s"><v>7</v></c>'))
    path = with_shared_texts(book, whole, "<si><t>x</t></si>")
    told = refusal(path)
    assert "unsafe_workbook" in told
    assert "(cell A2)" in told


@pytest.mark.parametrize("name", ["../x", "/x", "a\\b", "c:x", "a/../b"])
def test_parts_with_misleading_names_are_refused(book: Path, name: str) -> None:
    content = parts(sheet(text_row(1, *HEADER), GOOD))
    assert "unsafe_workbook" in refusal(pack(book, content | {name: "x"}))


def rewritten(book: Path, change: bytes, by: bytes) -> Path:
    data = book.read_bytes()
    assert change in data
    book.write_bytes(data.replace(change, by))
    return book


def test_damaged_containers_are_refused(book: Path) -> None:
    whole = prices(book, GOOD).read_bytes()
    for spoilt in (whole[:-30], whole[: len(whole) // 2], whole + b"more"):
        book.write_bytes(spoilt)
        assert "unsafe_workbook" in refusal(book)


@pytest.mark.parametrize(
    ("signature", "offset", "value"),
    [
        (b"PK\x01\x02", 6, 0xFF),  # Needs a version nobody has.
        (b"PK\x01\x02", 10, 0x63),  # Compressed in an unknown way.
        (b"PK\x03\x04", 70, 0xFF),  # Bytes of the first part.
    ],
)
def test_damaged_parts_are_refused(
    book: Path, signature: bytes, offset: int, value: int
) -> None:
    data = bytearray(prices(book, GOOD).read_bytes())
    data[data.index(signature) + offset] = value
    book.write_bytes(data)
    assert "unsafe_workbook" in refusal(book)


def test_comment_of_the_container_is_refused(book: Path) -> None:
    prices(book, GOOD)
    with zipfile.ZipFile(book, "a") as file:
        file.comment = b"hello"
    assert "behind its end" in refusal(book)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_x06_two_parts_of_one_name_are_refused(book: Path) -> None:
    prices(book, GOOD)
    with zipfile.ZipFile(book, "a") as file:
        file.writestr("XL/workbook.xml", "x")
    assert "two parts of one name" in refusal(book)


def test_x13_links_are_refused(book: Path) -> None:
    prices(book, GOOD)
    with zipfile.ZipFile(book, "a") as file:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        file.writestr(link, "target")
    assert "holds a link" in refusal(book)


def test_unusual_compression_is_refused(book: Path) -> None:
    with zipfile.ZipFile(book, "w", zipfile.ZIP_BZIP2) as file:
        file.writestr("a", "x")
    assert "unusual way" in refusal(book)


def test_x07_names_that_disagree_are_refused(book: Path) -> None:
    data = bytearray(prices(book, GOOD).read_bytes())
    at = data.index(b"xl/styles.xml")
    data[at : at + 2] = b"xx"
    book.write_bytes(data)
    assert "two ways" in refusal(book)


def test_x08_sizes_that_disagree_are_refused(book: Path) -> None:
    data = bytearray(prices(book, GOOD).read_bytes())
    data[22:26] = struct.pack("<L", 7)
    book.write_bytes(data)
    assert "two sizes" in refusal(book)


def test_protected_parts_are_refused(book: Path) -> None:
    data = bytearray(prices(book, GOOD).read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    book.write_bytes(data)
    assert "password" in refusal(book)


def test_x11_parts_that_overlap_are_refused(book: Path) -> None:
    data = bytearray(prices(book, GOOD).read_bytes())
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 4)
    data[second + 42 : second + 46] = struct.pack("<L", 1)
    book.write_bytes(data)
    assert "overlap" in refusal(book)


def test_cut_off_part_is_refused(book: Path) -> None:
    data = bytearray(prices(book, GOOD).read_bytes())
    last = data.rindex(b"PK\x01\x02")
    data[last + 42 : last + 46] = struct.pack("<L", len(data) - 10)
    book.write_bytes(data)
    assert "cut off" in refusal(book)


def with_shared_texts(book: Path, whole: str, texts: str) -> Path:
    content = parts(whole)
    content["xl/sharedStrings.xml"] = f'{XML}<sst xmlns="{MAIN}">{texts}</sst>'
    key = "xl/_rels/workbook.xml.rels"
    content[key] = content[key].replace(
        "</Relationships>",
        '<Relationship Id="rIdT" Type="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships/sharedStrings" '
        'Target="sharedStrings.xml"/></Relationships>',
    )
    return pack(book, content)


def test_shared_texts_are_read(book: Path) -> None:
    whole = sheet(text_row(1, *HEADER), row(2, '<c r="A2" t="s"><v>1</v></c>'))
    filler = f"<si><t>{'x' * 30}</t></si>" * 40_000
    path = with_shared_texts(book, whole, f"<si><t>a</t></si><si><t>b</t></si>{filler}")
    found = open_source(path, limits=Limits(ratio=10_000)).records()
    assert [one.cells[0] for one in found] == ["b"]


def test_rows_the_reader_does_not_deliver_refuse_the_file(book: Path) -> None:
    lost = row(3, '<c r="A3" t="s"><v>0</v></c>')
    whole = sheet(text_row(1, *HEADER), GOOD, lost)
    found = refusal(with_shared_texts(book, whole, "<si><t></t></si>"))
    assert "shows 3 rows, of which only 2 can be read" in found


def test_long_numbers_are_flawed_beside_formulas_too(book: Path) -> None:
    long = number_cell("A2", "0.12345678901234567890")
    computed = '<c r="C2"><f>1</f><v>1</v></c>'
    (record,) = records(prices(book, row(2, long, computed)))
    assert "digits" in record.flaws[0].reason
