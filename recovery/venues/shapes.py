"""Layouts without a header: recognised by the shapes of their cells."""

import re
from collections.abc import Iterable, Sequence

from recovery.sheets.records import Record
from recovery.venues.profile import Layout


def shape_score(rows: Sequence[Record], layout: Layout) -> int:
    """Per cent of the rows whose cells have the shapes of the layout."""
    tests = _tests(layout)
    if not rows or not tests:
        return 0
    return sum(_has_shape(row, tests) for row in rows) * 100 // len(rows)


def _tests(layout: Layout) -> list[tuple[int, re.Pattern[str]]]:
    return [
        (at, re.compile(layout.shapes[name], re.ASCII))
        for at, name in enumerate(layout.required)
        if name in layout.shapes
    ]


def _has_shape(row: Record, tests: Iterable[tuple[int, re.Pattern[str]]]) -> bool:
    cells = row.cells
    return all(
        at < len(cells) and pattern.fullmatch(cells[at].strip()) is not None
        for at, pattern in tests
    )
