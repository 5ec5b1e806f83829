"""What a position is worth and earns: linear in the quote, inverse in the coin."""

from decimal import Decimal
from enum import StrEnum

from recovery.domain.money import divide


class Product(StrEnum):
    """Payoff of a contract."""

    LINEAR = "linear"  # In the quote; contract size in the base.
    INVERSE = "inverse"  # In the coin; contract size in the quote.
    SPOT_MARGIN = "spot_margin"  # A bought or sold asset; pays as linear.


class MarginMode(StrEnum):
    """Scope of the money behind a position."""

    ISOLATED = "isolated"
    CROSS = "cross"


class PositionSide(StrEnum):
    """Direction of an open position."""

    LONG = "long"
    SHORT = "short"


# Reading a member from its class costs more than the sums of a fill.
_INVERSE = Product.INVERSE


def sign_of(side: PositionSide) -> int:
    """+1 of a long, -1 of a short."""
    return 1 if side is PositionSide.LONG else -1


def notional_of(product: Product, units: Decimal, price: Decimal) -> Decimal:
    """Value of a size at a price, in the settlement asset.

    Args:
        product: the payoff.
        units: contracts x contract size.
        price: quote per base, above 0.

    Source: liquidation math, section 2.2.
    """
    if product is _INVERSE:
        return divide(units, price)
    return units * price


def profit_of(
    product: Product, signed_units: Decimal, entry_price: Decimal, exit_price: Decimal
) -> Decimal:
    """Result of a position between two prices, in the settlement asset.

    Args:
        product: the payoff.
        signed_units: contracts x contract size, negative of a short.
        entry_price: quote per base, above 0.
        exit_price: quote per base, above 0.

    Source: liquidation math, section 2.2.
    """
    gain = signed_units * (exit_price - entry_price)
    if product is _INVERSE:
        return divide(gain, entry_price * exit_price)
    return gain


def average_entry(
    product: Product,
    held: tuple[Decimal, Decimal],
    added: tuple[Decimal, Decimal],
) -> Decimal:
    """Average entry after adding in the same direction; harmonic of an inverse.

    Args:
        product: the payoff.
        held: size and average entry before.
        added: size and price of the fill.

    Source: liquidation math, section 2.1.
    """
    (held_qty, held_price), (added_qty, added_price) = held, added
    qty = held_qty + added_qty
    if product is _INVERSE:
        crossed = held_qty * added_price + added_qty * held_price
        return divide(qty * held_price * added_price, crossed)
    return divide(held_price * held_qty + added_price * added_qty, qty)


def signed_cash(product: Product, signed_units: Decimal, price: Decimal) -> Decimal:
    """Cash that closing a size at a price brings in; of a short it costs.

    An inverse position is a debt in the coin, so its sign is the other way.
    """
    if product is _INVERSE:
        return -divide(signed_units, price)
    return signed_units * price


def price_of_cash(
    product: Product,
    signed_units: Decimal,
    cash: Decimal,
    fee_rate: Decimal,
) -> Decimal | None:
    """The price at which closing brings in exactly `cash` after a closing fee.

    Returns:
        None where no price above 0 does.

    Source: liquidation math, section 2.5.
    """
    fee_units = fee_rate * signed_units.copy_abs()
    if product is _INVERSE:
        numerator, denominator = -(signed_units + fee_units), cash
    else:
        numerator, denominator = cash, signed_units - fee_units
    if not denominator:
        return None
    price = divide(numerator, denominator)
    return price if price > 0 else None


def contracts_of(
    product: Product, notional: Decimal, price: Decimal, contract_size: Decimal
) -> Decimal:
    """Contracts that a notional in the quote stands for, unrounded.

    An inverse contract is a fixed amount of the quote, whatever the price.
    """
    if product is _INVERSE:
        return divide(notional, contract_size)
    return divide(notional, price * contract_size)
