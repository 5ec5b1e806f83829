"""The size that restores a level, of used margin or of maintenance margin.

Source: liquidation math, section 4; case format, section 5.2.
"""

from decimal import Decimal

from recovery.domain.bankruptcy import other_maintenance, value_of_others
from recovery.domain.case_errors import CaseFieldError
from recovery.domain.margin_level import level_policy, used_margin_of_others, used_price
from recovery.domain.margin_tiers import (
    Maintenance,
    maintenance_of_tier,
    tier_index,
    tier_upper,
)
from recovery.domain.money import ONE, ZERO, divide
from recovery.domain.policy import ReductionPolicy
from recovery.domain.policy_words import (
    FeeRule,
    LevelConvention,
    NotionalBasis,
    StopRule,
    TierUnit,
)
from recovery.domain.reduction import restore_qty
from recovery.domain.settlement_case import Fill
from recovery.domain.settlement_fees import trading_fee_rate
from recovery.domain.settlement_state import ScopeState, required

TARGET_PATH = "policy.reduction.target"
_OF_MAINTENANCE = {
    LevelConvention.EQUITY_OVER_MAINTENANCE,
    LevelConvention.MAINTENANCE_OVER_EQUITY,
}


def restoring_qty(state: ScopeState, fill: Fill, reduction: ReductionPolicy) -> Decimal:
    """Size that restores the level, judged at the mark, unrounded.

    A stated target is one of used margin. Without one a level of maintenance margin
    is restored to its trigger.

    Raises:
        CaseFieldError: the policy or the case lacks what is needed.
    """
    convention = level_policy(state).convention
    if reduction.target is None and convention in _OF_MAINTENANCE:
        return _of_maintenance(state, fill)
    rate = required(state.scope.initial_margin_rate, "initial_margin_rate")
    target = target_level(state, reduction)
    return restore_qty(
        target=target,
        used_margin_per_unit=rate * state.notional(ONE, used_price(state)),
        cost_per_unit=trading_fee_rate(state, fill)
        * state.notional(ONE, state.mark_required()),
        equity=state.equity() - target * used_margin_of_others(state),
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
    raise CaseFieldError(TARGET_PATH, "missing")


def _of_maintenance(state: ScopeState, fill: Fill) -> Decimal:
    """Size that leaves enough equity for the maintenance margin and its buffer.

    With tiers the margin of one contract changes with the size left, so that the
    size is looked for tier by tier, from the one in force down.
    """
    ratio = _ratio_of_maintenance(state)
    cost = _fee_rates(state, fill) * state.notional(ONE, state.mark_required())
    rest = state.policy.maintenance.buffer_rate * value_of_others(state)
    spare = state.equity() - ratio * (other_maintenance(state) + rest)
    for tier, lowest, highest in _tiers_down(state):
        if spare - cost * (state.qty - highest) >= ratio * tier.margin_of(highest):
            return state.qty - highest
        relief = ratio * tier.rate - cost
        if relief <= 0:
            return state.qty
        left = divide(spare - cost * state.qty + ratio * tier.amount, relief)
        if left > lowest:
            return state.qty - left
    return state.qty


def _ratio_of_maintenance(state: ScopeState) -> Decimal:
    """Equity over maintenance margin at which the level triggers."""
    level = level_policy(state)
    trigger = required(level.trigger, "policy.margin_level.trigger")
    if level.convention is LevelConvention.EQUITY_OVER_MAINTENANCE:
        return trigger
    if trigger <= 0:
        raise CaseFieldError("policy.margin_level.trigger", "must be above 0 here")
    return divide(ONE, trigger)


def _fee_rates(state: ScopeState, fill: Fill) -> Decimal:
    """All fees of closing, as a part of the value; the liquidator's is in the price."""
    fee, rate = state.policy.liquidation_fee, trading_fee_rate(state, fill)
    if fee.rule is FeeRule.RATE_OF_NOTIONAL:
        return rate + (fee.rate or ZERO)
    if fee.rule is FeeRule.IN_PRICE:
        liquidator = fee.liquidator_rate or ZERO
        return rate + liquidator + (fee.insurance_fund_rate or ZERO)
    return rate


def _tiers_down(state: ScopeState) -> list[tuple[Maintenance, Decimal, Decimal]]:
    """Rate per contract, deduction, and the sizes of each tier, from the top down."""
    policy, scope = state.policy.maintenance, state.scope
    at_entry = policy.basis is NotionalBasis.ENTRY
    price = state.entry_required() if at_entry else state.mark_required()
    value = state.notional(ONE, price)
    buffer = policy.buffer_rate
    if not policy.tiers:
        rate = required(scope.maintenance_margin_rate, "maintenance_margin_rate")
        whole = Maintenance((rate + buffer) * value, scope.maintenance_amount or ZERO)
        return [(whole, ZERO, state.qty)]
    per_contract = ONE if policy.tier_unit is TierUnit.QTY else value
    found, highest = [], state.qty
    for index in range(tier_index(policy.tiers, state.qty * per_contract), -1, -1):
        tier = maintenance_of_tier(
            policy, index, lambda bound: divide(bound * value, per_contract)
        )
        lowest = divide(policy.tiers[index].lower, per_contract)
        upper = tier_upper(policy.tiers, index)
        if upper is not None:
            highest = min(highest, divide(upper, per_contract))
        per_unit = Maintenance((tier.rate + buffer) * value, tier.amount)
        found.append((per_unit, lowest, highest))
    return found
