"""Planned fills: their size follows from the policy at the current mark."""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.case_errors import CaseFieldError, CaseUnsupportedError
from recovery.domain.instruments import PositionSide
from recovery.domain.margin_level import used_price
from recovery.domain.money import ONE, ZERO, divide
from recovery.domain.policy import ReductionPolicy, ReductionStep
from recovery.domain.policy_words import (
    LevelConvention,
    NotionalBasis,
    OrderOfPositions,
    StepNotionalBasis,
    StepType,
    StopRule,
    TierUnit,
)
from recovery.domain.reduction import (
    STEP_PATH,
    TierPosition,
    fraction_qty,
    lot_qty,
    notional_limits,
    require_tiers,
    restore_qty,
    sized,
    step_after_first,
    tier_qty,
)
from recovery.domain.settlement_case import Fill, OtherPosition
from recovery.domain.settlement_fees import trading_fee_rate
from recovery.domain.settlement_state import ScopeState, required


def planned_qty(state: ScopeState, fill: Fill) -> Decimal:
    """Size of a fill that states none.

    Raises:
        CaseFieldError: the policy has no reduction, or lacks what its step needs.
        CaseUnsupportedError: a step that cannot be planned from one state.
    """
    reduction = state.policy.reduction
    if reduction is None or reduction.step is None:
        missing = "policy.reduction" if state.is_staged else state.here("qty")
        raise CaseFieldError(missing, "missing")
    step = reduction.step
    size_of = _SIZE_OF.get(_step_type(state, step))
    if size_of is None:
        raise CaseUnsupportedError(f"{STEP_PATH}.type", step.type)
    _check_position_is_first(state, reduction)
    wanted = size_of(state, fill, reduction, step)
    state.planned_steps += 1
    return sized(wanted, state.qty, reduction, state.policy.rounding.size)


class SizeRange(NamedTuple):
    """Least and most that a step may close by the policy."""

    lowest: Decimal
    highest: Decimal


def size_range(state: ScopeState, fill: Fill) -> SizeRange:
    """Sizes of a step that keep to the policy; mostly there is one only.

    Lots leave the venue a choice between two sizes, a notional cap is a limit.
    """
    reduction = state.policy.reduction
    step = None if reduction is None else reduction.step
    if step is not None and step.type is StepType.LOTS:
        bounds = [size for size in (step.min_qty, step.max_qty) if size is not None]
        if len(bounds) > 1:
            state.planned_steps += 1
            return SizeRange(min(*bounds, state.qty), min(max(bounds), state.qty))
    highest = planned_qty(state, fill)
    if step is not None and step.type is StepType.NOTIONAL_CAP:
        value = state.notional(state.qty, _cap_price(state, fill, step))
        least = min(step.min_notional or ZERO, value, step.max_notional or value)
        return SizeRange(divide(state.qty * least, value), highest)
    return SizeRange(highest, highest)


def _cap_price(state: ScopeState, fill: Fill, step: ReductionStep) -> Decimal:
    """The price a notional cap is measured at."""
    if step.notional_basis is StepNotionalBasis.FILL:
        return required(fill.price, state.here("price"))
    return state.mark_required()


def _check_position_is_first(state: ScopeState, reduction: ReductionPolicy) -> None:
    """Refuse to plan where another position of the scope comes first.

    Raises:
        CaseUnsupportedError: hedges would be netted before, or the order of
            positions does not begin with the one of the case.
    """
    if not state.has_other_positions:
        return
    if reduction.net_hedges and any(map(_hedges(state), state.scope.other_positions)):
        raise CaseUnsupportedError("policy.reduction.net_hedges", "true")
    order = reduction.order_of_positions
    if order is OrderOfPositions.GIVEN:
        return
    by_loss = order is OrderOfPositions.LARGEST_LOSS_FIRST
    if not by_loss or state.own_profit() > min(state.other_profits()):
        raise CaseUnsupportedError("policy.reduction.order_of_positions", order)


def _hedges(state: ScopeState) -> Callable[[OtherPosition], bool]:
    """Whether a position is the opposite of the case's, in the same symbol."""
    opposite = PositionSide.SHORT if state.sign > 0 else PositionSide.LONG

    def is_hedge(other: OtherPosition) -> bool:
        same = other.symbol == state.scope.symbol
        return same and other.side is opposite and bool(other.qty)

    return is_hedge


def _step_type(state: ScopeState, step: ReductionStep) -> StepType:
    """The step now due: a fraction is followed by what `then` says."""
    if step.type is StepType.FRACTION and state.planned_steps:
        return step_after_first(step)
    return step.type


def _restore(
    state: ScopeState, fill: Fill, reduction: ReductionPolicy, step: ReductionStep
) -> Decimal:
    """Size that restores the target level, judged at the mark."""
    del step
    rate = required(state.scope.initial_margin_rate, "initial_margin_rate")
    cost = trading_fee_rate(state, fill) * state.notional(ONE, state.mark_required())
    return restore_qty(
        target=target_level(state, reduction),
        used_margin_per_unit=rate * state.notional(ONE, used_price(state)),
        cost_per_unit=cost,
        equity=state.equity(),
        qty=state.qty,
    )


def target_level(state: ScopeState, reduction: ReductionPolicy) -> Decimal:
    """The level to restore: the target, or the trigger where it stops there."""
    if reduction.target is not None:
        return reduction.target
    level = state.policy.margin_level
    if (
        level is not None
        and level.trigger is not None
        and level.convention is LevelConvention.EQUITY_OVER_USED
        and reduction.stop_rule is StopRule.AT_THRESHOLD
    ):
        return level.trigger
    raise CaseFieldError("policy.reduction.target", "missing")


def _fraction(
    state: ScopeState, fill: Fill, reduction: ReductionPolicy, step: ReductionStep
) -> Decimal:
    """A fixed part of what is open."""
    del fill, reduction
    notional = None if state.mark is None else state.notional(state.qty, state.mark)
    return fraction_qty(step, state.qty, notional)


def _tiers(
    state: ScopeState, fill: Fill, reduction: ReductionPolicy, step: ReductionStep
) -> Decimal:
    """Down to the upper bound of a tier."""
    del fill, reduction
    maintenance = state.policy.maintenance
    require_tiers(maintenance)
    measure = state.qty
    if maintenance.tier_unit is TierUnit.NOTIONAL:
        at_entry = maintenance.basis is NotionalBasis.ENTRY
        price = state.entry_required() if at_entry else state.mark_required()
        measure = state.notional(state.qty, price)
    return tier_qty(step, maintenance, TierPosition(state.qty, measure))


def _lots(
    state: ScopeState, fill: Fill, reduction: ReductionPolicy, step: ReductionStep
) -> Decimal:
    """One order of fixed size."""
    del fill, reduction
    return lot_qty(step, state.qty)


def _notional_cap(
    state: ScopeState, fill: Fill, reduction: ReductionPolicy, step: ReductionStep
) -> Decimal:
    """As much as the limits of one step allow."""
    del reduction
    if step.max_insurance_loss is not None:
        path = f"{STEP_PATH}.max_insurance_loss"
        raise CaseUnsupportedError(path, format(step.max_insurance_loss, "f"))
    notional = state.notional(state.qty, _cap_price(state, fill, step))
    highest = notional_limits(step, notional).highest
    return divide(state.qty * highest, notional)


def _whole(
    state: ScopeState, fill: Fill, reduction: ReductionPolicy, step: ReductionStep
) -> Decimal:
    """Everything."""
    del fill, reduction, step
    return state.qty


def _nothing(
    state: ScopeState, fill: Fill, reduction: ReductionPolicy, step: ReductionStep
) -> Decimal:
    """No step at all."""
    del state, fill, reduction, step
    return ZERO


_SIZE_OF: dict[
    StepType,
    Callable[[ScopeState, Fill, ReductionPolicy, ReductionStep], Decimal],
] = {
    StepType.RESTORE: _restore,
    StepType.FRACTION: _fraction,
    StepType.TIERS_DOWN: _tiers,
    StepType.TO_TIER: _tiers,
    StepType.LOTS: _lots,
    StepType.NOTIONAL_CAP: _notional_cap,
    StepType.WHOLE_POSITION: _whole,
    StepType.NONE: _nothing,
}
