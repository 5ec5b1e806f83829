"""Decisions: proposed by one person, approved by another, sealed in between."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from recovery.domain.canonical import canonical_json, digest_text
from recovery.domain.duties import Duty
from recovery.domain.errors import LimitExceededError, NotReadyError, StaleError
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import CaseAction, CaseStatus, case_step
from recovery.domain.money import format_amount
from recovery.domain.seals import seal_differences
from recovery.domain.words import HOLDING, DecisionKind, DecisionStatus
from recovery.models import (
    Approval,
    AssessmentResult,
    Decision,
    LedgerEntry,
    Provenance,
    RecoveryCase,
)
from recovery.services.actors import (
    Actor,
    require_duty,
    require_fresh_factor,
    require_staff,
)
from recovery.services.amount_limits import (
    approved_amount_count,
    proposed_amount_count,
)
from recovery.services.audit import refusal_recorded
from recovery.services.collections import collection_open
from recovery.services.proposal_ends import decision_end
from recovery.services.recorded_shares import shares_recorded
from recovery.services.sightings import entries_held
from recovery.services.transitions import (
    case_lock,
    case_move,
    require_second_person,
)

_APPROVES = {
    DecisionKind.OWED: CaseAction.APPROVE_OWED,
    DecisionKind.NOT_OWED: CaseAction.APPROVE_NOT_OWED,
    DecisionKind.DEFICIT: CaseAction.APPROVE_DEFICIT,
}


def decision_expected(result: AssessmentResult) -> tuple[DecisionKind, Decimal]:
    """What the assessment itself would decide: kind and amount."""
    if result.variance_amount < ZERO:
        return DecisionKind.OWED, -result.variance_amount
    if result.deficit_amount > ZERO:
        return DecisionKind.DEFICIT, result.deficit_amount
    return DecisionKind.NOT_OWED, ZERO


@transaction.atomic
def decision_propose(  # noqa: PLR0913 - one proposal, all of it named
    actor: Actor,
    case: RecoveryCase,
    *,
    result: AssessmentResult,
    kind: DecisionKind,
    amount: Decimal,
    reason: str,
    now: datetime,
    shown_version: int | None = None,
) -> Decision:
    """Propose how a case ends, resting on one active assessment.

    Raises:
        NotReadyError: No event, no reason, a held assessment, customer-supplied rows.
        LimitExceededError: More than the assessment shows as short.
        ApprovalLimitError: More than the proposer or their role may propose.
        StaleError, TransitionRefusedError, DutyMissingError: As everywhere.
    """
    proposer = require_staff(actor, Duty.PROPOSE_DECISION, Duty.PROPOSE_SMALL_DECISION)
    case = case_lock(case, shown_version)
    case_step(CaseStatus(case.status), CaseAction.PROPOSE_DECISION)
    _require_active(case, result)
    _require_amount(result, kind, amount)
    if not reason.strip():
        raise NotReadyError("Give the reason in a sentence: the customer will read it.")
    provenance = decision_provenance(result)
    if kind == DecisionKind.OWED and Provenance.CUSTOMER_SUPPLIED in provenance:
        raise NotReadyError(
            "Rows the customer supplied may explain a case but not prove an amount: "
            "import the platform's or the venue's own rows first."
        )
    proposed_amount_count(actor, result, amount, now=now)
    sealed = canonical_json(
        _content(case, result, kind, amount, reason.strip(), provenance)
    )
    decision = Decision.objects.create(
        case=case,
        kind=kind,
        result=result,
        asset=result.asset,
        amount=amount,
        reason=reason.strip(),
        sealed=sealed,
        content_digest=digest_text(sealed),
        proposer=proposer,
        proposed_at=now,
    )
    case_move(
        actor,
        case,
        CaseAction.PROPOSE_DECISION,
        now=now,
        reason=reason.strip(),
        receipt_digest=result.assessment.digest,
    )
    return decision


def _require_active(case: RecoveryCase, result: AssessmentResult) -> None:
    if case.event is None:
        raise NotReadyError("Say first which event this case is about.")
    if case.event.active_assessment_id != result.assessment_id:
        raise StaleError(
            f"The assessment of {case.event}",
            f"no. {result.assessment.number}",
            str(case.event.active_assessment),
        )
    if result.reason in HOLDING:
        raise NotReadyError(
            f"The records are not whole ({result.reason}): nothing can be decided "
            "on them yet."
        )


def _require_amount(
    result: AssessmentResult, kind: DecisionKind, amount: Decimal
) -> None:
    short = max(-result.variance_amount, ZERO)
    if kind == DecisionKind.OWED and not ZERO < amount <= short:
        raise LimitExceededError(
            result.asset, format_amount(amount), format_amount(short)
        )
    if kind == DecisionKind.NOT_OWED and amount != ZERO:
        raise NotReadyError("Not owed means an amount of 0.")
    if kind == DecisionKind.DEFICIT and (
        result.deficit_amount == ZERO or amount != result.deficit_amount
    ):
        raise NotReadyError("The assessment shows no deficit of this amount.")


def decision_provenance(result: AssessmentResult) -> list[str]:
    """Where the rows behind a result came from, as words."""
    ids = {
        entry_id
        for evidence in result.assessment.lines.values_list("evidence", flat=True)
        for entry_id in evidence
    }
    rows = entries_held(LedgerEntry.objects.filter(pk__in=ids))
    return sorted({held.provenance for _, held in rows if held})


def _content(
    case: RecoveryCase,
    result: AssessmentResult,
    kind: DecisionKind,
    amount: Decimal,
    reason: str,
    provenance: list[str],
) -> dict[str, Any]:
    return {
        "schema": "recovery-decision/1",
        "case": case.reference,
        "event": str(case.event),
        "kind": kind,
        "asset": result.asset,
        "amount": amount,
        "reason": reason,
        "receipt": result.assessment.digest,
        "provenance": provenance,
    }


def decision_content(
    case: RecoveryCase, result: AssessmentResult, decision: Decision
) -> dict[str, Any]:
    """What the approval of a decision seals, on a result of its event."""
    return _content(
        case,
        result,
        DecisionKind(decision.kind),
        decision.amount,
        decision.reason,
        decision_provenance(result),
    )


def _lock_proposed(decision: Decision, shown_digest: str) -> Decision:
    """The decision as it is now, locked; the case row is locked before it."""
    decision = (
        Decision.objects.select_for_update(of=("self",), no_key=True)
        .select_related("result__assessment", "proposer")
        .get(pk=decision.pk)
    )
    if decision.content_digest != shown_digest:
        raise StaleError(
            "The proposal",
            shown_digest[:12],
            decision.content_digest[:12],
            differences=_shown_differences(decision, shown_digest),
        )
    if decision.status != DecisionStatus.PROPOSED:
        raise NotReadyError(f"This proposal is already {decision.status}.")
    return decision


def _shown_differences(decision: Decision, shown_digest: str) -> tuple[str, ...]:
    """What the proposal on an older page said otherwise."""
    shown = Decision.objects.filter(
        case=decision.case_id, content_digest=shown_digest
    ).first()
    return seal_differences(shown.sealed, decision.sealed) if shown else ()


def decision_approve(
    actor: Actor, decision: Decision, *, shown_digest: str, now: datetime
) -> Decision:
    """Approve a proposal as the second person.

    Raises:
        SamePersonError: The actor proposed it.
        FreshFactorNeededError: The last second factor is too long ago.
        StaleError: The page showed another content, or the event was recomputed.
        ApprovalLimitError: More than the approver or their role may approve.
        NotReadyError: It is not proposed any more.
        DutyMissingError, TransitionRefusedError: As everywhere.
    """
    with refusal_recorded(actor, f"case {decision.case.reference}", decision.case):
        return _approve(actor, decision, shown_digest, now)


@transaction.atomic
def _approve(
    actor: Actor, decision: Decision, shown_digest: str, now: datetime
) -> Decision:
    approver = require_staff(actor, Duty.APPROVE_DECISION)
    case = case_lock(decision.case)
    decision = _lock_proposed(decision, shown_digest)
    action = _APPROVES[DecisionKind(decision.kind)]
    step = case_step(CaseStatus(case.status), action)
    require_second_person(actor, step, _proposers(decision))
    require_fresh_factor(actor, now=now)
    _require_active(case, decision.result)
    _require_sealed(case, decision)
    approved_amount_count(actor, decision, now=now)
    Approval.objects.create(
        decision=decision,
        proposer=decision.proposer,
        approver=approver,
        approver_role=actor.role,
        content=decision.sealed,
        content_digest=decision.content_digest,
    )
    decision.status = DecisionStatus.APPROVED
    decision.approver = approver
    decision.ended_at = now
    decision.save(update_fields=["status", "approver", "ended_at"])
    case_move(
        actor,
        case,
        action,
        now=now,
        receipt_digest=decision.result.assessment.digest,
    )
    if decision.kind == DecisionKind.DEFICIT:
        collection_open(decision, now=now, recorded=shares_recorded(decision))
    return decision


def _proposers(decision: Decision) -> dict[int | None, str]:
    """Who proposed on this case: taken back and proposed by another resets nothing."""
    earlier: dict[int | None, str] = dict.fromkeys(
        Decision.objects.filter(case=decision.case_id).values_list(
            "proposer_id", flat=True
        ),
        "proposed a decision of this case",
    )
    earlier[decision.proposer_id] = "proposed this decision"
    return earlier


def _require_sealed(case: RecoveryCase, decision: Decision) -> None:
    """Refuse a proposal whose seal tells something else than its own row."""
    content = decision_content(case, decision.result, decision)
    text = canonical_json(content)
    digest = digest_text(text)
    if not digest == decision.content_digest == digest_text(decision.sealed):
        raise StaleError(
            "What the proposal rests on",
            decision.content_digest[:12],
            digest[:12],
            differences=seal_differences(decision.sealed, text),
        )


@transaction.atomic
def decision_return(
    actor: Actor, decision: Decision, *, reason: str, now: datetime
) -> Decision:
    """Send a proposal back with a reason.

    Raises:
        NotReadyError: No reason, or not proposed any more.
        DutyMissingError: The actor approves nothing.
    """
    require_duty(actor, Duty.APPROVE_DECISION)
    if not reason.strip():
        raise NotReadyError("Say what should be looked at again.")
    case = case_lock(decision.case)
    decision = _lock_proposed(decision, decision.content_digest)
    decision_end(decision, DecisionStatus.RETURNED, reason.strip(), now)
    case_move(actor, case, CaseAction.RETURN_PROPOSAL, now=now, reason=reason.strip())
    return decision


@transaction.atomic
def decision_void(actor: Actor, decision: Decision, *, why: str, now: datetime) -> None:
    """The system takes a proposal back because what it rests on changed.

    Raises:
        DutyMissingError: Anybody but the system.
    """
    require_duty(actor, Duty.BE_SYSTEM)
    case = case_lock(decision.case)
    decision = Decision.objects.select_for_update(no_key=True).get(pk=decision.pk)
    if decision.status != DecisionStatus.PROPOSED:
        return
    decision_end(decision, DecisionStatus.VOIDED, why, now)
    case_move(actor, case, CaseAction.VOID_PROPOSAL, now=now, reason=why)
