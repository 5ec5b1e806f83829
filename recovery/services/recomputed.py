"""What follows when an event was assessed anew: decisions keep or lose their ground."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from recovery.domain.canonical import canonical_json, digest_text
from recovery.domain.decision_ground import Ground
from recovery.domain.lifecycle import (
    CASE_DECIDED,
    CASE_ENDED,
    PAYMENT_VOID,
    CaseAction,
    CaseStatus,
    PaymentStatus,
)
from recovery.domain.money import exact
from recovery.domain.set_off import SetOffStatus
from recovery.domain.staff_news import StaffNews
from recovery.domain.words import DecisionStatus
from recovery.models import (
    Adjustment,
    AssessmentResult,
    Decision,
    Payment,
    RecoveryCase,
)
from recovery.services.actors import SYSTEM
from recovery.services.audit import audit_write
from recovery.services.batches import batch_drop, batches_lock
from recovery.services.collection_ends import collections_take_back
from recovery.services.decision_ground import decision_ground, figures_of, posted_of
from recovery.services.decisions import decision_content, decision_void
from recovery.services.live_set_offs import set_off_end, set_offs_live
from recovery.services.payments import payment_void
from recovery.services.proposal_ends import decision_end
from recovery.services.staff_notices import notice_write
from recovery.services.transitions import case_lock, case_move

_ANEW = "The event was assessed anew: look at the new figures first."
_EQUAL = "The event was assessed anew with equal figures: carried over."
# Nothing of these has left the house.
_UNSENT = frozenset(
    {
        PaymentStatus.PROPOSED,
        PaymentStatus.APPROVED,
        PaymentStatus.HELD,
        PaymentStatus.IN_BATCH,
    }
)
# Decisions that a new assessment can take back, carry over or adjust.
_STANDING = (DecisionStatus.PROPOSED, DecisionStatus.APPROVED)


def batches_of_lock(account_ids: Sequence[int]) -> None:
    """Lock every batch that a new assessment of the accounts may take a line out of."""
    batches_lock(Payment.objects.filter(event__account__in=account_ids))


def cases_decided_lock(account_ids: Sequence[int]) -> None:
    """Lock every case that a new assessment of the accounts may move, by id."""
    cases = RecoveryCase.objects.filter(
        event__account__in=account_ids, decisions__status__in=_STANDING
    )
    # Nothing is read: what each step needs it reads under this lock.
    list(
        RecoveryCase.objects.select_for_update(no_key=True)
        .filter(pk__in=cases.values("pk"))
        .order_by("pk")
        .values_list("pk")
    )


def cases_told(results: Sequence[AssessmentResult]) -> None:
    """Tell the desk where the calculation of an open case changed."""
    changed: dict[int | None, int] = {
        result.assessment.event_id: result.assessment.number
        for result in results
        if result.assessment.number > 1
    }
    told = RecoveryCase.objects.filter(event__in=changed)
    for case in told.exclude(status__in=CASE_ENDED):
        number = changed[case.event_id]
        about = f"case {case.reference}, assessment {number}"
        notice_write(StaffNews.CALC_CHANGED, case, about, key=str(number))


def decisions_follow(results: Sequence[AssessmentResult], *, now: datetime) -> None:
    """Carry proposals over to equal figures, void those that rest on others."""
    events = [result.assessment.event_id for result in results]
    stale = Decision.objects.filter(
        status=DecisionStatus.PROPOSED, result__assessment__event__in=events
    ).exclude(result__in=results)
    fresh = {(one.assessment.event_id, one.asset): one for one in results}
    for decision in stale.select_related("case", "result__assessment").order_by(
        "case_id", "pk"
    ):
        result = fresh.get((decision.result.assessment.event_id, decision.asset))
        if result and figures_of(result) == figures_of(decision.result):
            _carry_over(decision, result, now)
        else:
            decision_void(SYSTEM, decision, why=_ANEW, now=now)


@transaction.atomic
def _carry_over(decision: Decision, result: AssessmentResult, now: datetime) -> None:
    """The same proposal on the new receipt: one click of the approver is asked."""
    case = case_lock(decision.case)
    decision = Decision.objects.select_for_update(no_key=True).get(pk=decision.pk)
    if decision.status != DecisionStatus.PROPOSED:
        return
    decision_end(decision, DecisionStatus.VOIDED, _EQUAL, now)
    sealed = canonical_json(decision_content(case, result, decision))
    Decision.objects.create(
        case=case,
        kind=decision.kind,
        result=result,
        asset=decision.asset,
        amount=decision.amount,
        reason=decision.reason,
        sealed=sealed,
        content_digest=digest_text(sealed),
        proposer=decision.proposer,
        proposed_at=now,
    )
    audit_write(SYSTEM, "decision.carried_over", f"case {case.reference}")


def decided_follow(account_ids: Sequence[int], *, now: datetime) -> None:
    """Take approved decisions back whose figures changed, or open an adjustment.

    Equal figures change nothing here: an approver confirms them with one click.
    """
    moved = Decision.objects.filter(
        status=DecisionStatus.APPROVED, case__event__account__in=account_ids
    ).exclude(result__assessment=F("case__event__active_assessment"))
    for decision in moved.select_related("case__event", "result__assessment").order_by(
        "case_id", "pk"
    ):
        if decision_ground(decision) == Ground.MATERIAL:
            _lose_ground(decision, now)


@transaction.atomic
def _lose_ground(decision: Decision, now: datetime) -> None:
    batches_lock(Payment.objects.filter(decision=decision))
    case = case_lock(decision.case)
    live = Payment.objects.filter(decision=decision).exclude(status__in=PAYMENT_VOID)
    unsent = live.filter(status__in=_UNSENT).select_related("case").order_by("pk")
    for payment in unsent:
        if payment.status == PaymentStatus.IN_BATCH:
            batch_drop(SYSTEM, payment, reason=_ANEW, now=now)
        payment_void(payment, why=_ANEW, now=now)
    set_offs = set_offs_live(case)
    for one in set_offs.filter(status=SetOffStatus.PROPOSED).select_for_update(
        no_key=True
    ):
        set_off_end(one, _ANEW, now=now)
    is_begun = live.exists() or set_offs.exists()
    if is_begun or CaseStatus(case.status) not in CASE_DECIDED:
        _adjust(decision, case, now)
        return
    decision_end(decision, DecisionStatus.VOIDED, _ANEW, now)
    collections_take_back(case, _ANEW, now=now)
    case_move(SYSTEM, case, CaseAction.VOID_DECISION, now=now, reason=_ANEW)


def _adjust(decision: Decision, case: RecoveryCase, now: datetime) -> None:
    event = case.event
    if event is None or event.active_assessment is None:
        return
    fresh = event.active_assessment.results.filter(asset=decision.asset).first()
    if fresh is None:
        return
    with exact():
        since = fresh.variance_amount - posted_of(decision)
        difference = since - decision.result.variance_amount
    adjustment, is_new = Adjustment.objects.get_or_create(
        decision=decision,
        result=fresh,
        defaults={
            "event": event,
            "asset": decision.asset,
            "difference_amount": difference,
            "opened_at": now,
        },
    )
    if is_new:
        audit_write(SYSTEM, "adjustment.open", f"case {case.reference}")
        about = f"adjustment of case {case.reference}"
        notice_write(StaffNews.ADJUSTMENT_OPENED, adjustment, about)
