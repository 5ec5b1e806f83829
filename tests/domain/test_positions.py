"""Stated positions against the replay of an account's own fills."""

from datetime import timedelta
from decimal import Decimal

from recovery.domain.history import Item, gather_items
from recovery.domain.ledger import LedgerRole
from recovery.domain.positions import positions_checked
from tests.domain.house_entries import START, Book


def items() -> list[Item]:
    """Bought 3 in the second second, sold 1 in the fourth; a transfer between."""
    book = Book()
    book.fill(Decimal(3), Decimal(100), Decimal(0))
    book.add(LedgerRole.XFER, Decimal(1))
    book.fill(Decimal(-1), Decimal(110), Decimal(10))
    book.fill(Decimal(5), Decimal(9), Decimal(0), instrument="ETHUSDT")
    return gather_items(book.entries)


def test_nothing_can_be_compared_where_no_fill_is_known() -> None:
    (told,) = positions_checked(items(), "SOLUSDT", [(START, Decimal(1))])
    assert (told.replayed, told.difference) == (None, None)


def test_before_the_first_fill_stands_what_that_fill_found() -> None:
    (told,) = positions_checked(items(), "BTCUSDT", [(START, Decimal(0))])
    assert (told.replayed, told.difference) == (0, 0)


def test_each_instant_is_held_against_the_fills_up_to_it() -> None:
    after = [START + timedelta(seconds=seconds) for seconds in (2, 60)]
    first, last = positions_checked(
        items(), "BTCUSDT", [(after[0], Decimal(3)), (after[1], Decimal("1.5"))]
    )
    assert (first.replayed, first.difference) == (3, 0)
    assert (last.replayed, last.difference) == (2, Decimal("-0.5"))
