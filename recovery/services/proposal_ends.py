"""How a decision ends that is not approved, or not any more."""

from datetime import datetime

from recovery.domain.words import DecisionStatus
from recovery.models import Decision, RecoveryCase


def decision_end(
    decision: Decision, status: DecisionStatus, why: str, now: datetime
) -> None:
    """Write down how a locked decision ended."""
    decision.status = status
    decision.ended_at = now
    decision.ended_reason = why
    decision.save(update_fields=["status", "ended_at", "ended_reason"])


def proposals_end(case: RecoveryCase, why: str, *, now: datetime) -> None:
    """Void what is proposed on a locked case; its own step comes from the caller."""
    rows = case.decisions.select_for_update(no_key=True).filter(
        status=DecisionStatus.PROPOSED
    )
    for decision in rows:
        decision_end(decision, DecisionStatus.VOIDED, why, now)
