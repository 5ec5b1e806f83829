"""One way to take a step: ask the table, ask the duty, move, record."""

from datetime import datetime, timedelta

from recovery.domain.duties import Duty
from recovery.domain.errors import StaleError
from recovery.domain.lifecycle import (
    CaseAction,
    CaseStatus,
    PaymentAction,
    PaymentStatus,
    case_step,
    payment_step,
)
from recovery.models import Event, Payment, RecoveryCase, Transition
from recovery.services.actors import Actor, require_duty
from recovery.services.audit import audit_write
from recovery.services.staff_notices import step_told

# What the customer is promised; every step renews it (ANCHORS §4.2 presets).
NEXT_UPDATE = timedelta(days=10)


def case_lock(case: RecoveryCase, shown_version: int | None = None) -> RecoveryCase:
    """The case as it is now, locked until commit; the first lock of every act on it.

    The lock lets rows that only refer to the case be written: a batch records steps of
    many cases and locks none of them.

    Raises:
        StaleError: The page showed an older version.
    """
    locked = RecoveryCase.objects.select_for_update(no_key=True).get(pk=case.pk)
    if shown_version is not None and locked.version != shown_version:
        raise StaleError(
            f"Case {locked.reference}", f"no. {shown_version}", f"no. {locked.version}"
        )
    return locked


def event_lock(event: Event) -> Event:
    """The event, locked until commit: who opens, links or reopens a case takes turns.

    Lock the case before, where there is one.
    """
    return Event.objects.select_for_update(no_key=True).get(pk=event.pk)


def case_move(
    actor: Actor,
    case: RecoveryCase,
    action: CaseAction,
    *,
    now: datetime,
    reason: str = "",
    receipt_digest: str = "",
) -> RecoveryCase:
    """Take one step of a locked case and record it.

    Raises:
        TransitionRefusedError: The lifecycle has no such step.
        DutyMissingError: The actor may not take it.
    """
    before = CaseStatus(case.status)
    step = case_step(before, action)
    require_duty(actor, *sorted(step.duties))
    case.status = step.to_status
    case.status_since = now
    case.version += 1
    case.next_update_due_at = now + NEXT_UPDATE
    taken = Transition.objects.create(
        case=case,
        action=action,
        from_status=before,
        to_status=step.to_status,
        actor=actor.user,
        actor_name=actor.name,
        reason=reason,
        receipt_digest=receipt_digest,
    )
    case.save(
        update_fields=[
            "status",
            "status_since",
            "version",
            "next_update_due_at",
            "question",
            "assignee",
        ]
    )
    step_told(taken)
    audit_write(
        actor,
        f"case.{action}",
        f"case {case.reference}",
        # Free text: whoever typed it may have named somebody.
        personal={"reason": reason},
    )
    return case


def payment_move(
    actor: Actor,
    payment: Payment,
    action: PaymentAction,
    *,
    now: datetime,
    reason: str = "",
) -> Payment:
    """Take one step of a locked payment and record it.

    Fields the step brings along (approver, batch, confirmation) are set by the
    caller before and saved here.

    Raises:
        TransitionRefusedError: The lifecycle has no such step.
        DutyMissingError: The actor may not take it.
    """
    before = PaymentStatus(payment.status)
    step = payment_step(before, action)
    require_duty(actor, *sorted(step.duties))
    payment.status = step.to_status
    payment.status_since = now
    taken = Transition.objects.create(
        case_id=payment.case_id,
        payment=payment,
        action=action,
        from_status=before,
        to_status=step.to_status,
        actor=actor.user,
        actor_name=actor.name,
        # The reason of a hold is compliance's alone: it stays on the payment.
        reason="" if action == PaymentAction.HOLD else reason,
    )
    payment.save(
        update_fields=[
            "status",
            "status_since",
            "approver",
            "batch",
            "confirmation_reference",
            "fee_amount",
            "held_reason",
        ]
    )
    step_told(taken)
    audit_write(actor, f"payment.{action}", f"payment {payment.reference}")
    return payment


def may(actor: Actor, duties: frozenset[Duty]) -> bool:
    """Whether a button should show: the same question the service asks."""
    return bool(actor.duties & duties)
