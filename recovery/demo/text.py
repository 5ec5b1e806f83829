"""Amounts and ids as the layouts spell them."""

from decimal import Decimal
from random import Random


def plain(amount: Decimal) -> str:
    """Plain notation without an exponent, trailing zeros or a negative zero."""
    if not amount:
        return "0"
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def twenty_places(amount: Decimal) -> str:
    """Exactly twenty decimals, as Bybit spells numbers."""
    return format(amount + 0, ".20f") if amount else "0.00000000000000000000"


def trailing_dot(amount: Decimal) -> str:
    """Plain notation where a whole number keeps its point, as Kraken spells it."""
    text = plain(amount)
    return text if "." in text else f"{text}."


def booking_uid(rng: Random) -> str:
    """A booking id in the usual form of eight, four, four, four and twelve."""
    text = f"{rng.getrandbits(128):032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
