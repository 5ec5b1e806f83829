"""Planned fills: their size follows from the policy at the current mark."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.case_errors import CaseFieldError, CaseUnsupportedError
from recovery.domain.money import ZERO, divide
from recovery.domain.policy import ReductionPolicy, ReductionStep
from recovery.domain.policy_words import (
    NotionalBasis,
    StepNotionalBasis,
    StepType,
    TierUnit,
)
from recovery.domain.reduction import (
    STEP_PATH,
    TierPosition,
    fraction_qty,
    lot_qty,
    notional_limits,
    ramped_share,
    require_tiers,
    sized,
    step_after_first,
    tier_qty,
)
from recovery.domain.settlement_case import Fill
from recovery.domain.settlement_forced import excess_of_fill
from recovery.domain.settlement_order import check_position_is_first, net_hedges
from recovery.domain.settlement_restore import restoring_qty
from recovery.domain.settlement_state import ScopeState, required

_MICROSECOND = timedelta(microseconds=1)
_SECOND = 1_000_000


def planned_qty(state: ScopeState, fill: Fill) -> Decimal:
    """Size of a fill that states none.

    Raises:
        CaseFieldError: the policy has no reduction, or lacks what its step needs.
        CaseUnsupportedError: a step that cannot be planned from one state, or
            another position of the scope that comes first.
    """
    reduction = state.policy.reduction
    if reduction is None or reduction.step is None:
        missing = "policy.reduction" if state.is_staged else state.here("qty")
        raise CaseFieldError(missing, "missing")
    step = reduction.step
    if reduction.net_hedges and not state.planned_steps:
        net_hedges(state)
    check_position_is_first(state, reduction)
    if state.reducing_since is None:
        state.reducing_since = state.marked_at or fill.occurred_at
    wanted = _SIZE_OF[_step_type(state, step)](state, fill, reduction, step)
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
        return SizeRange(min(divide(state.qty * least, value), highest), highest)
    return SizeRange(highest, highest)


def _cap_price(state: ScopeState, fill: Fill, step: ReductionStep) -> Decimal:
    """The price a notional cap is measured at."""
    if step.notional_basis is StepNotionalBasis.FILL:
        return required(fill.price, state.here("price"))
    return state.mark_required()


def _step_type(state: ScopeState, step: ReductionStep) -> StepType:
    """The step now due: a fraction is followed by what `then` says."""
    if step.type is StepType.FRACTION and state.planned_steps:
        return step_after_first(step)
    return step.type


def _restore(
    state: ScopeState, fill: Fill, reduction: ReductionPolicy, step: ReductionStep
) -> Decimal:
    """Size that restores the level, judged at the mark."""
    del step
    return restoring_qty(state, fill, reduction)


def _time_ramp(
    state: ScopeState, fill: Fill, reduction: ReductionPolicy, step: ReductionStep
) -> Decimal:
    """A share of the size that restores, growing with the time elapsed."""
    if step.all_below_notional is not None:
        value = state.notional(state.qty, state.mark_required())
        if value < step.all_below_notional:
            return state.qty
    since, elapsed = state.reducing_since, ZERO
    if since is not None:
        if fill.occurred_at is None:
            raise CaseFieldError(state.here("time"), "missing, the share needs it")
        elapsed = Decimal((fill.occurred_at - since) // _MICROSECOND) / _SECOND
    elif state.planned_steps:
        raise CaseFieldError(state.here("time"), "missing, the share needs it")
    return ramped_share(step, elapsed) * restoring_qty(state, fill, reduction)


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
    """One order."""
    return lot_qty(step, state.qty, lambda: restoring_qty(state, fill, reduction))


def _notional_cap(
    state: ScopeState, fill: Fill, reduction: ReductionPolicy, step: ReductionStep
) -> Decimal:
    """As much as the limits of one step allow."""
    del reduction
    notional = state.notional(state.qty, _cap_price(state, fill, step))
    highest = notional_limits(step, notional).highest
    wanted = divide(state.qty * highest, notional)
    if step.max_insurance_loss is None:
        return wanted
    return _within_loss(state, fill, wanted, step.max_insurance_loss)


def _within_loss(
    state: ScopeState, fill: Fill, wanted: Decimal, allowed: Decimal
) -> Decimal:
    """The part of a size of which the fund would bear no more than is allowed.

    Raises:
        CaseUnsupportedError: tiers make the loss no fixed amount per contract.
    """
    price = required(fill.price, state.here("price"))
    loss = -excess_of_fill(state, wanted, price)
    if loss <= allowed:
        return wanted
    if state.policy.maintenance.tiers:
        path = f"{STEP_PATH}.max_insurance_loss"
        raise CaseUnsupportedError(path, "among tiers")
    return divide(wanted * allowed, loss)


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
    StepType.TIME_RAMP: _time_ramp,
    StepType.NONE: _nothing,
}
