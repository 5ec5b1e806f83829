"""What a payment says, how much may still be paid, and the lock on its row."""

from datetime import UTC
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q, QuerySet, Sum

from recovery.domain.conversion import ROUNDING_WORDS
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import PAYMENT_VOID, PaymentStatus
from recovery.domain.money import exact, format_amount
from recovery.domain.set_off import SET_OFF_LIVE
from recovery.domain.words import PaymentKind
from recovery.models import AssessmentResult, Decision, Event, Payment, SetOff


def payment_headroom(decision: Decision, kind: PaymentKind) -> Decimal:
    """How much may still be paid in this way for the decision's event and asset.

    What is set off counts as paid while the set-off stands.

    A credit: the amount owed less live credits, apart from those of earlier decisions
    that were posted: the assessment under this one has already received them. Never
    more than is short under the assessment that is active now. A withdrawal: credits
    posted less live withdrawals.
    """
    live = Payment.objects.filter(
        event=decision.case.event_id, asset=decision.asset
    ).exclude(status__in=PAYMENT_VOID)
    is_posted = Q(status=PaymentStatus.POSTED)
    if kind == PaymentKind.CREDIT:
        set_offs = SetOff.objects.filter(decision=decision)
        (set_off,) = _totals(set_offs, Q(status__in=SET_OFF_LIVE))
        owed: Decimal = decision.amount - set_off
        # Every credit of the ledger is off what the active assessment shows as short.
        counted, on_its_way = _totals(
            live.filter(kind=kind), ~(~Q(decision=decision) & is_posted), ~is_posted
        )
        return min(owed - counted, _short_now(decision) - set_off - on_its_way)
    taken, posted = _totals(live, Q(kind=kind), Q(kind=PaymentKind.CREDIT) & is_posted)
    return posted - taken


def _short_now(decision: Decision) -> Decimal:
    active = Event.objects.filter(cases=decision.case_id)
    result = AssessmentResult.objects.filter(
        assessment__in=active.values("active_assessment"), asset=decision.asset
    ).first()
    return max(-result.variance_amount, ZERO) if result else ZERO


def _totals(rows: QuerySet[Payment] | QuerySet[SetOff], *parts: Q) -> list[Decimal]:
    """Sum the amounts of each part of some rows, in one query."""
    sums = {f"part{n}": Sum("amount", filter=part) for n, part in enumerate(parts)}
    return [Decimal(total or ZERO) for total in rows.aggregate(**sums).values()]


def payment_content(payment: Payment) -> dict[str, object]:
    """What the approval of a payment seals."""
    to = payment.destination
    content: dict[str, object] = {
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
    return {**content, **_terms(payment), **_goodwill(payment)}


class Leaving(NamedTuple):
    """What leaves the house by a payment: in which asset, and how much."""

    asset: str
    amount: Decimal


def payment_leaves(payment: Payment) -> Leaving:
    """What leaves: the amount less the customer's fee, or what it is converted into."""
    if payment.conversion is not None:
        return Leaving(payment.conversion.to_asset, payment.conversion.to_amount)
    with exact():
        return Leaving(payment.asset, payment.amount - payment.fee_amount)


def _terms(payment: Payment) -> dict[str, object]:
    """Who bears the fee, and the rate; named only where there is one."""
    told: dict[str, object] = {}
    rule, rate = payment.network_fee_rule, payment.conversion
    if rule is not None:
        told["fee_rule"] = f"{rule}, borne by {rule.bearer}, {rule.terms_reference}"
        told["house_fee"] = payment.house_fee_amount
    if rate is not None:
        told["conversion"] = [
            f"{format_amount(rate.from_amount)} {rate.from_asset}",
            f"{format_amount(rate.to_amount)} {rate.to_asset}",
        ]
        told["rate"] = [
            rate.rate,
            rate.source,
            rate.quoted_at.astimezone(UTC),
            rate.valid_until.astimezone(UTC),
            ROUNDING_WORDS,
        ]
    if told:
        told["leaves"] = list(payment_leaves(payment))
    return told


def _goodwill(payment: Payment) -> dict[str, object]:
    """Named only where it is, so that what was sealed before reads the same."""
    reason, budget = payment.goodwill_reason, payment.goodwill_budget
    if reason is None or budget is None:
        return {}
    return {
        "goodwill": [reason.code, reason.told, payment.goodwill_words],
        "budget": f"{budget}, {budget.terms_reference}",
    }


def payment_lock(payment: Payment) -> Payment:
    """The payment as it is now, locked until commit; lock its case before."""
    return (
        Payment.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "decision__result__assessment",
            "destination",
            "case",
            "goodwill_budget",
            "goodwill_reason",
            "network_fee_rule",
            "conversion",
        )
        .get(pk=payment.pk)
    )
