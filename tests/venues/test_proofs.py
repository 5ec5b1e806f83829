from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.ledger import LedgerLine, LedgerRole
from recovery.venues.profile import RowOrder
from recovery.venues.proofs import BalanceGap, balance_gaps, in_time_order, zone_shift

START = datetime(2026, 10, 10, tzinfo=UTC)


def line(number: int, amount: str, balance: str | None, **more: object) -> LedgerLine:
    values: dict[str, object] = {
        "row_number": number,
        "account": "A",
        "occurred_at": START + timedelta(seconds=number),
        "asset": "USDT",
        "role": LedgerRole.PNL,
        "operation": "trade",
        "amount": Decimal(amount),
        "balance_after": None if balance is None else Decimal(balance),
    }
    return LedgerLine(**(values | more))  # type: ignore[arg-type]


def test_unbroken_chain_has_no_gap() -> None:
    lines = [line(1, "5", "105"), line(2, "-3", "102"), line(3, "0", None)]
    assert list(balance_gaps([line(0, "1", None), *lines])) == []


def test_missing_row_is_named_with_its_amount() -> None:
    lines = [line(1, "5", "105"), line(3, "-3", "87.8"), line(4, "1", "88.8")]
    assert list(balance_gaps(lines)) == [
        BalanceGap("A", "USDT", 1, 3, Decimal("-14.2"))
    ]


def test_accounts_and_assets_have_their_own_chains() -> None:
    lines = [
        line(1, "5", "105"),
        line(2, "1", "1", asset="BTC"),
        line(3, "1", "9", account="B"),
        line(4, "5", "110"),
    ]
    assert list(balance_gaps(lines)) == []


def test_amounts_without_a_balance_are_carried_on() -> None:
    assert (
        list(balance_gaps([line(1, "0", "1"), line(2, "4", None), line(3, "1", "6")]))
        == []
    )


@given(st.lists(st.decimals(-1000, 1000, places=18), min_size=2), st.data())
def test_a_row_taken_out_is_always_found(
    amounts: list[Decimal], data: st.DataObject
) -> None:
    balance, lines = Decimal(0), []
    for number, amount in enumerate(amounts):
        balance += amount
        lines.append(line(number, str(amount), str(balance)))
    assert list(balance_gaps(lines)) == []
    gone = data.draw(st.integers(1, len(lines) - 1))
    gaps = list(balance_gaps(lines[:gone] + lines[gone + 1 :]))
    found = [gap.amount for gap in gaps]
    is_last = gone == len(lines) - 1
    assert found == ([] if is_last or not amounts[gone] else [amounts[gone]])


def test_newest_first_files_are_turned_and_keep_the_venues_order() -> None:
    twins = [line(5, "1", "2"), line(5, "1", "1")]
    (first, second) = in_time_order(twins, RowOrder.NEWEST_FIRST)
    assert (first, second) == (twins[1], twins[0])
    assert in_time_order(twins, RowOrder.OLDEST_FIRST) == twins


def funding(hours: Iterable[int]) -> list[LedgerLine]:
    return [
        line(
            1,
            "-1",
            None,
            role=LedgerRole.FUND,
            occurred_at=START + timedelta(hours=hour),
        )
        for hour in hours
    ]


def test_hours_of_funding_show_the_zone() -> None:
    assert zone_shift(funding([0, 8, 16])) == timedelta()
    assert zone_shift(funding([2, 10, 18])) == timedelta(hours=2)
    assert zone_shift(funding([7, 15, 23])) == timedelta(hours=-1)
    assert zone_shift(funding([4, 12])) is None
    assert zone_shift(funding([1, 2, 3, 4])) is None
    assert zone_shift([line(1, "1", None)]) is None
