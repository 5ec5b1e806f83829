"""Maintenance margin out of a rate, or out of tiers, marginal or flat."""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.case_errors import CaseFieldError
from recovery.domain.money import ZERO, divide
from recovery.domain.policy import MaintenancePolicy, MarginTier
from recovery.domain.policy_words import TierMode, TierUnit

TIERS_PATH = "policy.maintenance.tiers"


class Maintenance(NamedTuple):
    """A rate and the amount deducted: margin = rate x notional - amount."""

    rate: Decimal
    amount: Decimal = ZERO

    def margin_of(self, notional: Decimal) -> Decimal:
        """Maintenance margin of a notional inside the tier."""
        return self.rate * notional - self.amount


def tier_index(tiers: tuple[MarginTier, ...], measure: Decimal) -> int:
    """Index of the tier in which a notional or a size lies.

    Raises:
        CaseFieldError: no tier holds it.

    Source: lower < n <= upper; an absent upper bound is the next lower one.
    """
    for index in range(len(tiers)):
        upper = tier_upper(tiers, index)
        if upper is None or measure <= upper:
            if measure > tiers[index].lower or (not measure and not index):
                return index
            break
    raise CaseFieldError(TIERS_PATH, "no tier holds this size")


def tier_upper(tiers: tuple[MarginTier, ...], index: int) -> Decimal | None:
    """Upper bound of a tier; None where there is no limit."""
    if tiers[index].upper is not None:
        return tiers[index].upper
    return tiers[index + 1].lower if index + 1 < len(tiers) else None


def tier_maintenance(
    policy: MaintenancePolicy, notional: Decimal, qty: Decimal | None
) -> Maintenance:
    """Rate and deduction in force for a notional.

    Args:
        policy: tiers, their unit and mode.
        notional: notional at the policy's basis.
        qty: size, needed where the bounds are in contracts.

    Source: liquidation math, section 2.4.
    """
    if policy.tier_unit is TierUnit.NOTIONAL:
        index = tier_index(policy.tiers, notional)
        return maintenance_of_tier(policy, index, lambda bound: bound)
    if qty is None:
        raise CaseFieldError("qty", "missing")
    index = tier_index(policy.tiers, qty)
    size = qty or Decimal(1)
    return maintenance_of_tier(
        policy, index, lambda bound: divide(bound * notional, size)
    )


def maintenance_of_tier(
    policy: MaintenancePolicy, index: int, value_at: Callable[[Decimal], Decimal]
) -> Maintenance:
    """Rate and deduction of one tier; `value_at` turns a bound into a notional."""
    rate = tier_rate(policy.tiers, index)
    if policy.mode is TierMode.FLAT:
        return Maintenance(rate)
    return Maintenance(rate, _deduction(policy.tiers, index, value_at))


def _deduction(
    tiers: tuple[MarginTier, ...], index: int, value_at: Callable[[Decimal], Decimal]
) -> Decimal:
    """The published amount, or the one that makes the tiers continuous."""
    published = tiers[index].amount
    if published is not None:
        return published
    if not index:
        return ZERO
    step = tier_rate(tiers, index) - tier_rate(tiers, index - 1)
    return _deduction(tiers, index - 1, value_at) + value_at(tiers[index].lower) * step


def tier_rate(tiers: tuple[MarginTier, ...], index: int) -> Decimal:
    """Rate of a tier.

    Raises:
        CaseFieldError: the tier states sizes only.
    """
    rate = tiers[index].rate
    if rate is None:
        raise CaseFieldError(f"{TIERS_PATH}[{index}].rate", "missing")
    return rate


def maintenance_in_force(
    policy: MaintenancePolicy,
    *,
    rate: Decimal | None,
    amount: Decimal | None,
    notional: Decimal,
    qty: Decimal | None,
    path: str = "maintenance_margin_rate",
) -> Maintenance:
    """Tiers where the policy has them, else the rate the case states.

    Raises:
        CaseFieldError: neither is given.
    """
    if policy.tiers:
        return tier_maintenance(policy, notional, qty)
    if rate is None:
        raise CaseFieldError(path, "missing")
    return Maintenance(rate, amount or ZERO)
