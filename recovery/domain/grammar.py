"""Readers for the neutral grammar of cases and policies.

A reader takes what a JSON document holds at a path and returns the value it
means, or refuses it naming the path. Readers compose: `record` and `list_of`
extend the path as they descend.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from recovery.domain.case_errors import CaseFieldError

Reader = Callable[[object, str], Any]

DIGITS_MAX = 120
SHOWN_MAX = 60

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def shown(value: object) -> str:
    """The offending value, short enough for a message."""
    text = value if isinstance(value, str) else _json_like(value)
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}..."


def _json_like(value: object) -> str:
    """How the document would have spelt a value that is not text."""
    words = {True: "true", False: "false", None: "null"}
    if isinstance(value, bool) or value is None:
        return words[value]
    kinds = ((dict, "an object"), (list, "a list"))
    return next((word for kind, word in kinds if isinstance(value, kind)), str(value))


def number(value: object, path: str) -> Decimal:
    """A decimal string without exponent, plus sign or separators."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise CaseFieldError(path, f"not a decimal string: {shown(value)}")
    if len(value) > DIGITS_MAX:
        raise CaseFieldError(path, f"more than {DIGITS_MAX} digits: {shown(value)}")
    return Decimal(value)


def number_above_zero(value: object, path: str) -> Decimal:
    """A price, a contract size, a factor."""
    amount = number(value, path)
    if amount <= 0:
        raise CaseFieldError(path, f"must be above 0: {shown(value)}")
    return amount


def number_from_zero(value: object, path: str) -> Decimal:
    """A size, a duration, an amount without direction."""
    amount = number(value, path)
    if amount < 0:
        raise CaseFieldError(path, f"must not be negative: {shown(value)}")
    return amount


def share(value: object, path: str) -> Decimal:
    """A ratio between 0 and 1."""
    amount = number_from_zero(value, path)
    if amount > 1:
        raise CaseFieldError(path, f"must not be above 1: {shown(value)}")
    return amount


def whole_number(value: object, path: str) -> int:
    """A count, as a decimal string."""
    amount = number_from_zero(value, path)
    if amount != amount.to_integral_value():
        raise CaseFieldError(path, f"not a whole number: {shown(value)}")
    return int(amount)


def text(value: object, path: str) -> str:
    """A label."""
    if not isinstance(value, str) or not value:
        raise CaseFieldError(path, f"not text: {shown(value)}")
    return value


def flag(value: object, path: str) -> bool:
    """A JSON boolean."""
    if not isinstance(value, bool):
        raise CaseFieldError(path, f"not true or false: {shown(value)}")
    return value


def moment(value: object, path: str) -> datetime:
    """A time in UTC, to the second."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        reason = f"not a time as YYYY-MM-DDTHH:MM:SSZ: {shown(value)}"
        raise CaseFieldError(path, reason)
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise CaseFieldError(path, f"no such time: {shown(value)}") from None


def anything(value: object, path: str) -> object:
    """A key that is for people and never read."""
    del path
    return value


def word_of(vocabulary: type[StrEnum]) -> Reader:
    """A reader of one word out of a vocabulary."""
    members = {str(word): word for word in vocabulary}

    def read(value: object, path: str) -> StrEnum:
        if isinstance(value, str) and value in members:
            return members[value]
        words = ", ".join(vocabulary)
        raise CaseFieldError(path, f"not one of {words}: {shown(value)}")

    return read


def list_of(reader: Reader) -> Reader:
    """A reader of a list, each entry under its own path."""

    def read(value: object, path: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise CaseFieldError(path, f"not a list: {shown(value)}")
        return tuple(
            reader(entry, f"{path}[{index}]") for index, entry in enumerate(value)
        )

    return read


def record(fields: Mapping[str, Reader], required: tuple[str, ...] = ()) -> Reader:
    """A reader of an object: known keys only, required ones present."""

    def read(value: object, path: str) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise CaseFieldError(path, f"not an object: {shown(value)}")
        found = {key: _field(fields, key, value[key], path) for key in value}
        for key in required:
            if key not in found:
                raise CaseFieldError(join(path, key), "missing")
        return found

    return read


def value_of(
    build: Callable[..., Any],
    fields: Mapping[str, Reader],
    required: tuple[str, ...] = (),
) -> Reader:
    """A reader of an object that becomes one value of our own."""
    read_fields = record(fields, required)

    def read(value: object, path: str) -> object:
        return build(**read_fields(value, path))

    return read


def _field(
    fields: Mapping[str, Reader], key: object, value: object, path: str
) -> object:
    """One key of an object, read under its path."""
    where = join(path, str(key))
    if key not in fields:
        raise CaseFieldError(where, "unknown key")
    return fields[str(key)](value, where)


def join(path: str, key: str) -> str:
    """The path of a key inside the object at a path."""
    return f"{path}.{key}" if path else key
