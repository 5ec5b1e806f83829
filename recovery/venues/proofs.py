"""Proofs a file carries in itself: chains of balances, hours of funding."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.ledger import LedgerLine, LedgerRole
from recovery.venues.numbers import total
from recovery.venues.profile import RowOrder

_NUMBER = re.compile(r"\d+\Z")
FUNDING_HOURS = 8
CERTAIN_SHARE = 90  # Per cent of funding rows that must agree on an hour.
CERTAIN_ROWS = 3


class BalanceGap(NamedTuple):
    """Money that moved between two neighbouring rows without a row.

    `amount` is what the balance shows and the rows do not.
    """

    account: str
    asset: str
    after_row: int
    before_row: int
    amount: Decimal


def in_time_order(lines: Iterable[LedgerLine], order: RowOrder) -> list[LedgerLine]:
    """The lines oldest first; rows of one instant keep the venue's own order."""
    listed = list(lines)
    if order is RowOrder.BY_ID:
        return sorted(listed, key=lambda line: (line.occurred_at, own_number(line)))
    if order is RowOrder.NEWEST_FIRST:
        listed.reverse()
    return sorted(listed, key=lambda line: line.occurred_at)


def own_number(line: LedgerLine) -> int:
    """The number in the venue's own row id, by which some venues order their rows."""
    found = _NUMBER.search(line.source_id)
    return int(found[0]) if found else line.row_number


def balance_gaps(lines: Iterable[LedgerLine]) -> Iterator[BalanceGap]:
    """The gaps in the running balances, exactly, per account and asset.

    Args:
        lines: oldest first (see `in_time_order`); lines without a balance carry
            their amount to the next line with one.
    """
    chains: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for line in lines:
        key = (line.account, line.asset)
        before = chains.get(key)
        if before is None:
            if line.balance_after is not None:
                chains[key] = (line.row_number, line.balance_after)
            continue
        expected = total(before[1], line.amount)
        if line.balance_after is None:
            chains[key] = (before[0], expected)
            continue
        if gap := total(line.balance_after, expected.copy_negate()):
            yield BalanceGap(*key, before[0], line.row_number, gap)
        chains[key] = (line.row_number, line.balance_after)


def zone_shift(lines: Iterable[LedgerLine]) -> timedelta | None:
    """How far the times seem to be off UTC, judged by the hours of funding.

    Funding settles at 00, 08 and 16 UTC; rows at 02, 10 and 18 were written two
    hours ahead.

    Returns:
        The shift between -4 h (exclusive) and +4 h, zero when the times are right;
        None when there are too few funding rows or they do not agree.
    """
    hours = Counter(
        line.occurred_at.hour % FUNDING_HOURS
        for line in lines
        if line.role is LedgerRole.FUND
    )
    rows = hours.total()
    if rows < CERTAIN_ROWS:
        return None
    hour, count = hours.most_common(1)[0]
    if count * 100 < rows * CERTAIN_SHARE:
        return None
    return timedelta(hours=hour if hour <= FUNDING_HOURS // 2 else hour - FUNDING_HOURS)
