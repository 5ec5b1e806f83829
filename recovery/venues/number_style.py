"""How the numbers of one file are written, where a spreadsheet has rewritten them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum, auto
from itertools import islice

from recovery.sheets.records import Source, SourceKind
from recovery.venues.profile import Layout

LOOKED_INTO = 500
COMMA_PROVEN = "decimal_comma"
COMMA_TOLD = (
    "Numbers have a comma before their decimals, as the rows prove: a spreadsheet may "
    "have saved the file. Ask for the file as the venue gave it where a sum looks wrong."
)
THOUSANDS_PROVEN = "thousands_comma"
THOUSANDS_TOLD = (
    "Numbers have commas between their thousands, as the rows prove: a spreadsheet may "
    "have saved the file. Ask for the file as the venue gave it where a sum looks wrong."
)
_UNIT = r"(?:\s*[A-Za-z][A-Za-z0-9]{1,9})?"
_POINT = re.compile(rf"\s*[+-]?[\d,]*\.\d+(?:[eE][+-]?\d{{1,2}})?{_UNIT}\s*", re.ASCII)
_COMMA = re.compile(rf"\s*[+-]?\d+,\d+(?:[eE][+-]?\d{{1,2}})?{_UNIT}\s*", re.ASCII)
# Two groups, or a group and a point: no decimals look like this.
_THOUSANDS = re.compile(
    rf"\s*[+-]?[1-9]\d{{0,2}}(?:(?:,\d{{3}})+\.\d+|(?:,\d{{3}}){{2,}}){_UNIT}\s*",
    re.ASCII,
)
# One comma before three digits may as well group thousands: it proves nothing.
_GROUPED = re.compile(rf"\s*[+-]?[1-9]\d{{0,2}},\d{{3}}{_UNIT}\s*", re.ASCII)


class _Comma(Enum):
    """What a comma in a number is meant to be."""

    DECIMALS = auto()
    THOUSANDS = auto()


def as_written(layout: Layout, columns: Mapping[str, int], source: Source) -> Layout:
    """The layout, with the commas in its numbers as the rows prove they are meant.

    A spreadsheet of another language writes `0,5` for `0.5`, and one that groups
    thousands `1,234.5` for `1234.5`. Each is believed only where a number cannot be
    read otherwise and none speaks against it.
    """
    numbers = layout.numbers
    if source.kind is SourceKind.JSON or numbers.decimal != ".":
        return layout
    times = {layout.time.column, layout.account.column}
    places = [at for name, at in columns.items() if name not in times]
    match _meaning_of_commas(_cells(source, places)):
        case _Comma.DECIMALS:
            return replace(layout, numbers=replace(numbers, decimal=",", thousands=""))
        case _Comma.THOUSANDS:
            return replace(layout, numbers=replace(numbers, thousands=","))
    return layout


def style_proven(layout: Layout, written: Layout) -> dict[str, str]:
    """What the rows have proven of numbers, as a statement of the recognition."""
    if written.numbers.decimal != layout.numbers.decimal:
        return {COMMA_PROVEN: written.numbers.decimal}
    if written.numbers.thousands != layout.numbers.thousands:
        return {THOUSANDS_PROVEN: written.numbers.thousands}
    return {}


def style_told(stated: Mapping[str, str]) -> list[str]:
    """What to know of a style that only the rows have told."""
    told = {COMMA_PROVEN: COMMA_TOLD, THOUSANDS_PROVEN: THOUSANDS_TOLD}
    return [text for name, text in told.items() if name in stated]


def _cells(source: Source, places: list[int]) -> Iterable[str]:
    # To read a workbook once more would take as long as to import it.
    is_text = source.kind is SourceKind.CSV
    rows = islice(source.records(), LOOKED_INTO) if is_text else source.opening
    for row in rows:
        for at in places:
            if at < len(row.cells):
                yield row.cells[at]


def _meaning_of_commas(cells: Iterable[str]) -> _Comma | None:
    """What commas are proven to be; nothing where a number speaks against it."""
    has_point, found = False, set()
    for cell in cells:
        if "," not in cell:
            has_point = has_point or _POINT.fullmatch(cell) is not None
        elif _THOUSANDS.fullmatch(cell):
            found.add(_Comma.THOUSANDS)
        elif _POINT.fullmatch(cell):
            # Commas and a point, and no groups of three: no style says this.
            return None
        elif _COMMA.fullmatch(cell) and not _GROUPED.fullmatch(cell):
            found.add(_Comma.DECIMALS)
    if len(found) != 1:
        return None
    (meaning,) = found
    return None if has_point and meaning is _Comma.DECIMALS else meaning
