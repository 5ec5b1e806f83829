"""Amounts of decisions held against the limits of who proposes and approves them."""

from datetime import datetime
from decimal import Decimal

from recovery.domain.duties import Duty
from recovery.domain.ledger import ZERO
from recovery.domain.role_limits import NOTHING
from recovery.models import AssessmentResult, Decision
from recovery.services.actors import Actor
from recovery.services.approval_limits import (
    approval_rules_at,
    spend_count,
    spender_of,
    value_of,
)


def proposed_amount_count(
    actor: Actor, result: AssessmentResult, amount: Decimal, *, now: datetime
) -> None:
    """Count what is at stake in a proposal for its proposer.

    Refusing somebody money is as large a matter as owing it: at stake is the larger
    of the amount and of what the assessment shows as short.

    Raises:
        ApprovalLimitError: The limit of the proposer or of their role is used up.
    """
    _count(actor, "proposes_amount", result, amount, now)


def approved_amount_count(actor: Actor, decision: Decision, *, now: datetime) -> None:
    """Count what is at stake in a decision for its approver.

    Raises:
        ApprovalLimitError: The limit of the approver or of their role is used up.
    """
    _count(actor, "approves_amount", decision.result, decision.amount, now)


def _count(
    actor: Actor, scope: str, result: AssessmentResult, amount: Decimal, now: datetime
) -> None:
    rules = approval_rules_at(now)
    at_stake = max(amount, -result.variance_amount, ZERO)
    value = value_of(rules, result.asset, at_stake, at=now)
    spend_count(rules, [spender_of(rules, actor, scope)], value, at=now)


def may_propose_amounts(actor: Actor, *, now: datetime) -> bool:
    """Whether any amount at all is within what this actor may propose."""
    if Duty.PROPOSE_DECISION in actor.duties:
        return True
    if Duty.PROPOSE_SMALL_DECISION not in actor.duties:
        return False
    spender = spender_of(approval_rules_at(now), actor, "proposes_amount")
    return spender.role_limit != NOTHING
