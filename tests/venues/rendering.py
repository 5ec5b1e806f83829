"""Rows of a golden file told anew: other times, other amounts, the rest as it stands.

Nothing here knows a venue. Where a column stands and how it is made is read in the
layout: amounts that are sums, signed by a word or in smallest units are written into
the columns they are made from, in a table of text or in the answer of an interface.
"""

import copy
import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from recovery.domain.ledger import LedgerLine, LedgerRole
from recovery.domain.money import format_amount
from recovery.sheets.open_source import open_source
from recovery.sheets.records import Cells, Record, SourceKind
from recovery.venues.accounts import accounts_of
from recovery.venues.cells import FileColumns
from recovery.venues.file_rules import Derivation, DerivedColumn
from recovery.venues.interpretation import Interpreter
from recovery.venues.numbers import total
from recovery.venues.outcomes import Notices
from recovery.venues.profile import Layout, RowOrder
from recovery.venues.time_forms import form_reader
from recovery.venues.timestamps import zone_named
from tests.venues.golden_files import case_of
from tests.venues.reports import understood

PATTERNS = {
    "calendar": "%Y-%m-%d %H:%M:%S",
    "iso_z": "%Y-%m-%dT%H:%M:%SZ",
    "minute_first": "%H:%M %Y-%m-%d",
    "month_first": "%m/%d/%Y, %H:%M:%S",
    "day_first": "%d/%m/%Y, %H:%M:%S",
}
FIRST_ID = 700_000_000


class CannotWriteError(Exception):
    """A row of this kind cannot be written with that amount."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of row the file has: its cells, and what they mean."""

    cells: Cells
    line: LedgerLine
    number: int  # Of its record.


@dataclass(frozen=True, slots=True)
class Move:
    """A row to be written."""

    kind: Kind
    at: datetime
    amount: Decimal
    balance: Decimal | None = None


class Sample:
    """A golden file as the pattern of other files of its layout."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.given = {"name": path.name, **case_of(path).given}
        outcomes, self._interpreter = understood(path, **self.given)
        self._source = open_source(path)
        self._columns = _columns(self._interpreter, self.given)
        self._json = Answer(path) if self._source.kind is SourceKind.JSON else None
        self._as_sent = {one.number: one.cells for one in self._source.records()}
        self._locked: set[int] = set()
        self.shown = list(self._kinds(outcomes))
        self.kinds = [*self.shown, *self._more_kinds()]

    @property
    def layout(self) -> Layout:
        return self._interpreter.recognition.layout

    def written(self, moves: Sequence[Move]) -> bytes:
        """A file of the layout with these rows, in the venue's own order."""
        rows = [(move.kind, self._cells(move, at)) for at, move in enumerate(moves)]
        if self.layout.order is RowOrder.NEWEST_FIRST:
            rows.reverse()
        if self._json:
            return self._json.written(
                [(one.number, self._by_name(one, cells)) for one, cells in rows]
            )
        return self._table([cells for _, cells in rows])

    def read(self, content: bytes, folder: Path) -> list[LedgerLine]:
        """What the rows of a file mean, in the order they were written in."""
        path = folder / f"told{self.path.suffix}"
        path.write_bytes(content)
        outcomes, interpreter = understood(path, **self.given)
        assert interpreter.recognition.layout == self.layout
        lines = [one for one in outcomes if isinstance(one, LedgerLine)]
        assert len(lines) == len(outcomes), outcomes
        if self.layout.order is RowOrder.NEWEST_FIRST:
            lines.reverse()
        return lines

    def _kinds(self, outcomes: Sequence[object]) -> Iterator[Kind]:
        seen = set()
        for (number, cells), line in zip(self._as_sent.items(), outcomes, strict=True):
            if not isinstance(line, LedgerLine) or not line.asset:
                continue
            mark = (line.operation, line.asset, line.amount > 0, line.account)
            if mark not in seen:
                seen.add(mark)
                yield Kind(cells, line, number)

    def _more_kinds(self) -> list[Kind]:
        """Kinds of rows the layout knows by name and the file does not show.

        Each is a row of the file under another name, if it is read as one then.
        """
        shown = {kind.line.operation for kind in self.shown}
        known = self.layout.operations.items()
        names = [name for name, rule in known if not rule.ignored]
        made = (self._renamed(name) for name in names if name not in shown)
        return [kind for kind in made if kind is not None]

    def _renamed(self, name: str) -> Kind | None:
        """A row of the file under another name; None where no row can bear it.

        A name that is joined from several columns may stand in any of them.
        """
        told = self.layout.fields["operation"]
        made = next((one for one in self.layout.derived if one.name == told), None)
        for column in (told, *(made.columns if made else ())):
            for kind in self.shown:
                found = self._under(kind, column, name)
                if found and self._bears(name, found.line):
                    return found
        return None

    def _bears(self, name: str, line: LedgerLine) -> bool:
        rule = self.layout.operations[name]
        is_part = name in line.operation.split(" / ") and line.role is rule.role
        return line.operation == name or is_part

    def _under(self, kind: Kind, column: str, name: str) -> Kind | None:
        cells = self._padded(kind.cells)
        with suppress(CannotWriteError):
            self._put(cells, column, name)
            line = self._interpreter.interpret(Record(kind.number, tuple(cells)))
            if isinstance(line, LedgerLine):
                return Kind(tuple(cells), line, kind.number)
        return None

    def _padded(self, cells: Cells) -> list[str]:
        return [*cells, *[""] * (self._columns.width - len(cells))]

    def _cells(self, move: Move, place: int) -> list[str]:
        """The row, column by column; what was written once is not written over."""
        fields, kind = self.layout.fields, move.kind
        cells = self._padded(kind.cells)
        self._locked = set()
        self._fix(cells, self.layout.time.column, self._time(move))
        if "source_id" in fields:
            self._mark(cells, fields["source_id"], str(FIRST_ID + place))
        if "balance_after" in fields and move.balance is not None:
            self._fix(cells, fields["balance_after"], format_amount(move.balance))
        if kind.line.role is LedgerRole.FUND and "funding" in fields:
            self._put_funding(cells, move)
        self._put(cells, fields["amount"], format_amount(move.amount))
        return cells

    def _put_funding(self, cells: list[str], move: Move) -> None:
        """A row of funding is funding as a whole, or it settles a result besides."""
        name = self.layout.fields["funding"]
        is_cost = self.layout.cost_signs.get("funding") == "positive"
        more = total(move.amount, -self._number(cells, self.layout.fields["amount"]))
        new = total(self._number(cells, name), -more if is_cost else more)
        with suppress(CannotWriteError):
            self._fix(cells, name, format_amount(new))

    def _fix(self, cells: list[str], name: str, text: str) -> None:
        before = list(cells)
        self._put(cells, name, text)
        changed = [at for at, cell in enumerate(cells) if cell != before[at]]
        self._locked.update(changed)

    def _time(self, move: Move) -> str:
        told = move.kind.line.raw_time
        zone = zone_named(self._interpreter.zone)
        for form in self._interpreter.recognition.time_forms:
            if form_reader(form)(told, zone) is not None:
                return _time_text(form, move.at.astimezone(zone))
        raise CannotWriteError(told)

    def _whole(self, cells: Sequence[str]) -> Cells:
        return self._columns.whole(tuple(cells))

    def _text(self, cells: Sequence[str], name: str) -> str:
        return self._whole(cells)[self._columns.position(name)]

    def _number(self, cells: Sequence[str], name: str) -> Decimal:
        text = self._text(cells, name)
        return self._columns.optional_numbers[text] or Decimal(0)

    def _put(self, cells: list[str], name: str, text: str) -> None:
        """Have a column hold a text, by the columns it is made from."""
        made = next((one for one in self.layout.derived if one.name == name), None)
        if made is None:
            at = self._columns.position(name)
            if at >= self._columns.width or at in self._locked:
                raise CannotWriteError(name)
            cells[at] = text
        elif made.how is Derivation.SUM:
            self._put_sum(cells, made, Decimal(text))
        elif made.how is Derivation.SIGNED:
            self._put_signed(cells, made, Decimal(text))
        elif made.how is Derivation.SCALED:
            unit = self._text(cells, made.columns[1])
            digits = int(made.words.get(unit, made.text))
            units = Decimal(text).scaleb(digits)
            self._put(cells, made.columns[0], format_amount(units))
        elif made.how is Derivation.TEXT:
            if text != made.text:  # Rows of this kind move nothing.
                raise CannotWriteError(made.name)
        else:
            self._put_text(cells, made, text)

    def _put_sum(self, cells: list[str], made: DerivedColumn, target: Decimal) -> None:
        """Change one term by what is missing; the first with which it comes out."""
        missing = target - self._number(cells, made.name)
        for term in made.terms:
            tried = list(cells)
            old = self._number(cells, term.column)
            new = old + missing * term.sign
            try:
                self._put(tried, term.column, format_amount(new))
            except CannotWriteError:
                continue
            if self._number(tried, made.name) == target:
                cells[:] = tried
                return
        raise CannotWriteError(made.name)

    def _put_signed(
        self, cells: list[str], made: DerivedColumn, target: Decimal
    ) -> None:
        for number in (target, -target):
            self._put(cells, made.columns[0], format_amount(number))
            if self._number(cells, made.name) == target:
                return
        raise CannotWriteError(made.name)

    def _put_text(self, cells: list[str], made: DerivedColumn, text: str) -> None:
        """Put a text in the place of the one that is there, in the first such column."""
        old = self._text(cells, made.name)
        for name in made.columns:
            whole = self._text(cells, name)
            if old and old in whole:
                self._put(cells, name, whole.replace(old, text))
                return
        parts = text.split(made.text or " ")
        if len(parts) != len(made.columns):
            raise CannotWriteError(made.name)
        for name, part in zip(made.columns, parts, strict=True):
            self._put(cells, name, part)

    def _mark(self, cells: list[str], name: str, text: str) -> None:
        """Give the row an id of its own, in the last column an id is made from."""
        made = next((one for one in self.layout.derived if one.name == name), None)
        if made is None:
            self._fix(cells, name, text)
            return
        for source in reversed(made.columns):
            with suppress(CannotWriteError):
                self._mark(cells, source, text)
                return

    def _by_name(self, kind: Kind, cells: Sequence[str]) -> dict[str, str]:
        """The cells that were changed, by the names of the answer."""
        return {
            name: new
            for name, old, new in zip(
                self._source.header, self._as_sent[kind.number], cells, strict=True
            )
            if old != new
        }

    def _table(self, rows: Sequence[Sequence[str]]) -> bytes:
        head = ""
        if self._source.header:
            lines = self.path.read_text("utf-8").splitlines(keepends=True)
            head = "".join(lines[: self._source.header_number])
        out = io.StringIO()
        delimiter = self._source.delimiter or ","
        csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
        return (head + out.getvalue()).encode()


class Answer:
    """An answer of an interface: its document, with other rows in it."""

    def __init__(self, path: Path) -> None:
        self._document = json.loads(path.read_bytes(), parse_float=str)
        self._way = next(_ways(self._document))
        self._table = self._at(self._document)

    def _at(self, document: Any) -> Any:
        for key in self._way:
            document = document[key]
        return document

    def written(self, rows: Sequence[tuple[int, dict[str, str]]]) -> bytes:
        """The document with these rows: the number of a row, and what it changes."""
        is_keyed = isinstance(self._table, dict)
        old = list(self._table.items() if is_keyed else enumerate(self._table))
        told = []
        for number, changes in rows:
            key, row = copy.deepcopy(old[number - 1])
            for name, text in changes.items():
                if is_keyed and name == "key":
                    key = text
                else:
                    _set(row, name, text)
            told.append((key, row))
        new = dict(told) if is_keyed else [row for _, row in told]
        if not self._way:
            return json.dumps(new).encode()
        document = copy.deepcopy(self._document)
        *above, last = self._way
        inner = document
        for step in above:
            inner = inner[step]
        inner[last] = new
        return json.dumps(document).encode()


def _ways(value: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where the rows stand in a document."""
    if isinstance(value, list) and value and isinstance(value[0], dict | list):
        yield way
    elif isinstance(value, dict):
        inner = list(value.values())
        if _are_rows(inner):
            yield way
            return
        for key, one in value.items():
            yield from _ways(one, (*way, key))


def _are_rows(inner: list[Any]) -> bool:
    """Whether these are rows under their ids; one alone holds values only."""
    if not all(
        isinstance(one, dict) and one.keys() == inner[0].keys() for one in inner
    ):
        return False
    if len(inner) == 1:
        cells = inner[0].values()
        return len(cells) > 4 and not any(
            isinstance(one, dict)
            or (isinstance(one, list) and one and one[0] != str(one[0]))
            for one in cells
        )
    return bool(inner)


def _set(row: Any, name: str, text: str) -> None:
    if isinstance(row, list):
        # Without keys, the name is the place.
        row[int(name)] = text
        return
    if name in row:
        row[name] = text
        return
    outer, dot, rest = name.partition(".")
    if dot and isinstance(row.get(outer), dict):
        _set(row[outer], rest, text)
    else:
        row[name] = text


def _columns(interpreter: Interpreter, given: dict[str, str]) -> FileColumns:
    recognition = interpreter.recognition
    account = given.get("account", "")
    said = recognition.stated
    return FileColumns(
        recognition,
        accounts_of(recognition, account),
        zone_named(interpreter.zone),
        {
            "account": account or said.get("account", ""),
            "asset": given.get("asset", "") or said.get("asset", ""),
        },
        Notices(),
    )


def _time_text(form: str, local: datetime) -> str:
    if form == "epoch_ms":
        return str(int(local.timestamp()) * 1000)
    if form == "epoch_s":
        return str(int(local.timestamp()))
    return local.strftime(PATTERNS.get(form, form))


def with_balances(moves: Sequence[Move]) -> list[Move]:
    """The rows with the balances they leave, by account and asset."""
    balances: dict[tuple[str, str], Decimal] = {}
    told = []
    for move in moves:
        line = move.kind.line
        key = (line.account, line.asset)
        balances[key] = total(balances.get(key, Decimal(10_000)), move.amount)
        balance = None if line.balance_after is None else balances[key]
        told.append(replace(move, balance=balance))
    return told
