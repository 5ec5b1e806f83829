"""Money: the one door in, the one way out, and the arithmetic between.

Money is `Decimal` from the first character to the last. Sums and products are
exact (the context traps any loss); only divisions are rounded, to 60
significant digits, and only booked amounts are quantised, by a rule somebody
wrote into a policy.
"""

import decimal
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from decimal import Context, Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

ZERO = Decimal(0)
ONE = Decimal(1)

INTEGER_DIGITS_MAX = 38
DECIMALS_MAX = 18
EXPONENT_MAX = 30
DIVISION_DIGITS = 60
EXACT_DIGITS = 6000
TEXT_LENGTH_MAX = 128

_TRAPS = [
    decimal.InvalidOperation,
    decimal.DivisionByZero,
    decimal.Overflow,
    decimal.FloatOperation,
]
_EXACT = Context(prec=EXACT_DIGITS, traps=[*_TRAPS, decimal.Inexact])
_DIVIDING = Context(prec=DIVISION_DIGITS, traps=_TRAPS)
_ROUNDING = Context(prec=EXACT_DIGITS, traps=_TRAPS)

# Everyday amounts: one look, no exponent, certainly within the limits.
_PLAIN = re.compile(r"[+-]?[0-9]{1,38}(?:\.[0-9]{0,18})?")
_ANY = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")


class AmountUnreadableError(ValueError):
    """The text is not an amount."""

    code = "amount_unreadable"

    def __init__(self, text: object, reason: str) -> None:
        """Keep what stood there and why it is refused."""
        super().__init__(f"{reason}: {text!r}")
        self.text = text
        self.reason = reason


class RoundingMode(StrEnum):
    """Where the digits behind the last one go."""

    HALF_UP = "half_up"  # Half away from zero.
    HALF_EVEN = "half_even"
    DOWN = "down"  # Towards zero.
    UP = "up"  # Away from zero.
    FLOOR = "floor"
    CEILING = "ceiling"


_DECIMAL_MODES = {
    RoundingMode.HALF_UP: decimal.ROUND_HALF_UP,
    RoundingMode.HALF_EVEN: decimal.ROUND_HALF_EVEN,
    RoundingMode.DOWN: decimal.ROUND_DOWN,
    RoundingMode.UP: decimal.ROUND_UP,
    RoundingMode.FLOOR: decimal.ROUND_FLOOR,
    RoundingMode.CEILING: decimal.ROUND_CEILING,
}


class Rounding(NamedTuple):
    """A rule for booked amounts: the smallest unit, and where the rest goes."""

    step: Decimal
    mode: RoundingMode = RoundingMode.HALF_UP


def exact() -> AbstractContextManager[Context]:
    """A local decimal context in which sums and products never lose a digit.

    Returns:
        A context manager; the context of the caller is as it was afterwards.
        Inside, an inexact result raises instead of passing: divide with
        `divide`, round with `round_amount`.
    """
    return decimal.localcontext(_EXACT)


def subtract(amount: Decimal, less: Decimal) -> Decimal:
    """The exact difference, whatever context is active."""
    return _EXACT.subtract(amount, less)


def divide(numerator: Decimal, denominator: Decimal) -> Decimal:
    """The quotient to 60 significant digits, whatever context is active.

    Raises:
        ZeroDivisionError: the denominator is 0; callers decide that case before.
    """
    return _DIVIDING.divide(numerator, denominator)


def parse_amount(text: str) -> Decimal:
    """The amount a text of a source file states.

    Raises:
        AmountUnreadableError: not ASCII digits with at most one dot and a small
            exponent, or more than 38 + 18 digits. A float is refused as well:
            it has already lost what was written.
    """
    if not isinstance(text, str):
        raise AmountUnreadableError(text, "not text")
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    return _parse_rare_amount(text)


def _parse_rare_amount(text: str) -> Decimal:
    """Amounts with an exponent or with surplus zeros."""
    shown = text[:TEXT_LENGTH_MAX]
    if len(text) > TEXT_LENGTH_MAX or not _ANY.fullmatch(text):
        raise AmountUnreadableError(shown, "not a decimal number")
    mantissa, _, exponent = text.lower().partition("e")
    if abs(int(exponent or 0)) > EXPONENT_MAX:
        raise AmountUnreadableError(shown, f"exponent beyond {EXPONENT_MAX}")
    amount = Decimal(f"{mantissa}e{int(exponent or 0)}")
    whole, _, decimals = format_amount(amount.copy_abs()).partition(".")
    if len(whole) > INTEGER_DIGITS_MAX or len(decimals) > DECIMALS_MAX:
        raise AmountUnreadableError(shown, "more than 38 + 18 digits")
    return amount


def format_amount(amount: Decimal) -> str:
    """The amount in plain notation: no exponent, no surplus zeros, no "-0".

    Equal amounts give equal texts, so texts may be compared and hashed.
    """
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def round_amount(amount: Decimal, rounding: Rounding | None) -> Decimal:
    """The amount on the rule's grid; unchanged where there is no rule."""
    if rounding is None:
        return amount
    step, mode = rounding
    decimal_mode = _DECIMAL_MODES[mode]
    if _is_power_of_ten(step):
        return amount.quantize(step, decimal_mode, _ROUNDING)
    units = _units_rounded(amount, step, decimal_mode)
    return _ROUNDING.multiply(units, step)


def round_up(amount: Decimal, step: Decimal | None) -> Decimal:
    """The next multiple of a step at or above the amount; unchanged without one."""
    if step is None:
        return amount
    return round_amount(amount, Rounding(step, RoundingMode.CEILING))


@lru_cache(maxsize=256)
def _is_power_of_ten(step: Decimal) -> bool:
    """Whether quantising alone reaches the grid."""
    return step.as_tuple().digits == (1,)


def _units_rounded(amount: Decimal, step: Decimal, mode: str) -> Decimal:
    """How many steps make the amount, as a whole number, decided exactly."""
    units, rest = _ROUNDING.divmod(amount, step)
    if not rest:
        return units
    # The rest may need endless digits; 0.25, 0.5 or 0.75 rounds the same way.
    side = _ROUNDING.compare(_ROUNDING.multiply(rest.copy_abs(), Decimal(2)), step)
    stand_in = Decimal("0.5") + side * Decimal("0.25")
    signed = _ROUNDING.add(units, stand_in.copy_sign(amount))
    return signed.quantize(ONE, mode, _ROUNDING)


def split_exactly(
    amount: Decimal, weights: Sequence[Decimal], rounding: Rounding | None = None
) -> list[Decimal]:
    """Shares of the amount in proportion to the weights, adding up to it exactly.

    Args:
        amount: what is shared, of any sign.
        weights: one or more, none negative, not all 0.
        rounding: grid of every share but the last.

    Returns:
        One share per weight; the last takes what rounding left over.
    """
    with exact():
        whole = sum(weights, ZERO)
        shares = [
            round_amount(divide(amount * weight, whole), rounding)
            for weight in weights[:-1]
        ]
        return [*shares, amount - sum(shares, ZERO)]
