"""Records of an account history to ledger lines.

This runs for every row of a large file: positions and rules are looked up once,
and the cell that was refused is only searched for after a refusal.
"""

from collections.abc import Mapping
from decimal import Decimal
from operator import itemgetter

from recovery.domain.ledger import ZERO, LedgerLine, LedgerRole, RowProblem, Side
from recovery.sheets.records import Cells, Record
from recovery.venues.cells import UNREADABLE, FileColumns
from recovery.venues.header_names import folded
from recovery.venues.names import (
    ASSET_LENGTH,
    INSTRUMENT_LENGTH,
    REMEMBERED,
    Names,
    checked_id,
    checked_reference,
)
from recovery.venues.operation_rules import OperationRules
from recovery.venues.outcomes import Ignored, Notices
from recovery.venues.profile import OperationRule
from recovery.venues.row_checks import RowChecker
from recovery.venues.row_parts import NO_PARTS, PartsReader, settled_role

SIDE_OF_SIGN = {True: Side.BUY, False: Side.SELL}


class _Sides(dict[str, Side]):
    """Texts of cells to sides; letter case and spacing do not count."""

    def __init__(self, sides: Mapping[str, str]) -> None:
        super().__init__({text: Side(side) for text, side in sides.items()})
        self._folded = {folded(text): Side(side) for text, side in sides.items()}

    def __missing__(self, text: str) -> Side:
        side = self._folded.get(folded(text), Side.NONE)
        if len(self) < REMEMBERED:
            self[text] = side
        return side


class LedgerRows:
    """The reader of one file's ledger lines."""

    def __init__(self, columns: FileColumns, notices: Notices) -> None:
        layout = columns.layout
        self._columns = columns
        self._notices = notices
        self._names = Names(
            layout.asset_case,
            optional=False,
            longest=ASSET_LENGTH,
            known=layout.asset_names,
        )
        self._instruments = Names(
            layout.instrument_case,
            optional=True,
            longest=INSTRUMENT_LENGTH,
            none=("", *layout.numbers.none),
        )
        self._sides = _Sides(layout.sides)
        self._known = layout.operations
        self._operations = OperationRules(layout, notices)
        self._parts = PartsReader(columns) if layout.cost_signs else None
        self._checker = RowChecker(columns, notices) if layout.checks else None
        self._is_leg = columns.position_leg_test()
        self._pick = itemgetter(*self._positions(columns))

    def _positions(self, columns: FileColumns) -> list[int]:
        """Where the cells of a line stand, in the order `_line` takes them."""
        return [
            columns.time,
            columns.account,
            columns.field("asset", self._names.__getitem__),
            columns.field("operation", checked_reference),
            columns.number("amount"),
            columns.field("instrument", self._instruments.__getitem__),
            columns.field("side", str),
            columns.optional_number("quantity"),
            columns.optional_number("price"),
            columns.optional_number("mark_price"),
            columns.optional_number("entry_price"),
            columns.optional_number("position_after"),
            columns.optional_number("balance_after"),
            columns.field("source_id", checked_id),
            columns.field("order_id", checked_id),
            columns.field("event_reference", checked_reference),
        ]

    def read(self, record: Record) -> LedgerLine | Ignored | RowProblem:
        """What one record means."""
        columns = self._columns
        cells = record.cells
        if not columns.is_plain and (left_out := columns.ignored(record)):
            return left_out
        if (record.flaws or len(cells) != columns.width) and not (
            columns.is_sound(record)
        ):
            return columns.is_no_row(record) or columns.problem(record)
        try:
            cells = (*cells, "") if columns.is_plain else columns.whole(cells)
            if self._is_leg is not None and self._is_leg(cells):
                return self._position_leg(record.number, cells)
            return self._line(record.number, cells)
        except UNREADABLE:
            return columns.is_no_row(record) or self._once_more(record)

    def _once_more(self, record: Record) -> LedgerLine | Ignored | RowProblem:
        """The record without blanks around its cells, where there are any."""
        cells = tuple(map(str.strip, record.cells))
        if cells == record.cells:
            return self._columns.problem(record)
        return self.read(record._replace(cells=cells))

    def _line(self, number: int, cells: Cells) -> LedgerLine | Ignored:
        columns = self._columns
        numbers = columns.optional_numbers
        (
            time, account, asset, operation, amount_text, instrument, side, quantity,
            price, mark, entry, position, balance, source_id, order_id, event,
        ) = self._pick(cells)  # fmt: skip
        rule = self._operations[operation]
        if rule.ignored:
            return Ignored(number, rule.ignored)
        amount = columns.read_number(amount_text)
        size = numbers[quantity]
        parts = NO_PARTS
        role = rule.role
        if self._parts is not None:
            parts = self._parts.read(cells)
            role, parts = settled_role(rule, amount, parts)
            role = self._spot_role(rule, cells, amount, role)
        marker = rule.marker
        if amount > ZERO and not rule.is_one_way:
            role = rule.positive_role or role
            marker = rule.positive_marker or marker
        if self._checker is not None:
            self._checker.check(number, cells)
        values = (
            number,
            columns.accounts[account],
            columns.read_time(time),
            self._names[asset],
            role,
            operation if operation in self._known else checked_reference(operation),
            amount,
            *parts,
            self._instruments[instrument],
            marker,
            self._sides[side],
            None if size is None else size.copy_abs(),
            numbers[price],
            numbers[mark],
            numbers[entry],
            numbers[position],
            # Balances hardly ever repeat: remembering them would only cost.
            None if balance in columns.none else columns.read_number(balance),
            checked_id(source_id) if source_id else "",
            checked_id(order_id) if order_id else "",
            checked_reference(event) if event else "",
            time,
        )
        if rule.role is LedgerRole.UNKNOWN:
            self._operations.count_unknown(operation)
        # All fields in their order: the constructor would only unpack them again.
        return tuple.__new__(LedgerLine, values)

    def _spot_role(
        self, rule: OperationRule, cells: Cells, amount: Decimal, role: LedgerRole
    ) -> LedgerRole:
        """The role of a spot leg, which moves an asset instead of settling a result."""
        if not rule.spot_when_none:
            return role
        if cells[self._columns.position(rule.spot_when_none)] not in self._columns.none:
            return role
        return LedgerRole.BOUGHT if amount > ZERO else LedgerRole.SOLD

    def _position_leg(self, number: int, cells: Cells) -> LedgerLine:
        """A row that moves a position: its `amount` column holds contracts."""
        columns = self._columns
        (
            time, account, asset, operation, change_text, instrument, _, _,
            price, mark, entry, _, balance, source_id, order_id, event,
        ) = self._pick(cells)  # fmt: skip
        rule = self._operations[operation]
        change = columns.read_number(change_text)
        numbers = columns.optional_numbers
        line = LedgerLine(
            row_number=number,
            account=columns.accounts[account],
            occurred_at=columns.read_time(time),
            asset="",
            role=LedgerRole.INFO,
            operation=checked_reference(operation),
            amount=ZERO,
            instrument=self._instruments[instrument or asset],
            marker=rule.marker,
            side=SIDE_OF_SIGN[change > ZERO] if change else Side.NONE,
            quantity=change.copy_abs(),
            price=numbers[price],
            mark_price=numbers[mark],
            entry_price=numbers[entry],
            position_after=numbers[balance],
            source_id=checked_id(source_id),
            order_id=checked_id(order_id),
            event_reference=checked_reference(event),
            raw_time=time,
        )
        if rule.role is LedgerRole.UNKNOWN:
            self._operations.count_unknown(operation)
        return line
