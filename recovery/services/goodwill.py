"""Goodwill: given beside what is owed, from a budget, with the same four eyes.

It is a payment of a kind of its own: counted in no sum of what is owed, booked by the
platform as goodwill and never as a credit, so that no assessment takes it for one.
"""

import secrets
from datetime import UTC, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from recovery.domain.approval_rules import TWO, ApprovalRules
from recovery.domain.duties import Duty
from recovery.domain.errors import LimitExceededError, NotReadyError, SamePersonError
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import PAYMENT_VOID
from recovery.domain.money import exact, format_amount
from recovery.domain.references import grouped_reference
from recovery.domain.words import DecisionStatus, PaymentKind
from recovery.models import (
    Decision,
    Event,
    GoodwillBudget,
    GoodwillReason,
    Payment,
    RecoveryCase,
)
from recovery.services.actors import Actor, require_staff
from recovery.services.approval_limits import (
    approval_rules_at,
    spend_count,
    spender_of,
    value_in,
)
from recovery.services.audit import audit_write
from recovery.services.decision_ground import require_ground
from recovery.services.payment_proposals import payment_level, payment_seal
from recovery.services.transitions import event_and_case_lock


@transaction.atomic
def goodwill_propose(
    actor: Actor,
    case: RecoveryCase,
    *,
    reason: GoodwillReason,
    words: str,
    amount: Decimal,
    now: datetime,
) -> Payment:
    """Propose goodwill on a decided case, in the asset of its decision.

    Args:
        actor: A maker who did not propose the decision.
        reason: From the list; the customer reads it.
        words: Why, for the second person.
        amount: Above 0.

    Raises:
        NotReadyError: No budget in force, no price, the reason is ended, no words, or
            the case is not decided.
        LimitExceededError: A limit of the budget would be passed.
        SamePersonError: The actor proposed the decision.
        ApprovalLimitError: The maker's own limit is used up.
        DutyMissingError: The actor proposes no payments.
    """
    maker = require_staff(actor, Duty.PROPOSE_PAYMENT)
    case = event_and_case_lock(case)
    decision = _decision(case)
    event = Event.objects.get(cases=case)
    _require_reason(reason, words, now)
    if decision.proposer_id == maker.pk:
        raise SamePersonError(actor.name, "proposed the decision of this case")
    require_ground(decision)
    rules = approval_rules_at(now)
    budget = _budget_lock(rules, now)
    value = _value(budget, rules, decision.asset, amount, now)
    _require_within(budget, case, value, now)
    payment = Payment(
        reference=grouped_reference("GW", secrets.token_bytes(5)),
        case=case,
        decision=decision,
        event=event,
        kind=PaymentKind.GOODWILL,
        asset=decision.asset,
        amount=amount,
        fee_amount=ZERO,
        proposer=maker,
        approvals_needed=_level(budget, rules, value, decision),
        value_amount=value,
        value_currency=budget.currency,
        goodwill_budget=budget,
        goodwill_reason=reason,
        goodwill_words=words.strip(),
    )
    spend_count(rules, [spender_of(rules, actor, "proposes")], value, at=now)
    payment_seal(payment, now=now)
    audit_write(
        actor,
        "goodwill.propose",
        f"payment {payment.reference}",
        reason=reason.code,
        value=format_amount(value),
    )
    return payment


def _decision(case: RecoveryCase) -> Decision:
    approved = case.decisions.filter(status=DecisionStatus.APPROVED)
    decision = approved.order_by("-ended_at").first()
    if decision is None:
        raise NotReadyError(
            "Goodwill is given once the case is decided: else it would be taken for "
            "what is owed."
        )
    return decision


def _require_reason(reason: GoodwillReason, words: str, now: datetime) -> None:
    if reason.ended_at is not None and reason.ended_at <= now:
        raise NotReadyError("This reason is used no more: choose another.")
    if not words.strip():
        raise NotReadyError("Say in a sentence why: a second person must agree.")


def _budget_lock(rules: ApprovalRules, now: datetime) -> GoodwillBudget:
    """The budget in force; all of them locked, so that a month is added up once."""
    budgets = list(GoodwillBudget.objects.select_for_update(no_key=True).order_by("pk"))
    budget = next((one for one in budgets if _holds(one, now)), None)
    if budget is None:
        raise NotReadyError("No goodwill budget is in force: a lead lets one begin.")
    if rules.is_set and rules.currency != budget.currency:
        raise NotReadyError(
            f"The budget is in {budget.currency}, the approval policy in "
            f"{rules.currency}: a lead lets a budget in {rules.currency} begin."
        )
    return budget


def _holds(budget: GoodwillBudget, at: datetime) -> bool:
    lower, upper = budget.period.lower, budget.period.upper
    return (lower is None or lower <= at) and (upper is None or at < upper)


def _value(
    budget: GoodwillBudget,
    rules: ApprovalRules,
    asset: str,
    amount: Decimal,
    now: datetime,
) -> Decimal:
    value = value_in(
        budget.currency, asset, amount, at=now, price_hours=rules.price_hours
    )
    if value is None:
        raise NotReadyError(
            f"No price of {asset} in {budget.currency} is young enough to count "
            "against the budget: a lead records one first."
        )
    if value <= ZERO:
        raise NotReadyError("Goodwill is an amount above 0.")
    return value


def _level(
    budget: GoodwillBudget, rules: ApprovalRules, value: Decimal, decision: Decision
) -> int:
    is_high = budget.two_above is not None and value > budget.two_above
    return TWO if is_high else payment_level(rules, value, decision)


def goodwill_given(
    currency: str, *, at: datetime, customer_id: int | None = None
) -> Decimal:
    """Goodwill of the month of an instant: proposed, on its way or there.

    Args:
        currency: The reporting currency.
        at: Any instant of the month, in UTC.
        customer_id: Of one customer only.
    """
    month = at.astimezone(UTC)
    rows = Payment.objects.filter(
        kind=PaymentKind.GOODWILL,
        value_currency=currency,
        proposed_at__year=month.year,
        proposed_at__month=month.month,
    ).exclude(status__in=PAYMENT_VOID)
    if customer_id is not None:
        rows = rows.filter(case__customer=customer_id)
    total: Decimal | None = rows.aggregate(total=Sum("value_amount"))["total"]
    return Decimal(total) if total else ZERO


def _require_within(
    budget: GoodwillBudget, case: RecoveryCase, value: Decimal, now: datetime
) -> None:
    month = goodwill_given(budget.currency, at=now)
    customer = ZERO
    if case.customer_id:
        customer = goodwill_given(budget.currency, at=now, customer_id=case.customer_id)
    with exact():
        left = min(
            budget.each_amount,
            budget.month_amount - month,
            budget.customer_amount - customer,
        )
    if value > left:
        raise LimitExceededError(
            budget.currency, format_amount(value), format_amount(max(left, ZERO))
        )
