"""Sheets in the usual spelling: rows straight from the XML, block by block.

A program that exports a table writes every row alike. One pattern matches whole rows;
what it matches are the cells, and all that it does not match ends this reading: the
careful one, which builds the whole sheet, takes over. So a plain sheet needs the
memory of a block, and its rows are there before its end is read.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from recovery.sheets.plain_cells import (
    CellTexts,
    NotPlainError,
    local_name,
    require_plain_text,
    unescaped,
    xml_tree,
)
from recovery.sheets.records import Cells, Limits, Record
from recovery.sheets.sheet_scan import (
    SheetScan,
    column_letters,
    column_number,
    sheet_blocks,
)
from recovery.sheets.zip_checks import opened_zip

Block = list[Record]
_Row = tuple[str, ...]
_ROW_BEGINS = "<row "
_ROW_ENDS = "</row>"
_COLUMN = re.compile(r'<c r="([A-Z]+)')
_COLUMNS_MAX = 26
# Attributes that say how a row looks. A hidden row is told, so it is none of these.
_LOOKS = (
    r'(?: (?:spans|s|customFormat|ht|customHeight|thickBot|thickTop|x14ac:dyDescent)="'
    r'[^"<>]*")*+'
)
_STYLE = r'(?: s="[0-9]{1,5}")?'
# Blanks at the edges of a text count or not, as programs see it: none are taken.
_INLINE = (
    rf'{_STYLE} t="inlineStr"><is><t(?: xml:space="preserve")?>'
    r"(?![ \t\n])([^<]*+)(?<![ \t\n])</t></is></c>"
)
_VALUE = rf'({_STYLE}(?: t="[sn]")?><v>[-+0-9.eE]{{1,40}})</v></c>'
_EMPTY = rf'{_STYLE}(?: t="(?:s|n|str|inlineStr)")? ?/>'
_OUTSIDE = frozenset({"row", "c", "mergeCell", "AlternateContent"})


@dataclass(frozen=True, slots=True)
class PlainSheet:
    """A sheet that seems to be in the usual spelling, until a block is not."""

    path: Path
    part: str
    limits: Limits

    def blocks(self) -> Generator[Block, None, None]:
        """The rows that show something, some hundreds or thousands at a time.

        Raises:
            NotPlainError: From here on the sheet is written in another way.
            FileRefusedError: The container is damaged, or the sheet is too large.
        """
        with opened_zip(self.path, self.limits.of_streams()) as container:
            if self.part not in container.namelist():
                raise NotPlainError
            texts = CellTexts(container)
            with container.open(self.part) as stream:
                yield from _PlainRows(texts, self.limits).read(stream)


class _PlainRows:
    """Reads one stream of XML; knows what must hold from block to block."""

    def __init__(self, texts: CellTexts, limits: Limits) -> None:
        self._texts = texts
        self._limits = limits.of_streams()
        self._scan = SheetScan()
        self._has_values = False
        self._before = ""
        self._behind = ""

    def read(self, stream: IO[bytes]) -> Iterator[Block]:
        """The rows of each block."""
        for block in sheet_blocks(stream):
            if self._behind:  # Rows behind the end of the table.
                raise NotPlainError
            yield self._rows(self._inside(_decoded(block)))
        self._check_frame()

    def _inside(self, text: str) -> str:
        """The part of a block that is rows; what stands around it is kept."""
        begin = text.find(_ROW_BEGINS)
        if begin < 0 or (begin > 0 and self._before):
            raise NotPlainError
        if not self._before:
            self._begin(text, begin)
        end = text.rfind(_ROW_ENDS) + len(_ROW_ENDS)
        self._behind = text[end:]
        return text[begin:end]

    def _begin(self, text: str, begin: int) -> None:
        """Learn from the first block how wide the rows are."""
        self._before = text[:begin]
        if 'hidden="' in self._before:  # Hidden columns are told.
            raise NotPlainError
        width = max(map(column_number, set(_COLUMN.findall(text))), default=0)
        if not 0 < width <= _COLUMNS_MAX:
            raise NotPlainError
        self._scan.last_column = width
        self._of_texts = _row_pattern(width, rf"{_INLINE}|{_EMPTY}")
        self._of_all = _row_pattern(width, rf"{_VALUE}|{_INLINE}|{_EMPTY}")

    def _rows(self, text: str) -> Block:
        """The records of whole rows; every row that begins must have been matched."""
        has_entities = require_plain_text(text)
        shown = self._shown(self._found(text))
        if has_entities:
            shown = ((at, tuple(map(unescaped, cells))) for at, cells in shown)
        return [Record(at, cells) for at, cells in shown if cells[0] or any(cells)]

    def _found(self, text: str) -> list[_Row]:
        """Each row's number with its cells; most files hold texts alone."""
        begun = text.count(_ROW_BEGINS)
        found: list[_Row] = [] if self._has_values else self._of_texts.findall(text)
        if len(found) < begun:
            self._has_values = True
            found = self._of_all.findall(text)
        if len(found) < begun:
            raise NotPlainError
        self._check([int(row[0]) for row in found])
        return found

    def _shown(self, found: list[_Row]) -> Iterator[tuple[int, Cells]]:
        if not self._has_values:
            return ((int(row[0]), row[1:]) for row in found)
        return ((int(row[0]), self._understood(row)) for row in found)

    def _understood(self, row: _Row) -> Cells:
        """The cells of a row in which each is cut out as a value or as a text."""
        values = map(self._texts.__getitem__, row[1::2])
        pairs = zip(values, row[2::2], strict=True)
        return tuple([value or text for value, text in pairs])

    def _check(self, numbers: list[int]) -> None:
        """Rows come in their order, and no more than the limits allow."""
        scan = self._scan
        if not scan.last_row < numbers[0] or numbers != sorted(set(numbers)):
            raise NotPlainError
        scan.last_row = numbers[-1]
        scan.cells += len(numbers) * scan.last_column
        scan.check(self._limits)

    def _check_frame(self) -> None:
        """What stands around the rows is well-formed, and no row or cell hides in it."""
        frame = xml_tree(self._before + self._behind)
        names = [local_name(one) for one in frame.iter()]
        is_plain = names[0] == "worksheet" and names.count("sheetData") == 1
        if not is_plain or not _OUTSIDE.isdisjoint(names):
            raise NotPlainError


def _decoded(block: bytes) -> str:
    try:
        return block.decode()
    except UnicodeDecodeError as error:
        raise NotPlainError from error


def _row_pattern(width: int, cell: str) -> re.Pattern[str]:
    """One whole row, followed by the next or by the end; a cell may be left out."""
    cells = "".join(
        rf'(?:<c r="{column_letters(number)}\1"(?:{cell}))?+'
        for number in range(1, width + 1)
    )
    return re.compile(
        rf'<row r="([1-9][0-9]{{0,6}})"{_LOOKS}>{cells}</row>(?=<row |\Z)', re.ASCII
    )
