"""How much one step of an automatic position reduction closes.

Source: liquidation math, section 4; case format, `policy.reduction`.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.case_errors import CaseFieldError
from recovery.domain.margin_tiers import TIERS_PATH, tier_index, tier_upper
from recovery.domain.money import ONE, ZERO, Rounding, divide, round_amount, round_up
from recovery.domain.policy import MaintenancePolicy, ReductionPolicy, ReductionStep
from recovery.domain.policy_words import StepType

STEP_PATH = "policy.reduction.step"


def restore_qty(
    *,
    target: Decimal,
    used_margin_per_unit: Decimal,
    cost_per_unit: Decimal,
    equity: Decimal,
    qty: Decimal,
) -> Decimal:
    """Size that brings equity / used margin back to the target, unrounded.

    Args:
        target: level to restore, as a ratio.
        used_margin_per_unit: margin released by closing one contract.
        cost_per_unit: fees and slippage of closing one contract.
        equity: equity before the step.
        qty: contracts open.

    Returns:
        0 where the level is there already, everything where closing costs as
        much as it releases; may be more than `qty`.
    """
    needed_per_unit = target * used_margin_per_unit
    missing = needed_per_unit * qty - equity
    if missing <= 0:
        return ZERO
    relief = needed_per_unit - cost_per_unit
    return divide(missing, relief) if relief > 0 else qty


def sized(
    wanted: Decimal,
    qty: Decimal | None,
    policy: ReductionPolicy,
    rounding: Rounding | None,
) -> Decimal:
    """A size as it can be ordered: up to the size step, at most what is open."""
    size = round_up(round_amount(wanted, rounding), policy.size_step)
    return size if qty is None else min(size, qty)


def require_tiers(maintenance: MaintenancePolicy) -> None:
    """Refuse a step through tiers of a policy without any.

    Raises:
        CaseFieldError: the policy has no tiers.
    """
    if not maintenance.tiers:
        raise CaseFieldError(TIERS_PATH, "missing")


class TierPosition(NamedTuple):
    """A position among size tiers, and how a notional bound becomes contracts."""

    qty: Decimal
    measure: Decimal  # Size or notional, in the unit of the bounds.

    def qty_at(self, bound: Decimal) -> Decimal:
        """Contracts at a bound."""
        return divide(self.qty * bound, self.measure)


def tier_qty(
    step: ReductionStep, maintenance: MaintenancePolicy, position: TierPosition
) -> Decimal:
    """Size that brings the position down to the upper bound of a tier.

    Returns:
        Everything where the step leads below the lowest tier; 0 where the
        position already lies in the tier or below.

    Raises:
        CaseFieldError: the policy has not that tier.
    """
    tiers = maintenance.tiers
    index = _target_index(step, maintenance, position)
    if index < 0:
        return position.qty
    if index >= len(tiers):
        raise CaseFieldError(f"{STEP_PATH}.tier", "no such tier")
    bound = tier_upper(tiers, index)
    if bound is None or position.measure <= bound:
        return ZERO
    return position.qty - position.qty_at(bound)


def _target_index(
    step: ReductionStep, maintenance: MaintenancePolicy, position: TierPosition
) -> int:
    """Index of the tier to reach; negative below the lowest one."""
    if step.type is StepType.TO_TIER:
        if not step.tier:
            raise CaseFieldError(f"{STEP_PATH}.tier", "missing")
        return step.tier - 1
    if step.tiers is None:
        raise CaseFieldError(f"{STEP_PATH}.tiers", "missing")
    return tier_index(maintenance.tiers, position.measure) - step.tiers


def fraction_qty(
    step: ReductionStep, qty: Decimal, notional: Decimal | None
) -> Decimal:
    """A fixed part of the position; everything up to `above_notional`."""
    if step.fraction is None:
        raise CaseFieldError(f"{STEP_PATH}.fraction", "missing")
    if step.above_notional is not None:
        if notional is None:
            raise CaseFieldError("mark_price", "missing")
        if notional <= step.above_notional:
            return qty
    return step.fraction * qty


def step_after_first(step: ReductionStep) -> StepType:
    """What follows the first step of a fraction; the whole position by default."""
    return step.then or StepType.WHOLE_POSITION


def lot_qty(
    step: ReductionStep, qty: Decimal, restoring: Callable[[], Decimal]
) -> Decimal:
    """Contracts of one order: what restores the level, within the sizes of an order.

    Args:
        step: least and most contracts of one order; of one size where one is given.
        qty: contracts open.
        restoring: size that restores; asked only where the bounds leave a choice.
    """
    sizes = [size for size in (step.min_qty, step.max_qty) if size is not None]
    if not sizes:
        raise CaseFieldError(f"{STEP_PATH}.max_qty", "missing")
    lowest, highest = sizes[0], sizes[-1]
    if lowest > highest:
        raise CaseFieldError(f"{STEP_PATH}.max_qty", "less than min_qty")
    if lowest < min(highest, qty):
        return min(max(lowest, restoring()), highest, qty)
    return min(lowest, qty)


def ramped_share(step: ReductionStep, elapsed: Decimal) -> Decimal:
    """Share of the shortage that may be made up by now, at most 1.

    Args:
        step: initial share, and the seconds in which it grows by 1.
        elapsed: seconds since the reduction began.

    Source: liquidation math, section 4; case format, `time_ramp`.
    """
    share = step.initial_fraction or ZERO
    if elapsed:
        if step.duration_seconds is None:
            raise CaseFieldError(f"{STEP_PATH}.duration_seconds", "missing")
        share += divide(elapsed, step.duration_seconds)
    return min(share, ONE)


class NotionalLimits(NamedTuple):
    """Least and most notional that one step may close."""

    lowest: Decimal
    highest: Decimal


def notional_limits(step: ReductionStep, notional: Decimal) -> NotionalLimits:
    """Limits of one step of a notional cap.

    Source: case format, kind `reduction_limit`.
    """
    lowest = min(step.min_notional or ZERO, notional)
    portion = notional if step.max_portion is None else step.max_portion * notional
    highest = max(lowest, portion)
    if step.max_notional is not None:
        highest = min(highest, step.max_notional)
    return NotionalLimits(lowest, highest)
