"""Liquidation fee rates that depend on the state: scaled to what is left, or ramped.

Source: case format, kind `fee_rate`; liquidation math, section 3.
"""

from decimal import Decimal

from recovery.domain.money import ZERO, divide, round_amount
from recovery.domain.policy import LiquidationFeePolicy, Policy
from recovery.domain.settlement_state import required

FEE_PATH = "policy.liquidation_fee"


def scaled_fee_rate(
    policy: Policy, *, needed: Decimal, shortage: Decimal, notional: Decimal
) -> Decimal:
    """The fund's rate scaled to what the position can still pay.

    Args:
        policy: factor, highest rate, the liquidator's part, rounding of a rate.
        needed: maintenance margin rate with its buffer.
        shortage: what the equity lacks of the margin needed.
        notional: value of the position at the mark, above 0.
    """
    fee, rounding = policy.liquidation_fee, policy.rounding.rate
    missing = round_amount(divide(shortage, notional), rounding)
    left = needed - (fee.liquidator_rate or ZERO) - missing
    factor = required(fee.factor, f"{FEE_PATH}.factor")
    highest = required(fee.max_rate, f"{FEE_PATH}.max_rate")
    return min(highest, max(ZERO, round_amount(factor * left, rounding)))


def ramped_fee_rate(fee: LiquidationFeePolicy, slots: Decimal) -> Decimal:
    """A rate that grows with every slot once the grace is over.

    Args:
        fee: rate, growth, grace and highest rate.
        slots: slots elapsed since the liquidation began.
    """
    rate = required(fee.rate, f"{FEE_PATH}.rate")
    if slots < (fee.grace_slots or ZERO):
        return rate
    step = required(fee.increase_per_slot, f"{FEE_PATH}.increase_per_slot")
    highest = required(fee.max_rate, f"{FEE_PATH}.max_rate")
    return min(rate + step * slots, highest)
