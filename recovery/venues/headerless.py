"""Rows without a header: which layout their cells have the shape of.

People copy rows from a screen and leave the header behind. A layout fits when the
rows are as wide as its columns and can be read in their order. Where two fit equally
well, nobody guesses: the refusal names both.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import LedgerLine, RowProblem
from recovery.sheets.errors import FileRefusedError
from recovery.sheets.records import OPENING_ROWS, Record, Source, trimmed
from recovery.venues.interpretation import Interpreter
from recovery.venues.loading import shipped_profiles
from recovery.venues.outcomes import Ignored, Outcome
from recovery.venues.profile import Layout
from recovery.venues.recognition import Recognition, described, recognise

_LOOKED_AT = 20
# Of the rows looked at, how many must be readable in the layout's own order.
_FIT_PERCENT = 80
# Rows from a screen seldom say whose account it is.
UNNAMED = "pasted"
_ANY_ZONE = "UTC"
_DAY = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_FEWEST_CUTS = 2
_HOUR = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?")


def with_header(source: Source, *, venue: str = "") -> Source:
    """Give a source without a header the header that its cells have the shape of.

    A source that has a header comes back as it is.

    Raises:
        FileRefusedError: No layout fits, or more than one does.
    """
    if source.header or _is_known(source, venue):
        return source
    rows = [row for row in source.opening if any(row.cells)][:_LOOKED_AT]
    fits = [
        (score, layout)
        for profile in shipped_profiles()
        if venue in ("", profile.code)
        for layout in profile.layouts
        if layout.time.column in layout.columns
        for score in [_score(source, layout, rows)]
        if score >= _FIT_PERCENT
    ]
    if rows and all(_is_uncut(row) for row in rows):
        raise FileRefusedError(
            "one_column",
            "Every row stands in one cell: its columns were never told apart.",
            "Send the file as the venue gave it, not a workbook made of it.",
        )
    if not fits:
        raise FileRefusedError(
            "header_missing",
            f"There is no row of column names among the first {OPENING_ROWS} rows, and "
            "the cells have the shape of no known layout.",
            "Copy the rows together with the row of names above them.",
        )
    best = max(score for score, _ in fits)
    layouts = [layout for score, layout in fits if score == best]
    if len({layout.columns for layout in layouts}) > 1:
        names = " or ".join(sorted(described(layout) for layout in layouts))
        raise FileRefusedError(
            "shape_unclear",
            f"Without a row of column names these rows could be {names}.",
            "Say which venue they are from, or copy the row of names as well.",
        )
    return _headed(source, layouts[0])


def _is_uncut(row: Record) -> bool:
    """Whether a row is a line of a text file in one cell of a workbook."""
    cells = [cell for cell in row.cells if cell]
    return len(cells) == 1 and max(map(cells[0].count, ",;\t")) >= _FEWEST_CUTS


def _is_known(source: Source, venue: str) -> bool:
    """Whether a layout that never has a header says so itself."""
    try:
        recognise(source, venue=venue)
    except FileRefusedError:
        return False
    return True


def account_of(recognition: Recognition) -> str:
    """The stand-in for an account that the rows cannot name; empty where they can."""
    rule = recognition.layout.account
    return "" if rule.column in recognition.columns or rule.preamble else UNNAMED


def _headed(source: Source, layout: Layout) -> Source:
    """The source under the layout's columns, every row as wide as they are."""
    header = tuple(layout.columns)
    at = header.index(layout.time.column)

    def rows() -> Iterator[Record]:
        return (_shaped(row, len(header), at) for row in source.rows())

    return replace(source, header=header, preamble=(), rows=rows)


def _score(source: Source, layout: Layout, looked_at: list[Record]) -> int:
    """Per cent of the rows that are as wide as the layout and readable in it."""
    width = len(layout.columns)
    at = layout.columns.index(layout.time.column)
    rows = [_shaped(row, width, at) for row in looked_at]
    if not rows or any(len(row.cells) != width for row in rows):
        return 0
    try:
        recognition = recognise(_headed(source, layout), venue=layout.venue)
        if recognition.layout.columns != layout.columns:
            return 0
        interpreter = Interpreter(
            recognition, account=account_of(recognition), zone=_ANY_ZONE
        )
        outcomes = [interpreter.interpret(row) for row in rows]
    except RecoveryError:
        return 0
    if all(isinstance(one, Ignored) for one in outcomes):
        return 0
    unknown = sum(interpreter.notices.unknown_operations.values())
    bad = sum(map(_is_misread, outcomes)) + unknown
    return max(len(rows) - bad, 0) * 100 // len(rows)


def _is_misread(outcome: Outcome) -> bool:
    """Whether a row says something else: a bare number may be any column's."""
    is_numbered = isinstance(outcome, LedgerLine) and outcome.asset.isdigit()
    return is_numbered or isinstance(outcome, RowProblem)


def _shaped(row: Record, width: int, time_at: int) -> Record:
    """The row as wide as the layout.

    Empty cells at the end get lost when rows are copied, and a time copied from a
    screen often comes as two cells: its day and its hour.
    """
    cells = trimmed(row.cells)
    pair = cells[time_at : time_at + 2]
    if len(pair) > 1 and _DAY.fullmatch(pair[0]) and _HOUR.fullmatch(pair[1]):
        joined = ("T" if pair[1].endswith("Z") else " ").join(pair)
        cells = (*cells[:time_at], joined, *cells[time_at + 2 :])
    return row._replace(cells=cells + ("",) * (width - len(cells)))
