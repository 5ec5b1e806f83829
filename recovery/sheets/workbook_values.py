"""What a workbook is written from: sheets, columns, and the values of cells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Look(StrEnum):
    """How a cell is shown."""

    PLAIN = "plain"
    HEADER = "header"
    TITLE = "title"
    TOTAL = "total"
    GOOD = "good"
    BAD = "bad"
    MUTED = "muted"
    INPUT = "input"


@dataclass(frozen=True, slots=True)
class Formula:
    """A live formula with the value it has now.

    Attributes:
        text: without the equals sign, in the English spelling of functions.
        cached: the value shown by programs that do not calculate; it must be what
            the formula gives.
    """

    text: str
    cached: Decimal | int | str


@dataclass(frozen=True, slots=True)
class Number:
    """An amount as a number cell, for sums and charts: rounded to 15 digits."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Styled:
    """A value with its own look or number format."""

    value: "PlainValue"
    look: Look = Look.PLAIN
    number_format: str = ""


# A Decimal is written as exact text; a Number as a number cell.
PlainValue = str | int | bool | Decimal | datetime | date | Number | Formula | None
CellValue = PlainValue | Styled


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet: its title, its width in characters, its format."""

    title: str
    width: int = 14
    number_format: str = ""


@dataclass(frozen=True, slots=True)
class Highlight:
    """Cells turned red while a formula is true (`Summary!$D2<>0`)."""

    cells: str
    formula: str


@dataclass(frozen=True, slots=True)
class Choices:
    """Cells that take one of a few words, offered as a drop-down."""

    cells: str
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet; its rows are taken one by one and never held together.

    Attributes:
        name: cut and cleaned to what a sheet may be called.
        columns: titles, widths and formats.
        rows: values in the order of the columns.
        above: rows above the titles, such as a heading.
        freeze_columns: how many columns stay in view; the titles always do.
        filtered: whether the titles carry filter buttons.
    """

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[CellValue]]
    above: Sequence[Sequence[CellValue]] = ()
    freeze_columns: int = 0
    filtered: bool = True
    highlights: Sequence[Highlight] = ()
    choices: Sequence[Choices] = ()
    hidden: bool = False
