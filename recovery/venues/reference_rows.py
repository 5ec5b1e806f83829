"""Records of the platform's engine log and of its published prices and rates."""

from decimal import Decimal
from operator import itemgetter

from recovery.domain.ledger import (
    ZERO,
    EngineStep,
    FundingRate,
    MarkPrice,
    PositionStated,
    ReferenceRow,
    Side,
)
from recovery.domain.money import AmountUnreadableError
from recovery.sheets.records import Record
from recovery.venues.cells import FileColumns
from recovery.venues.names import (
    ASSET_LENGTH,
    INSTRUMENT_LENGTH,
    NameRefusedError,
    Names,
    checked_reference,
)
from recovery.venues.profile import LayoutKind

TEXT_LENGTH = 200
ACTIONS = frozenset({"reduce", "close", "takeover", "adl", "cover", "restored"})


def checked_action(text: str) -> str:
    """The engine's action.

    Raises:
        NameRefusedError: it is none the desk knows.
    """
    if text not in ACTIONS:
        raise NameRefusedError(text, "is no action of the engine")
    return text


def checked_step(text: str) -> int:
    """The number of an engine step.

    Raises:
        NameRefusedError: it is no small whole number.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise NameRefusedError(text, "is no step number")
    return int(text)


def checked_text(text: str) -> str:
    """A plain text of one line, without blanks around it.

    Raises:
        NameRefusedError: it is too long, or holds what no line holds.
    """
    if len(text) > TEXT_LENGTH:
        raise NameRefusedError(text, f"is longer than {TEXT_LENGTH} characters")
    if not text.isprintable():
        raise NameRefusedError(text, "holds a character that cannot be printed")
    return text.strip()


class EngineRows:
    """The reader of one file's engine steps."""

    def __init__(self, columns: FileColumns) -> None:
        layout = columns.layout
        self._columns = columns
        self._assets = Names(layout.asset_case, optional=True, longest=ASSET_LENGTH)
        self._instruments = Names(
            layout.instrument_case, optional=False, longest=INSTRUMENT_LENGTH
        )
        self._sides = {text: Side(side) for text, side in layout.sides.items()}
        self._pick = itemgetter(
            columns.field("event_reference", checked_reference),
            columns.account,
            columns.field("instrument", self._instruments.__getitem__),
            columns.time,
            columns.field("step", checked_step),
            columns.field("action", checked_action),
            columns.field("margin_mode", checked_reference),
            columns.field("asset", self._assets.__getitem__),
            columns.optional_number("trigger_mark_price"),
            columns.optional_number("margin_level"),
            columns.optional_number("bankruptcy_price"),
            columns.optional_number("takeover_price"),
            columns.field("side", str),
            columns.optional_number("quantity"),
            columns.optional_number("fill_price"),
            columns.optional_number("entry_price"),
            columns.optional_number("position_after"),
            columns.optional_number("fund_movement"),
        )

    def read(self, record: Record) -> EngineStep:
        """What one sound record means."""
        columns = self._columns
        numbers = columns.optional_numbers
        (
            event, account, instrument, time, step, action, margin_mode, asset,
            trigger, level, bankruptcy, takeover, side, quantity, fill, entry,
            position, movement,
        ) = self._pick(self._columns.whole(record.cells))  # fmt: skip
        return EngineStep(
            row_number=record.number,
            event_reference=checked_reference(event),
            account=columns.accounts[account],
            instrument=self._instruments[instrument],
            occurred_at=columns.read_time(time),
            step=checked_step(step),
            action=checked_action(action),
            margin_mode=checked_reference(margin_mode),
            asset=self._assets[asset],
            trigger_mark_price=numbers[trigger],
            margin_level=numbers[level],
            bankruptcy_price=numbers[bankruptcy],
            takeover_price=numbers[takeover],
            side=self._sides.get(side, Side.NONE),
            quantity=numbers[quantity],
            fill_price=numbers[fill],
            entry_price=numbers[entry],
            position_after=numbers[position],
            fund_movement=numbers[movement],
        )


class PriceRows:
    """The reader of one file's mark prices or funding rates."""

    def __init__(self, columns: FileColumns) -> None:
        is_rates = columns.layout.kind is LayoutKind.FUNDING_RATES
        self._columns = columns
        self._make = FundingRate if is_rates else MarkPrice
        self._instruments = Names(
            columns.layout.instrument_case, optional=False, longest=INSTRUMENT_LENGTH
        )
        self._pick = itemgetter(
            columns.time,
            columns.field("instrument", self._instruments.__getitem__),
            columns.number("funding_rate")
            if is_rates
            else columns.field("mark_price", self._price),
        )
        self._value = columns.read_number if is_rates else self._price

    def read(self, record: Record) -> MarkPrice | FundingRate:
        """What one sound record means."""
        time, instrument, value = self._pick(self._columns.whole(record.cells))
        return self._make(
            record.number,
            self._instruments[instrument],
            self._columns.read_time(time),
            self._value(value),
        )

    def _price(self, text: str) -> Decimal:
        """A price at which something was traded or marked: above zero."""
        price = self._columns.read_number(text)
        if price <= ZERO:
            raise AmountUnreadableError(text, "is no price: it is not above zero")
        return price


class PositionRows:
    """The reader of one file's stated positions."""

    def __init__(self, columns: FileColumns) -> None:
        self._columns = columns
        self._instruments = Names(
            columns.layout.instrument_case, optional=False, longest=INSTRUMENT_LENGTH
        )
        self._pick = itemgetter(
            columns.time,
            columns.account,
            columns.field("instrument", self._instruments.__getitem__),
            columns.number("position"),
            columns.optional_number("entry_price"),
            columns.optional_number("mark_price"),
        )

    def read(self, record: Record) -> PositionStated:
        """What one sound record means."""
        columns = self._columns
        cells = self._pick(columns.whole(record.cells))
        time, account, instrument, position, entry, mark = cells
        return PositionStated(
            row_number=record.number,
            account=columns.accounts[account],
            instrument=self._instruments[instrument],
            occurred_at=columns.read_time(time),
            position=columns.read_number(position),
            entry_price=columns.optional_numbers[entry],
            mark_price=columns.optional_numbers[mark],
        )


class ReferenceRows:
    """The reader of one file of reference data: plain texts by field."""

    def __init__(self, columns: FileColumns) -> None:
        self._columns = columns
        self._places = [
            (name, columns.field(name, checked_text)) for name in columns.layout.fields
        ]

    def read(self, record: Record) -> ReferenceRow:
        """What one sound record says."""
        cells = self._columns.whole(record.cells)
        values = {name: checked_text(cells[at]) for name, at in self._places}
        return ReferenceRow(record.number, values)
