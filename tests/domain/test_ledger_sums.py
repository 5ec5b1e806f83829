"""Sums of pasted rows, and wallets replayed from their first line."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from recovery.domain.ledger import LedgerLine, LedgerRole
from recovery.domain.ledger_sums import (
    Verdict,
    instrument_sums,
    operation_sums,
    wallet_replays,
)
from tests.domain.house_entries import START


def line(number: int, role: LedgerRole, amount: str, **cells: Any) -> LedgerLine:
    """A row of account A in USDT, unless told otherwise."""
    base = {"account": "A", "asset": "USDT", "operation": str(role).lower()}
    told = base | cells
    return LedgerLine(
        row_number=number,
        occurred_at=START + timedelta(seconds=number),
        role=role,
        amount=Decimal(amount),
        **told,
    )


def test_wallet_without_any_balance_is_unknown() -> None:
    (wallet,) = wallet_replays([line(1, LedgerRole.PNL, "5")])
    assert (wallet.expected, wallet.difference) == (None, None)
    assert wallet.verdict == Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("after", "verdict", "difference"),
    [("110", Verdict.MATCH, 0), ("108", Verdict.MISMATCH, -2)],
)
def test_running_balances_tell_where_a_wallet_begins_and_ends(
    after: str, verdict: Verdict, difference: int
) -> None:
    lines = [
        line(1, LedgerRole.PNL, "5", balance_after=Decimal(105)),
        line(2, LedgerRole.PNL, "5", balance_after=Decimal(after)),
    ]
    (wallet,) = wallet_replays(lines)
    assert (wallet.baseline, wallet.moved, wallet.expected) == (100, 10, 110)
    assert (wallet.verdict, wallet.difference) == (verdict, difference)


def test_baseline_that_stands_in_the_rows_again_is_told() -> None:
    lines = [line(1, LedgerRole.XFER, "100"), line(2, LedgerRole.PNL, "-40")]
    given = {"baselines": {"USDT": Decimal(100)}, "stated": {"USDT": Decimal(60)}}
    (wallet,) = wallet_replays(lines, **given)
    assert wallet.repeats_baseline
    assert (wallet.verdict, wallet.difference) == (Verdict.MISMATCH, -100)
    (plain,) = wallet_replays(lines, stated={"USDT": Decimal(60)})
    assert not plain.repeats_baseline


def test_wallets_are_replayed_by_account_and_asset() -> None:
    lines = [
        line(1, LedgerRole.PNL, "5", asset="BTC"),
        line(2, LedgerRole.PNL, "5", account="B"),
        line(3, LedgerRole.PNL, "5"),
    ]
    found = [(wallet.account, wallet.asset) for wallet in wallet_replays(lines)]
    assert found == [("A", "BTC"), ("A", "USDT"), ("B", "USDT")]


def test_operations_are_summed_the_most_frequent_first() -> None:
    lines = [
        line(1, LedgerRole.FEE, "-1"),
        line(2, LedgerRole.PNL, "5"),
        line(3, LedgerRole.FEE, "-2"),
    ]
    first, second = operation_sums(lines)
    assert (first.operation, first.lines, first.amount) == ("fee", 2, -3)
    assert (second.operation, second.amount) == ("pnl", 5)


def test_parts_of_an_instrument_sum_to_its_rows() -> None:
    named = {"instrument": "BTCUSDT"}
    lines = [
        line(1, LedgerRole.PNL, "-48.5", fee_amount=Decimal("1.5"), **named),
        line(2, LedgerRole.FUND, "-2", **named),
        line(3, LedgerRole.FEE, "-3", **named),
        line(4, LedgerRole.LIQFEE, "-4", **named),
        line(5, LedgerRole.INS, "10", **named),
        line(6, LedgerRole.CREDIT, "7", **named),
        line(7, LedgerRole.XFER, "1000"),
    ]
    (one,) = instrument_sums(lines)
    assert (one.realised, one.funding, one.insurance) == (-50, -2, 10)
    assert (one.fees, one.other) == (Decimal("-5.5"), 7)
    assert one.net == sum(row.amount for row in lines[:6])
