"""Rows of one instant, however somebody listed them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.booked_order import in_chain, is_in_chain
from recovery.domain.detection import detect_events
from recovery.domain.history import Entry, gather_items, in_booked_order
from recovery.domain.ledger import EventMarker, LedgerRole
from tests.domain.house_entries import START, Book, found, liquidated

AMOUNTS = st.lists(st.integers(1, 50).map(Decimal), min_size=2, max_size=7)


def instant(amounts: list[Decimal], *, before: bool) -> Book:
    """Withdrawals of one second, after a deposit where `before`."""
    book = Book()
    if before:
        book.add(LedgerRole.XFER, Decimal(1000))
    else:
        book.balance = Decimal(1000)
    for amount in amounts:
        book.add(LedgerRole.XFER, -amount)
        book.at -= timedelta(seconds=1)
    return book


@given(amounts=AMOUNTS, data=st.data(), before=st.booleans())
def test_balances_restore_the_order_of_one_instant(
    amounts: list[Decimal], data: st.DataObject, *, before: bool
) -> None:
    book = instant(amounts, before=before)
    head, tail = book.entries[: int(before)], book.entries[int(before) :]
    mixed = [*head, *data.draw(st.permutations(tail))]
    ordered = in_booked_order(mixed)
    assert [e.line.balance_after for e in ordered] == [
        e.line.balance_after for e in book.entries
    ]


def test_rows_that_are_in_order_are_left_as_they_stand() -> None:
    entries = liquidated([Decimal(950), Decimal(940)]).entries
    assert is_in_chain(entries, lambda entry: entry.line)
    assert in_booked_order(entries) == entries


def test_gap_does_not_lose_or_double_a_row() -> None:
    book = instant([Decimal(1), Decimal(2), Decimal(3)], before=True)
    broken = [book.entries[0], book.entries[3], book.entries[1]]
    ordered = list(in_chain(broken, lambda entry: entry.line))
    assert sorted(e.id for e in ordered) == sorted(e.id for e in broken)


def test_row_without_a_balance_stays_before_its_neighbour() -> None:
    book = instant([Decimal(1), Decimal(2)], before=True)
    deposit, first, second = book.entries
    leg = Entry(9, "file", "house", first.line._replace(asset="", balance_after=None))
    ordered = in_booked_order([deposit, leg, second, first])
    assert [e.id for e in ordered] == [deposit.id, first.id, leg.id, second.id]


def test_fills_of_one_instant_in_the_wrong_order_are_one_event() -> None:
    """Without balances nothing tells the order: still one event, and closed."""
    book = liquidated([Decimal(950), Decimal(940)])
    entries = [
        entry._replace(line=entry.line._replace(balance_after=None, occurred_at=START))
        for entry in book.entries
        if entry.line.marker and entry.line.role == LedgerRole.PNL
    ]
    for order in (entries, entries[::-1]):
        (window,) = detect_events(gather_items(order))
        assert window.position_after == 0
        assert {fill.marker for fill in window.forced} == {EventMarker.LIQUIDATION}


def test_shuffled_liquidation_is_assessed_like_the_listed_one() -> None:
    book = liquidated([Decimal(950), Decimal(940)])
    same = [
        entry._replace(line=entry.line._replace(occurred_at=START))
        if entry.line.marker
        else entry
        for entry in book.entries
    ]
    ((_, _, listed),) = found(same)
    cut = next(at for at, entry in enumerate(same) if entry.line.marker)
    ((_, _, turned),) = found([*same[:cut], *same[cut:][::-1]])
    assert replace(turned, lines=(), facts=listed.facts) == replace(listed, lines=())
    assert not turned.facts.gap


def test_balances_that_run_in_a_circle_lose_no_row() -> None:
    book = Book()
    for amount, after in [("-5", "0"), ("0", "7"), ("5", "5")]:
        book.balance = Decimal(after) - Decimal(amount)
        book.add(LedgerRole.XFER, Decimal(amount))
        book.at -= timedelta(seconds=1)
    ordered = list(in_chain(book.entries, lambda entry: entry.line))
    assert sorted(entry.id for entry in ordered) == [1, 2, 3]
