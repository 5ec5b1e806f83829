"""Written numbers to exact decimals, under the number rule of a layout."""

import re
from collections.abc import Callable
from decimal import Context, Decimal, Inexact, InvalidOperation

from recovery.domain.ledger import ZERO
from recovery.domain.money import (
    DECIMALS_MAX,
    AmountUnreadableError,
    format_amount,
    parse_amount,
)
from recovery.venues.file_rules import NumberRule

REMEMBERED = 50_000
WHOLE_DIGITS = 20
NumberReader = Callable[[str], Decimal]
STYLE_REFUSED = "is not a number in the declared style"
_COMMA = re.compile(r"[+-]?\d[\d.,]*", re.ASCII)
_GROUPS_OF_THREE = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+", re.ASCII)
# Blanks are taken from the first of them on: tried from each, a hundred thousand hold
# the page for minutes.
_UNIT = re.compile(r"(?<!\s)\s*([A-Za-z][A-Za-z0-9]{1,9})\Z")


def number_reader(rule: NumberRule) -> NumberReader:
    """A function from text to an exact number; it raises AmountUnreadableError."""
    if rule.thousands or rule.decimal != "." or rule.unit_suffix:
        return _styled_reader(rule)
    return read_plain


def read_plain(text: str) -> Decimal:
    """The number in plain notation; a written `-0` or `0E-18` is zero.

    Raises:
        AmountUnreadableError: anything else, including an empty text and a number
            larger than the desk can hold.
    """
    if len(text) > DECIMALS_MAX:
        text = _without_padding(text)
    if "," in text:
        raise AmountUnreadableError(text, _comma_refused(text))
    number = parse_amount(text.strip()) or ZERO
    # Twenty digits before the point are what a column holds.
    if number.adjusted() >= WHOLE_DIGITS:
        raise AmountUnreadableError(text, "is larger than the desk can hold")
    return number


def _without_padding(text: str) -> str:
    """The number without zeros that only fill up its decimals (Bybit writes 20)."""
    whole, point, decimals = text.partition(".")
    if point and decimals.isdigit():
        return f"{whole}.{decimals.rstrip('0')}"
    return text


class OptionalNumbers(dict[str, Decimal | None]):
    """Texts of cells to numbers, or nothing where a layout says so, remembered.

    Sizes and prices repeat from row to row. A text that is no number raises
    AmountUnreadableError.
    """

    def __init__(self, rule: NumberRule) -> None:
        super().__init__(dict.fromkeys(rule.none))
        self._none = tuple(rule.none)
        self._read = number_reader(rule)
        self._decimal = rule.decimal

    def __missing__(self, text: str) -> Decimal | None:
        if len(self) >= REMEMBERED:
            self.clear()
            self.update(dict.fromkeys(self._none))
        number = self[text] = self._read(text)
        return number

    def written(self, number: Decimal) -> str:
        """A number in the style of the layout: what is derived is read like a cell."""
        return format_amount(number).replace(".", self._decimal)


def _styled_reader(rule: NumberRule) -> NumberReader:
    grouped = re.compile(_grouped_pattern(rule), re.ASCII)

    def read(text: str) -> Decimal:
        bare = _UNIT.sub("", text) if rule.unit_suffix else text
        if not grouped.fullmatch(bare):
            raise AmountUnreadableError(text, _style_refused(bare))
        plain = bare.replace(rule.thousands, "") if rule.thousands else bare
        return read_plain(plain.replace(rule.decimal, "."))

    return read


def _style_refused(text: str) -> str:
    return _comma_refused(text) if "," in text else STYLE_REFUSED


def _comma_refused(text: str) -> str:
    """Why a number with a comma is refused, and what helps."""
    if not _COMMA.fullmatch(text.strip()):
        return STYLE_REFUSED
    if _GROUPS_OF_THREE.fullmatch(text.strip()):
        return "is ambiguous: the comma can mark decimals or thousands"
    what = "thousands" if text.rfind(",") < text.rfind(".") else "decimals"
    return f"has a comma before its {what}: map the columns and say so, or export anew"


def unit_of(text: str) -> str:
    """The unit behind a number (`0.1 USDT`), or an empty text."""
    found = _UNIT.search(text)
    # An exponent is no unit: 5E is not 5 of something.
    return found[1] if found and text[: found.start()][-1:].isalnum() else ""


def _grouped_pattern(rule: NumberRule) -> str:
    """Digits in whole groups of three, or without any separator."""
    point, exponent = re.escape(rule.decimal), r"(?:[eE][+-]?\d{1,2})?"
    whole = r"\d+"
    if rule.thousands:
        # A zero never leads a group: 0,123 is a decimal comma.
        whole = rf"(?:[1-9]\d{{0,2}}(?:{re.escape(rule.thousands)}\d{{3}})+|\d+)"
    return rf"[+-]?{whole}(?:{point}\d*)?{exponent}"


# Amounts have at most 38 + 18 digits: no sum of a row loses one here.
_SUMS = Context(prec=120, traps=[Inexact, InvalidOperation])


def total(*amounts: Decimal) -> Decimal:
    """The exact sum."""
    result = ZERO
    for amount in amounts:
        result = _SUMS.add(result, amount)
    return result


def in_units(amount: Decimal, decimals: int) -> Decimal:
    """The amount whose smallest units are given: 150 satoshi are 0.0000015."""
    return _SUMS.scaleb(amount, -decimals)
