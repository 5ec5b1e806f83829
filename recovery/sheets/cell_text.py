"""Values of workbook cells to the text that stood in the cell.

A number arrives as a binary float. Up to 15 significant digits it has exactly one
shortest decimal text, which is what was typed; beyond that the digits are not
certain, and the cell is flawed.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from recovery.sheets.sheet_scan import significant_digits

EXACT_DIGITS = 15
EXACT_BELOW = 10**EXACT_DIGITS
FIRST_YEAR = 1970
HALF_MILLISECOND = timedelta(microseconds=500)

Cell = str | int | float | bool | datetime | date | time | timedelta


def cell_text(value: Cell) -> tuple[str, str]:
    """The text of a cell that is not text, and why it is flawed, if it is."""
    return _TEXTS[type(value)](value)


def _number_text(value: float) -> tuple[str, str]:
    text = repr(value).removesuffix(".0")
    if len(text) > EXACT_DIGITS or "e" in text:
        return _long_number_text(value, text)
    return text, ""


def _long_number_text(value: float, text: str) -> tuple[str, str]:
    """A number that may have more digits than are certain."""
    if abs(value) < EXACT_BELOW and significant_digits(text) <= EXACT_DIGITS:
        return text, ""
    reason = f"is a number cell with more than {EXACT_DIGITS} digits: send it as text"
    return text, reason


def _day_text(value: date) -> tuple[str, str]:
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001
    value += HALF_MILLISECOND
    whole = "milliseconds" if value.microsecond >= 1000 else "seconds"
    text = value.isoformat(sep=" ", timespec=whole)
    return text, "" if value.year >= FIRST_YEAR else "is no date of a trade"


def _flag_text(value: bool) -> tuple[str, str]:
    return str(value).upper(), ""


def _clock_text(value: time | timedelta) -> tuple[str, str]:
    return str(value), "is a time of day without a day"


_TEXTS: dict[type, Callable[[Any], tuple[str, str]]] = {
    bool: _flag_text,
    int: _number_text,
    float: _number_text,
    date: _day_text,
    datetime: _day_text,
    time: _clock_text,
    timedelta: _clock_text,
}
