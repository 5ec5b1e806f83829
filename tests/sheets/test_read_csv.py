from pathlib import Path

import pytest

from recovery.sheets.errors import FileRefusedError
from recovery.sheets.open_source import open_source
from recovery.sheets.records import Limits, Record, Source, SourceKind

HEADER = "time,asset,amount"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "history.csv"


def opened(file: Path, content: str | bytes, limits: Limits | None = None) -> Source:
    data = content.encode() if isinstance(content, str) else content
    file.write_bytes(data)
    return open_source(file, limits=limits or Limits())


def records(file: Path, content: str | bytes) -> list[Record]:
    return list(opened(file, content).records())


def refusal(file: Path, content: str | bytes, limits: Limits | None = None) -> str:
    with pytest.raises(FileRefusedError) as caught:
        list(opened(file, content, limits).records())
    assert caught.value.remedy
    return f"{caught.value.code}: {caught.value.reason}"


# Refusals first.


def test_empty_file_is_refused(file: Path) -> None:
    assert refusal(file, "").startswith("empty")


@pytest.mark.parametrize("content", ["\n\n", " \n \n", ",,,\n,,\n", "\ufeff"])
def test_blank_lines_and_separators_alone_are_refused(file: Path, content: str) -> None:
    assert refusal(file, content).startswith("no_rows")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"<!doctype html><html>", "HTML"),
        (b"\xef\xbb\xbf  <html>", "HTML"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "picture"),
        (b"MZ\x90\0", "program"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "password-protected or old"),
    ],
)
def test_other_content_is_refused_by_its_name(
    file: Path, content: bytes, named: str
) -> None:
    assert named in refusal(file, content)


@pytest.mark.parametrize(
    ("content", "at"),
    [
        (b"time,asset,amount\n1,caf\xe9,2\n", 23),
        (b"time,asset\n1,\xed\xa0\x80\n", 13),
        (b"time,asset\n1,\xc0\xaf\n", 13),
        (b"time,asset\n1,\xc3", 13),
    ],
)
def test_bytes_outside_the_encoding_are_refused_with_their_place(
    file: Path, content: bytes, at: int
) -> None:
    assert f"Byte {at} " in refusal(file, content)


@pytest.mark.parametrize(
    ("bad", "line"),
    [
        ('2,"open,3\n' + "4,b,5\n" * 9, 3),
        ('2,"a"b,3\n', 3),
        ('2,a"b,3\n', 3),
        ('"2,a\rb,3"\n', 3),
        (f"2,{'x' * 200_000},3\n", 3),
        ("2,b,3\n" * 30 + f"2,{'x' * 200_000},3\n", 33),
        (f'2,"{"x" * 200_000}",3\n', 3),
    ],
)
def test_broken_quoting_is_refused_with_its_line(
    file: Path, bad: str, line: int
) -> None:
    assert f"Line {line} " in refusal(file, f"{HEADER}\n1,a,2\n{bad}")


def test_line_without_an_end_is_refused(file: Path) -> None:
    limits = Limits(line_bytes=1000)
    assert refusal(file, HEADER + "\n" + "x" * 2000, limits).startswith("line_too_long")


@pytest.mark.parametrize("quote", ["", '"'])
def test_too_many_rows_are_refused(file: Path, quote: str) -> None:
    rows = f"{quote}1{quote},a,2\n" * 6
    assert refusal(file, f"{HEADER}\n{rows}", Limits(rows=5)).startswith(
        "too_many_rows"
    )
    assert len(list(opened(file, f"{HEADER}\n{rows}", Limits(rows=6)).records())) == 6


def test_file_over_the_size_limit_is_refused(file: Path) -> None:
    content = f"{HEADER}\n1,a,2\n"
    size = len(content)
    assert list(opened(file, content, Limits(file_bytes=size)).records())
    assert refusal(file, content, Limits(file_bytes=size - 1)).startswith("too_large")


def test_header_that_splits_in_two_ways_is_refused(file: Path) -> None:
    assert refusal(file, "time;a,asset;b,amount\n").startswith("delimiter_unclear")


def test_rows_below_the_manifest_are_refused(file: Path) -> None:
    content = f"#desk,x\n{HEADER}\n1,a,2\n#manifest,rows=1\n2,b,3\n"
    assert refusal(file, content).startswith("row_below_manifest")


# Then what is accepted.


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_separator_and_line_ends_are_found(
    file: Path, delimiter: str, ending: str
) -> None:
    lines = [HEADER, "1,a,2", "3,b,4"]
    content = "".join(line.replace(",", delimiter) + ending for line in lines)
    source = opened(file, content)
    assert source.kind is SourceKind.CSV
    assert source.delimiter == delimiter
    assert source.header == ("time", "asset", "amount")
    assert list(source.records()) == [
        Record(2, ("1", "a", "2")),
        Record(3, ("3", "b", "4")),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_encodings_are_found(file: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    content = f"{mark}{HEADER}\n1,ä,2\n".encode(encoding)
    source = opened(file, content)
    assert source.header[0] == "time"
    assert [one.cells[1] for one in source.records()] == ["ä"]


def test_byte_order_marks_inside_are_dropped(file: Path) -> None:
    content = "\ufeffa,\ufeffb,c\n\ufeff1,\ufeff2,3\n\ufeff4,5,6\n"
    source = opened(file, content)
    assert source.header == ("a", "b", "c")
    assert [one.cells for one in source.records()] == [("1", "2", "3"), ("4", "5", "6")]


def test_header_alone_gives_no_records(file: Path) -> None:
    assert records(file, f"{HEADER}\n") == []


def test_lines_quoted_as_a_whole_are_unwrapped(file: Path) -> None:
    content = f'"{HEADER}"\n"1,a,2"\n3,b,4\n'
    source = opened(file, content)
    assert source.header == ("time", "asset", "amount")
    assert [one.cells for one in source.records()] == [("1", "a", "2"), ("3", "b", "4")]


def test_line_numbers_stay_right_after_line_breaks_in_cells(file: Path) -> None:
    content = f'{HEADER}\n1,"a\nb",2\n\n3,"say ""hi""",4\n'
    assert records(file, content) == [
        Record(2, ("1", "a\nb", "2")),
        Record(5, ("3", 'say "hi"', "4")),
    ]


def test_blank_rows_are_no_records(file: Path) -> None:
    assert [one.number for one in records(file, f"{HEADER}\n\n1,a,2\n,,\n")] == [3]
    assert [one.number for one in records(file, f'{HEADER}\n\n1,"a",2\n,,\n')] == [3]


def test_unnamed_columns_at_the_end_do_not_count(file: Path) -> None:
    source = opened(file, "a,b,,\n1,2,,\n3,4\n5,6,7,\n8\n")
    assert source.header == ("a", "b")
    cells = [one.cells for one in source.records()]
    assert cells == [("1", "2"), ("3", "4"), ("5", "6", "7"), ("8",)]


def test_nul_characters_flaw_their_cell(file: Path) -> None:
    (record,) = records(file, f"{HEADER}\n1,a\0b,2\n")
    assert record.cells[1] == "ab"
    assert record.flaws[0][:2] == (1, "ab")


def test_lines_above_the_header_are_the_preamble(file: Path) -> None:
    content = "UID: 7,Company: ,Country: \nA,B,C,D,E,F\n1,2,3,4,5,6\n"
    source = opened(file, content)
    assert source.preamble == (("UID: 7", "Company: ", "Country: "),)
    assert source.header_number == 2
    assert not source.is_marked


def test_manifest_is_kept_apart_from_the_records(file: Path) -> None:
    source = opened(file, f"#desk,x\n{HEADER}\n1,a,2\n#manifest,rows=1,\n")
    assert source.is_marked
    assert [one.cells for one in source.records()] == [("1", "a", "2")]
    assert source.trailer == ("#manifest", "rows=1")
    assert len(list(source.records())) == 1


def test_file_without_a_header_says_what_was_seen(file: Path) -> None:
    source = opened(file, "1,2,3\n4,5,6\n")
    assert source.header == ()
    assert source.header_number == 0
    assert source.opening[0].cells == ("1", "2", "3")


def test_file_that_begins_with_id_is_accepted(file: Path) -> None:
    assert opened(file, "ID,asset\n1,a\n").header == ("ID", "asset")


def test_long_file_is_scanned_in_pieces(file: Path) -> None:
    rows = "1,ä,2\n" * 200_000
    assert len(records(file, f"{HEADER}\n{rows}")) == 200_000
