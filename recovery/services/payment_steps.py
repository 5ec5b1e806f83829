"""Payments stopped, held, let go on or taken back: the steps besides the approval."""

from datetime import datetime

from django.db import transaction

from recovery.domain.errors import NotReadyError
from recovery.domain.lifecycle import HELD_FROM, PaymentAction, PaymentStatus
from recovery.models import Payment
from recovery.services.actors import SYSTEM, Actor
from recovery.services.payment_content import payment_lock
from recovery.services.transitions import case_lock, payment_move


@transaction.atomic
def payment_cancel(
    actor: Actor, payment: Payment, *, reason: str, now: datetime
) -> Payment:
    """Cancel a payment that has not left.

    Raises:
        NotReadyError: No reason.
        TransitionRefusedError: It is in a batch, or gone.
        DutyMissingError: As everywhere.
    """
    if not reason.strip():
        raise NotReadyError("Say why the payment is cancelled.")
    case_lock(payment.case)
    payment = payment_lock(payment)
    return payment_move(actor, payment, PaymentAction.CANCEL, now=now, reason=reason)


@transaction.atomic
def payment_void(payment: Payment, *, why: str, now: datetime) -> Payment:
    """The system takes a payment back that rests on something that changed.

    Raises:
        TransitionRefusedError: It is in a batch, or gone.
    """
    payment = payment_lock(payment)
    payment_move(SYSTEM, payment, PaymentAction.VOID_APPROVAL, now=now, reason=why)
    return payment


@transaction.atomic
def payment_hold(
    actor: Actor, payment: Payment, *, reason: str, now: datetime
) -> Payment:
    """Hold a payment that has not left. The customer's page says nothing of it.

    Raises:
        TransitionRefusedError: It is in a batch, or gone.
        NotReadyError: No reason.
        DutyMissingError: As everywhere.
    """
    case_lock(payment.case)
    payment = payment_lock(payment)
    payment.held_reason = reason.strip()
    return payment_move(actor, payment, PaymentAction.HOLD, now=now, reason=reason)


@transaction.atomic
def payment_unhold(
    actor: Actor, payment: Payment, *, reason: str, now: datetime
) -> Payment:
    """Let a held payment go on from where it was held.

    Raises:
        TransitionRefusedError, DutyMissingError: As everywhere.
    """
    case_lock(payment.case)
    payment = payment_lock(payment)
    payment.held_reason = ""
    back = HELD_FROM.get(PaymentStatus(payment.held_from or payment.status))
    return payment_move(
        actor, payment, back or PaymentAction.UNHOLD, now=now, reason=reason
    )
