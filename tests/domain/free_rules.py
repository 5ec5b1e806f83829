"""Rules and rows without fees, so that an example can be reckoned in the head."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from recovery.domain.assessment import EventAssessment, Line
from recovery.domain.ledger import EventMarker, LedgerRole, Side
from recovery.domain.policy_reading import parse_policy
from recovery.domain.rulebook import (
    FeeTerm,
    InstrumentTerm,
    MarkAt,
    PolicyTerm,
    RuleBook,
)
from tests.domain.house_entries import ALWAYS, START, Book, found

LIQUIDATED = EventMarker.LIQUIDATION
CONTRACTS = {
    "BTCUSDT": InstrumentTerm("BTCUSDT", Decimal(1), "USDT"),
    "ETHUSDT": InstrumentTerm("ETHUSDT", Decimal(2), "USDT"),
    "BTCUSD": InstrumentTerm("BTCUSD", Decimal(100), "BTC", "inverse"),
    "ETHBTC": InstrumentTerm("ETHBTC", Decimal(1), "BTC"),
    "SOLUSDC": InstrumentTerm("SOLUSDC", Decimal(1), "USDC"),
}


def free(
    marks: Mapping[str, str] | None = None, taker: str = "0", **terms: Any
) -> RuleBook:
    """A house without fees; marks hold from the start on."""
    policy = PolicyTerm(ALWAYS, parse_policy(terms), terms, 1, "Terms 1")
    return RuleBook(
        policies=(policy,),
        fees=(FeeTerm(ALWAYS, "base", Decimal(taker), 1, "Fees 1"),),
        tiers=(),
        instruments=CONTRACTS,
        marks={
            name: [MarkAt(START, Decimal(price))]
            for name, price in (marks or {}).items()
        },
    )


def trade(
    book: Book,
    quantity: str,
    price: str,
    pnl: str,
    *,
    marker: EventMarker = EventMarker.NONE,
    instrument: str = "BTCUSDT",
    **cells: Any,
) -> None:
    """One row of a fill, signed quantity in contracts."""
    signed = Decimal(quantity)
    position = book.positions.get(instrument, Decimal(0)) + signed
    book.positions[instrument] = position
    role = cells.pop("role", LedgerRole.PNL)
    cells = {"position_after": position, "price": Decimal(price)} | cells
    book.add(
        role,
        Decimal(pnl),
        instrument=instrument,
        marker=marker,
        side=Side.BUY if signed > 0 else Side.SELL,
        quantity=abs(signed),
        **cells,
    )


def opened(deposit: str = "100", asset: str = "USDT") -> Book:
    """An account with a deposit."""
    book = Book(asset=asset)
    book.add(LedgerRole.XFER, Decimal(deposit))
    return book


def only(book: Book, rules: RuleBook) -> EventAssessment:
    """The assessment of the one event of an account."""
    ((_, _, assessment),) = found(book.entries, rules)
    return assessment


def line_of(assessment: EventAssessment, label: str) -> Line:
    """The one line with a label."""
    (line,) = [line for line in assessment.lines if line.label == label]
    return line


def doubted(book: Book) -> None:
    """The manifest of the file and its last row disagree."""
    book.entries[-1] = book.entries[-1]._replace(is_doubted=True)


def later(book: Book, seconds: int) -> None:
    """Let time pass before the next row."""
    book.at += timedelta(seconds=seconds)
