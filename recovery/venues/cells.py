"""One record's cells: readers of names, accounts, numbers and times.

Readers of cells are made once per file and remember what they have seen: a file
repeats its accounts, assets and instruments on every row.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo

from recovery.domain.ledger import RowProblem
from recovery.domain.money import AmountUnreadableError
from recovery.sheets.errors import FileRefusedError
from recovery.sheets.records import Cells, Record, trimmed
from recovery.venues.accounts import WALLET_MARK, Accounts
from recovery.venues.derived import Derived
from recovery.venues.file_rules import Derivation, DerivedColumn
from recovery.venues.header_names import folded
from recovery.venues.names import NameRefusedError
from recovery.venues.numbers import OptionalNumbers, number_reader
from recovery.venues.outcomes import Ignored, Notices
from recovery.venues.recognition import Recognition
from recovery.venues.stated import labels_of
from recovery.venues.time_forms import TimeUnreadableError
from recovery.venues.timestamps import time_reader

UNREADABLE = (AmountUnreadableError, NameRefusedError, TimeUnreadableError)
SHOWN = 80
# What venues write where a period has no rows.
_DAY = re.compile(r"\d[-/.]\d{1,2}[-/.]\d")
_NO_DATA = re.compile(r"no (?:data|matching|records?|results?|transactions?)\b")


class FileColumns:
    """The columns of one recognised file by the desk's field names.

    A column the file lacks is read at the position behind the last one, where
    `padded` has put an empty text: no reader has to ask.
    """

    def __init__(
        self,
        recognition: Recognition,
        accounts: Accounts,
        zone: tzinfo,
        stated: Mapping[str, str],
        notices: Notices,
    ) -> None:
        layout = self.layout = recognition.layout
        self.width = recognition.width
        self.accounts = accounts
        self.read_time = time_reader(recognition.time_forms, zone)
        self.read_number = number_reader(layout.numbers)
        self.none = frozenset(layout.numbers.none)
        self.optional_numbers = OptionalNumbers(layout.numbers)
        self._readers: list[tuple[int, Callable[[str], object]]] = []
        self._used: set[int] = set()
        derived = (*layout.derived, *_wallet_column(recognition))
        self._positions = dict(recognition.columns)
        for at, column in enumerate(derived, self.width + 1):
            self._positions[column.name] = at
        self._derived = Derived(
            derived, self.position, self.optional_numbers, stated, notices
        )
        for column in derived:
            self._used.update(map(self.position, column.sources))
        self.is_plain = not (derived or layout.ignore)
        self._ignore = [
            (self.position(rule.column), re.compile(rule.pattern, re.IGNORECASE), rule)
            for rule in layout.ignore
        ]
        self._header = _bare(recognition.header)
        above = recognition.preamble if recognition.header else ()
        self._preamble = frozenset(map(_bare, above))
        self.time = self.reading(layout.time.column, self.read_time)
        holder = derived[-1].name if layout.account.wallet_column else ""
        self.account = self.reading(
            holder or layout.account.column, accounts.__getitem__
        )

    def position(self, column: str) -> int:
        """Where a column stands; at the padding when the file lacks it."""
        return self._positions.get(column, self.width)

    def whole(self, cells: Cells) -> Cells:
        """The cells of a sound row, with an empty one and the derived ones behind."""
        if len(cells) != self.width:
            cells = self._plain(cells)
        if not self._derived.columns:
            return (*cells, "")
        return self._derived.fill(cells)

    def _plain(self, cells: Cells) -> Cells:
        """Exactly one cell per column."""
        return (*cells, *[""] * (self.width - len(cells)))[: self.width]

    def ignored(self, record: Record) -> Ignored | None:
        """Why a row is left out before it is read, if it is."""
        for at, pattern, rule in self._ignore:
            if at < len(record.cells) and pattern.fullmatch(record.cells[at]):
                return Ignored(record.number, rule.reason)
        return None

    def is_no_row(self, record: Record) -> Ignored | None:
        """Why a record that could not be read is none at all, if it is.

        Parts of an export put together repeat what stands above their rows; tables of
        tickets have a line below the names; a period may be empty.
        """
        cells = _bare(record.cells)
        if cells == self._header and any(cells):
            return Ignored(record.number, "names the columns once more")
        if cells in self._preamble:
            return Ignored(record.number, "stands above the columns once more")
        if self._is_statement(cells):
            raise FileRefusedError(
                "second_statement",
                f"Row {record.number} names another account or zone than the file.",
                "Send its parts one by one.",
            )
        if len(cells) == 1 and _NO_DATA.match(cells[0]):
            return Ignored(record.number, "says that there are no rows")
        if any(cells) and not "".join(cells).strip("-=:"):
            return Ignored(record.number, "is a line of a table")
        if self.layout.notes_between and self._is_note(cells):
            return Ignored(record.number, "has no date: is no row of the log")
        return None

    def _is_note(self, cells: Cells) -> bool:
        """Whether this is a line of a screen between its rows: short, without a day."""
        return 0 < len(cells) * 2 < self.width and not any(map(_DAY.search, cells))

    def _is_statement(self, cells: Cells) -> bool:
        """Whether this stands above the rows of another file, put below this one."""
        rules = (self.layout.account.preamble, self.layout.time.preamble)
        known = {name for rule in rules for name in rule.casefold().split("|") if name}
        return bool(known) and any(label in known for label, _ in labels_of([cells]))

    def reading(self, column: str, read: Callable[[str], object]) -> int:
        """Where a column stands; its cell will be read by `read`."""
        index = self.position(column)
        if index != self.width:
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
        if not self._fits(len(record.cells)):
            return False
        return not any(flaw.column in self._used for flaw in record.flaws)

    def _fits(self, length: int) -> bool:
        layout, width = self.layout, self.width
        return width - layout.cells_missing <= length <= width + layout.cells_beyond

    def problem(self, record: Record) -> RowProblem:
        """Why a record that could not be read is refused, naming the first cell."""
        return next(self._problems(record))

    def _problems(self, record: Record) -> Iterator[RowProblem]:
        number, cells = record.number, record.cells
        if not self._fits(len(cells)):
            held = f"{len(cells)} {'cell' if len(cells) == 1 else 'cells'}"
            reason = f"has {held} instead of {self.width}"
            yield self._problem(number, -1, " | ".join(cells), reason)
        for flaw in record.flaws:
            if flaw.column in self._used:
                yield self._problem(number, flaw.column, flaw.value, flaw.reason)
        if refused := self._derived.refusal(self._plain(cells)):
            column, error = refused
            at = self.position((*column.sources, column.name)[0])
            yield self._problem(number, at, str(error.text), error.reason)
        else:
            filled = self.whole(cells)
            refusals = (self._refusal(number, filled, *one) for one in self._readers)
            yield from filter(None, refusals)

    def _refusal(
        self, number: int, cells: Cells, index: int, read: Callable[[str], object]
    ) -> RowProblem | None:
        try:
            read(cells[index])
        except UNREADABLE as error:
            text = str(error.text)
            return self._problem(number, index, text, error.reason)
        return None

    def _problem(self, number: int, index: int, value: str, reason: str) -> RowProblem:
        names = (name for name, at in self._positions.items() if at == index)
        value = value.replace(WALLET_MARK, " / ")
        column, reason = self._shown(next(names, "")), reason + _hidden(value)
        return RowProblem(number, column, value[:SHOWN], reason)

    def _shown(self, name: str) -> str:
        """A column as the sender knows it: what is derived, by what it is made of."""
        sources = next(
            (one.sources for one in self._derived.columns if one.name == name), ()
        )
        written = [one for one in sources if self.position(one) < self.width]
        return " and ".join(dict.fromkeys(written)) or name


def _hidden(value: str) -> str:
    """Names a sign that nobody sees, since the value looks right without it."""
    sign = next((one for one in value if not one.isprintable()), "")
    return f"; it holds the hidden sign U+{ord(sign):04X}" if sign else ""


def _bare(cells: Cells) -> Cells:
    """The cells as they are compared with a header, empty ones at the end cut off."""
    return trimmed(tuple(folded(cell.replace("\ufeff", "")) for cell in cells))


def _wallet_column(recognition: Recognition) -> tuple[DerivedColumn, ...]:
    """Account and wallet in one text, where the wallet has a column of its own."""
    rule = recognition.layout.account
    if not rule.wallet_column:
        return ()
    return (
        DerivedColumn(
            name=f"{rule.column} and {rule.wallet_column}",
            how=Derivation.PAIR,
            columns=(rule.column, rule.wallet_column),
            text=WALLET_MARK,
        ),
    )
