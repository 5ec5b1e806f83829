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
from recovery.domain.duties import Duty
from recovery.domain.ledger import ZERO
from recovery.domain.money import exact, round_up
from recovery.domain.role_limits import (
    NO_LIMIT,
    NOTHING,
    narrower,
    require_known_worth,
    role_limit,
    widest,
)
from recovery.models import ApprovalPolicy, AssetPrice, SpendCounter
from recovery.services.actors import Actor, require_staff, roles_acting

_SMALLEST = Decimal("1e-18")


class Spender(NamedTuple):
    """Whose total an amount is counted in: a scope of the policy and who.

    Attributes:
        role_limit: What their roles let through, within the limit for everybody.
    """

    scope: str
    who: int
    role_limit: Limit = NO_LIMIT

    @property
    def counted_as(self) -> str:
        """Its name on the counters, which is also the order they are locked in."""
        return f"{self.scope}:{self.who}"


# By which duty somebody does what a scope counts, and by which only as far as a
# policy names a limit for the role.
_DUTY_OF = {
    "proposes": Duty.PROPOSE_PAYMENT,
    "approves": Duty.APPROVE_PAYMENT,
    "proposes_amount": Duty.PROPOSE_DECISION,
    "approves_amount": Duty.APPROVE_DECISION,
}
_SMALL_DUTY_OF = {"proposes_amount": Duty.PROPOSE_SMALL_DECISION}


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
    if asset == currency or amount == ZERO:
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


def spender_of(rules: ApprovalRules, actor: Actor, scope: str) -> Spender:
    """Somebody who acts, with what their roles let through in a scope.

    Raises:
        DutyMissingError: The actor is no person who may do this.
    """
    duty, small = _DUTY_OF[scope], _SMALL_DUTY_OF.get(scope)
    user = require_staff(actor, duty, *([small] if small else []))
    limits = [role_limit(rules, scope, role) for role in roles_acting(actor, duty)]
    if small:
        limits += [
            role_limit(rules, scope, role, unnamed=NOTHING)
            for role in roles_acting(actor, small)
        ]
    return Spender(scope, user.pk, widest(limits))


def _limit(rules: ApprovalRules, spender: Spender) -> Limit:
    for_all = rules.limits.get(spender.scope, NO_LIMIT)
    return narrower(for_all, spender.role_limit)


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

    An amount without a price adds nothing to a total and is counted beside it: it
    needs the highest level instead, which a role with a limit is not.

    Raises:
        ApprovalLimitError: A limit would be passed; nothing is counted.
    """
    for spender in sorted(spenders, key=lambda one: one.counted_as):
        require_known_worth(spender.scope, spender.role_limit, value)
        if rules.is_set:
            _count(rules, spender, value, at)


def _count(
    rules: ApprovalRules, spender: Spender, value: Decimal | None, at: datetime
) -> None:
    limit = _limit(rules, spender)
    day, month = (_locked(spender, period, rules) for period in _periods(at))
    for counter, bound in ((day, limit.day), (month, limit.month)):
        counter.total_amount += value or ZERO
        counter.unpriced_count += value is None
        counter.limit_amount = bound
    totals = {"day": day.total_amount, "month": month.total_amount}
    limit_keep(spender.scope, limit, each=value or ZERO, **totals)
    for counter in (day, month):
        counter.save(update_fields=["total_amount", "limit_amount", "unpriced_count"])


def _locked(spender: Spender, period: str, rules: ApprovalRules) -> SpendCounter:
    key = {
        "scope": spender.counted_as,
        "period": period,
        "currency": rules.currency,
    }
    SpendCounter.objects.bulk_create([SpendCounter(**key)], ignore_conflicts=True)
    return SpendCounter.objects.select_for_update(no_key=True).get(**key)


class SpendLeft(NamedTuple):
    """What is left of one span, and how much in it could not be counted.

    Attributes:
        amount: In the reporting currency; None where there is no limit.
        unpriced: Amounts without a price that went through beside the total.
    """

    span: str
    amount: Decimal | None
    unpriced: int


def spend_left(
    rules: ApprovalRules, spender: Spender, *, at: datetime
) -> tuple[SpendLeft, SpendLeft]:
    """What is left of a person's day and month."""
    limit = _limit(rules, spender)
    day, month = _periods(at)
    return (
        _left(spender, day, rules, ("today", limit.day)),
        _left(spender, month, rules, ("this month", limit.month)),
    )


def _left(
    spender: Spender,
    period: str,
    rules: ApprovalRules,
    bound: tuple[str, Decimal | None],
) -> SpendLeft:
    span, limit = bound
    counter = SpendCounter.objects.filter(
        scope=spender.counted_as, period=period, currency=rules.currency
    ).first()
    unpriced = counter.unpriced_count if counter else 0
    if limit is None:
        return SpendLeft(span, None, unpriced)
    return SpendLeft(
        span, max(limit - (counter.total_amount if counter else ZERO), ZERO), unpriced
    )
