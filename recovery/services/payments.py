"""Payments: proposed by a maker, approved by a checker, sealed in between."""

import secrets
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from accounts.models import Destination, User
from recovery.domain.canonical import canonical_json, digest_text
from recovery.domain.duties import Duty
from recovery.domain.errors import (
    LimitExceededError,
    NotReadyError,
    SamePersonError,
    StaleError,
)
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import PAYMENT_VOID, PaymentAction, PaymentStatus
from recovery.domain.money import format_amount
from recovery.domain.references import grouped_reference
from recovery.domain.words import DecisionKind, DecisionStatus, PaymentKind
from recovery.models import Approval, Decision, Event, Payment
from recovery.services.actors import Actor, require_fresh_factor, require_staff
from recovery.services.audit import refusal_recorded
from recovery.services.destinations import (
    destination_approver_refuse,
    destination_require_usable,
)
from recovery.services.mails import mail_case_news
from recovery.services.sessions import same_place_note
from recovery.services.transitions import case_lock, payment_move


def payment_headroom(decision: Decision, kind: PaymentKind) -> Decimal:
    """How much may still be paid in this way for the decision's event and asset.

    A credit: the amount owed less live credits, apart from those of earlier decisions
    that were posted: the assessment under this one has already received them. A
    withdrawal: credits posted less live withdrawals.
    """
    live = Payment.objects.filter(
        event=decision.case.event_id, asset=decision.asset
    ).exclude(status__in=PAYMENT_VOID)
    if kind == PaymentKind.CREDIT:
        received = ~Q(decision=decision) & Q(status=PaymentStatus.POSTED)
        owed: Decimal = decision.amount
        return owed - _total(live.filter(kind=kind).exclude(received))
    taken = _total(live.filter(kind=kind))
    posted = _total(live.filter(kind=PaymentKind.CREDIT, status=PaymentStatus.POSTED))
    return posted - taken


def _total(payments: QuerySet[Payment]) -> Decimal:
    total: Decimal | None = payments.aggregate(total=Sum("amount"))["total"]
    return Decimal(total) if total else ZERO


@transaction.atomic
def payment_propose(  # noqa: PLR0913 - one payment, all of it named
    actor: Actor,
    decision: Decision,
    *,
    kind: PaymentKind,
    amount: Decimal,
    now: datetime,
    destination: Destination | None = None,
    hold_reference: str = "",
) -> Payment:
    """Propose one movement of money that an approved decision allows.

    Args:
        actor: A maker.
        decision: Approved, owed.
        kind: Credit or withdrawal.
        amount: In the decision's asset, above 0.
        now: Aware UTC.
        destination: Of a withdrawal: usable, of this customer and asset.
        hold_reference: Of a withdrawal: the wallet system's hold on the money.

    Raises:
        NotReadyError: The decision is not an approved "owed", or the destination
            cannot be used.
        LimitExceededError: More than may still be paid.
        DutyMissingError: The actor proposes no payments.
    """
    maker = require_staff(actor, Duty.PROPOSE_PAYMENT)
    case = case_lock(decision.case)
    event = Event.objects.select_for_update().get(cases=case)
    decision.refresh_from_db()
    is_owed = (decision.kind, decision.status) == (
        DecisionKind.OWED,
        DecisionStatus.APPROVED,
    )
    if not is_owed:
        raise NotReadyError("Only an approved decision that money is owed is paid.")
    headroom = payment_headroom(decision, kind)
    if not ZERO < amount <= headroom:
        raise LimitExceededError(
            decision.asset, format_amount(amount), format_amount(headroom)
        )
    if kind == PaymentKind.WITHDRAWAL:
        _require_destination(decision, destination, hold_reference, now)
    payment = Payment(
        reference=grouped_reference("PY", secrets.token_bytes(5)),
        case=case,
        decision=decision,
        event=event,
        kind=kind,
        asset=decision.asset,
        amount=amount,
        destination=destination,
        hold_reference=hold_reference.strip(),
        # As the database gives it back: the seal must read the same at approval.
        fee_amount=ZERO,
        status_since=now,
        proposer=maker,
        proposed_at=now,
    )
    payment.sealed = canonical_json(payment_content(payment))
    payment.content_digest = digest_text(payment.sealed)
    payment.save()
    return payment


def _require_destination(
    decision: Decision,
    destination: Destination | None,
    hold_reference: str,
    now: datetime,
) -> None:
    if destination is None:
        raise NotReadyError("A withdrawal goes to a destination on file.")
    destination_require_usable(destination, now=now)
    is_own = destination.customer_id == decision.case.customer_id
    if not is_own or destination.asset != decision.asset:
        raise NotReadyError("This destination is another customer's or asset's.")
    if not hold_reference.strip():
        raise NotReadyError(
            "Give the wallet system's hold reference: without it the customer could "
            "withdraw the same money there."
        )


def payment_content(payment: Payment) -> dict[str, object]:
    """What the approval of a payment seals."""
    to = payment.destination
    return {
        "schema": "recovery-payment/1",
        "payment": payment.reference,
        "case": payment.case.reference,
        "decision": payment.decision.content_digest,
        "receipt": payment.decision.result.assessment.digest,
        "account": str(payment.case.event.account) if payment.case.event else "",
        "kind": payment.kind,
        "asset": payment.asset,
        "amount": payment.amount,
        "fee": payment.fee_amount,
        "destination": to and [to.network, to.address, to.memo],
        "hold": payment.hold_reference,
    }


def payment_approve(
    actor: Actor, payment: Payment, *, shown_digest: str, now: datetime
) -> Payment:
    """Approve a payment as the second person.

    Raises:
        SamePersonError: The actor proposed it, or proposed the amount.
        FreshFactorNeededError: The last second factor is too long ago.
        StaleError: The page showed another content.
        NotReadyError: It is not proposed any more.
        DutyMissingError: The actor approves no payments.
    """
    with refusal_recorded(actor, f"payment {payment.reference}"):
        return _approve(actor, payment, shown_digest, now)


@transaction.atomic
def _approve(
    actor: Actor, payment: Payment, shown_digest: str, now: datetime
) -> Payment:
    checker = require_staff(actor, Duty.APPROVE_PAYMENT)
    case = case_lock(payment.case)
    payment = payment_lock(payment)
    if payment.content_digest != shown_digest:
        raise StaleError("The payment", shown_digest[:12], payment.content_digest[:12])
    if payment.status != PaymentStatus.PROPOSED:
        raise NotReadyError(f"This payment is already {payment.status}.")
    _require_second_person(checker, payment)
    if payment.destination is not None:
        destination_approver_refuse(payment.destination, checker)
        destination_require_usable(payment.destination, now=now)
    require_fresh_factor(actor, now=now)
    if payment.decision.status != DecisionStatus.APPROVED:
        raise NotReadyError("The decision behind this payment lost its force.")
    if digest_text(canonical_json(payment_content(payment))) != shown_digest:
        raise StaleError("What the payment rests on", shown_digest[:12], "changed")
    Approval.objects.create(
        payment=payment,
        proposer=payment.proposer,
        approver=checker,
        approver_role=actor.role,
        content=payment.sealed,
        content_digest=payment.content_digest,
    )
    payment.approver = checker
    payment_move(actor, payment, PaymentAction.APPROVE, now=now)
    same_place_note(payment, checker, now=now)
    mail_case_news(case, "amount.approved", key=f"payment-approved-{payment.pk}")
    return payment


def _require_second_person(checker: User, payment: Payment) -> None:
    if checker.pk == payment.proposer_id:
        raise SamePersonError(checker.username, "proposed this payment")
    if checker.pk == payment.decision.proposer_id:
        raise SamePersonError(checker.username, "proposed the amount of this payment")


def payment_lock(payment: Payment) -> Payment:
    """The payment as it is now, locked until commit; lock its case before."""
    return (
        Payment.objects.select_for_update(of=("self",))
        .select_related("decision__result__assessment", "destination", "case")
        .get(pk=payment.pk)
    )


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
def payment_hold(
    actor: Actor, payment: Payment, *, reason: str, now: datetime
) -> Payment:
    """Hold an approved payment. The customer's page says nothing of it.

    Raises:
        TransitionRefusedError, DutyMissingError: As everywhere.
    """
    case_lock(payment.case)
    payment = payment_lock(payment)
    payment.held_reason = reason.strip()
    return payment_move(actor, payment, PaymentAction.HOLD, now=now, reason=reason)


@transaction.atomic
def payment_unhold(
    actor: Actor, payment: Payment, *, reason: str, now: datetime
) -> Payment:
    """Let a held payment go on.

    Raises:
        TransitionRefusedError, DutyMissingError: As everywhere.
    """
    case_lock(payment.case)
    payment = payment_lock(payment)
    payment.held_reason = ""
    return payment_move(actor, payment, PaymentAction.UNHOLD, now=now, reason=reason)
