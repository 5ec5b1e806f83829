"""What a settlement is computed from: a scope, what happened in it, the rules.

All values may be built directly; nothing here knows JSON. Amounts are signed
from the customer's side (+ received, - paid), sizes are unsigned contracts.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from recovery.domain.instruments import PositionSide, Product
from recovery.domain.ledger import Side
from recovery.domain.money import ONE
from recovery.domain.policy import Policy


class FillRole(StrEnum):
    """Why a fill happened."""

    ORDER = "order"  # The customer's own.
    LIQUIDATION = "liquidation"  # Forced.
    ADL = "adl"  # Closed against another's bankruptcy.
    ASSIGNMENT = "assignment"  # Given to another party.


class FillFee(NamedTuple):
    """Fee of a fill in an asset of its own; `amount`, else `rate` of the notional.

    `price` is the settlement asset per unit of `asset` at that time.
    """

    asset: str
    price: Decimal | None = None
    amount: Decimal | None = None
    rate: Decimal | None = None


class Fill(NamedTuple):
    """A fill; without `qty` and `notional` its size follows from the policy.

    `side` defaults to the one that reduces. `notional` is entry notional.
    """

    price: Decimal | None = None
    qty: Decimal | None = None
    role: FillRole = FillRole.ORDER
    side: Side | None = None
    notional: Decimal | None = None
    trading_fee_rate: Decimal | None = None
    fee: FillFee | None = None
    occurred_at: datetime | None = None
    stage: Decimal | None = None


class MarkChange(NamedTuple):
    """The mark price from now on."""

    price: Decimal
    occurred_at: datetime | None = None
    stage: Decimal | None = None


class Funding(NamedTuple):
    """Funding on the size open now; `amount`, or `rate` and `reference_price`."""

    amount: Decimal | None = None
    rate: Decimal | None = None
    reference_price: Decimal | None = None
    year_fraction: Decimal = ONE
    occurred_at: datetime | None = None
    stage: Decimal | None = None


class InterestCharge(NamedTuple):
    """Interest booked."""

    amount: Decimal
    occurred_at: datetime | None = None
    stage: Decimal | None = None


class Transfer(NamedTuple):
    """Money moved into the scope (+) or out of it (-)."""

    amount: Decimal
    occurred_at: datetime | None = None
    stage: Decimal | None = None


class FeeRow(NamedTuple):
    """A separate fee row; in another asset it moves that asset only."""

    amount: Decimal
    asset: str | None = None
    price: Decimal | None = None
    occurred_at: datetime | None = None
    stage: Decimal | None = None


class Takeover(NamedTuple):
    """From here the venue owns the position."""

    occurred_at: datetime | None = None
    stage: Decimal | None = None


Event = Fill | MarkChange | Funding | InterestCharge | Transfer | FeeRow | Takeover


class OtherPosition(NamedTuple):
    """Another open position of a cross scope."""

    side: PositionSide
    qty: Decimal
    contract_size: Decimal = ONE
    entry_price: Decimal | None = None
    mark_price: Decimal | None = None
    maintenance_margin_rate: Decimal | None = None
    maintenance_amount: Decimal | None = None
    symbol: str = ""


class Counterparty(NamedTuple):
    """The other side of an ADL or settlement fill."""

    side: PositionSide
    qty: Decimal
    quote_balance: Decimal | None = None
    entry_price: Decimal | None = None
    margin: Decimal | None = None


class Scope(NamedTuple):
    """The money and the position at the start.

    `margin` is the isolated margin or the cross wallet, of any sign; None where
    it is not known. `insurance_fund` is what the fund can give; None: no limit.
    `slots_elapsed` counts since the liquidation began, for a fee that grows.
    """

    product: Product
    side: PositionSide | None
    qty: Decimal
    contract_size: Decimal = ONE
    entry_price: Decimal | None = None
    margin: Decimal | None = None
    settle_asset: str = ""
    mark_price: Decimal | None = None
    maintenance_margin_rate: Decimal | None = None
    maintenance_amount: Decimal | None = None
    initial_margin_rate: Decimal | None = None
    bankruptcy_price: Decimal | None = None
    other_positions: tuple[OtherPosition, ...] = ()
    insurance_fund: Decimal | None = None
    counterparty: Counterparty | None = None
    collateral_asset_price: Decimal | None = None
    symbol: str = ""
    slots_elapsed: Decimal | None = None


class SettlementCase(NamedTuple):
    """A scope, its events in the order in which they count, the policy in force."""

    scope: Scope
    events: tuple[Event, ...]
    policy: Policy


class LineLabel(StrEnum):
    """What a line of the waterfall is."""

    OPENING_BALANCE = "opening_balance"
    REALISED_PNL = "realised_pnl"
    TRADING_FEE = "trading_fee"
    FUNDING = "funding"
    INTEREST = "interest"
    TRANSFER = "transfer"
    LIQUIDATION_FEE = "liquidation_fee"
    TAKEOVER = "takeover"
    SURPLUS_TAKEN = "surplus_taken"
    COVER_RECEIVED = "cover_received"
    CLOSING_BALANCE = "closing_balance"


class SettlementLine(NamedTuple):
    """One line: signed from the customer's side, with the event it comes from."""

    label: LineLabel
    asset: str
    amount: Decimal
    event_index: int | None = None


ResultValue = (
    Decimal | bool | str | Sequence["ResultValue"] | Mapping[str, "ResultValue"]
)


class Settlement(NamedTuple):
    """What came out: values by name, and the lines that add up to the balance."""

    values: dict[str, ResultValue]
    lines: tuple[SettlementLine, ...]
