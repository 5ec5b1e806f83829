"""Columns a file does not have, made row by row from those it has."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from recovery.domain.money import AmountUnreadableError
from recovery.sheets.records import Cells
from recovery.venues.derived_loading import rule_of
from recovery.venues.file_rules import Derivation, DerivedColumn, Term
from recovery.venues.names import NameRefusedError
from recovery.venues.numbers import OptionalNumbers, in_units, total, unit_of
from recovery.venues.outcomes import Notices

Position = Callable[[str], int]
Make = Callable[[Cells], str]
Refusal = AmountUnreadableError | NameRefusedError


class Derived:
    """The derived columns of one file.

    Args:
        columns: what the layout derives, in order.
        position: where a column stands, derived ones included.
        numbers: the reader of the layout's numbers.
        stated: what file name, preamble or sender say.
        notices: where amounts in other units are counted.
    """

    def __init__(
        self,
        columns: tuple[DerivedColumn, ...],
        position: Position,
        numbers: OptionalNumbers,
        stated: Mapping[str, str],
        notices: Notices,
    ) -> None:
        self._position = position
        self._numbers = numbers
        self._stated = stated
        self._notices = notices
        self.columns = columns
        self._ways: dict[Derivation, Callable[[DerivedColumn, list[int]], Make]] = {
            Derivation.TEXT: self._text,
            Derivation.STATED: self._stated_text,
            Derivation.JOIN: self._join,
            Derivation.FIRST: self._first,
            Derivation.KEY: self._key,
            Derivation.PAIR: self._pair,
            Derivation.MATCH: self._match,
            Derivation.WORDS: self._words,
            Derivation.SUM: self._sum,
            Derivation.SIGNED: self._signed,
            Derivation.SCALED: self._scaled,
            Derivation.SAME: self._same,
        }
        self._makers = [self._maker(column) for column in columns]

    def fill(self, cells: Cells) -> Cells:
        """The cells with an empty one and the derived ones behind.

        Raises:
            AmountUnreadableError, NameRefusedError: a source cannot be read.
        """
        filled = (*cells, "")
        for make in self._makers:
            filled = (*filled, make(filled))
        return filled

    def refusal(self, cells: Cells) -> tuple[DerivedColumn, Refusal] | None:
        """The first derived column that cannot be made, and why."""
        filled = (*cells, "")
        for column, make in zip(self.columns, self._makers, strict=True):
            try:
                filled = (*filled, make(filled))
            except (AmountUnreadableError, NameRefusedError) as error:
                return column, error
        return None

    def _maker(self, column: DerivedColumn) -> Make:
        places = [self._position(name) for name in column.columns]
        return self._ways[column.how](column, places)

    def _text(self, column: DerivedColumn, _: list[int]) -> Make:
        return lambda _cells: column.text

    def _stated_text(self, column: DerivedColumn, places: list[int]) -> Make:
        text = self._stated.get(column.text, "")
        return lambda cells: next(
            filter(None, (cells[at].strip() for at in places)), text
        )

    def _join(self, column: DerivedColumn, places: list[int]) -> Make:
        return lambda cells: column.text.join(
            filter(None, (cells[at].strip() for at in places))
        )

    def _first(self, column: DerivedColumn, places: list[int]) -> Make:
        return lambda cells: next(
            filter(None, (cells[at].strip() for at in places)), column.text
        )

    def _key(self, column: DerivedColumn, places: list[int]) -> Make:
        def make(cells: Cells) -> str:
            parts = [cells[at].strip() for at in places]
            return column.text.join(parts) if parts[-1] else ""

        return make

    def _pair(self, column: DerivedColumn, places: list[int]) -> Make:
        return lambda cells: column.text.join(cells[at] for at in places)

    def _match(self, column: DerivedColumn, places: list[int]) -> Make:
        rules = [
            (re.compile(fits, re.IGNORECASE | re.DOTALL), text)
            for fits, text in map(rule_of, column.patterns)
        ]

        def make(cells: Cells) -> str:
            cell = cells[places[0]].strip()
            for pattern, text in rules:
                if found := pattern.fullmatch(cell):
                    return text or found[1] or ""
            return column.text

        return make

    def _words(self, column: DerivedColumn, places: list[int]) -> Make:
        return lambda cells: column.words.get(
            cells[places[0]].strip(), column.text or cells[places[0]]
        )

    def _sum(self, column: DerivedColumn, places: list[int]) -> Make:
        terms = [(self._position(term.column), term) for term in column.terms]

        def make(cells: Cells) -> str:
            unit = cells[places[0]] if places else ""
            named = cells[places[1]] if len(places) > 1 else ""
            values = [
                self._term(cells[at], term, unit, named if unit else "")
                for at, term in terms
            ]
            stated = [value for value in values if value is not None]
            return self._numbers.written(total(*stated)) if stated else ""

        return make

    def _term(self, text: str, term: Term, unit: str, named: str) -> Decimal | None:
        value = self._numbers[text]
        if value is None:
            return None
        other = named.strip() or (unit_of(text) if unit else "")
        if other and other.casefold() != unit.casefold():
            if value:
                self._notices.left_out[f"{term.column} in {other}"] += 1
            return None
        return value if term.sign > 0 else value.copy_negate()

    def _signed(self, column: DerivedColumn, places: list[int]) -> Make:
        def make(cells: Cells) -> str:
            word = column.words.get(cells[places[1]].strip())
            if word is None:
                raise NameRefusedError(cells[places[1]], "does not tell the sign")
            value = self._numbers[cells[places[0]]]
            if word == "none":
                return "0"
            if value is None:
                return ""
            signed = value.copy_negate() if word == "negative" else value
            return self._numbers.written(signed)

        return make

    def _scaled(self, column: DerivedColumn, places: list[int]) -> Make:
        def make(cells: Cells) -> str:
            value = self._numbers[cells[places[0]]]
            if value is None:
                return ""
            digits = column.words.get(cells[places[1]].strip(), column.text)
            if not digits:
                raise NameRefusedError(cells[places[1]], "has no known smallest unit")
            return self._numbers.written(in_units(value, int(digits)))

        return make

    def _same(self, column: DerivedColumn, places: list[int]) -> Make:
        words = {"same": "", "other": "", "none": "", **column.words}

        def make(cells: Cells) -> str:
            one, two = (cells[at].strip().casefold() for at in places)
            if not one or not two:
                return words["none"]
            return words["same" if one == two else "other"]

        return make
