"""Columns this desk adds to rejected rows it hands out, left out when they come back."""

from collections.abc import Iterator
from dataclasses import replace

from recovery.sheets.records import Cells, Record, Source
from recovery.sheets.safe_text import FORMULA_STARTS

ROW_COLUMN = "Desk row"
REASON_COLUMN = "Desk reason"
DESK_COLUMNS = (ROW_COLUMN, REASON_COLUMN)
# Stands above the cells of a file that had no names of columns.
UNNAMED_COLUMN = "Desk column"
_APOSTROPHE = "'"
MENDED = "Rows mended on this desk: what lies between them was not compared."


def is_handed_out(source: Source) -> bool:
    """Whether these rows were downloaded from this desk to be mended."""
    return source.header[: len(DESK_COLUMNS)] == DESK_COLUMNS


def without_desk_columns(source: Source) -> Source:
    """The source as it was before the desk added its columns; others as they are.

    An apostrophe that keeps a cell from being run as a formula goes too.
    """
    if not is_handed_out(source):
        return source
    header = source.header[len(DESK_COLUMNS) :]
    below = [row for row in source.opening if row.number > source.header_number]
    read = source.rows

    def rows() -> Iterator[Record]:
        return map(_bare, read())

    return replace(
        source,
        preamble=(),
        header=() if header[:1] == (f"{UNNAMED_COLUMN} 1",) else header,
        opening=tuple(map(_bare, below)),
        rows=rows,
        notes=[*source.notes, MENDED],
    )


def desk_row_numbers(source: Source) -> Iterator[tuple[int, int]]:
    """The number of each row beside that of the rejected row it mends.

    Rows whose number somebody took out, or changed to no number, are new rows.
    """
    for record in source.rows():
        text = record.cells[0].strip() if record.cells else ""
        if text.isascii() and text.isdigit():
            yield record.number, int(text)


def _bare(record: Record) -> Record:
    added = len(DESK_COLUMNS)
    flaws = tuple(
        flaw._replace(column=flaw.column - added)
        for flaw in record.flaws
        if flaw.column >= added
    )
    return Record(record.number, _plain(record.cells[added:]), flaws)


def _plain(cells: Cells) -> Cells:
    return tuple(
        cell[1:]
        if cell.startswith(_APOSTROPHE) and cell[1:].startswith(FORMULA_STARTS)
        else cell
        for cell in cells
    )
