"""The order in which rows of one instant were booked, as their balances tell it.

Exports list rows of one second in any order, and people sort files. A stated balance
says which row came before; rows that state none stay with the row they stand before.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import TypeVar

from recovery.domain.ledger import ZERO, LedgerLine

Row = TypeVar("Row")
Key = tuple[str, str]  # Account and asset.
# Longer instants are left as they stand: nobody's second holds so many rows.
_INSTANT_MAX = 500


def is_in_chain(rows: Sequence[Row], line_of: Callable[[Row], LedgerLine]) -> bool:
    """Whether no balance contradicts the row before it at the same instant.

    Args:
        rows: By time.
        line_of: The line of a row.
    """
    at: datetime | None = None
    balances: dict[Key, Decimal] = {}
    for row in rows:
        line = line_of(row)
        if line.occurred_at != at:
            at, balances = line.occurred_at, {}
        after = line.balance_after
        if after is None:
            continue
        key = (line.account, line.asset)
        if after - line.amount != balances.get(key, after - line.amount):
            return False
        balances[key] = after
    return True


def in_chain(
    rows: Sequence[Row], line_of: Callable[[Row], LedgerLine]
) -> Iterator[Row]:
    """The rows, those of one instant in the order in which their balances follow.

    Args:
        rows: By time.
        line_of: The line of a row.
    """
    balances: dict[Key, Decimal] = {}
    for _, group in groupby(rows, key=lambda row: line_of(row).occurred_at):
        same = list(group)
        if 1 < len(same) <= _INSTANT_MAX and not is_in_chain(same, line_of):
            same = _chained(same, line_of, dict(balances))
        for row in same:
            note_balance(balances, line_of(row))
            yield row


def _chained(
    rows: Sequence[Row],
    line_of: Callable[[Row], LedgerLine],
    balances: dict[Key, Decimal],
) -> list[Row]:
    units = _units(rows, line_of)
    ordered: list[Row] = []
    while units:
        lines = [line_of(unit[-1]) for unit in units]
        fits = [at for at, line in enumerate(lines) if follows(line, balances)]
        # A row that moves nothing fits before the one that moves on, never after.
        fits.sort(key=lambda place: lines[place].amount != ZERO)
        taken = units.pop(fits[0] if fits else _first_of_chain(lines))
        for row in taken:
            note_balance(balances, line_of(row))
        ordered += taken
    return ordered


def _units(
    rows: Sequence[Row], line_of: Callable[[Row], LedgerLine]
) -> list[list[Row]]:
    """Rows without a balance together with the one that follows them."""
    units: list[list[Row]] = [[]]
    for row in rows:
        units[-1].append(row)
        if line_of(row).balance_after is not None:
            units.append([])
    return [unit for unit in units if unit]


def _first_of_chain(lines: Sequence[LedgerLine]) -> int:
    """The first row that follows none of the others."""
    afters = {(line.account, line.asset, line.balance_after) for line in lines}
    for place, line in enumerate(lines):
        after = line.balance_after
        if after is None or line.amount == ZERO:
            continue
        if (line.account, line.asset, after - line.amount) not in afters:
            return place
    return 0


def follows(line: LedgerLine, balances: dict[Key, Decimal]) -> bool:
    """Whether a row's balance is the last one and its amount."""
    known = balances.get((line.account, line.asset))
    if line.balance_after is None or known is None:
        return False
    return line.balance_after - line.amount == known


def note_balance(balances: dict[Key, Decimal], line: LedgerLine) -> None:
    """Keep what a row leaves."""
    key = (line.account, line.asset)
    if line.balance_after is not None:
        balances[key] = line.balance_after
    elif key in balances:
        balances[key] += line.amount
