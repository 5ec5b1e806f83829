"""Cells of reference data: what a column must hold, or a refusal that names it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from recovery.domain.money import AmountUnreadableError, parse_amount

_Word = TypeVar("_Word", bound=StrEnum)
Values = Mapping[str, str]


class RowRefusedError(Exception):
    """A row of reference data cannot be taken; column and reason are told."""

    code = "row_refused"

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def needed_text(said: Values, column: str) -> str:
    """A text that must be there."""
    if not said[column]:
        raise RowRefusedError(column, "is missing")
    return said[column]


def word_of(said: Values, column: str, words: type[_Word]) -> _Word:
    """One of the words that are known."""
    try:
        return words(said[column])
    except ValueError as error:
        known = ", ".join(word.value for word in words)
        raise RowRefusedError(column, f"is none of {known}") from error


def amount_of(said: Values, column: str) -> Decimal:
    """An exact number."""
    try:
        return parse_amount(said[column])
    except AmountUnreadableError as error:
        raise RowRefusedError(column, "is not a number") from error


def day_of(said: Values, column: str) -> datetime:
    """The first instant of a day, UTC."""
    try:
        day = date.fromisoformat(said[column])
    except ValueError as error:
        raise RowRefusedError(column, "write a date as 2026-01-31") from error
    return datetime.combine(day, time.min, UTC)


def instant_of(said: Values, column: str) -> datetime:
    """An instant that says its zone, in UTC."""
    try:
        at = datetime.fromisoformat(said[column])
    except ValueError as error:
        raise RowRefusedError(column, "write it as 2026-01-31T12:00:00Z") from error
    if at.tzinfo is None:
        raise RowRefusedError(column, "does not say its zone: end it with Z")
    return at.astimezone(UTC)
