"""Payments approved by a checker, or by two: the one place where they are."""

from datetime import datetime

from django.db import transaction

from recovery.domain.approval_rules import ApprovalRules, Headcount
from recovery.domain.canonical import canonical_json, digest_text
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError, StaleError
from recovery.domain.lifecycle import PAYMENT_STEPS, PaymentAction, PaymentStatus
from recovery.domain.seals import seal_differences
from recovery.domain.words import DecisionStatus, PaymentKind
from recovery.models import Approval, Payment
from recovery.services.actors import Actor, require_fresh_factor, require_staff
from recovery.services.approval_limits import (
    Spender,
    approval_rules_at,
    spend_count,
    spender_of,
)
from recovery.services.audit import audit_write, refusal_recorded
from recovery.services.conversions import conversion_require_fresh
from recovery.services.decision_ground import require_ground
from recovery.services.destination_use import (
    destination_approver_refuse,
    destination_require_usable,
)
from recovery.services.payment_content import payment_content, payment_lock
from recovery.services.sessions import same_place_note
from recovery.services.transitions import (
    case_lock,
    payment_move,
    require_second_person,
)


def payment_approve(
    actor: Actor, payment: Payment, *, shown_digest: str, now: datetime
) -> Payment:
    """Approve a payment as the second person, or as the last of two.

    Returns:
        The payment; still proposed while another approval is needed.

    Raises:
        SamePersonError: The actor proposed it or the amount, or approved it before.
        FreshFactorNeededError: The last second factor is too long ago.
        StaleError: The page showed another content; the error says what differs.
        ApprovalLimitError: The actor's limit, or the customer's, is used up.
        NotReadyError: It is not proposed any more.
        DutyMissingError: The actor approves no payments.
    """
    with refusal_recorded(actor, f"payment {payment.reference}", payment):
        return _approve(actor, payment, shown_digest, now)


@transaction.atomic
def _approve(
    actor: Actor, payment: Payment, shown_digest: str, now: datetime
) -> Payment:
    checker = require_staff(actor, Duty.APPROVE_PAYMENT)
    case_lock(payment.case)
    payment = payment_lock(payment)
    _require_shown(payment, shown_digest)
    step = PAYMENT_STEPS.get((PaymentStatus(payment.status), PaymentAction.APPROVE))
    if step is None:
        raise NotReadyError(f"This payment is already {payment.status}.")
    rules = approval_rules_at(now)
    require_second_person(actor, step, _before(payment, rules))
    if payment.destination is not None:
        destination_approver_refuse(payment.destination, checker)
        destination_require_usable(payment.destination, now=now)
    require_fresh_factor(actor, now=now)
    if payment.decision.status != DecisionStatus.APPROVED:
        raise NotReadyError("The decision behind this payment lost its force.")
    require_ground(payment.decision)
    conversion_require_fresh(payment.conversion, now=now)
    _count(rules, actor, payment, now)
    given = payment.approvals.count()
    Approval.objects.create(
        payment=payment,
        number=given + 1,
        proposer=payment.proposer,
        approver=checker,
        approver_role=actor.role,
        content=payment.sealed,
        content_digest=payment.content_digest,
    )
    if given + 1 < payment.approvals_needed:
        audit_write(actor, "payment.first_approval", f"payment {payment.reference}")
        return payment
    payment.approver = checker
    payment_move(actor, payment, PaymentAction.APPROVE, now=now)
    same_place_note(payment, checker, now=now)
    if payment.kind == PaymentKind.GOODWILL:
        audit_write(actor, "goodwill.approve", f"payment {payment.reference}")
    return payment


def _require_shown(payment: Payment, shown_digest: str) -> None:
    """Refuse a page that showed another content, and a seal that was broken."""
    now = canonical_json(payment_content(payment))
    digest = digest_text(now)
    if shown_digest == payment.content_digest == digest == digest_text(payment.sealed):
        return
    raise StaleError(
        "The payment",
        shown_digest[:12],
        digest[:12],
        differences=seal_differences(payment.sealed, now),
    )


def _before(payment: Payment, rules: ApprovalRules) -> dict[int | None, str]:
    """Who may not approve a payment, and why, by user id."""
    decision = payment.decision
    # Cancelling and proposing again through somebody else resets nothing (TRUST T13).
    makers = decision.payments.values_list("proposer_id", flat=True)
    earlier: dict[int | None, str] = dict.fromkeys(
        makers, "proposed a payment of this decision"
    )
    for approval in payment.approvals.all():
        earlier[approval.approver_id] = "has approved this payment already"
    if rules.headcount == Headcount.FIVE:
        earlier[decision.approver_id] = "approved the amount of this payment"
    earlier[decision.proposer_id] = "proposed the amount of this payment"
    earlier[payment.proposer_id] = "proposed this payment"
    return earlier


def _count(rules: ApprovalRules, actor: Actor, payment: Payment, now: datetime) -> None:
    """Count the amount once for the checker, and once for whom it reaches."""
    spenders = [spender_of(rules, actor, "approves")]
    is_first = not payment.approvals.exists()
    if payment.case.customer_id and is_first:
        spenders.append(Spender("customer", payment.case.customer_id))
    spend_count(rules, spenders, payment.value_amount, at=now)
