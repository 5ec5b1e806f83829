"""Text files: strict quoting, every record with the line it begins on."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from recovery.sheets.errors import FileRefusedError
from recovery.sheets.heading import Heading, find_heading
from recovery.sheets.read_blocks import CELLS_MIN, open_blocks
from recovery.sheets.records import (
    OPENING_ROWS,
    Cells,
    Limits,
    Record,
    Source,
    SourceKind,
    fitted,
    storable,
    storable_record,
)
from recovery.sheets.text_scan import EXPORT_AGAIN, TextFacts, text_facts


class _LineReader(Protocol):
    """What is used of the parser of the standard library."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


DELIMITERS = ",;\t|"
_MARK = "\ufeff"
_NO_SIGN = "\ufffd"
SURE_ROWS = 3  # From so many rows on, the length of most of them is their custom.


def open_csv(path: Path, limits: Limits) -> Source:
    """Open a text file: decide the delimiter by its header, keep the records lazy.

    Raises:
        FileRefusedError: no rows, or a text that cannot be read safely.
    """
    facts = text_facts(path, limits)
    delimiter, opening, heading = _best_reading(path, facts)
    if max(heading.width, _usual_width(opening)) > limits.columns:
        raise FileRefusedError(
            "too_many_columns",
            f"The rows have more than {limits.columns} columns.",
            EXPORT_AGAIN,
        )
    is_narrow = heading.width < CELLS_MIN
    if is_narrow and (blocks := open_blocks(path, facts.encoding, opening)):
        return blocks
    number = opening[heading.position].number if heading.header else 0
    spare = _spare_width(opening, heading)
    table = _Table(path, facts, delimiter, heading.width, spare, number, limits)
    return Source(
        path=path,
        kind=SourceKind.CSV,
        sheet="",
        encoding=facts.encoding,
        delimiter=delimiter,
        preamble=heading.preamble,
        header=heading.header,
        header_number=number,
        opening=opening,
        rows=table.rows,
    )


def _best_reading(
    path: Path, facts: TextFacts
) -> tuple[str, tuple[Record, ...], Heading]:
    """The delimiter under which the header is widest, and what it shows."""
    readings = []
    for delimiter in DELIMITERS:
        opening = _opening(path, facts, delimiter)
        readings.append((delimiter, opening, find_heading(opening)))
    if not all(opening for _, opening, _ in readings):
        raise FileRefusedError(
            "no_rows", "The file holds blank lines only.", "Choose another file."
        )
    best = max(readings, key=lambda reading: reading[2].width)
    bare = max(readings, key=lambda reading: _usual_width(reading[1]))
    if not bare[2].width and _usual_width(bare[1]) > 2 * best[2].width:
        # No header, or a title that looks like a small one.
        return bare
    rivals = [one for one in readings if one[2].width == best[2].width]
    if len(rivals) > 1:
        raise FileRefusedError(
            "delimiter_unclear",
            "The header can be split in more than one way.",
            "Export it with commas, semicolons or tabs only.",
        )
    # Without a header the rows themselves say how they are split.
    return best if best[2].width else max(readings, key=_rows_width)


def _rows_width(reading: tuple[str, tuple[Record, ...], Heading]) -> int:
    return min(len(row.cells) for row in reading[1])


def _spare_width(opening: tuple[Record, ...], heading: Heading) -> int:
    """How long a row may be whose cells beyond the header are empty.

    As long as the header with its unnamed columns, or as most rows are. A row longer
    than that may hide a decimal comma, whose digits stand in the next column.
    """
    if not heading.header:
        return max(len(row.cells) for row in opening)
    below = opening[heading.position + 1 :]
    named = len(opening[heading.position].cells)
    usual = _usual_width(below) if len(below) >= SURE_ROWS else 0
    return max(named, usual)


def _usual_width(rows: tuple[Record, ...]) -> int:
    """How many cells most rows have."""
    return Counter(len(row.cells) for row in rows).most_common(1)[0][0]


def _opening(path: Path, facts: TextFacts, delimiter: str) -> tuple[Record, ...]:
    """The first rows, read forgivingly: the strict reading names a bad line."""
    with path.open(encoding=facts.encoding, newline="") as stream:
        reader = csv.reader(islice(stream, OPENING_ROWS), delimiter=delimiter)
        rows = [
            Record(number, tuple(map(_shown, _unwrapped(number, cells, delimiter))))
            for number, cells in _numbered(reader)
        ]
    return tuple(row for row in rows if any(cell.strip() for cell in row.cells))


def _shown(cell: str) -> str:
    """A cell above the rows: what no database keeps must not make another number."""
    return storable(cell, _NO_SIGN)


def _numbered(reader: _LineReader) -> Iterator[tuple[int, Cells]]:
    """Each record with the line it begins on.

    Raises:
        FileRefusedError: broken quoting, naming the line the record begins on.
    """
    begins = 1
    try:
        for cells in reader:
            yield begins, tuple(cells)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _malformed(begins, error) from error


def _unwrapped(number: int, cells: Cells, delimiter: str) -> Cells:
    """The cells of a row that was quoted as a whole."""
    if len(cells) != 1 or delimiter not in cells[0]:
        return cells
    try:
        return tuple(next(csv.reader([cells[0]], delimiter=delimiter)))
    except csv.Error as error:
        raise _malformed(number, error) from error


@dataclass(frozen=True, slots=True)
class _Table:
    """The records of a text file below its header."""

    path: Path
    facts: TextFacts
    delimiter: str
    width: int
    spare: int
    header_number: int
    limits: Limits

    def rows(self) -> Iterator[Record]:
        """Read the records; a file without any quote takes the short way."""
        read = self._plain if self.facts.is_plain else self._careful
        with self.path.open(encoding=self.facts.encoding, newline="") as stream:
            yield from read(stream)

    def _plain(self, stream: Iterable[str]) -> Iterator[Record]:
        """One line is one record: this loop runs for every row of a large file."""
        reader = csv.reader(stream, delimiter=self.delimiter, strict=True)
        width, last = self.width, self.limits.rows + self.header_number
        try:
            for row in islice(reader, self.header_number, None):
                cells = tuple(row) if len(row) == width else self._fitted(tuple(row))
                if cells and (cells[0] or any(cells)):
                    if reader.line_num > last:
                        raise too_many_rows(self.limits)
                    yield Record(reader.line_num, cells)
        except csv.Error as error:
            raise _malformed(reader.line_num, error) from error

    def _careful(self, stream: Iterable[str]) -> Iterator[Record]:
        """Quotes, byte order marks or NUL characters occur: look at every row."""
        tape = _Tape(stream)
        reader = csv.reader(tape, delimiter=self.delimiter, strict=True)
        count = 0
        for number, cells in _numbered(reader):
            self._check_quoting(number, cells, tape.taken())
            if number <= self.header_number or not "".join(cells).strip(_MARK):
                continue
            count += 1
            if count > self.limits.rows:
                raise too_many_rows(self.limits)
            yield self._cleaned(number, cells)

    def _fitted(self, cells: Cells) -> Cells:
        return fitted(cells, self.width) if len(cells) <= self.spare else cells

    def _cleaned(self, number: int, cells: Cells) -> Record:
        unmarked = tuple(cell.replace(_MARK, "") for cell in cells)
        whole = self._fitted(_unwrapped(number, unmarked, self.delimiter))
        return storable_record(number, whole)

    def _check_quoting(self, number: int, cells: Cells, text: str) -> None:
        """Refuse a quote inside an unquoted field, which the parser lets pass."""
        if any('"' in cell for cell in cells) and not self._is_well_quoted(text):
            raise _malformed(number, "a quote stands inside an unquoted field")

    def _is_well_quoted(self, text: str) -> bool:
        split = re.escape(self.delimiter)
        field = f'\ufeff?(?:"(?:[^"]|"")*+"|[^"{split}]*+)'
        return re.fullmatch(f"{field}(?:{split}{field})*+[\r\n]*", text) is not None


class _Tape:
    """Lines on their way to the parser, kept until the record is whole."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._kept: list[str] = []

    def __iter__(self) -> "_Tape":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._kept.append(line)
        return line

    def taken(self) -> str:
        """The text since the last record."""
        text = "".join(self._kept)
        self._kept.clear()
        return text


def too_many_rows(limits: Limits) -> FileRefusedError:
    """The refusal of a file with more records than the limit."""
    return FileRefusedError(
        "too_many_rows",
        f"The file holds more than {limits.rows} rows.",
        "Split it into parts.",
    )


_IN_WORDS = {
    "unexpected end of data": "a quote is opened and never closed",
    "field larger than": "a cell is too long, or a quote is opened and never closed",
    "expected after": "text follows the quote that closes a cell",
}


def _malformed(number: int, error: object) -> FileRefusedError:
    said = str(error)
    why = next((words for part, words in _IN_WORDS.items() if part in said), said)
    return FileRefusedError(
        "malformed_row", f"Line {number} cannot be read: {why}.", EXPORT_AGAIN
    )
