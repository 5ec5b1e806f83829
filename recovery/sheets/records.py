"""The values that reading a source file gives, and how much is read at most."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from recovery.sheets.errors import FileRefusedError

Cells = tuple[str, ...]
MANIFEST_MARK = "#"
OPENING_ROWS = 20
# No database keeps a NUL, nor half of a character that is written in two.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class SourceKind(StrEnum):
    """What a source file is, by its content."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


class Flaw(NamedTuple):
    """A cell that cannot be trusted: where, what stood there, why."""

    column: int
    value: str
    reason: str


class Record(NamedTuple):
    """One raw row.

    `number` is the physical line or sheet row it begins on; in an answer of an
    interface, its place among the rows.
    """

    number: int
    cells: Cells
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a source file is read before it is refused.

    Attributes:
        streamed_times: So many times the cells and unpacked bytes are taken of a sheet
            that is read block by block; what is read as a whole has to fit the memory.
    """

    file_bytes: int = 25 * 1024 * 1024
    line_bytes: int = 1024 * 1024
    rows: int = 500_000
    columns: int = 200
    cells: int = 10_000_000
    members: int = 200
    member_bytes: int = 100 * 1024 * 1024
    unpacked_bytes: int = 200 * 1024 * 1024
    ratio: int = 100
    json_bytes: int = 64 * 1024 * 1024  # An answer is read as a whole.
    streamed_times: int = 1

    def of_streams(self) -> "Limits":
        """The limits of what is never read as a whole."""
        return replace(
            self,
            cells=self.cells * self.streamed_times,
            member_bytes=self.member_bytes * self.streamed_times,
            unpacked_bytes=self.unpacked_bytes * self.streamed_times,
        )


UPLOAD_LIMITS = Limits()
# Files of the house come from its own staff or its own systems, and hold a whole day.
HOUSE_LIMITS = Limits(file_bytes=8 * 1024**3, rows=50_000_000, streamed_times=20)


@dataclass(slots=True)
class Source:
    """An opened source file: what stands above the records, and the records.

    Attributes:
        preamble: non-empty rows above the header.
        header: column names, unnamed trailing columns cut off.
        header_number: line or row of the header; 0 when none was found.
        opening: the first rows as they stand, for recognition and refusals.
        trailer: the manifest row below the records, known once all are read.
        notes: what a reader of the import should know, such as hidden rows.
    """

    path: Path
    kind: SourceKind
    sheet: str
    encoding: str
    delimiter: str
    preamble: tuple[Cells, ...]
    header: Cells
    header_number: int
    opening: tuple[Record, ...]
    rows: Callable[[], Iterator[Record]]
    trailer: Cells = ()
    notes: list[str] = field(default_factory=list)

    def records(self) -> Iterator[Record]:
        """Read the records below the header, in file order, from the start.

        Raises:
            FileRefusedError: the file breaks its own format further down.
        """
        self.trailer = ()
        if self.is_marked:
            return self._marked_records()
        return map(_without_padding, self.rows()) if self.is_padded else self.rows()

    @property
    def is_padded(self) -> bool:
        """Whether blanks stand around cells of the first rows."""
        return any(
            cell != cell.strip()
            for row in self.opening
            if row.number > self.header_number
            for cell in row.cells
        )

    @property
    def is_marked(self) -> bool:
        """Whether the file announces itself, and so may close with a manifest."""
        return bool(self.preamble) and self.preamble[0][0].startswith(MANIFEST_MARK)

    def _marked_records(self) -> Iterator[Record]:
        for record in self.rows():
            if self.trailer:
                raise FileRefusedError(
                    "row_below_manifest",
                    f"Row {record.number} stands below the manifest.",
                    "The manifest is the last row: export the file again.",
                )
            if record.cells[0].startswith(MANIFEST_MARK):
                self.trailer = trimmed(record.cells)
            else:
                yield record


def _without_padding(record: Record) -> Record:
    return record._replace(cells=tuple(map(str.strip, record.cells)))


def storable(text: str, instead: str = "") -> str:
    """The text without what no database keeps."""
    return _UNSTORABLE.sub(instead, text)


def storable_record(number: int, cells: Cells) -> Record:
    """A record without what no database keeps; flaws name the cells it stood in."""
    if not _UNSTORABLE.search("".join(cells)):
        return Record(number, cells)
    bare = tuple(map(storable, cells))
    flaws = tuple(
        Flaw(at, left, _unstorable(cell))
        for at, (cell, left) in enumerate(zip(cells, bare, strict=True))
        if cell != left
    )
    return Record(number, bare, flaws)


def _unstorable(cell: str) -> str:
    if "\0" in cell:
        return "holds a NUL character"
    return "holds half of a character, which is no text"


def trimmed(cells: Cells) -> Cells:
    """The cells without the empty ones at the end."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def fitted(cells: Cells, width: int) -> Cells:
    """The cells without empty ones beyond the header."""
    end = len(cells)
    while end > width and not cells[end - 1].strip():
        end -= 1
    return cells[:end]
