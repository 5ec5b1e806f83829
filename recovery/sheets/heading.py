"""Which of the first rows is the header: a rule about shape, not about venues."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from recovery.sheets.records import MANIFEST_MARK, Cells, Record, trimmed

# A header names things: none of its cells begins like a number or a date.
_VALUE_LIKE = re.compile(r"\s*[+-]?[.,]?\d")
_NARROW = 0.6
_USUAL_MIN = 4


@dataclass(frozen=True, slots=True)
class Heading:
    """The header found among the first rows; `position` is -1 without one."""

    position: int
    preamble: tuple[Cells, ...]
    header: Cells

    @property
    def width(self) -> int:
        """How many columns the header names."""
        return len(self.header)


def find_heading(rows: Sequence[Record]) -> Heading:
    """Find the header: the first wide row of names.

    A row above it is narrower (a title, a `UID: 1` line) or announces itself
    with `#`.
    """
    cut = [trimmed(row.cells) for row in rows]
    lengths = Counter(len(cells) for cells in cut if not _announces(cells))
    found = _heading_under(cut, max(lengths, default=0))
    if found.header or not lengths:
        return found
    # Two lines run together make one long row, which is no measure of the others.
    usual = lengths.most_common(1)[0][0]
    return _heading_under(cut, usual) if usual >= _USUAL_MIN else found


def _heading_under(cut: Sequence[Cells], widest: int) -> Heading:
    for position, cells in enumerate(cut):
        if not _announces(cells) and _is_header(cells, widest):
            above = tuple(row for row in cut[:position] if row)
            return Heading(position, above, tuple(map(_name, cells)))
    return Heading(-1, tuple(row for row in cut if row), ())


def _announces(cells: Cells) -> bool:
    # A lone mark is the name of a column that counts the rows.
    return bool(cells) and cells[0].startswith(MANIFEST_MARK) and len(cells[0]) > 1


def _is_header(cells: Cells, widest: int) -> bool:
    if len(cells) < max(2, widest * _NARROW):
        return False
    return not any(_VALUE_LIKE.match(cell) for cell in cells)


def _name(cell: str) -> str:
    return " ".join(cell.replace("\ufeff", "").split())
