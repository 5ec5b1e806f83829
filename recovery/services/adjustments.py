"""Adjustments: what is done about a result that changed after money had left.

More is owed: the case is opened again and the rest is paid like anything owed. Less is
owed: it is recorded. Nothing is taken back from anybody: no policy of the desk allows it.
"""

from datetime import datetime

from django.db import transaction

from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError, SamePersonError
from recovery.domain.ledger import ZERO
from recovery.domain.money import format_amount
from recovery.models import Adjustment, AdjustmentOutcome, AdjustmentState
from recovery.services.actors import Actor, require_staff
from recovery.services.audit import audit_write
from recovery.services.cases import case_reopen
from recovery.services.transitions import event_and_case_lock


@transaction.atomic
def adjustment_close(
    actor: Actor, adjustment: Adjustment, *, reason: str, now: datetime
) -> Adjustment:
    """Close an adjustment: recorded where too much was paid, else explained.

    Raises:
        NotReadyError: It is closed, or no reason.
        SamePersonError: The actor proposed the decision.
        DutyMissingError: The actor approves no decisions.
    """
    user = require_staff(actor, Duty.APPROVE_DECISION)
    if not reason.strip():
        raise NotReadyError("Write down what was done about the difference.")
    adjustment = _lock_open(adjustment)
    if adjustment.decision.proposer_id == user.pk:
        raise SamePersonError(actor.name, "proposed the decision")
    is_over = adjustment.difference_amount > ZERO
    outcome = AdjustmentOutcome.RECORDED if is_over else AdjustmentOutcome.EXPLAINED
    return _end(actor, adjustment, outcome, reason.strip(), now)


@transaction.atomic
def adjustment_top_up(
    actor: Actor, adjustment: Adjustment, *, now: datetime
) -> Adjustment:
    """Open the case again, so that what is still missing is decided and paid.

    What was paid stays paid: the decision behind it keeps its force, and the next one
    is of what the active assessment shows as short now.

    Raises:
        NotReadyError: It is closed, the customer is not shorter, another assessment is
            active by now, or a payment is under way.
        TransitionRefusedError: The case is not decided.
        DutyMissingError: The actor opens no cases again.
    """
    require_staff(actor, Duty.REOPEN_CASE)
    event_and_case_lock(adjustment.decision.case)
    adjustment = _lock_open(adjustment)
    if adjustment.difference_amount >= ZERO:
        raise NotReadyError("The customer is not shorter: there is no rest to pay.")
    if adjustment.event.active_assessment_id != adjustment.result.assessment_id:
        raise NotReadyError(
            "A later assessment is active: go by its figures, and by the newest "
            "adjustment."
        )
    missing = f"{format_amount(-adjustment.difference_amount)} {adjustment.asset}"
    reason = f"A later assessment shows {missing} more than was decided."
    case_reopen(actor, adjustment.decision.case, reason=reason, now=now)
    return _end(actor, adjustment, AdjustmentOutcome.TOP_UP, reason, now)


def _lock_open(adjustment: Adjustment) -> Adjustment:
    locked = (
        Adjustment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("decision__case", "event", "result")
        .get(pk=adjustment.pk)
    )
    if locked.state == AdjustmentState.CLOSED:
        raise NotReadyError("This adjustment is closed already.")
    return locked


def _end(
    actor: Actor,
    adjustment: Adjustment,
    outcome: AdjustmentOutcome,
    reason: str,
    now: datetime,
) -> Adjustment:
    adjustment.state, adjustment.outcome = AdjustmentState.CLOSED, outcome
    adjustment.closed_by, adjustment.closed_at = actor.user, now
    adjustment.closed_reason = reason
    adjustment.save()
    audit_write(
        actor, "adjustment.close", f"adjustment {adjustment.pk}", outcome=outcome
    )
    return adjustment
