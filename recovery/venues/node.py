"""One table of a profile file, read key by key; what nobody asked for is refused."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from recovery.domain.money import AmountUnreadableError, parse_amount

Word = TypeVar("Word", bound=StrEnum)
Kind = TypeVar("Kind")


class ProfileError(ValueError):
    """A profile file is not understood.

    Attributes:
        where: file and path of the key.
        reason: what is wrong with it.
    """

    code = "profile_refused"

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class Node:
    """A table with the keys not yet taken."""

    def __init__(self, where: str, table: Mapping[str, Any]) -> None:
        self.where = where
        self._left = dict(table)

    @contextmanager
    def closing(self) -> Iterator["Node"]:
        """The node itself; on leaving, every key must have been taken.

        Raises:
            ProfileError: a key is left over.
        """
        yield self
        if self._left:
            raise ProfileError(self.where, f"unknown key {min(self._left)!r}")

    def names(self) -> tuple[str, ...]:
        """The keys not yet taken."""
        return tuple(self._left)

    def fail(self, key: str, reason: str) -> ProfileError:
        """The refusal of the value of `key`."""
        return ProfileError(f"{self.where}.{key}", reason)

    def take(self, key: str, kind: type[Kind], default: Kind | None = None) -> Kind:
        """The value of `key`, which is of `kind`; required without a default."""
        if key not in self._left:
            if default is None:
                raise self.fail(key, "is missing")
            return default
        value = self._left.pop(key)
        if type(value) is not kind:
            raise self.fail(key, f"must be {kind.__name__}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        """A text."""
        return self.take(key, str, default)

    def word(self, key: str, words: type[Word], default: Word | None = None) -> Word:
        """One of the `words`."""
        value = self.text(key, default)
        try:
            return words(value)
        except ValueError as error:
            raise self.fail(key, f"{value!r} is not a known word") from error

    def texts(
        self, key: str, default: tuple[str, ...] | None = None
    ) -> tuple[str, ...]:
        """A list of texts."""
        values = self.take(key, list, None if default is None else list(default))
        if not all(isinstance(value, str) for value in values):
            raise self.fail(key, "must hold texts")
        return tuple(values)

    def mapping(self, key: str) -> dict[str, str]:
        """A table of texts; empty when absent."""
        table = self.take(key, dict, {})
        if not all(isinstance(value, str) for value in table.values()):
            raise self.fail(key, "must hold texts")
        return table

    def amount(self, key: str) -> Decimal:
        """An exact number, written as text."""
        try:
            return parse_amount(self.text(key))
        except AmountUnreadableError as error:
            raise self.fail(key, "must be a number written as text") from error

    def day(self, key: str) -> date:
        """A date."""
        return self.take(key, date)

    def optional_day(self, key: str) -> date | None:
        """A date, if stated."""
        return self.day(key) if key in self._left else None

    def node(self, key: str) -> "Node":
        """An inner table; empty when absent."""
        return Node(f"{self.where}.{key}", self.take(key, dict, {}))

    def nodes(self, key: str) -> "list[Node]":
        """The tables of a list; none when absent."""
        tables = self.take(key, list, [])
        return [
            Node(f"{self.where}.{key}[{position}]", table)
            for position, table in enumerate(tables)
        ]
