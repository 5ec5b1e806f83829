"""Writes workbooks row by row: memory stays flat, formulas carry their values.

openpyxl saves a formula without its value, so that readers which do not calculate
see blanks; this writer puts both into the cell. Text is always text: what begins
with `=` stays what it is. The same rows give the same bytes.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BufferedWriter
from pathlib import Path
from typing import IO, NamedTuple, Self
from xml.sax.saxutils import escape, quoteattr

from recovery.sheets.sheet_scan import column_letters
from recovery.sheets.xlsx_cells import Cell, CellRefusedError, Styled, cell_xml
from recovery.sheets.xlsx_styles import Highlight, Style, styles_xml

ROWS_MAX = 1_048_576
COLUMNS_MAX = 16_384
SHEET_NAME_MAX = 31

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_NAME_REFUSED = re.compile(r"[\[\]:*?/\\\x00-\x1f]|^'|'$|^$")
_CHUNK_ROWS = 500
_HEADER_HEIGHT = 42  # Three lines.
# The pane that scrolls, by whether columns and rows stay in view.
_PANES = {
    (False, False): "",
    (True, False): "topRight",
    (False, True): "bottomLeft",
    (True, True): "bottomRight",
}


class Column(NamedTuple):
    """A column: its header, how wide it is in characters, how its cells look."""

    header: str
    width: int
    style: Style = Style.TEXT


class SheetWriter:
    """One sheet being written, from the top to the bottom."""

    def __init__(
        self, stream: IO[bytes], columns: Sequence[Column], *, freeze_columns: int
    ) -> None:
        if len(columns) > COLUMNS_MAX:
            raise CellRefusedError(f"{len(columns)} columns; a sheet has {COLUMNS_MAX}")
        self.rows = 0
        self._stream = stream
        self._columns = columns
        self._styles = [int(column.style) for column in columns]
        self._letters = [column_letters(at) for at in range(1, len(columns) + 1)]
        self._waiting: list[str] = []
        self._rules: list[str] = []
        self._filter = ""
        self._freeze_columns = freeze_columns
        self._is_open = False

    def header(self) -> int:
        """Write the headers of the columns; they stay in view, with filters."""
        self._begin(freeze_rows=1)
        number = self.row(
            [
                Styled(
                    column.header,
                    Style.HEADER_NUMBER
                    if column.style in (Style.AMOUNT, Style.COUNT, Style.SHARE)
                    else Style.HEADER,
                )
                for column in self._columns
            ],
            height=_HEADER_HEIGHT,
        )
        self._filter = f"A{number}:{self._letters[-1]}"
        return number

    def row(self, cells: Sequence[Cell], *, height: int = 0) -> int:
        """Write one row; gives its number.

        Raises:
            CellRefusedError: The sheet is full, or a value does not fit a cell.
        """
        if not self._is_open:
            self._begin(freeze_rows=0)
        if self.rows >= ROWS_MAX:
            raise CellRefusedError(f"a sheet holds {ROWS_MAX} rows")
        self.rows += 1
        number = self.rows
        parts = [
            cell_xml(f"{letter}{number}", cell, style)
            for letter, cell, style in zip(
                self._letters, cells, self._styles, strict=False
            )
            if cell is not None
        ]
        tall = f' ht="{height}" customHeight="1"' if height else ""
        self._waiting.append(f'<row r="{number}"{tall}>{"".join(parts)}</row>')
        if len(self._waiting) >= _CHUNK_ROWS:
            self._flush()
        return number

    def not_zero_is_wrong(self, cells: str) -> None:
        """Paint cells of a range that are anything but 0."""
        self._rule(cells, Highlight.WRONG, 'type="cellIs" operator="notEqual"', "0")

    def words_are(self, cells: str, words: str, highlight: Highlight) -> None:
        """Paint cells of a range that say exactly these words."""
        formula = escape(f'"{words}"')
        self._rule(cells, highlight, 'type="cellIs" operator="equal"', formula)

    def paint_where(self, cells: str, formula: str, highlight: Highlight) -> None:
        """Paint cells of a range for which a formula, written for the first, holds."""
        self._rule(cells, highlight, 'type="expression"', escape(formula))

    def close(self) -> None:
        """End the sheet."""
        if not self._is_open:
            self._begin(freeze_rows=0)
        self._flush()
        tail = ["</sheetData>"]
        if self._filter:
            tail.append(f'<autoFilter ref="{self._filter}{self.rows}"/>')
        tail += self._rules
        tail.append(
            '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" '
            'header="0.3" footer="0.3"/>'
            '<pageSetup paperSize="8" orientation="landscape" fitToWidth="1" '
            'fitToHeight="0"/>'
            "<headerFooter><oddFooter>&amp;L&amp;A&amp;RPage &amp;P of &amp;N"
            "</oddFooter></headerFooter></worksheet>"
        )
        self._stream.write("".join(tail).encode())

    def _begin(self, *, freeze_rows: int) -> None:
        self._is_open = True
        widths = "".join(
            f'<col min="{at}" max="{at}" width="{column.width}" customWidth="1"/>'
            for at, column in enumerate(self._columns, start=1)
        )
        self._stream.write(
            f'{_XML}<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/>'
            '</sheetPr><sheetViews><sheetView showGridLines="0" workbookViewId="0">'
            f"{self._pane(freeze_rows)}</sheetView></sheetViews>"
            '<sheetFormatPr defaultRowHeight="14"/>'
            f"<cols>{widths}</cols><sheetData>".encode()
        )

    def _pane(self, freeze_rows: int) -> str:
        columns = self._freeze_columns
        pane = _PANES[bool(columns), bool(freeze_rows)]
        if not pane:
            return ""
        split = f'xSplit="{columns}" ' if columns else ""
        split += f'ySplit="{freeze_rows}" ' if freeze_rows else ""
        corner = f"{column_letters(columns + 1)}{freeze_rows + 1}"
        return (
            f'<pane {split}topLeftCell="{corner}" activePane="{pane}" '
            f'state="frozen"/><selection pane="{pane}"/>'
        )

    def _rule(self, cells: str, highlight: Highlight, when: str, formula: str) -> None:
        self._rules.append(
            f'<conditionalFormatting sqref="{cells}"><cfRule {when} '
            f'dxfId="{int(highlight)}" priority="{len(self._rules) + 1}">'
            f"<formula>{formula}</formula></cfRule></conditionalFormatting>"
        )

    def _flush(self) -> None:
        self._stream.write("".join(self._waiting).encode())
        self._waiting.clear()


class WorkbookWriter:
    """A workbook being written to a file; sheets are written one after the other.

    The order in which they are shown is given at the start, so that a page of totals
    may stand in front of the rows it adds up.
    """

    def __init__(self, path: Path, shown: Sequence[str]) -> None:
        """Begin a file that must not exist yet; nobody else may read it.

        Args:
            path: Where to write; the caller renames it when it is whole.
            shown: Names of the sheets that will surely be written, in their order;
                others follow the one they are written after.
        """
        self._shown = list(shown)
        self._written: list[str] = []
        path.touch(mode=0o600, exist_ok=False)
        self._file: BufferedWriter = path.open("wb")
        self._zip = zipfile.ZipFile(
            self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=4
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._zip.close()
            self._file.close()

    @contextmanager
    def sheet(
        self,
        name: str,
        columns: Sequence[Column],
        *,
        freeze_columns: int = 0,
        after: str = "",
    ) -> Iterator[SheetWriter]:
        """Write one sheet.

        Args:
            after: Where a sheet is shown that was not announced.

        Raises:
            CellRefusedError: No sheet can have this name, or one has it.
        """
        self._admit(name, after)
        part = f"xl/worksheets/sheet{len(self._written)}.xml"
        # Without the 64 bit records that some readers refuse: 2 GB a sheet, unpacked.
        with self._zip.open(_entry(part), "w") as stream:
            writer = SheetWriter(stream, columns, freeze_columns=freeze_columns)
            yield writer
            writer.close()

    def _admit(self, name: str, after: str) -> None:
        if len(name) > SHEET_NAME_MAX or _NAME_REFUSED.search(name):
            raise CellRefusedError(f"no sheet can be named {name!r}")
        if name.lower() in (written.lower() for written in self._written):
            raise CellRefusedError(f"there are two sheets named {name!r}")
        if name not in self._shown:
            place = self._shown.index(after) + 1 if after else len(self._shown)
            self._shown.insert(place, name)
        self._written.append(name)

    def _finish(self) -> None:
        parts = {
            "[Content_Types].xml": self._content_types(),
            "_rels/.rels": _relations([("officeDocument", "xl/workbook.xml")]),
            "xl/workbook.xml": self._workbook(),
            "xl/_rels/workbook.xml.rels": self._workbook_relations(),
            "xl/styles.xml": styles_xml(),
        }
        for name, text in parts.items():
            self._zip.writestr(_entry(name), text)

    def _content_types(self) -> str:
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        sheets = "".join(
            f'<Override PartName="/xl/worksheets/sheet{number}.xml" '
            f'ContentType="{kind}.worksheet+xml"/>'
            for number in range(1, len(self._written) + 1)
        )
        return (
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Override PartName="/xl/workbook.xml" '
            f'ContentType="{kind}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
            f"{sheets}</Types>"
        )

    def _workbook(self) -> str:
        numbers = {name: at for at, name in enumerate(self._written, start=1)}
        sheets = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{place}" r:id="rId{numbers[name]}"/>'
            for place, name in enumerate(self._shown, start=1)
            if name in numbers
        )
        # Programs that calculate do so when they open it, whatever the cells say.
        return (
            f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><bookViews>'
            '<workbookView activeTab="0"/></bookViews>'
            f'<sheets>{sheets}</sheets><calcPr calcId="191029" fullCalcOnLoad="1"/>'
            "</workbook>"
        )

    def _workbook_relations(self) -> str:
        sheets = [
            ("worksheet", f"worksheets/sheet{number}.xml")
            for number in range(1, len(self._written) + 1)
        ]
        return _relations([*sheets, ("styles", "styles.xml")])


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'
    )


def _entry(name: str) -> zipfile.ZipInfo:
    # A fixed date: the same content gives the same bytes.
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry
