"""One transfer told by two files moves money once; two transfers stay two."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.history import Entry
from recovery.domain.ledger import LedgerLine, LedgerRole
from recovery.domain.transfers import without_twins

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_ids = count(1)


def strength(provenance: str) -> int:
    return ("customer_supplied", "house").index(provenance)


def entry(
    file: str,
    amount: str,
    *,
    seconds: int = 0,
    role: LedgerRole = LedgerRole.XFER,
    provenance: str = "house",
    balance: str = "",
) -> Entry:
    at = NOON + timedelta(seconds=seconds)
    line = LedgerLine(1, "7", at, "USDT", role, "t", Decimal(amount))
    if balance:
        line = line._replace(balance_after=Decimal(balance))
    return Entry(next(_ids), file, provenance, line)


@pytest.mark.parametrize(
    "other",
    [
        entry("a", "500", seconds=2),
        entry("b", "500.01", seconds=2),
        entry("b", "-500", seconds=2),
        entry("b", "500", seconds=6),
        entry("b", "500", seconds=2, role=LedgerRole.CREDIT),
    ],
    ids=["same file", "other amount", "other side", "too late", "no transfer"],
)
def test_rows_that_are_not_one_transfer_both_count(other: Entry) -> None:
    rows = [entry("a", "500"), other]
    assert without_twins(rows, strength) == rows


def test_different_balances_after_them_make_two_transfers() -> None:
    rows = [entry("a", "500", balance="500"), entry("b", "500", balance="1000")]
    assert without_twins(rows, strength) == rows
    same = [entry("a", "500", balance="500"), entry("b", "500", balance="500.0")]
    assert without_twins(same, strength) == same[:1]


def test_a_transfer_of_two_files_counts_once_by_the_stronger_one() -> None:
    weak = entry("a", "500", provenance="customer_supplied")
    strong = entry("b", "500", seconds=5)
    assert without_twins([weak, strong], strength) == [strong]


def test_two_equal_transfers_in_both_files_stay_two() -> None:
    rows = [entry(file, "500", seconds=at) for file in "ab" for at in (0, 3)]
    kept = without_twins(rows, strength)
    assert [one.file for one in kept] == ["a", "a"]


@given(
    st.lists(st.integers(0, 3000), max_size=12, unique=True),
    st.integers(-5, 5),
)
def test_whatever_the_shift_both_files_tell_what_one_tells(
    instants: list[int], shift: int
) -> None:
    one = [entry("a", "5", seconds=at * 11) for at in instants]
    other = [entry("b", "5", seconds=at * 11 + shift) for at in instants]
    kept = without_twins([*one, *other], strength)
    assert len(kept) == len(instants)
    assert len({entry.line.occurred_at for entry in kept}) == len(instants)
