from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.ledger import LedgerLine, LedgerRole
from recovery.venues.transfers import transfer_pairs

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def line(
    account: str, amount: str, *, seconds: int = 0, asset: str = "USDT", number: int = 1
) -> LedgerLine:
    return LedgerLine(
        row_number=number, account=account, asset=asset, role=LedgerRole.XFER,
        occurred_at=NOON + timedelta(seconds=seconds), operation="t",
        amount=Decimal(amount),
    )  # fmt: skip


def test_both_sides_of_a_transfer_are_one() -> None:
    pairs, alone = transfer_pairs([line("7", "500"), line("7/spot", "-500", seconds=2)])
    assert [(pair.out.account, pair.into.account) for pair in pairs] == [
        ("7/spot", "7")
    ]
    assert alone == []


def test_sides_that_do_not_belong_together_stay_alone() -> None:
    for other in (
        line("7/spot", "-500", seconds=60),
        line("7/spot", "-499"),
        line("7/spot", "-500", asset="USDC"),
        line("7/spot", "500"),
        line("7", "-500"),
        line("7/spot", "-500")._replace(role=LedgerRole.FEE),
    ):
        pairs, alone = transfer_pairs([line("7", "500"), other])
        assert pairs == []
        assert line("7", "500") in alone


def test_nearest_side_is_taken_and_each_only_once() -> None:
    near, far = line("a", "-5", seconds=1), line("b", "-5", seconds=4)
    pairs, alone = transfer_pairs([far, near, line("7", "5"), line("7", "5", number=2)])
    assert [pair.out for pair in pairs] == [near, far]
    assert alone == []


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["5", "-5", "7"]))))
def test_every_transfer_is_told_exactly_once(rows: list[tuple[str, str]]) -> None:
    lines = [line(account, amount) for account, amount in rows]
    pairs, alone = transfer_pairs(lines)
    assert 2 * len(pairs) + len(alone) == len(lines)
