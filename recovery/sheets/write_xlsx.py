"""Rows to a workbook, written straight as XML.

The library that reads workbooks cannot write a formula together with its value,
and turns exact decimals into binary ones. So cells are written here: an amount is
exact text, a formula carries the value it has now, a text is never a formula, and
the memory does not grow with the rows. The same sheets give the same bytes.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO
from xml.sax.saxutils import quoteattr

from recovery.sheets.cell_writer import CellWriter, column_letters
from recovery.sheets.safe_text import cell_xml
from recovery.sheets.style_book import StyleBook
from recovery.sheets.workbook_values import CellValue, Look, Sheet, Styled

GRID_ROWS = 1_048_576
LONGEST_NAME = 31
ROWS_AT_ONCE = 500
MADE_AT = (1980, 1, 1, 0, 0, 0)  # A fixed date: the same rows give the same bytes.
XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_FORBIDDEN_IN_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def write_xlsx(target: Path | IO[bytes], sheets: Iterable[Sheet]) -> dict[str, int]:
    """Write a workbook; return how many rows each sheet got below its titles.

    A sheet with more rows than the grid holds is continued on a second one.

    Raises:
        CellTooLongError: a text fits no cell. The target is then not a workbook.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as file:
        book = _Book(file)
        for sheet in sheets:
            book.add(sheet)
        book.close()
    return book.counts


class _Book:
    """A workbook being written, sheet after sheet."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._file = file
        self._styles = StyleBook()
        self._hidden: list[bool] = []
        self.counts: dict[str, int] = {}

    def add(self, sheet: Sheet) -> None:
        """Write one sheet, and as many more as its rows need."""
        rows = iter(sheet.rows)
        room = GRID_ROWS - len(sheet.above) - 1
        first = self._write(sheet, islice(rows, room))
        while first == room and (ahead := list(islice(rows, 1))):
            first = self._write(sheet, _chained(ahead, islice(rows, room - 1)))

    def _write(self, sheet: Sheet, rows: Iterable[Sequence[CellValue]]) -> int:
        name = sheet_name(sheet.name, self.counts)
        self._hidden.append(sheet.hidden)
        part = f"xl/worksheets/sheet{len(self.counts) + 1}.xml"
        with self._file.open(_entry(part), "w") as stream:
            count = _SheetWriter(sheet, self._styles).write(stream, rows)
        self.counts[name] = count
        return count

    def close(self) -> None:
        """Write the parts that name the sheets and the styles."""
        numbers = range(1, len(self.counts) + 1)
        parts = {
            "xl/styles.xml": self._styles.xml(),
            "xl/workbook.xml": _workbook(self.counts, self._hidden),
            "xl/_rels/workbook.xml.rels": _workbook_links(numbers),
            "_rels/.rels": _package_links(),
            "[Content_Types].xml": _content_types(numbers),
        }
        for name, text in parts.items():
            self._file.writestr(_entry(name), XML_HEAD + text)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, MADE_AT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _chained(
    first: list[Sequence[CellValue]], others: Iterator[Sequence[CellValue]]
) -> Iterator[Sequence[CellValue]]:
    yield from first
    yield from others


def sheet_name(wanted: str, taken: Iterable[str]) -> str:
    """The name a sheet may bear: allowed characters, 31 at most, not taken."""
    clean = _FORBIDDEN_IN_NAME.sub(" ", wanted).strip(" '") or "Sheet"
    used = {name.casefold() for name in taken}
    name, number = clean[:LONGEST_NAME], 1
    while name.casefold() in used:
        number += 1
        suffix = f" ({number})"
        name = clean[: LONGEST_NAME - len(suffix)] + suffix
    return name


class _SheetWriter:
    """One sheet being written row by row."""

    def __init__(self, sheet: Sheet, styles: StyleBook) -> None:
        self._sheet = sheet
        self._cells = CellWriter(styles, sheet.columns)

    def write(self, stream: IO[bytes], rows: Iterable[Sequence[CellValue]]) -> int:
        """Write the sheet's part; return the number of rows below the titles."""
        stream.write((XML_HEAD + self._head()).encode())
        number = titles = len(self._sheet.above) + 1
        waiting: list[str] = []
        for number, row in enumerate(rows, titles + 1):
            waiting.append(self._cells.row(number, row))
            if len(waiting) == ROWS_AT_ONCE:
                stream.write("".join(waiting).encode())
                waiting.clear()
        stream.write(("".join(waiting) + self._tail(titles, number)).encode())
        return number - titles

    def _head(self) -> str:
        sheet = self._sheet
        above = [
            *sheet.above,
            [Styled(one.title, Look.HEADER) for one in sheet.columns],
        ]
        rows = "".join(
            self._cells.row(number, row) for number, row in enumerate(above, 1)
        )
        widths = "".join(
            f'<col min="{number}" max="{number}" width="{column.width}" customWidth="1"/>'
            for number, column in enumerate(sheet.columns, 1)
        )
        return (
            f'<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
            f"{self._pane(len(above))}</sheetView></sheetViews>"
            f"<cols>{widths}</cols><sheetData>{rows}"
        )

    def _pane(self, titles: int) -> str:
        columns = self._sheet.freeze_columns
        across = f'xSplit="{columns}" ' if columns else ""
        pane = "bottomRight" if columns else "bottomLeft"
        corner = f"{column_letters(columns + 1)}{titles + 1}"
        return (
            f'<pane {across}ySplit="{titles}" topLeftCell="{corner}" '
            f'activePane="{pane}" state="frozen"/>'
        )

    def _tail(self, titles: int, last: int) -> str:
        sheet = self._sheet
        filters = ""
        if sheet.filtered:
            corner = f"{column_letters(len(sheet.columns))}{last}"
            filters = f'<autoFilter ref="A{titles}:{corner}"/>'
        return f"</sheetData>{filters}{self._highlights()}{self._choices()}</worksheet>"

    def _highlights(self) -> str:
        return "".join(
            f'<conditionalFormatting sqref="{one.cells}"><cfRule type="expression" '
            f'dxfId="0" priority="{number}"><formula>{cell_xml(one.formula)}</formula>'
            "</cfRule></conditionalFormatting>"
            for number, one in enumerate(self._sheet.highlights, 1)
        )

    def _choices(self) -> str:
        listed = "".join(
            '<dataValidation type="list" allowBlank="1" showErrorMessage="1" '
            f'sqref="{one.cells}"><formula1>"{cell_xml(",".join(one.words))}"</formula1>'
            "</dataValidation>"
            for one in self._sheet.choices
        )
        count = len(self._sheet.choices)
        if not listed:
            return ""
        return f'<dataValidations count="{count}">{listed}</dataValidations>'


def _workbook(names: Iterable[str], hidden: Sequence[bool]) -> str:
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"'
        + (' state="hidden"/>' if hidden[number - 1] else "/>")
        for number, name in enumerate(names, 1)
    )
    return (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets>'
        '<calcPr calcId="191029" fullCalcOnLoad="1"/></workbook>'
    )


def _workbook_links(numbers: Iterable[int]) -> str:
    sheets = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/worksheet" '
        f'Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    return (
        f'<Relationships xmlns="{LINKS}">{sheets}<Relationship Id="rIdStyles" '
        f'Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
    )


def _package_links() -> str:
    return (
        f'<Relationships xmlns="{LINKS}"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    )


def _content_types(numbers: Iterable[int]) -> str:
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" '
        f'ContentType="{KIND}.worksheet+xml"/>'
        for number in numbers
    )
    return (
        f'<Types xmlns="{TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>'
        f"{sheets}</Types>"
    )
