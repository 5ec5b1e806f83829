"""What a payment says, how much may still be paid, and the lock on its row."""

from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import PAYMENT_VOID, PaymentStatus
from recovery.domain.words import PaymentKind
from recovery.models import AssessmentResult, Decision, Event, Payment


def payment_headroom(decision: Decision, kind: PaymentKind) -> Decimal:
    """How much may still be paid in this way for the decision's event and asset.

    A credit: the amount owed less live credits, apart from those of earlier decisions
    that were posted: the assessment under this one has already received them. Never
    more than is short under the assessment that is active now. A withdrawal: credits
    posted less live withdrawals.
    """
    live = Payment.objects.filter(
        event=decision.case.event_id, asset=decision.asset
    ).exclude(status__in=PAYMENT_VOID)
    if kind == PaymentKind.CREDIT:
        received = ~Q(decision=decision) & Q(status=PaymentStatus.POSTED)
        owed: Decimal = decision.amount
        left = owed - _total(live.filter(kind=kind).exclude(received))
        # Every credit of the ledger is off what the active assessment shows as short.
        on_its_way = live.filter(kind=kind).exclude(status=PaymentStatus.POSTED)
        return min(left, _short_now(decision) - _total(on_its_way))
    taken = _total(live.filter(kind=kind))
    posted = _total(live.filter(kind=PaymentKind.CREDIT, status=PaymentStatus.POSTED))
    return posted - taken


def _short_now(decision: Decision) -> Decimal:
    active = Event.objects.filter(cases=decision.case_id)
    result = AssessmentResult.objects.filter(
        assessment__in=active.values("active_assessment"), asset=decision.asset
    ).first()
    return max(-result.variance_amount, ZERO) if result else ZERO


def _total(payments: QuerySet[Payment]) -> Decimal:
    total: Decimal | None = payments.aggregate(total=Sum("amount"))["total"]
    return Decimal(total) if total else ZERO


def payment_content(payment: Payment) -> dict[str, object]:
    """What the approval of a payment seals."""
    to = payment.destination
    return {
        "schema": "recovery-payment/2",
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
        "approvals": payment.approvals_needed,
        "value": [payment.value_amount, payment.value_currency],
        "replaces": payment.replaces and payment.replaces.reference,
    }


def payment_lock(payment: Payment) -> Payment:
    """The payment as it is now, locked until commit; lock its case before."""
    return (
        Payment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("decision__result__assessment", "destination", "case")
        .get(pk=payment.pk)
    )
