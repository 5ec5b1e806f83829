"""Ledger entries of a house account for tests of the core, without files or tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from recovery.domain.assessment import EventAssessment, assess_event
from recovery.domain.detection import EventWindow, detect_events
from recovery.domain.history import Entry, gather_items, in_booked_order
from recovery.domain.ledger import EventMarker, LedgerLine, LedgerRole, Side
from recovery.domain.opening import Opening, find_openings
from recovery.domain.policy_reading import parse_policy
from recovery.domain.rulebook import (
    FeeTerm,
    InstrumentTerm,
    Period,
    PolicyTerm,
    RuleBook,
)

START = datetime(2026, 10, 10, 16, tzinfo=UTC)
ALWAYS = Period(None, None)
TERMS = {
    "takeover_at_bankruptcy": False,
    "surplus_to": "customer",
    "deficit_to": ["insurance_fund"],
    "liquidation_fee": {"rule": "rate_of_notional", "rate": "0.005"},
}
TAKER = Decimal("0.0005")
LIQUIDATION_RATE = Decimal("0.005")


def rules(taker: Decimal = TAKER) -> RuleBook:
    """The house policy with one tier."""
    return RuleBook(
        policies=(PolicyTerm(ALWAYS, parse_policy(TERMS), TERMS, 1, "Terms 1"),),
        fees=(FeeTerm(ALWAYS, "base", taker, 1, "Fees 1"),),
        tiers=(),
        instruments={
            "BTCUSDT": InstrumentTerm("BTCUSDT", Decimal(1), "USDT"),
            "ETHUSDT": InstrumentTerm("ETHUSDT", Decimal(1), "USDT"),
        },
    )


@dataclass(slots=True)
class Book:
    """Rows of one account with a running balance, a second apart."""

    entries: list[Entry] = field(default_factory=list)
    balance: Decimal = Decimal(0)
    positions: dict[str, Decimal] = field(default_factory=dict)
    at: datetime = START
    asset: str = "USDT"

    def add(
        self, role: LedgerRole, amount: Decimal, *, asset: str = "", **cells: object
    ) -> None:
        """Add one row; the balance is that of the settlement asset."""
        is_own = asset in ("", self.asset)
        self.balance += amount if is_own else Decimal(0)
        self.at += timedelta(seconds=1)
        number = len(self.entries) + 1
        line = LedgerLine(
            number,
            "A-1",
            self.at,
            asset or self.asset,
            role,
            str(role),
            amount,
            balance_after=self.balance if is_own else None,
            **cells,  # type: ignore[arg-type]
        )
        self.entries.append(Entry(number, "file", "house", line))

    def fill(
        self,
        quantity: Decimal,
        price: Decimal,
        pnl: Decimal,
        *,
        marker: EventMarker = EventMarker.NONE,
        overcharge: Decimal = Decimal(0),
        event: str = "",
        instrument: str = "BTCUSDT",
    ) -> None:
        """A fill with its fee rows; signed quantity in contracts."""
        position = self.positions.get(instrument, Decimal(0)) + quantity
        self.positions[instrument] = position
        notional = abs(quantity) * price
        cells = {
            "instrument": instrument,
            "marker": marker,
            "side": Side.BUY if quantity > 0 else Side.SELL,
            "quantity": abs(quantity),
            "price": price,
            "order_id": f"O-{len(self.entries)}",
            "event_reference": event,
        }
        self.add(LedgerRole.PNL, pnl, position_after=position, **cells)
        self.add(LedgerRole.FEE, -notional * TAKER - overcharge, **cells)
        if marker:
            self.add(LedgerRole.LIQFEE, -notional * LIQUIDATION_RATE, **cells)


def found(
    entries: Sequence[Entry], book: RuleBook | None = None
) -> list[tuple[EventWindow, Opening, EventAssessment]]:
    """Everything the core makes of the entries of one account."""
    items = gather_items(in_booked_order(entries))
    windows = detect_events(items)
    openings = find_openings(items, windows)
    return [
        (window, opening, assess_event(window, opening, book or rules()))
        for window, opening in zip(windows, openings, strict=True)
    ]


def liquidated(
    prices: Iterable[Decimal],
    *,
    deposit: Decimal = Decimal(100_000),
    size: Decimal = Decimal(12),
    entry: Decimal = Decimal(1000),
    overcharges: Sequence[Decimal] = (),
    event: str = "EV-1",
) -> Book:
    """A long position closed by force in equal fills, one at each price."""
    told = list(prices)
    book = Book()
    book.add(LedgerRole.XFER, deposit)
    book.fill(size, entry, Decimal(0))
    part = size / len(told)
    for number, price in enumerate(told):
        over = overcharges[number] if number < len(overcharges) else Decimal(0)
        book.fill(
            -part,
            price,
            (price - entry) * part,
            marker=EventMarker.LIQUIDATION,
            overcharge=over,
            event=event,
        )
    return book
