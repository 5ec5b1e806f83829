"""Workbooks: structure checked first, rows by a fast reader, both compared."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, load_workbook

from recovery.sheets.cell_text import Cell, cell_text
from recovery.sheets.heading import find_heading
from recovery.sheets.records import (
    OPENING_ROWS,
    Flaw,
    Limits,
    Record,
    Source,
    SourceKind,
    fitted,
)
from recovery.sheets.sheet_scan import SheetScan
from recovery.sheets.workbook_parts import checked_sheet
from recovery.sheets.zip_checks import refused_zip


def open_xlsx(path: Path, sheet: str, limits: Limits) -> Source:
    """Open a workbook: the sheet with data, or the one that is named.

    Raises:
        FileRefusedError: the structure is unsafe, several sheets hold data and
            none is named, or the reader delivers other rows than the XML holds.
    """
    name, scan = checked_sheet(path, sheet, limits)
    table = _Table(_loaded(path, name), scan)
    opening = tuple(islice(table.all_rows(), OPENING_ROWS))
    heading = find_heading(opening)
    number = opening[heading.position].number if heading.header else 0
    return Source(
        path=path,
        kind=SourceKind.XLSX,
        sheet=name,
        encoding="",
        delimiter="",
        preamble=heading.preamble,
        header=heading.header,
        header_number=number,
        opening=opening,
        rows=lambda: table.rows(number, heading.width),
        notes=_notes(scan),
    )


def _notes(scan: SheetScan) -> list[str]:
    """What a reader of the import should know about the sheet."""
    notes = []
    if scan.hidden:
        notes.append(f"{scan.hidden} hidden rows were read like the others.")
    if scan.computed:
        notes.append(f"{scan.computed} cells are computed, not exported by the venue.")
    if scan.reaches_out:
        notes.append("The workbook links to other documents: nothing was followed.")
    return notes


def _loaded(path: Path, name: str) -> CalamineSheet:
    """The sheet by the fast reader, which may fail in its own words."""
    try:
        return load_workbook(path).get_sheet_by_name(name)
    except CalamineError as error:
        raise refused_zip(f"cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows of a sheet with their numbers, as texts."""

    sheet: CalamineSheet
    scan: SheetScan

    def rows(self, header_number: int, width: int) -> Iterator[Record]:
        """The records below the header.

        Raises:
            FileRefusedError: other rows came than the XML holds.
        """
        for record in self.all_rows():
            if record.number > header_number:
                yield Record(record.number, fitted(record.cells, width), record.flaws)

    def all_rows(self) -> Iterator[Record]:
        """Every row that shows something, or holds a cell no reader delivers.

        Raises:
            FileRefusedError: other rows came than the XML holds.
        """
        delivered = 0
        flawed, covered = self._flawed_cells(), self._covered_cells()
        for number, row in enumerate(self.sheet.iter_rows(), 1):
            record = _converted(number, row)
            known = flawed.get(number, ())
            if known or any(record.cells):
                delivered += 1
                flaws = known + covered.get(number, ())
                yield record._replace(flaws=record.flaws + flaws) if flaws else record
        if delivered != len(self.scan.rows | flawed.keys()):
            raise refused_zip(
                f"shows {len(self.scan.rows)} rows, of which only {delivered} can be read"
            )

    def _flawed_cells(self) -> dict[int, tuple[Flaw, ...]]:
        """The flaws found in the XML, by row."""
        flaws: dict[int, tuple[Flaw, ...]] = {}
        for (row, column), reason in self.scan.flawed.items():
            flaws[row] = (*flaws.get(row, ()), Flaw(column - 1, "", reason))
        return flaws

    def _covered_cells(self) -> dict[int, tuple[Flaw, ...]]:
        """Cells hidden under a merged one, by row: their values are not known."""
        covered: dict[int, tuple[Flaw, ...]] = {}
        for (top, left), (bottom, right) in self.sheet.merged_cell_ranges or ():
            for row in range(top, min(bottom, self.scan.last_row) + 1):
                covered[row + 1] = covered.get(row + 1, ()) + tuple(
                    Flaw(column, "", "is covered by a merged cell")
                    for column in range(left, min(right, self.scan.last_column) + 1)
                    if (row, column) != (top, left)
                )
        return covered


def _converted(number: int, row: list[Cell]) -> Record:
    """A row with numbers and dates as the texts that stood there."""
    flaws: tuple[Flaw, ...] = ()
    cells = []
    for column, value in enumerate(row):
        if value.__class__ is str:
            cells.append(value)
            continue
        text, reason = cell_text(value)
        cells.append(text)
        if reason:
            flaws = (*flaws, Flaw(column, text, reason))
    return Record(number, tuple(cells), flaws)
