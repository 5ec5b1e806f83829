"""Amounts as people read them: grouped, aligned, every sign also a word."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.ledger import ZERO
from recovery.domain.money import format_amount

_GAP = "\u202f"  # A narrow gap that never breaks the line.
_GROUPED_FROM = 5
_DECIMALS_MIN = 2


class Figure(NamedTuple):
    """One signed amount: the word for its sign, the sign, the digits."""

    word: str
    sign: str
    digits: str


def figure_text(amount: Decimal, decimals: int = 0) -> str:
    """The digits of an amount without its sign, at least so many decimals."""
    whole, _, rest = format_amount(amount.copy_abs()).partition(".")
    if len(whole) >= _GROUPED_FROM:
        head = len(whole) % 3
        groups = [whole[:head], *(whole[i : i + 3] for i in range(head, len(whole), 3))]
        whole = _GAP.join(group for group in groups if group)
    rest = rest.ljust(decimals, "0")
    return f"{whole}.{rest}" if rest else whole


def money_text(amount: Decimal, asset: str) -> str:
    """An amount without its sign, with its asset."""
    return f"{figure_text(amount)} {asset}"


def signed_figure(amount: Decimal, decimals: int) -> Figure:
    """An amount for a column."""
    digits = figure_text(amount, decimals)
    if amount == ZERO:
        return Figure("", "", digits)
    if amount < ZERO:
        return Figure("minus", "\u2212", digits)
    return Figure("plus", "+", digits)


def column_decimals(amounts: Iterable[Decimal]) -> int:
    """How many decimals align a column of money, at least two."""
    texts = (format_amount(amount).partition(".")[2] for amount in amounts)
    return max([_DECIMALS_MIN, *map(len, texts)])
