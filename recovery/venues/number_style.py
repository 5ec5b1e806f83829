"""How the numbers of one file are written, where a spreadsheet has rewritten them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice

from recovery.sheets.records import Source, SourceKind
from recovery.venues.profile import Layout

LOOKED_INTO = 500
COMMA_PROVEN = "decimal_comma"
COMMA_TOLD = (
    "Numbers have a comma before their decimals, as the rows prove: a spreadsheet may "
    "have saved the file. Ask for the file as the venue gave it where a sum looks wrong."
)
_UNIT = r"(?:\s*[A-Za-z][A-Za-z0-9]{1,9})?"
_POINT = re.compile(rf"\s*[+-]?[\d,]*\.\d+(?:[eE][+-]?\d{{1,2}})?{_UNIT}\s*", re.ASCII)
_COMMA = re.compile(rf"\s*[+-]?\d+,\d+(?:[eE][+-]?\d{{1,2}})?{_UNIT}\s*", re.ASCII)
# One comma before three digits may as well group thousands: it proves nothing.
_GROUPED = re.compile(rf"\s*[+-]?[1-9]\d{{0,2}},\d{{3}}{_UNIT}\s*", re.ASCII)


def as_written(layout: Layout, columns: Mapping[str, int], source: Source) -> Layout:
    """The layout, with a decimal comma where the rows prove that they have one.

    A spreadsheet of another language writes `0,5` for `0.5`. It is believed only
    where a number cannot be read otherwise and none has a decimal point.
    """
    if source.kind is SourceKind.JSON or layout.numbers.decimal != ".":
        return layout
    times = {layout.time.column, layout.account.column}
    places = [at for name, at in columns.items() if name not in times]
    if not _has_comma(_cells(source, places)):
        return layout
    return replace(layout, numbers=replace(layout.numbers, decimal=",", thousands=""))


def _cells(source: Source, places: list[int]) -> Iterable[str]:
    # To read a workbook once more would take as long as to import it.
    is_text = source.kind is SourceKind.CSV
    rows = islice(source.records(), LOOKED_INTO) if is_text else source.opening
    for row in rows:
        for at in places:
            if at < len(row.cells):
                yield row.cells[at]


def _has_comma(cells: Iterable[str]) -> bool:
    """Whether a decimal comma is proven, and no decimal point stands against it."""
    proven = False
    for cell in cells:
        if _POINT.fullmatch(cell):
            return False
        if _COMMA.fullmatch(cell) and not _GROUPED.fullmatch(cell):
            proven = True
    return proven
