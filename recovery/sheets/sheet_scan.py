"""What a sheet holds, read from its XML without building anything.

The reader that builds the rows is fast and trusting: a far cell makes it ask for
terabytes, a formula without a stored result makes it lose a row. So the XML is
looked over first. A sheet in the usual spelling is scanned by patterns; anything
unusual (formulas, error cells, prefixed names, comments) goes through a real
parser that allows no document type.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO
from xml.etree.ElementTree import Element, ParseError  # Names of types only.

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from recovery.sheets.errors import FileRefusedError
from recovery.sheets.records import Limits
from recovery.sheets.zip_checks import refused_zip

CHUNK = 1024 * 1024
LONGEST_ROW = 8 * CHUNK
MOST_DIGITS = 17  # 15 digits are exact; programs write up to 17 for the same number.
TOO_LONG = "has more digits than a number cell can hold: send it as text"
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})", re.ASCII)
# One whole row as the usual programs write it, up to column Z. Every cell must name
# the row it stands in.
_ROW = re.compile(
    rb'<row r="([1-9][0-9]{0,6})"[^<>]*>'
    rb'(?:<c r="[A-Z]\1"(?: s="\d+")?(?: t="(?:s|n|str|inlineStr|b|d)")?'
    rb"(?: ?/>|>(?:<v>[^<]*</v>|<v ?/>|"
    rb"<is><t(?: [^<>]*)?>(?:[^<]*</t>)?</is>)</c>))*+</row>"
)
_SHOWN = re.compile(rb"<v>[^<]|<t[^<>]*>[^<]")
_LONG_NUMBER = re.compile(rb"<v>[-+0-9.eE]{18,}</v>")
_LONG_CELL = re.compile(
    rb'<c r="([A-Z])([0-9]+)"(?: s="\d+")?(?: t="n")?><v>([-+0-9.eE]{18,})</v>'
)
_HIDDEN = re.compile(rb'<row [^<>]*\bhidden="(?:1|true)"')
_PLACE = re.compile(rb'<c r="([A-Z][0-9]+)"')
_COLUMNS = re.compile(rb"<col [^<>]*>")
_ATTRIBUTE = re.compile(r'(\w+)="([^"<>]*)"')
_USUAL_COLUMNS = 26


@dataclass(slots=True)
class SheetScan:
    """What the XML of a sheet holds.

    Attributes:
        rows: numbers of the rows that show something.
        cells: how many cells there are.
        last_column: number of the last column used, from 1.
        flawed: cells that no reader delivers truly, by row and column number.
        computed: how many cells are formulas with a stored result.
        hidden: how many rows are hidden; they are read like the others.
        hidden_columns: how many columns are.
    """

    rows: set[int] = field(default_factory=set)
    cells: int = 0
    last_row: int = 0
    last_column: int = 0
    flawed: dict[tuple[int, int], str] = field(default_factory=dict)
    computed: int = 0
    hidden: int = 0
    hidden_columns: int = 0

    def check(self, limits: Limits) -> None:
        """Refuse a sheet that is larger than the limits.

        Raises:
            FileRefusedError: rows, columns, cells, or the area they span.
        """
        if self.last_row > limits.rows:
            raise _too_large(f"a cell in row {self.last_row}, beyond {limits.rows}")
        if self.last_column > limits.columns:
            raise _too_large(f"more than {limits.columns} columns")
        if max(self.cells, self.last_row * self.last_column) > limits.cells:
            raise _too_large(f"more than {limits.cells} cells")


def _too_large(what: str) -> FileRefusedError:
    return FileRefusedError(
        "sheet_too_large", f"The sheet has {what}.", "Send the rows alone, in parts."
    )


def column_letters(number: int) -> str:
    """Letters of a column from its number: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Number of a column from its letters: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def scan_sheet(stream: IO[bytes], limits: Limits) -> SheetScan:
    """Scan a sheet in the usual spelling, or step by step when it is unusual.

    Args:
        stream: the sheet's XML, which can be read again from its start.
        limits: when to stop.

    Raises:
        FileRefusedError: cells outside the grid, a document type, too large.
    """
    scan = SheetScan()
    for block in sheet_blocks(stream):
        if not _scan_block(block, scan):
            stream.seek(0)
            return _scan_slowly(stream, limits)
        scan.check(limits)
    return scan


def sheet_blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The XML in blocks of whole rows."""
    head = stream.read(CHUNK)
    check_encoding(head)
    left = head
    while chunk := stream.read(CHUNK):
        left += chunk
        cut = left.rfind(b"<row ")
        if cut > 0:
            yield left[:cut]
            left = left[cut:]
        if len(left) > LONGEST_ROW:
            raise _too_large(f"a row of more than {LONGEST_ROW} bytes")
    yield left


def check_encoding(head: bytes) -> None:
    """Refuse XML that is not UTF-8: patterns of bytes would not see it.

    Raises:
        FileRefusedError: another encoding is used or declared.
    """
    declared = re.match(
        rb'\s*<\?xml[^<>]*encoding=["\']([^"\']*)', head.lstrip(b"\xef\xbb\xbf")
    )
    usual = declared is None or declared[1].lower() in (b"utf-8", b"us-ascii")
    if b"\0" in head or not usual:
        raise refused_zip("has a part that is not written in UTF-8")


def _scan_block(block: bytes, scan: SheetScan) -> bool:
    """Take the rows of a block; False when anything in it is unusual."""
    if b"<!" in block or b":sheetData" in block:
        return False
    end = first = block.find(b"<row ")
    for row in _ROW.finditer(block, max(first, 0)):
        # Rows that come again are looked for step by step.
        if row.start() != end or int(row[1]) <= scan.last_row:
            return False
        end = row.end()
        scan.last_row = max(scan.last_row, int(row[1]))
        if _SHOWN.search(block, row.start(), end):
            scan.rows.add(int(row[1]))
    if first >= 0:
        scan.last_column = _USUAL_COLUMNS
    scan.cells += block.count(b"<c ")
    _note_peculiar_rows(block, scan)
    places = _PLACE.findall(block)
    if len(set(places)) < len(places):
        return False
    return _has_no_cell(block, 0, first) and _has_no_cell(block, end, len(block))


def _columns_hidden(columns: Mapping[str, str]) -> int:
    """How many columns a `col` element hides."""
    first, last = columns.get("min", ""), columns.get("max", "")
    if columns.get("hidden") not in ("1", "true") or not (first + last).isdecimal():
        return 0
    return max(int(last or first) - int(first or last) + 1, 0)


def _has_no_cell(block: bytes, start: int, end: int) -> bool:
    """Whether a stretch outside the rows taken holds neither row nor cell."""
    outside = block[max(start, 0) : end] if end >= 0 else block
    return not re.search(rb"<(?:row|c)[\s/>]", outside)


def _note_peculiar_rows(block: bytes, scan: SheetScan) -> None:
    if b'hidden="' in block:
        scan.hidden += len(_HIDDEN.findall(block))
        for columns in _COLUMNS.findall(block):
            said = dict(_ATTRIBUTE.findall(columns.decode("ascii", "replace")))
            scan.hidden_columns += _columns_hidden(said)
    if _LONG_NUMBER.search(block):
        for column, row, number in _LONG_CELL.findall(block):
            if significant_digits(number.decode()) > MOST_DIGITS:
                scan.flawed[int(row), column_number(column.decode())] = TOO_LONG


def significant_digits(number: str) -> int:
    """How many digits of a written number count."""
    mantissa = number.lower().partition("e")[0]
    return len(mantissa.lstrip("+-0.").replace(".", ""))


@dataclass(slots=True)
class _Places:
    """Which cells and rows there were: of two at one place, one would be lost."""

    of_row: set[tuple[int, int]] = field(default_factory=set)
    rows: set[int] = field(default_factory=set)

    def take(self, row: int, column: int) -> None:
        """Note a cell.

        Raises:
            FileRefusedError: there was one at its place.
        """
        place = (row, column)
        if place in self.of_row or row in self.rows:
            cell = f"{column_letters(column)}{row}"
            raise refused_zip(f"has two cells at one place, {cell}")
        self.of_row.add(place)

    def end_row(self) -> None:
        """Note that the next cell stands in another row."""
        self.rows.update(row for row, _ in self.of_row)
        self.of_row.clear()


def _scan_slowly(stream: IO[bytes], limits: Limits) -> SheetScan:
    scan, places = SheetScan(), _Places()
    try:
        for _, element in iterparse(stream, events=("end",), forbid_dtd=True):
            name = element.tag.rpartition("}")[2]
            if name == "col":
                scan.hidden_columns += _columns_hidden(element.attrib)
            if name == "c":
                places.take(*_scan_cell(element, scan))
            if name == "row":
                places.end_row()
                scan.hidden += element.get("hidden") in ("1", "true")
                scan.check(limits)
                element.clear()
    except DefusedXmlException as error:
        raise refused_zip("declares a document type or an entity") from error
    except ParseError as error:
        raise refused_zip("has a part that is not well-formed") from error
    return scan


def _scan_cell(cell: Element, scan: SheetScan) -> tuple[int, int]:
    """Take a cell; its row and column."""
    found = _REFERENCE.fullmatch(cell.get("r") or "")
    if not found:
        raise refused_zip(f"has a cell with the place {cell.get('r')!r}")
    row, column = int(found[2]), column_number(found[1])
    parts = {child.tag.rpartition("}")[2]: child for child in cell}
    shown = _shown(parts)
    scan.cells += 1
    scan.last_row = max(scan.last_row, row)
    scan.last_column = max(scan.last_column, column)
    if shown or "f" in parts:
        scan.rows.add(row)
    flaw = _flaw(cell, parts, shown)
    if flaw:
        scan.flawed[row, column] = flaw
    elif "f" in parts:
        scan.computed += 1
    return row, column


def _shown(parts: dict[str, Element]) -> str:
    """The text of a cell's value, whatever kind it is."""
    value, inline = parts.get("v"), parts.get("is")
    if value is not None:
        return value.text or ""
    return "" if inline is None else "".join(inline.itertext())


def _flaw(cell: Element, parts: dict[str, Element], shown: str) -> str:
    """Why no reader delivers this cell truly, or an empty text."""
    if "f" in parts and not shown:
        return "is a formula without a stored result"
    if cell.get("t") == "e":
        return f"shows the error {shown}"
    is_number = cell.get("t") in (None, "n")
    if is_number and significant_digits(shown) > MOST_DIGITS:
        return TOO_LONG
    return ""
