"""A wallet's story: every part of every row under its label, nothing left out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.ledger import LedgerRole
from recovery.domain.story_wallet import wallet_lines
from tests.domain.test_ledger_sums import line

SMALL = st.decimals("-1000", "1000", places=8)


@pytest.mark.parametrize(
    ("role", "amount", "label"),
    [
        (LedgerRole.PNL, "-3", "realised_pnl"),
        (LedgerRole.INS, "-3", "surplus_taken"),
        (LedgerRole.INS, "3", "cover_received"),
        (LedgerRole.UNKNOWN, "3", "unknown"),
        (LedgerRole.CLAW, "-3", "other"),
    ],
)
def test_a_row_is_told_by_its_role_and_direction(
    role: LedgerRole, amount: str, label: str
) -> None:
    (told,) = wallet_lines([line(1, role, amount)], Decimal(0))
    assert (told.label, told.recorded) == (label, Decimal(amount))


def test_what_the_wallet_held_before_comes_first() -> None:
    told = wallet_lines([line(1, LedgerRole.XFER, "5")], Decimal(7))
    assert [one.label for one in told] == ["opening_balance", "transfer"]


def test_nothing_is_told_of_a_row_that_moved_nothing() -> None:
    assert wallet_lines([line(1, LedgerRole.INFO, "0")], Decimal(0)) == []


@given(SMALL, st.lists(st.tuples(SMALL, SMALL, SMALL, SMALL), max_size=5))
def test_the_lines_add_up_to_what_the_rows_moved(
    baseline: Decimal, parts: list[tuple[Decimal, Decimal, Decimal, Decimal]]
) -> None:
    rows = [
        line(
            number,
            LedgerRole.PNL,
            str(sum(one)),
            fee_amount=one[1],
            funding_amount=one[2],
            liquidation_fee_amount=one[3],
        )
        for number, one in enumerate(parts)
    ]
    told = wallet_lines(rows, baseline)
    assert sum(one.recorded for one in told) == baseline + sum(map(sum, parts))
