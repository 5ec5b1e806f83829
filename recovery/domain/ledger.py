"""What a row of a source file means once it is understood.

A *record* is a raw row; a `LedgerLine` is a record understood, a `RowProblem` a
record refused. Nothing here reads files or knows a venue.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

ZERO = Decimal(0)


class LedgerRole(StrEnum):
    """The part a ledger entry plays in the residual (EXPORTS §0)."""

    XFER = "XFER"  # Own transfer, deposit or withdrawal.
    PNL = "PNL"  # Realised result of reducing or closing, gross of fees.
    FEE = "FEE"  # Trading commission, also on the liquidation order.
    LIQFEE = "LIQFEE"  # Liquidation or clearance fee on top of the commission.
    INS = "INS"  # To (-) or from (+) the insurance fund.
    ADL = "ADL"  # Result of an auto-deleveraging close.
    CLAW = "CLAW"  # Socialised loss.
    FUND = "FUND"  # Funding on open positions.
    LOAN = "LOAN"  # Margin borrowed.
    REPAY = "REPAY"  # Margin loan repaid.
    INT = "INT"  # Interest on a loan.
    SOLD = "SOLD"  # Collateral given away in a forced sale.
    BOUGHT = "BOUGHT"  # What a forced sale brought in.
    CONV = "CONV"  # Conversion between assets, each leg in its own.
    CREDIT = "CREDIT"  # Compensation actually credited.
    INFO = "INFO"  # No cash effect.
    UNKNOWN = "UNKNOWN"  # Operation not in the profile; its money is kept.


class EventMarker(StrEnum):
    """What a row says about a forced act, when it says anything."""

    NONE = ""
    LIQUIDATION = "liquidation"  # A forced close of this customer's position.
    REDUCTION = "reduction"  # A forced partial close, own margin trigger.
    ADL = "adl"  # Closed against somebody else's bankruptcy.
    TAKEOVER = "takeover"  # The venue took the position over.
    COVER = "cover"  # The fund paid what was missing.
    COUNTERPARTY = "counterparty"  # Names another party's liquidation.


# The markers that say a position of this customer was taken or closed by force.
FORCED_MARKERS = frozenset(
    {
        EventMarker.LIQUIDATION,
        EventMarker.REDUCTION,
        EventMarker.ADL,
        EventMarker.TAKEOVER,
    }
)


class Side(StrEnum):
    """Direction of a fill."""

    NONE = ""
    BUY = "buy"
    SELL = "sell"


class LedgerLine(NamedTuple):
    """One record understood.

    Units: `amount` is the whole net cash effect in `asset`, signed from the
    customer's side; `fee_amount`, `funding_amount` and `liquidation_fee_amount`
    are the parts of it that are not `role`'s (cost negative). `quantity` is
    unsigned, in contracts. `position_after` is signed.
    """

    row_number: int
    account: str
    occurred_at: datetime
    asset: str
    role: LedgerRole
    operation: str  # The venue's own name of the row type.
    amount: Decimal
    fee_amount: Decimal = ZERO
    funding_amount: Decimal = ZERO
    liquidation_fee_amount: Decimal = ZERO
    instrument: str = ""
    marker: EventMarker = EventMarker.NONE
    side: Side = Side.NONE
    quantity: Decimal | None = None
    price: Decimal | None = None
    mark_price: Decimal | None = None
    entry_price: Decimal | None = None  # Average entry after the row, if stated.
    position_after: Decimal | None = None
    balance_after: Decimal | None = None
    source_id: str = ""  # The venue's own id of the row, unique in the account.
    order_id: str = ""
    event_reference: str = ""  # The platform's own event id, if stated.
    raw_time: str = ""

    @property
    def principal_amount(self) -> Decimal:
        """The part of `amount` that belongs to `role`."""
        parts = self.fee_amount + self.funding_amount + self.liquidation_fee_amount
        return self.amount - parts


class EngineStep(NamedTuple):
    """One row of the platform's liquidation-engine log."""

    row_number: int
    event_reference: str
    account: str
    instrument: str
    occurred_at: datetime
    step: int
    action: str  # reduce, close, takeover, adl, cover, restored
    margin_mode: str
    asset: str
    trigger_mark_price: Decimal | None
    margin_level: Decimal | None
    bankruptcy_price: Decimal | None
    takeover_price: Decimal | None
    side: Side
    quantity: Decimal | None
    fill_price: Decimal | None
    entry_price: Decimal | None
    position_after: Decimal | None
    fund_movement: Decimal | None  # + into the insurance fund.


class MarkPrice(NamedTuple):
    """One stated mark price of an instrument."""

    row_number: int
    instrument: str
    occurred_at: datetime
    mark_price: Decimal


class FundingRate(NamedTuple):
    """One published funding rate of an instrument, for the slot ending then."""

    row_number: int
    instrument: str
    occurred_at: datetime
    funding_rate: Decimal


class PositionStated(NamedTuple):
    """What an account held at an instant, as somebody states it; signed contracts."""

    row_number: int
    account: str
    instrument: str
    occurred_at: datetime
    position: Decimal
    entry_price: Decimal | None
    mark_price: Decimal | None


class ReferenceRow(NamedTuple):
    """One row of reference data: texts by the desk's names of its columns."""

    row_number: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A record refused: where, what stood there, why, and the remedy."""

    row_number: int
    column: str
    value: str
    reason: str
