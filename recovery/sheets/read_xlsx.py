"""Workbooks: structure checked first, rows by a fast reader, both compared."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, load_workbook

from recovery.sheets.cell_text import Cell, cell_text
from recovery.sheets.heading import find_heading
from recovery.sheets.plain_cells import NotPlainError
from recovery.sheets.plain_sheet import PlainSheet
from recovery.sheets.records import (
    OPENING_ROWS,
    Flaw,
    Limits,
    Record,
    Source,
    SourceKind,
    fitted,
    storable_record,
    trimmed,
)
from recovery.sheets.shared_texts import cell_without_text
from recovery.sheets.sheet_scan import SheetScan
from recovery.sheets.workbook_parts import CheckedBook, checked_book, filled_sheet
from recovery.sheets.zip_checks import refused_zip

BLOCKS_HELD = 4  # Megabytes of XML that are looked over before a row goes out.


def open_xlsx(path: Path, sheet: str, limits: Limits) -> Source:
    """Open a workbook: the sheet with data, or the one that is named.

    Raises:
        FileRefusedError: the structure is unsafe, several sheets hold data and
            none is named, or the reader delivers other rows than the XML holds.
    """
    book = checked_book(path, sheet, limits)
    return _plainly(book) or _carefully(book)


def _plainly(book: CheckedBook) -> Source | None:
    """The only sheet, where it begins in the usual spelling."""
    if len(book.sheets) > 1:
        return None
    ((name, part),) = book.sheets.items()
    notes = _notes(book, SheetScan())
    table = _PlainTable(book, PlainSheet(book.path, part, book.limits), notes)
    if not table.is_begun():
        return None
    return _source(book, name, table, notes)


def _carefully(book: CheckedBook) -> Source:
    """The sheet with data, checked and built as a whole."""
    name, table, scan = _whole(book)
    return _source(book, name, table, _notes(book, scan))


def _whole(book: CheckedBook) -> "tuple[str, _Table, SheetScan]":
    name, scan = filled_sheet(book)
    return name, _Table(_loaded(book, name), scan), scan


def _source(
    book: CheckedBook, name: str, table: "_Table | _PlainTable", notes: list[str]
) -> Source:
    opening = tuple(islice(table.all_rows(), OPENING_ROWS))
    heading = find_heading(opening)
    number = opening[heading.position].number if heading.header else 0
    return Source(
        path=book.path,
        kind=SourceKind.XLSX,
        sheet=name,
        encoding="",
        delimiter="",
        preamble=heading.preamble,
        header=heading.header,
        header_number=number,
        opening=opening,
        rows=lambda: table.rows(number, heading.width),
        notes=notes,
    )


def _notes(book: CheckedBook, scan: SheetScan) -> list[str]:
    """What a reader of the import should know about the sheet."""
    notes = []
    if scan.hidden:
        notes.append(f"{scan.hidden} hidden rows were read like the others.")
    if scan.hidden_columns:
        notes.append(f"{scan.hidden_columns} hidden columns were read like the others.")
    if scan.computed:
        notes.append(f"{scan.computed} cells are computed, not exported by the venue.")
    if book.reaches_out:
        notes.append("The workbook links to other documents: nothing was followed.")
    if book.others:
        read, unread = next(iter(book.sheets)), ", ".join(book.others[:12])
        notes.append(f"Only the sheet {read} was read, not: {unread}.")
    return notes


class _PlainTable:
    """The rows of a sheet in the usual spelling.

    A sheet of a few megabytes is read to its end before its first row is handed out.
    A longer one streams; where it turns out to be unusual below, the careful reading
    goes on, and has to find above what was handed out.
    """

    def __init__(self, book: CheckedBook, sheet: PlainSheet, notes: list[str]) -> None:
        self._book = book
        self._sheet = sheet
        self._notes = notes
        self._held: list[Record] = []
        self._is_whole = False

    def is_begun(self) -> bool:
        """Read the beginning; whether it holds rows, all in the usual spelling."""
        try:
            with closing(self._sheet.blocks()) as blocks:
                self._held = list(chain.from_iterable(islice(blocks, BLOCKS_HELD)))
                self._is_whole = next(blocks, None) is None
        except NotPlainError:
            return False
        return bool(self._held)

    def all_rows(self) -> Iterator[Record]:
        """The rows of the beginning, as wide as the widest of them."""
        rows = self._held[:OPENING_ROWS]
        width = max(len(trimmed(row.cells)) for row in rows)
        return (Record(row.number, row.cells[:width]) for row in rows)

    def rows(self, header_number: int, width: int) -> Iterator[Record]:
        """The records below the header.

        Raises:
            FileRefusedError: the careful reading, once needed, reads other rows.
        """
        delivered = digest = 0
        try:
            for record in self._plain_rows(header_number, width):
                delivered, digest = delivered + 1, hash((digest, record))
                yield record
        except NotPlainError:
            rest, again = self._careful_rows(header_number, width), 0
            for record in islice(rest, delivered):
                again = hash((again, record))
            if again != digest:
                raise refused_zip("is read in two ways: it changes its form") from None
            yield from rest

    def _plain_rows(self, header_number: int, width: int) -> Iterator[Record]:
        held = iter([self._held])
        blocks = held if self._is_whole else self._sheet.blocks()
        for record in chain.from_iterable(blocks):
            if record.number > header_number:
                cells = record.cells
                fit = cells if len(cells) == width else fitted(cells, width)
                yield record if fit is cells else record._replace(cells=fit)

    def _careful_rows(self, header_number: int, width: int) -> Iterator[Record]:
        _, table, scan = _whole(self._book)
        self._notes[:] = _notes(self._book, scan)
        return table.rows(header_number, width)


def _loaded(book: CheckedBook, name: str) -> CalamineSheet:
    """The sheet by the fast reader, which may fail in its own words."""
    try:
        return load_workbook(book.path).get_sheet_by_name(name)
    except CalamineError as error:
        cell = cell_without_text(book.path, book.sheets[name])
        where = f" (cell {cell})" if cell else ""
        raise refused_zip(f"cannot be read: {error}{where}") from error


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
    cells: list[str] = []
    for column, value in enumerate(row):
        if value.__class__ is str:
            cells.append(value)
            continue
        text, reason = cell_text(value)
        cells.append(text)
        if reason:
            flaws = (*flaws, Flaw(column, text, reason))
    record = storable_record(number, tuple(cells))
    return record._replace(flaws=record.flaws + flaws) if flaws else record
