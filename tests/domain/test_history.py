"""Rows of a position leg and rows of its money, brought together."""

from datetime import timedelta
from decimal import Decimal

from recovery.domain.history import Entry, Item, gather_items, item_entries
from recovery.domain.ledger import LedgerLine, LedgerRole, Side
from tests.domain.house_entries import START


def leg_and_cash(seconds: int) -> list[Item]:
    """A position leg, and a cash row of its type that names no instrument."""
    leg = LedgerLine(
        1, "A-1", START, "BTC", LedgerRole.INFO, "trade", Decimal(0),
        instrument="BTCUSDT", side=Side.SELL, quantity=Decimal(1), price=Decimal(9),
    )  # fmt: skip
    later = START + timedelta(seconds=seconds)
    cash = LedgerLine(2, "A-1", later, "USDT", LedgerRole.PNL, "trade", Decimal(-4))
    return gather_items(
        [Entry(at, "file", "house", line) for at, line in enumerate((leg, cash))]
    )


def test_cash_of_another_instant_is_no_part_of_an_open_leg() -> None:
    assert len(leg_and_cash(1)) == 2


def test_unnamed_cash_of_the_same_type_and_instant_belongs_to_the_leg() -> None:
    (fill,) = leg_and_cash(0)
    assert [one.line.amount for one in item_entries(fill)] == [0, -4]
