"""Who bears what a network or bank takes for carrying a payment.

Source: design §6 (payments), §1 (fees of the procedure).
"""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from recovery.domain.money import ZERO, exact


class FeeBearer(StrEnum):
    """Who bears a network's fee."""

    CUSTOMER = "customer"
    HOUSE = "house"
    SPLIT = "split"  # The house up to a cap, the customer what is above it.


class FeeParts(NamedTuple):
    """A network's fee, parted. Units: the asset that is sent."""

    customer: Decimal
    house: Decimal


NO_FEE = FeeParts(ZERO, ZERO)


def network_fee_parts(
    bearer: FeeBearer, fee: Decimal, cap: Decimal | None = None
) -> FeeParts:
    """Part a network's fee between customer and house; the parts sum to it.

    Args:
        bearer: Who bears it.
        fee: From 0 up.
        cap: Of a split: the most that the house bears.
    """
    if bearer == FeeBearer.CUSTOMER:
        return FeeParts(fee, ZERO)
    if bearer == FeeBearer.HOUSE:
        return FeeParts(ZERO, fee)
    house = min(fee, cap or ZERO)
    with exact():
        return FeeParts(fee - house, house)
