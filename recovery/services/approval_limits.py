"""Approval policies in force, prices, and what people have let through already.

Totals are counted on one row per scope and period, locked in the order of their names:
two approvals at once take turns, and no total passes its limit.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction

from recovery.domain.approval_rules import (
    NO_RULES,
    ApprovalRules,
    Limit,
    approval_rules_read,
    limit_keep,
)
from recovery.domain.ledger import ZERO
from recovery.domain.money import exact, round_up
from recovery.models import ApprovalPolicy, AssetPrice, SpendCounter

_SMALLEST = Decimal("1e-18")


class Spender(NamedTuple):
    """Whose total an amount is counted in: a scope of the policy and who."""

    scope: str
    who: int


def approval_rules_at(at: datetime) -> ApprovalRules:
    """The approval rules in force at an instant; one second person without any."""
    policy = ApprovalPolicy.objects.filter(period__contains=at).first()
    return approval_rules_read(policy.terms, policy.version) if policy else NO_RULES


def value_of(
    rules: ApprovalRules, asset: str, amount: Decimal, *, at: datetime
) -> Decimal | None:
    """An amount in the reporting currency at the price as of an instant.

    Returns:
        None without a price that is young enough: a price is never guessed.
    """
    if not rules.is_set:
        return None
    return value_in(rules.currency, asset, amount, at=at, price_hours=rules.price_hours)


def value_in(
    currency: str, asset: str, amount: Decimal, *, at: datetime, price_hours: int
) -> Decimal | None:
    """An amount in a currency at a recorded price that is young enough, rounded up.

    Returns:
        None without one.
    """
    if asset == currency:
        return amount
    known = AssetPrice.objects.filter(
        asset=asset,
        currency=currency,
        priced_at__lte=at,
        priced_at__gt=at - timedelta(hours=price_hours),
    )
    price = known.order_by("-priced_at").first()
    if price is None:
        return None
    with exact():
        return round_up(amount * price.price, _SMALLEST)


def _periods(at: datetime) -> tuple[str, str]:
    return f"{at:%Y-%m-%d}", f"{at:%Y-%m}"


@transaction.atomic
def spend_count(
    rules: ApprovalRules,
    spenders: Iterable[Spender],
    value: Decimal | None,
    *,
    at: datetime,
) -> None:
    """Count an amount in every total it belongs to, in the caller's transaction.

    An amount without a price cannot be counted; it needed two people instead. Without
    a policy in force nothing is limited and nothing counted.

    Raises:
        ApprovalLimitError: A limit would be passed; nothing is counted.
    """
    if value is None or not rules.is_set:
        return
    for spender in sorted(spenders):
        limit = rules.limits.get(spender.scope, Limit())
        day, month = (_locked(spender, period, rules) for period in _periods(at))
        day.total_amount += value
        month.total_amount += value
        limit_keep(
            spender.scope,
            limit,
            each=value,
            day=day.total_amount,
            month=month.total_amount,
        )
        day.limit_amount, month.limit_amount = limit.day, limit.month
        for counter in (day, month):
            counter.save(update_fields=["total_amount", "limit_amount"])


def _locked(spender: Spender, period: str, rules: ApprovalRules) -> SpendCounter:
    key = {
        "scope": f"{spender.scope}:{spender.who}",
        "period": period,
        "currency": rules.currency,
    }
    SpendCounter.objects.bulk_create([SpendCounter(**key)], ignore_conflicts=True)
    return SpendCounter.objects.select_for_update(no_key=True).get(**key)


def spend_left(
    rules: ApprovalRules, spender: Spender, *, at: datetime
) -> tuple[Decimal | None, Decimal | None]:
    """What is left of a person's day and month; None where there is no limit."""
    limit = rules.limits.get(spender.scope, Limit())
    day, month = _periods(at)
    return _left(spender, day, rules, limit.day), _left(
        spender, month, rules, limit.month
    )


def _left(
    spender: Spender, period: str, rules: ApprovalRules, limit: Decimal | None
) -> Decimal | None:
    if limit is None:
        return None
    counter = SpendCounter.objects.filter(
        scope=f"{spender.scope}:{spender.who}", period=period, currency=rules.currency
    ).first()
    return max(limit - (counter.total_amount if counter else ZERO), ZERO)
