"""One click when nothing that matters changed."""

from datetime import datetime

from django.db import transaction

from recovery.domain.decision_ground import Ground
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError, StaleError
from recovery.domain.lifecycle import CASE_STEPS, CaseAction, CaseStatus
from recovery.models import (
    AssessmentResult,
    Decision,
    Reconfirmation,
)
from recovery.services.actors import Actor, require_fresh_factor, require_staff
from recovery.services.audit import audit_write, refusal_recorded
from recovery.services.decision_ground import decision_ground
from recovery.services.transitions import case_lock, require_second_person


def decision_reconfirm(
    actor: Actor, decision: Decision, *, shown_receipt: str, now: datetime
) -> Reconfirmation:
    """Confirm that a decision stands on the equal figures of a later assessment.

    Args:
        shown_receipt: Digest of the receipt that the page showed as the new one.

    Raises:
        NotReadyError: The figures differ, or nothing is to be confirmed.
        StaleError: Yet another assessment is active by now.
        SamePersonError: The actor proposed the decision.
        FreshFactorNeededError, DutyMissingError: As everywhere.
    """
    with refusal_recorded(actor, f"case {decision.case.reference}", decision.case):
        return _reconfirm(actor, decision, shown_receipt, now)


@transaction.atomic
def _reconfirm(
    actor: Actor, decision: Decision, shown_receipt: str, now: datetime
) -> Reconfirmation:
    approver = require_staff(actor, Duty.APPROVE_DECISION)
    case = case_lock(decision.case)
    decision = Decision.objects.select_related("case__event", "result__assessment").get(
        pk=decision.pk
    )
    require_second_person(
        actor,
        CASE_STEPS[CaseStatus.PROPOSED, CaseAction.APPROVE_OWED],
        {decision.proposer_id: "proposed this decision"},
    )
    require_fresh_factor(actor, now=now)
    if decision_ground(decision) != Ground.IMMATERIAL:
        raise NotReadyError("There is nothing to confirm with one click here.")
    active = case.event.active_assessment if case.event else None
    if active is None or active.digest != shown_receipt:
        raise StaleError(
            "The assessment", shown_receipt[:12], active.digest[:12] if active else "-"
        )
    row = Reconfirmation.objects.create(
        decision=decision,
        result=AssessmentResult.objects.get(assessment=active, asset=decision.asset),
        receipt_digest=active.digest,
        approver=approver,
    )
    audit_write(actor, "decision.reconfirm", f"case {case.reference}")
    return row
