"""One asset turned into money of a state at a quoted rate, rounded down to its cent."""

from decimal import Decimal

from recovery.domain.money import Rounding, RoundingMode, exact, round_amount

# The smallest unit of every currency the desk pays to a bank.
FIAT_STEP = Decimal("0.01")
ROUNDING_WORDS = "rounded down to 0.01"


def converted_amount(amount: Decimal, rate: Decimal) -> Decimal:
    """What an amount gives at a rate.

    Args:
        amount: In the asset that is given up.
        rate: Units of the currency for one unit of the asset.
    """
    with exact():
        return round_amount(amount * rate, Rounding(FIAT_STEP, RoundingMode.FLOOR))
