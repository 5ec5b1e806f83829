"""What can be done with a payment on its page."""

from datetime import datetime

from recovery.admin.acts import Act, Data
from recovery.admin.forms import DigestForm, ReasonForm
from recovery.admin.payment_forms import HoldForm, ReplaceForm
from recovery.domain.duties import Duty
from recovery.domain.lifecycle import PAYMENT_STEPS, PaymentAction, PaymentStatus
from recovery.models import Payment
from recovery.services.actors import Actor
from recovery.services.batches import batch_drop, payment_stop
from recovery.services.payments import (
    payment_approve,
    payment_cancel,
    payment_replace,
    payment_unhold,
)


def _knows(action: PaymentAction, payment: Payment) -> bool:
    return (PaymentStatus(payment.status), action) in PAYMENT_STEPS


def _may_take(action: PaymentAction, actor: Actor, payment: Payment) -> bool:
    step = PAYMENT_STEPS.get((PaymentStatus(payment.status), action))
    return step is not None and bool(step.duties & actor.duties)


def _may_approve(actor: Actor, payment: Payment) -> bool:
    if actor.user is None or not _knows(PaymentAction.APPROVE, payment):
        return False
    before = {one.approver_id for one in payment.approvals.all()}
    return actor.user.pk not in {
        payment.proposer_id,
        payment.decision.proposer_id,
        *before,
    }


def _approve(actor: Actor, payment: Payment, data: Data, now: datetime) -> str:
    given = payment_approve(actor, payment, shown_digest=data["shown_digest"], now=now)
    if given.status == PaymentStatus.PROPOSED:
        return "Your approval is recorded. One more person must approve."
    return "Approved. It can go into the next batch."


PAYMENT_ACTS = (
    Act(
        "approve",
        "Approve the payment",
        _approve,
        "Approved. It can go into the next batch.",
        frozenset({Duty.APPROVE_PAYMENT}),
        DigestForm,
        _may_approve,
        lambda _actor, payment: {"shown_digest": payment.content_digest},
        tone="primary",
        hint="You approve exactly the sealed content shown on this page.",
    ),
    Act(
        "cancel",
        "Cancel the payment",
        lambda actor, payment, data, now: payment_cancel(
            actor, payment, reason=data["reason"], now=now
        ),
        "Cancelled.",
        frozenset({Duty.PROPOSE_PAYMENT, Duty.APPROVE_PAYMENT, Duty.HOLD_PAYMENT}),
        ReasonForm,
        lambda actor, payment: _may_take(PaymentAction.CANCEL, actor, payment),
        tone="danger",
    ),
    Act(
        "hold",
        "Hold the payment",
        lambda actor, payment, data, now: payment_stop(
            actor, payment, reason=data["reason"], now=now
        ),
        "Held. The customer's page says nothing of it.",
        frozenset({Duty.HOLD_PAYMENT}),
        HoldForm,
        lambda _actor, payment: (
            _knows(PaymentAction.HOLD, payment)
            or _knows(PaymentAction.DROP_FROM_BATCH, payment)
        ),
    ),
    Act(
        "unhold",
        "Let the payment go on",
        lambda actor, payment, data, now: payment_unhold(
            actor, payment, reason=data["reason"], now=now
        ),
        "Released from hold.",
        frozenset({Duty.HOLD_PAYMENT}),
        HoldForm,
        lambda _actor, payment: _knows(PaymentAction.UNHOLD, payment),
        tone="primary",
    ),
    Act(
        "drop",
        "Take it out of the batch",
        lambda actor, payment, data, now: batch_drop(
            actor, payment, reason=data["reason"], now=now
        ),
        "Taken out. The batch's figures follow.",
        frozenset({Duty.BUILD_BATCH, Duty.RELEASE_BATCH, Duty.HOLD_PAYMENT}),
        ReasonForm,
        lambda _actor, payment: _knows(PaymentAction.DROP_FROM_BATCH, payment),
    ),
    Act(
        "replace",
        "Send it elsewhere",
        lambda actor, payment, data, now: payment_replace(
            actor,
            payment,
            destination=data["destination"],
            hold_reference=data["hold_reference"],
            conversion=data["conversion"],
            reason=data["reason"],
            now=now,
        ),
        "A new payment is proposed in its place. A checker must approve it.",
        frozenset({Duty.PROPOSE_PAYMENT}),
        ReplaceForm,
        lambda _actor, payment: _knows(PaymentAction.REPLACE, payment),
        tone="primary",
    ),
)
