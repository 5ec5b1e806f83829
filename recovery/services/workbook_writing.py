"""Writes the whole workbook from one snapshot: data sheets, TieOut, README."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from recovery.selectors.workbook import Snapshot, SourceFileRow
from recovery.services.workbook_columns import (
    BREAKS,
    CONSERVATION_CHECK,
    IMPORTS,
    LIQUIDATIONS,
    PARTS_CHECK,
    PAYOUTS,
    UNCLAIMED,
    letters_of,
)
from recovery.services.workbook_file_ties import FileTie, file_ties
from recovery.services.workbook_readme import (
    README_COLUMNS,
    Heading,
    readme_rows,
    row_height,
)
from recovery.services.workbook_rows import (
    break_cells,
    import_cells,
    liquidation_cells,
    payment_cells,
    unclaimed_cells,
)
from recovery.services.workbook_tally import Block, Tally
from recovery.services.workbook_tie_out import overall, tie_out_write
from recovery.services.workbook_tie_page import TIE_COLUMNS, Sources
from recovery.sheets.workbook_writer import Column, SheetWriter, WorkbookWriter
from recovery.sheets.xlsx_cells import Cell

# One sheet of a workbook stays under 2 GB of text even with wide rows.
SHEET_ROWS = 400_000
_BEAT_ROWS = 2000
_DIGITS = 60
_SHOWN = (
    "README",
    "TieOut",
    "Liquidations",
    "Breaks",
    "Imports",
    "Payouts",
    "Unclaimed",
)
_CHECKS = (PARTS_CHECK, CONSERVATION_CHECK)


_Row = TypeVar("_Row")


class Written(NamedTuple):
    """What was written."""

    rows: int
    digest: str  # SHA-256 of the data rows.
    is_tied: bool


@dataclass(slots=True)
class _Book:
    """A workbook under way."""

    writer: WorkbookWriter
    tally: Tally
    on_rows: Callable[[int], None]
    blocks: dict[str, list[Block]] = field(default_factory=lambda: defaultdict(list))
    sheet: str = ""  # The one being written.


def workbook_write(
    snapshot: Snapshot,
    path: Path,
    heading: Heading,
    on_rows: Callable[[int], None] = lambda _rows: None,
) -> Written:
    """Write a workbook to a path where nothing stands yet.

    Args:
        on_rows: Told now and then how many data rows are written.
    """
    with localcontext(prec=_DIGITS), WorkbookWriter(path, _SHOWN) as writer:
        book = _Book(writer, Tally(snapshot.control(), snapshot.as_of), on_rows)
        _rows_sheet(
            book, "Liquidations", LIQUIDATIONS, snapshot.results(), liquidation_cells
        )
        _rows_sheet(
            book, "Breaks", BREAKS, snapshot.results(breaks_only=True), break_cells
        )
        files = _imports_sheet(book, snapshot)
        _rows_sheet(book, "Payouts", PAYOUTS, snapshot.payments(), payment_cells)
        for asset, amount in snapshot.unclaimed_sums().items():
            book.tally.assets[asset].unclaimed_by_database = amount
        _rows_sheet(book, "Unclaimed", UNCLAIMED, snapshot.unclaimed(), unclaimed_cells)
        with writer.sheet("TieOut", TIE_COLUMNS, freeze_columns=2) as sheet:
            is_tied = tie_out_write(sheet, book.tally, _sources(book, files))
        written = Written(book.tally.rows, book.tally.digest, is_tied)
        with writer.sheet("README", README_COLUMNS) as sheet:
            told = readme_rows(book.tally, book.blocks, heading, overall(is_tied))
            for row in told:
                sheet.row(row, height=row_height(row))
    on_rows(written.rows)
    return written


def _sources(book: _Book, files: list[FileTie]) -> Sources:
    return Sources(
        liquidations=book.blocks["Liquidations"],
        breaks=book.blocks["Breaks"],
        imports=book.blocks["Imports"],
        payouts=book.blocks["Payouts"],
        unclaimed=book.blocks["Unclaimed"],
        files=files,
    )


def _rows_sheet(
    book: _Book,
    name: str,
    columns: tuple[Column, ...],
    rows: Iterator[_Row],
    cells_of: Callable[[_Row, int, Tally], list[Cell]],
) -> None:
    """Write rows to a sheet; where it is full, to a next one."""
    blocks = book.blocks[name]
    while not blocks or blocks[-1].last - blocks[-1].first + 1 == SHEET_ROWS:
        title = f"{name} {len(blocks) + 1}" if blocks else name
        before = blocks[-1].sheet if blocks else name
        part = islice(rows, SHEET_ROWS)
        with book.writer.sheet(title, columns, freeze_columns=1, after=before) as sheet:
            first = sheet.header() + 1
            book.sheet = title
            book.tally.note_sheet(title)
            for row in part:
                cells = cells_of(row, sheet.rows + 1, book.tally)
                book.tally.note_row(columns, cells)
                sheet.row(cells)
                if not book.tally.rows % _BEAT_ROWS:
                    book.on_rows(book.tally.rows)
            # A range needs a row to stand on, also where there is none.
            blocks.append(Block(title, first, max(sheet.rows, first)))
            _paint_checks(sheet, columns, blocks[-1])


def _paint_checks(
    sheet: SheetWriter, columns: tuple[Column, ...], block: Block
) -> None:
    for column in columns:
        if column.header in _CHECKS:
            letters = letters_of(columns, column.header)
            sheet.not_zero_is_wrong(f"{letters}{block.first}:{letters}{block.last}")


def _imports_sheet(book: _Book, snapshot: Snapshot) -> list[FileTie]:
    """Write Imports; gives the lines that hold its files against their manifests."""
    stored: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for (file_id, asset), amount in snapshot.file_sums().items():
        stored[file_id][asset] = amount
    ties: list[FileTie] = []

    def cells_of(row: SourceFileRow, number: int, tally: Tally) -> list[Cell]:
        if row.state == "loaded":
            records = letters_of(IMPORTS, "Records")
            cell = f"'{book.sheet}'!{records}{number}"
            ties.extend(file_ties(row, cell, stored[row.id]))
        return import_cells(row, number, tally)

    _rows_sheet(book, "Imports", IMPORTS, snapshot.source_files(), cells_of)
    return ties
