"""One record's cells: readers of names, accounts, numbers and times.

Readers of cells are made once per file and remember what they have seen: a file
repeats its accounts, assets and instruments on every row.
"""

import re
from collections.abc import Callable, Iterator
from datetime import tzinfo

from recovery.domain.ledger import RowProblem
from recovery.domain.money import AmountUnreadableError
from recovery.sheets.records import Cells, Record
from recovery.venues.accounts import Accounts
from recovery.venues.names import NameRefusedError
from recovery.venues.numbers import OptionalNumbers, number_reader
from recovery.venues.recognition import Recognition
from recovery.venues.timestamps import TimeUnreadableError, time_reader

UNREADABLE = (AmountUnreadableError, NameRefusedError, TimeUnreadableError)
SHOWN = 80


class FileColumns:
    """The columns of one recognised file by the desk's field names.

    A column the file lacks is read at the position behind the last one, where
    `padded` has put an empty text: no reader has to ask.
    """

    def __init__(
        self, recognition: Recognition, accounts: Accounts, zone: tzinfo
    ) -> None:
        self.layout = recognition.layout
        self.width = recognition.width
        self._positions = recognition.columns
        self.accounts = accounts
        self.read_time = time_reader(self.layout.time.forms, zone)
        self.read_number = number_reader(self.layout.numbers)
        self.none = frozenset(self.layout.numbers.none)
        self.optional_numbers = OptionalNumbers(self.layout.numbers)
        self._readers: list[tuple[int, Callable[[str], object]]] = []
        self._used: set[int] = set()
        self.time = self.reading(self.layout.time.column, self.read_time)
        self.account = self.reading(self.layout.account.column, accounts.__getitem__)

    def position(self, column: str) -> int:
        """Where a column stands; at the padding when the file lacks it."""
        return self._positions.get(column, self.width)

    def reading(self, column: str, read: Callable[[str], object]) -> int:
        """Where a column stands; its cell will be read by `read`."""
        index = self.position(column)
        if index < self.width:
            self._readers.append((index, read))
            self._used.add(index)
        return index

    def field(self, name: str, read: Callable[[str], object]) -> int:
        """Where a field of the desk stands; its cell will be read by `read`."""
        return self.reading(self.layout.fields.get(name, ""), read)

    def number(self, name: str) -> int:
        """Where a number stands that every row must have."""
        return self.field(name, self.read_number)

    def optional_number(self, name: str) -> int:
        """Where a number stands that a row may lack."""
        return self.field(name, self.optional_numbers.__getitem__)

    def position_leg_test(self) -> Callable[[Cells], bool] | None:
        """The test whether a row moves a position instead of money, if there are such."""
        leg = self.layout.position_leg
        if leg is None:
            return None
        at, other = self.position(leg.column), self.position(leg.equals_column)
        if leg.equals_column:
            return lambda cells: cells[at] == cells[other] != ""
        matches = re.compile(leg.pattern, re.IGNORECASE).fullmatch
        return lambda cells: matches(cells[at]) is not None

    def is_sound(self, record: Record) -> bool:
        """Whether the record has one cell per column and no flaw that matters."""
        if len(record.cells) != self.width:
            return False
        return not any(flaw.column in self._used for flaw in record.flaws)

    def problem(self, record: Record) -> RowProblem:
        """Why a record that could not be read is refused, naming the first cell."""
        return next(self._problems(record))

    def _problems(self, record: Record) -> Iterator[RowProblem]:
        number, cells = record.number, record.cells
        if len(cells) != self.width:
            reason = f"has {len(cells)} cells instead of {self.width}"
            yield self._problem(number, -1, "", reason)
        for flaw in record.flaws:
            if flaw.column in self._used:
                yield self._problem(number, flaw.column, flaw.value, flaw.reason)
        refusals = (self._refusal(record, *reader) for reader in self._readers)
        yield from filter(None, refusals)

    def _refusal(
        self, record: Record, index: int, read: Callable[[str], object]
    ) -> RowProblem | None:
        try:
            read(record.cells[index])
        except UNREADABLE as error:
            text = str(error.text)
            return self._problem(record.number, index, text, error.reason)
        return None

    def _problem(self, number: int, index: int, value: str, reason: str) -> RowProblem:
        names = (name for name, at in self._positions.items() if at == index)
        return RowProblem(number, next(names, ""), value[:SHOWN], reason)
