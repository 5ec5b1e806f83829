"""Kinds about one reduction step: reduction_size, reduction_limit.

Source: case format, section 5.3; liquidation math, section 4.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.case_errors import CaseFieldError, CaseUnsupportedError
from recovery.domain.cases.answer import Answer, Values
from recovery.domain.cases.fields import CaseFields
from recovery.domain.instruments import Product, notional_of
from recovery.domain.money import ONE, ZERO, divide
from recovery.domain.policy import Policy, ReductionPolicy, ReductionStep
from recovery.domain.policy_words import (
    LevelConvention,
    NotionalBasis,
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
    ramped_share,
    require_tiers,
    restore_qty,
    sized,
    tier_qty,
)
from recovery.domain.settlement_state import required

# Levels of equity over a margin: what one contract releases is stated beside them.
_RISING = (
    LevelConvention.EQUITY_OVER_USED,
    LevelConvention.EQUITY_OVER_MAINTENANCE,
)


class _Asked(NamedTuple):
    """A case with the policy that sizes its step."""

    case: CaseFields
    policy: Policy
    reduction: ReductionPolicy
    step: ReductionStep


def _asked(case: CaseFields) -> _Asked:
    """The policy of a case, which must have a reduction with a step."""
    policy: Policy = case.need("policy")
    if policy.reduction is None:
        raise CaseFieldError("policy.reduction", "missing")
    if policy.reduction.step is None:
        raise CaseFieldError(STEP_PATH, "missing")
    return _Asked(case, policy, policy.reduction, policy.reduction.step)


def answer_reduction_size(case: CaseFields) -> Answer:
    """Size of one step, and what is left."""
    asked = _asked(case)
    qty: Decimal | None = case.get("qty")
    rounding = asked.policy.rounding.size
    wanted = _SIZE_OF[asked.step.type](asked)
    reduced = sized(wanted, qty, asked.reduction, rounding)
    values: Values = {"reduced_qty": reduced}
    if qty is not None:
        values["remaining_qty"] = qty - reduced
    return Answer(values)


def _restore(asked: _Asked) -> Decimal:
    """Size that restores a level, or that makes up a shortage."""
    case = asked.case
    if case.has("margin_shortage"):
        return _shortage_qty(asked)
    return restore_qty(
        target=_target(asked),
        used_margin_per_unit=case.need("used_margin_per_unit"),
        cost_per_unit=(
            (case.get("fee_per_unit") or ZERO) + (case.get("slippage_per_unit") or ZERO)
        ),
        equity=case.need("equity"),
        qty=case.need("qty"),
    )


def _target(asked: _Asked) -> Decimal:
    """The level to restore: the target, or the trigger where it stops there."""
    target, level = asked.reduction.target, asked.policy.margin_level
    at_trigger = asked.reduction.stop_rule is StopRule.AT_THRESHOLD
    rises = level is not None and level.convention in _RISING
    if target is None and level is not None and at_trigger and rises:
        target = level.trigger
    return required(target, "policy.reduction.target")


def _shortage_qty(asked: _Asked) -> Decimal:
    """Shortage over what closing one contract frees."""
    case, fee = asked.case, asked.policy.liquidation_fee
    shortage: Decimal = case.get("margin_shortage")
    price = case.need("mark_price") * (case.get("quote_asset_price") or ONE)
    freed = case.need("maintenance_margin_rate") + asked.policy.maintenance.buffer_rate
    cost = (fee.liquidator_rate or ZERO) + (fee.insurance_fund_rate or ZERO)
    if shortage <= 0:
        return ZERO
    relief = price * case.contract_size * (freed - cost)
    if relief <= 0:
        everything: Decimal = case.need("qty")
        return everything
    return divide(shortage, relief)


def _fraction(asked: _Asked) -> Decimal:
    """A fixed part of the position."""
    qty = asked.case.need("qty")
    mark = asked.case.get("mark_price")
    notional = None if mark is None else _notional(asked.case, mark)
    return fraction_qty(asked.step, qty, notional)


def _notional(case: CaseFields, price: Decimal) -> Decimal:
    """Value of the position at a price."""
    product: Product = case.need("product")
    return notional_of(product, case.need("qty") * case.contract_size, price)


def _tiers(asked: _Asked) -> Decimal:
    """Down to the upper bound of a tier."""
    case, maintenance = asked.case, asked.policy.maintenance
    require_tiers(maintenance)
    qty = measure = case.need("qty")
    if maintenance.tier_unit is TierUnit.NOTIONAL:
        at_entry = maintenance.basis is NotionalBasis.ENTRY
        price = case.need("entry_price" if at_entry else "mark_price")
        measure = _notional(case, price)
    return tier_qty(asked.step, maintenance, TierPosition(qty, measure))


def _lots(asked: _Asked) -> Decimal:
    """One order."""
    return lot_qty(asked.step, asked.case.need("qty"), lambda: _restore(asked))


def _time_ramp(asked: _Asked) -> Decimal:
    """The first step of a ramp: the initial share of what restores."""
    below = asked.step.all_below_notional
    if (
        below is not None
        and _notional(asked.case, asked.case.need("mark_price")) < below
    ):
        everything: Decimal = asked.case.need("qty")
        return everything
    return ramped_share(asked.step, ZERO) * _restore(asked)


def _whole(asked: _Asked) -> Decimal:
    """Everything."""
    qty: Decimal = asked.case.need("qty")
    return qty


def _nothing(asked: _Asked) -> Decimal:
    """No step at all."""
    del asked
    return ZERO


def _notional_cap(asked: _Asked) -> Decimal:
    """As much as the limits of one step allow."""
    _refuse_insurance_limit(asked.step)
    notional = _notional(asked.case, asked.case.need("mark_price"))
    highest = notional_limits(asked.step, notional).highest
    return divide(asked.case.need("qty") * highest, notional) if notional else ZERO


def _refuse_insurance_limit(step: ReductionStep) -> None:
    """What a step may cost the fund depends on its fill, which a plan lacks."""
    if step.max_insurance_loss is not None:
        path = f"{STEP_PATH}.max_insurance_loss"
        raise CaseUnsupportedError(path, format(step.max_insurance_loss, "f"))


_SIZE_OF: dict[StepType, Callable[[_Asked], Decimal]] = {
    StepType.RESTORE: _restore,
    StepType.FRACTION: _fraction,
    StepType.TIERS_DOWN: _tiers,
    StepType.TO_TIER: _tiers,
    StepType.LOTS: _lots,
    StepType.WHOLE_POSITION: _whole,
    StepType.TIME_RAMP: _time_ramp,
    StepType.NOTIONAL_CAP: _notional_cap,
    StepType.NONE: _nothing,
}


def answer_reduction_limit(case: CaseFields) -> Answer:
    """Least and most notional that one step may close."""
    asked = _asked(case)
    if asked.step.type is not StepType.NOTIONAL_CAP:
        raise CaseFieldError(f"{STEP_PATH}.type", "only notional_cap has limits")
    limits = notional_limits(asked.step, _notional(case, case.need("mark_price")))
    return Answer(
        {
            "min_notional_liquidatable": limits.lowest,
            "max_notional_liquidatable": limits.highest,
        }
    )
