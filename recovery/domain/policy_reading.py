"""A policy as written in a case, and as stored with a venue, made a value."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from recovery.domain import policy as rules
from recovery.domain import policy_words as words
from recovery.domain.case_errors import CaseFieldError
from recovery.domain.grammar import (
    Reader,
    flag,
    join,
    list_of,
    moment,
    number,
    number_above_zero,
    number_from_zero,
    record,
    share,
    shown,
    value_of,
    whole_number,
    word_of,
)
from recovery.domain.money import ONE, ZERO, Rounding, RoundingMode

DECIMALS_MAX = 60

_read_rounding_fields = record(
    {
        "decimals": whole_number,
        "step": number_above_zero,
        "mode": word_of(RoundingMode),
    }
)


def _rounding(value: object, path: str) -> Rounding:
    """{`decimals` or `step`, `mode`} as a rounding rule."""
    fields = _read_rounding_fields(value, path)
    if len(fields.keys() & {"decimals", "step"}) != 1:
        raise CaseFieldError(join(path, "decimals"), "give either decimals or step")
    decimals = fields.pop("decimals", None)
    if decimals is None:
        return Rounding(**fields)
    if decimals > DECIMALS_MAX:
        raise CaseFieldError(join(path, "decimals"), f"more than {DECIMALS_MAX}")
    return Rounding(ONE.scaleb(-decimals), **fields)


_receiver = word_of(words.SurplusReceiver)


def _surplus_receivers(value: object, path: str) -> rules.SurplusShares:
    """One receiver, or a split whose shares add up to 1."""
    if isinstance(value, Mapping):
        shares: rules.SurplusShares = _read_split(value, path)["split"]
        return shares
    return ((_receiver(value, path), ONE),)


def _shares(value: object, path: str) -> rules.SurplusShares:
    """The shares of a split, by receiver."""
    known: dict[str, Reader] = {str(word): share for word in words.SurplusReceiver}
    shares = record(known)(value, path)
    if sum(shares.values(), ZERO) != 1:
        raise CaseFieldError(path, f"shares do not add up to 1: {shown(value)}")
    return tuple(
        (words.SurplusReceiver(receiver), part) for receiver, part in shares.items()
    )


_read_split = record({"split": _shares}, ("split",))

_read_tiers = list_of(
    value_of(
        rules.MarginTier,
        {
            "lower": number_from_zero,
            "upper": number_above_zero,
            "rate": number_from_zero,
            "amount": number,
        },
        ("lower",),
    )
)


def _tiers(value: object, path: str) -> tuple[rules.MarginTier, ...]:
    """Tiers from the lowest up, none overlapping."""
    tiers: tuple[rules.MarginTier, ...] = _read_tiers(value, path)
    if not tiers:
        raise CaseFieldError(path, "no tier given")
    for index, (tier, following) in enumerate(pairwise(tiers)):
        ends_at = tier.lower if tier.upper is None else tier.upper
        if following.lower < ends_at or following.lower == tier.lower:
            where = f"{path}[{index + 1}].lower"
            raise CaseFieldError(where, "tiers overlap or are not in order")
    return tiers


_READ_MAINTENANCE = value_of(
    rules.MaintenancePolicy,
    {
        "mode": word_of(words.TierMode),
        "basis": word_of(words.NotionalBasis),
        "tiers": _tiers,
        "tier_unit": word_of(words.TierUnit),
        "includes_close_fee": flag,
        "close_fee_rate": number,
        "close_fee_basis": word_of(words.PriceBasis),
        "buffer_rate": number,
    },
)

_READ_MARGIN_LEVEL = value_of(
    rules.MarginLevelPolicy,
    {
        "convention": word_of(words.LevelConvention),
        "used_basis": word_of(words.NotionalBasis),
        "includes_close_fee": flag,
        "close_fee_rate": number,
        "trigger": number,
        "comparison": word_of(words.Comparison),
        "warning": number,
        "max_leverage": number_above_zero,
    },
)

_READ_STEP = value_of(
    rules.ReductionStep,
    {
        "type": word_of(words.StepType),
        "fraction": share,
        "above_notional": number_from_zero,
        "then": word_of(words.StepType),
        "tiers": whole_number,
        "tier": whole_number,
        "min_qty": number_from_zero,
        "max_qty": number_from_zero,
        "per_second": number_above_zero,
        "initial_fraction": share,
        "duration_seconds": number_above_zero,
        "all_below_notional": number_from_zero,
        "max_portion": share,
        "min_notional": number_from_zero,
        "max_notional": number_from_zero,
        "max_insurance_loss": number_from_zero,
        "notional_basis": word_of(words.StepNotionalBasis),
    },
    ("type",),
)

_READ_REDUCTION = value_of(
    rules.ReductionPolicy,
    {
        "step": _READ_STEP,
        "stop_rule": word_of(words.StopRule),
        "target": number_above_zero,
        "size_step": number_above_zero,
        "cooldown_seconds": number_from_zero,
        "cancel_orders_first": flag,
        "net_hedges": flag,
        "order_of_positions": word_of(words.OrderOfPositions),
        "order_type": word_of(words.OrderType),
    },
)

_READ_LIQUIDATION_FEE = value_of(
    rules.LiquidationFeePolicy,
    {
        "rule": word_of(words.FeeRule),
        "rate": number_from_zero,
        "base": word_of(words.FeeBase),
        "of": word_of(words.FeeOf),
        "to": word_of(words.FeeReceiver),
        "in_addition_to_taker": flag,
        "amount": number_from_zero,
        "condition": word_of(words.FeeCondition),
        "liquidator_rate": number_from_zero,
        "insurance_fund_rate": number_from_zero,
        "max_rate": number_from_zero,
        "factor": number_from_zero,
        "increase_per_slot": number_from_zero,
        "grace_slots": number_from_zero,
    },
)

_READ_SCHEDULE = list_of(
    value_of(
        rules.FeeScheduleEntry,
        {"valid_from": moment, "rate": number},
        ("valid_from", "rate"),
    )
)

_READ_INTEREST = value_of(
    rules.InterestPolicy,
    {
        "rule": word_of(words.InterestRule),
        "rate": number,
        "period_hours": number_above_zero,
    },
)

_READ_COLLATERAL = value_of(
    rules.CollateralPolicy,
    {
        "sell_order": word_of(words.SellOrder),
        "haircut_at": word_of(words.HaircutAt),
        "size_step": number_above_zero,
    },
)

_READ_SOCIALISED = value_of(
    rules.SocialisedPolicy,
    {
        "allocation": word_of(words.SocialisedAllocation),
        "minimum_rate": number_from_zero,
        "remainder_to": word_of(words.RemainderTo),
    },
)

_READ_ORDER_LIMIT = value_of(
    rules.OrderLimitPolicy,
    {
        "bankruptcy_adjustment": number_from_zero,
        "spread_to_maintenance_ratio": number_from_zero,
    },
)

_ROUNDED = (
    "money",
    "notional",
    "size",
    "rate",
    "cash_flow",
    "weight",
    "collateral_asset",
)

POLICY_FIELDS: dict[str, Reader] = {
    "valid_from": moment,
    "valid_to": moment,
    "mark_basis": word_of(words.MarkBasis),
    "maintenance": _READ_MAINTENANCE,
    "margin_level": _READ_MARGIN_LEVEL,
    "reduction": _READ_REDUCTION,
    "trading_fee_rate": number,
    "trading_fee_schedule": _READ_SCHEDULE,
    "trading_fee_base": word_of(words.TradingFeeBase),
    "opening_fee_rate": number,
    "liquidation_fee": _READ_LIQUIDATION_FEE,
    "takeover_at_bankruptcy": flag,
    "takeover_level": number,
    "takeover_surplus_to": word_of(words.TakeoverReceiver),
    "surplus_to": _surplus_receivers,
    "insolvent_surplus_to": _surplus_receivers,
    "deficit_to": list_of(word_of(words.Bearer)),
    "cover_booked": flag,
    "settle_per": word_of(words.SettlePer),
    "bankruptcy_allocation": word_of(words.BankruptcyAllocation),
    "bankruptcy_fee_rate": number,
    "adl_price": word_of(words.AdlPrice),
    "interest": _READ_INTEREST,
    "collateral": _READ_COLLATERAL,
    "socialised": _READ_SOCIALISED,
    "order_limit": _READ_ORDER_LIMIT,
    "rounding": value_of(rules.RoundingRules, dict.fromkeys(_ROUNDED, _rounding)),
}

read_policy = value_of(rules.Policy, POLICY_FIELDS)


def parse_policy(mapping: Mapping[str, Any], path: str = "policy") -> rules.Policy:
    """The policy a mapping in the grammar of the case format states.

    Args:
        mapping: keys and values as in JSON; every number a decimal string.
        path: where the mapping stands, for the field of an error.

    Returns:
        A value that may be kept and used for any number of settlements.

    Raises:
        CaseFieldError: a key, a word or a number that the grammar does not know.

    Source: case format, section 4.
    """
    policy: rules.Policy = read_policy(mapping, path)
    return policy
