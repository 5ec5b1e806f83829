"""Tables copied from a screen as text: columns apart by blanks.

Where columns are padded to one width, the blank strips between them say where a cell
begins, empty ones too. Where they are not, two blanks part cells, or one does.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from recovery.sheets.heading import find_heading
from recovery.sheets.records import (
    OPENING_ROWS,
    Cells,
    Record,
    Source,
    SourceKind,
    storable_record,
)

# A paste, not an export: such a text is read as a whole.
BYTES_MAX = 2 * 1024 * 1024
CELLS_MIN = 4
_DAY = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
# A day and its hour are one cell, also where one blank parts cells.
_TOKEN = re.compile(r"\d{4}-\d{2}-\d{2} \d{1,2}:\d{2}:\d{2}(?:\.\d+)?|\S+")
_WIDE = re.compile(r" {2,}")
_BLANKS = {ord(blank): " " for blank in "\u00a0\u2007\u202f\u3000\t"} | dict.fromkeys(
    range(8192, 8203), " "
)
_HIDDEN = dict.fromkeys(map(ord, "\u200b\u200e\u200f\ufeff\r"))


def open_blocks(path: Path, encoding: str, opening: Sequence[Record]) -> Source | None:
    """The text as a table apart by blanks; nothing when it is none.

    Args:
        path: The file.
        encoding: Of its text.
        opening: Its first rows under the best delimiter, which found no header.
    """
    wide = sum(len(record.cells) >= CELLS_MIN for record in opening)
    if 2 * wide > len(opening) or path.stat().st_size > BYTES_MAX:
        return None
    records = _records(path.read_text(encoding=encoding))
    heading = find_heading(records[:OPENING_ROWS])
    body = records[heading.position + 1 :] if heading.header else records
    filled = sum(len(record.cells) >= CELLS_MIN for record in body)
    if not body or 2 * filled < len(body):
        return None
    number = records[heading.position].number if heading.header else 0
    width = heading.width
    padded = tuple(
        record._replace(cells=_filled(record.cells, width)) for record in body
    )
    return Source(
        path=path,
        kind=SourceKind.CSV,
        sheet="",
        encoding=encoding,
        delimiter=" ",
        preamble=heading.preamble,
        header=heading.header,
        header_number=number,
        opening=tuple(records[:OPENING_ROWS]),
        rows=lambda: iter(padded),
    )


def _filled(cells: Cells, width: int) -> Cells:
    """Empty cells at the end get lost; a note of one cell stays what it is."""
    return cells if len(cells) < 2 else (*cells, *[""] * (width - len(cells)))


def _records(text: str) -> list[Record]:
    lines = [
        (number, line.translate(_HIDDEN).translate(_BLANKS).rstrip())
        for number, line in enumerate(text.split("\n"), 1)
    ]
    lines = [(number, line) for number, line in lines if line]
    dated = [at for at, (_, line) in enumerate(lines) if _DAY.search(line)]
    if not dated:
        return []
    first = max(dated[0] - 1, 0)
    rows = {first, *dated} if _is_header(lines[first][1]) else {*dated}
    cut = _cutter([lines[at][1] for at in sorted(rows)])
    return [
        storable_record(number, cut(line) if at in rows else (line.strip(),))
        for at, (number, line) in enumerate(lines)
    ]


def _is_header(line: str) -> bool:
    return len(line.split()) >= CELLS_MIN and not _DAY.search(line)


def _cutter(lines: Sequence[str]) -> Callable[[str], Cells]:
    """How the lines are best cut: by blank strips, wide gaps, or any gap."""
    strips = _strips(lines)
    is_padded = not any(
        "  " in cell for line in lines for cell in _cut_at(line, strips)
    )
    if is_padded and len(strips) + 1 >= CELLS_MIN:
        return lambda line: _cut_at(line, strips)
    if all(len(_WIDE.split(line.strip())) >= CELLS_MIN for line in lines):
        return lambda line: tuple(_WIDE.split(line.strip()))
    return lambda line: tuple(_TOKEN.findall(line))


def _strips(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Begin and end of what is blank in every line, two signs wide or more."""
    width = max(map(len, lines))
    used = bytearray(width)
    for line in lines:
        for found in re.finditer(r"\S+", line):
            used[found.start() : found.end()] = b"\1" * len(found[0])
    marks = "".join("x" if one else " " for one in used)
    return [found.span() for found in _WIDE.finditer(marks) if found.start() > 0]


def _cut_at(line: str, strips: Sequence[tuple[int, int]]) -> Cells:
    begins = [0, *(end for _, end in strips)]
    ends = [*(begin for begin, _ in strips), len(line)]
    return tuple(
        line[begin:end].strip() for begin, end in zip(begins, ends, strict=True)
    )
