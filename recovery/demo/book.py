"""One trading account's own book: facts in order, each with what was due beside it.

The book keeps two arithmetics apart: what was *booked* (the files show it) and what
was *due* under the published rates (the truth). A defect is a fact where they differ.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from recovery.demo.market import FUNDING_SLOT_MS, Instrument, Market
from recovery.demo.times import HOUR_MS, SECOND_MS

ZERO = Decimal(0)
BUY, SELL = 1, -1
FORCED_KINDS = ("liquidation", "reduction")


class Fact(NamedTuple):
    """One thing that happened; money is signed from the customer's side.

    `kind` is the house's type of the row: deposit, withdrawal, transfer_in,
    transfer_out, trade, liquidation, reduction, funding, surplus_taken,
    insurance_cover, credit or adjustment.
    """

    at_ms: int
    kind: str
    instrument: Instrument
    side: int = 0
    quantity: Decimal = ZERO  # Of the fill, or the size funding was charged on.
    price: Decimal = ZERO
    mark: Decimal = ZERO
    pnl: Decimal = ZERO
    fee: Decimal = ZERO
    fee_due: Decimal = ZERO
    liquidation_fee: Decimal = ZERO
    liquidation_fee_due: Decimal = ZERO
    funding: Decimal = ZERO
    funding_due: Decimal = ZERO
    rate: Decimal = ZERO  # Funding rate, as the venue states it.
    other: Decimal = ZERO  # Deposits, covers, credits and the like.
    size_before: Decimal = ZERO
    size_after: Decimal = ZERO
    entry: Decimal = ZERO  # Average entry after the fact; frozen by a full close.
    order_id: str = ""
    event_id: str = ""

    @property
    def amount(self) -> Decimal:
        """The whole booked cash effect."""
        return self.pnl + self.fee + self.liquidation_fee + self.funding + self.other

    @property
    def amount_due(self) -> Decimal:
        """The cash effect of trading that the published rates allow."""
        return self.pnl + self.fee_due + self.liquidation_fee_due + self.funding_due


class Charges(NamedTuple):
    """Rates of one fill: charged, and due under the schedule."""

    fee: Decimal
    fee_due: Decimal
    liquidation: Decimal = ZERO
    liquidation_due: Decimal = ZERO


class Fill(NamedTuple):
    """One execution against the account."""

    at_ms: int
    kind: str
    side: int
    quantity: Decimal
    price: Decimal
    mark: Decimal = ZERO
    order_id: str = ""
    event_id: str = ""


@dataclass(slots=True)
class Book:
    """Replays fills and funding of one account in one instrument at a time."""

    market: Market
    instrument: Instrument
    open_until_ms: int = 0  # Funding slots are booked up to here.
    accrued_until_ms: int = 0  # Kraken books what accrued between slots as well.
    size: Decimal = ZERO
    entry: Decimal = ZERO
    facts: list[Fact] = field(default_factory=list)

    def move(
        self, at_ms: int, kind: str, amount: Decimal, ids: tuple[str, str] = ("", "")
    ) -> None:
        """Book money in or out that is not trading; `ids` are order and event."""
        order_id, event_id = ids
        self.facts.append(
            Fact(
                at_ms,
                kind,
                self.instrument,
                other=amount,
                size_before=self.size,
                size_after=self.size,
                entry=self.entry,
                order_id=order_id,
                event_id=event_id,
            )
        )

    def fill(self, fill: Fill, charges: Charges) -> None:
        """Book one execution with its fees, and the funding that came before it."""
        self.fund_until(fill.at_ms)
        before = self.size
        after = before + fill.side * fill.quantity
        pnl = ZERO
        if before * fill.side < 0:
            pnl = -fill.side * fill.quantity * (fill.price - self.entry)
        else:
            held = abs(before)
            spent = self.entry * held + fill.price * fill.quantity
            self.entry = spent / (held + fill.quantity)
        accrued = self._accrued(fill.at_ms)
        notional = fill.quantity * fill.price
        self.size = after
        self.facts.append(
            Fact(
                fill.at_ms,
                fill.kind,
                self.instrument,
                side=fill.side,
                quantity=fill.quantity,
                price=fill.price,
                mark=fill.mark,
                pnl=pnl,
                fee=-notional * charges.fee,
                fee_due=-notional * charges.fee_due,
                liquidation_fee=-notional * charges.liquidation,
                liquidation_fee_due=-notional * charges.liquidation_due,
                funding=accrued,
                funding_due=accrued,
                size_before=before,
                size_after=after,
                entry=self.entry,
                order_id=fill.order_id,
                event_id=fill.event_id,
            )
        )

    @property
    def is_hourly(self) -> bool:
        """Whether the venue accrues funding by the hour and between fills."""
        return self.instrument.venue == "kraken_futures"

    def fund_until(self, at_ms: int, charged_size: Decimal | None = None) -> None:
        """Book the funding of every slot passed while a position was open.

        Args:
            at_ms: up to and including this instant.
            charged_size: the size the venue wrongly charged, if it did.
        """
        step = HOUR_MS if self.is_hourly else FUNDING_SLOT_MS
        slot = self.open_until_ms - self.open_until_ms % step + step
        while self.size and slot <= at_ms:
            self._fund(slot, charged_size)
            self.open_until_ms = slot
            slot += step
        self.open_until_ms = max(self.open_until_ms, at_ms)

    def _fund(self, slot_ms: int, charged_size: Decimal | None) -> None:
        mark = self.market.mark(self.instrument, slot_ms)
        if self.is_hourly:
            # The rate stated with a booking is that of the hour it closes.
            rate = self.market.hourly_rate(self.instrument, slot_ms - HOUR_MS)
            funding = due = self._accrued(slot_ms)
        else:
            rate = self.market.funding_rate(self.instrument, slot_ms)
            due = -self.size * rate * mark
            funding = due if charged_size is None else -charged_size * rate * mark
        size = self.size if charged_size is None else charged_size
        self.facts.append(
            Fact(
                slot_ms,
                "funding",
                self.instrument,
                quantity=abs(size),
                price=mark,
                mark=mark,
                rate=rate,
                funding=funding,
                funding_due=due,
                size_before=self.size,
                size_after=self.size,
                entry=self.entry,
            )
        )

    def _accrued(self, at_ms: int) -> Decimal:
        """Kraken's funding since the last booking, to eight places."""
        since, self.accrued_until_ms = self.accrued_until_ms, at_ms
        if not (self.is_hourly and self.size):
            return ZERO
        hour = (at_ms - 1) // HOUR_MS * HOUR_MS
        rate = self.market.hourly_rate(self.instrument, hour)
        owed = -self.size * rate * ((at_ms - since) // SECOND_MS) / 3600
        return owed.quantize(Decimal("1e-8"))
