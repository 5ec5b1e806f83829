"""What may be done to a decision on its case: propose, approve, return, confirm."""

from datetime import datetime

from django.utils import timezone

from recovery.admin.acts import Act, Data
from recovery.admin.case_decisions import decision_in_force, decision_proposed
from recovery.admin.case_forms import (
    ProposalForm,
    ReceiptForm,
    proposal_initial,
)
from recovery.admin.case_steps import case_duties, case_knows, shown_version
from recovery.admin.forms import DigestForm, ReasonForm
from recovery.domain.decision_ground import Ground
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.lifecycle import CASE_ENDED, CaseAction, CaseStatus
from recovery.domain.words import DecisionKind
from recovery.models import Decision, RecoveryCase
from recovery.services.actors import Actor
from recovery.services.amount_limits import may_propose_amounts
from recovery.services.decision_ground import decision_ground
from recovery.services.decisions import (
    decision_approve,
    decision_propose,
    decision_return,
)
from recovery.services.reconfirmations import decision_reconfirm

_APPROVALS = frozenset(
    {CaseAction.APPROVE_OWED, CaseAction.APPROVE_NOT_OWED, CaseAction.APPROVE_DEFICIT}
)


def _require_proposed(case: RecoveryCase) -> Decision:
    decision = decision_proposed(case)
    if decision is None:
        raise NotReadyError("No proposal waits here: it was decided or taken back.")
    return decision


def _may_approve(actor: Actor, case: RecoveryCase) -> bool:
    decision = decision_proposed(case)
    is_second = bool(decision and actor.user and decision.proposer_id != actor.user.pk)
    return is_second and CaseStatus(case.status) == CaseStatus.PROPOSED


def _digest(_actor: Actor, case: RecoveryCase) -> Data:
    decision = decision_proposed(case)
    return {"shown_digest": decision.content_digest if decision else ""}


def _propose(actor: Actor, case: RecoveryCase, data: Data, now: datetime) -> object:
    return decision_propose(
        actor,
        case,
        result=data["result"],
        kind=DecisionKind(data["kind"]),
        amount=data["amount"],
        reason=data["reason"],
        now=now,
        shown_version=shown_version(data),
    )


def _approve(actor: Actor, case: RecoveryCase, data: Data, now: datetime) -> object:
    return decision_approve(
        actor, _require_proposed(case), shown_digest=data["shown_digest"], now=now
    )


def _to_confirm(case: RecoveryCase) -> Decision | None:
    """The approved decision that waits for one click, if one does."""
    decision = decision_in_force(case)
    if decision is None or CaseStatus(case.status) in CASE_ENDED:
        return None
    return decision if decision_ground(decision) == Ground.IMMATERIAL else None


def _active_digest(case: RecoveryCase) -> str:
    active = case.event and case.event.active_assessment
    return active.digest if active else ""


def _reconfirm(actor: Actor, case: RecoveryCase, data: Data, now: datetime) -> object:
    decision = _to_confirm(case)
    if decision is None:
        raise NotReadyError("There is nothing to confirm with one click here.")
    return decision_reconfirm(
        actor, decision, shown_receipt=data["shown_receipt"], now=now
    )


SECOND_PERSON_ACTS = (
    Act(
        "approve",
        "Approve the proposal",
        _approve,
        "Approved. The customer is told.",
        case_duties(*_APPROVALS),
        DigestForm,
        _may_approve,
        _digest,
        tone="primary",
        hint="You approve exactly the sealed content shown on this page.",
    ),
    Act(
        "return",
        "Send the proposal back",
        lambda actor, case, data, now: decision_return(
            actor, _require_proposed(case), reason=data["reason"], now=now
        ),
        "Sent back.",
        case_duties(CaseAction.RETURN_PROPOSAL),
        ReasonForm,
        case_knows(CaseAction.RETURN_PROPOSAL),
    ),
)
PROPOSE_ACT = Act(
    "propose",
    "Propose a decision",
    _propose,
    "Proposed. Somebody else must approve it.",
    case_duties(CaseAction.PROPOSE_DECISION),
    ProposalForm,
    lambda actor, case: (
        case.event_id is not None
        and case_knows(CaseAction.PROPOSE_DECISION)(actor, case)
        and may_propose_amounts(actor, now=timezone.now())
    ),
    proposal_initial,
    tone="primary",
    hint="Filled in from the assessment.",
)
RECONFIRM_ACT = Act(
    "reconfirm",
    "Confirm the decision",
    _reconfirm,
    "Confirmed on the new receipt.",
    frozenset({Duty.APPROVE_DECISION}),
    ReceiptForm,
    lambda _actor, case: _to_confirm(case) is not None,
    lambda _actor, case: {"shown_receipt": _active_digest(case)},
    tone="primary",
    hint="Assessed anew with equal amounts, reason and lines.",
)
