"""What a page says of a payment above its sealed content."""

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from recovery.admin.pages import Fact
from recovery.admin.show import (
    amount_text,
    link,
    moment,
)
from recovery.domain.conversion import ROUNDING_WORDS
from recovery.domain.duties import Duty
from recovery.domain.role_limits import NOT_PRICED
from recovery.domain.words import PaymentKind
from recovery.models import Payment
from recovery.services.actors import Actor
from recovery.services.approval_limits import (
    SpendLeft,
    approval_rules_at,
    spend_left,
    spender_of,
)
from recovery.services.payments import (
    payment_leaves,
)


def payment_facts(payment: Payment, *, shows_hold: bool) -> list[Fact]:
    """What it is, where it goes and who stands for it."""
    case_url = reverse("admin:recovery_recoverycase_change", args=[payment.case_id])
    facts = [
        Fact("Case", link(case_url, payment.case.reference)),
        Fact("Amount", amount_text(payment.amount, payment.asset)),
        Fact("To", _where_to(payment)),
        Fact("Proposed by", f"{payment.proposer}, {moment(payment.proposed_at)}"),
        Fact("Approved by", str(payment.approver or "nobody yet")),
        Fact("Batch", _batch(payment)),
        Fact("Confirmation", payment.confirmation_reference or "none yet"),
    ]
    if payment.kind == PaymentKind.WITHDRAWAL:
        leaves = payment_leaves(payment)
        facts += [
            Fact("Network's fee", _fee(payment)),
            Fact("Leaves", amount_text(leaves.amount, leaves.asset)),
        ]
    if payment.conversion is not None:
        rate = payment.conversion
        facts.append(
            Fact(
                "Converted",
                f"{rate}, {ROUNDING_WORDS}; {rate.source}, "
                f"{moment(rate.quoted_at)}, valid until {moment(rate.valid_until)}",
            )
        )
    if payment.goodwill_reason is not None:
        facts += [
            Fact("Goodwill because", str(payment.goodwill_reason)),
            Fact("In the proposer's words", payment.goodwill_words),
            Fact("From", str(payment.goodwill_budget)),
        ]
    if shows_hold and payment.held_reason:
        facts.append(Fact("Held because", payment.held_reason))
    return facts


def approval_facts(payment: Payment, actor: Actor) -> list[Fact]:
    """How many must approve, who has, and what is left of this person's limits."""
    given = [f"{one.approver}, {moment(one.at)}" for one in payment.approvals.all()]
    worth = f"{NOT_PRICED}: the highest level"
    if payment.value_amount is not None:
        worth = amount_text(payment.value_amount, payment.value_currency)
    facts = [
        Fact("Approvals", f"{len(given)} of {payment.approvals_needed}"),
        Fact("Given by", "; ".join(given) or "nobody yet"),
    ]
    rules = approval_rules_at(timezone.now())
    if not rules.is_set:
        return [*facts, Fact("Approval policy", "none in force: one second person")]
    facts += [
        Fact("Worth", worth),
        Fact("Approval policy", f"version {rules.version}"),
    ]
    if actor.user is not None and Duty.APPROVE_PAYMENT in actor.duties:
        now = timezone.now()
        left = spend_left(rules, spender_of(rules, actor, "approves"), at=now)
        told = [text for span in left if (text := _left_text(span, rules.currency))]
        facts.append(Fact("You may still approve", ", ".join(told) or "no limit"))
    return facts


def _left_text(left: SpendLeft, currency: str) -> str:
    """What is left of a span; what had no price is said beside it, never as 0."""
    told = [f"{left.span} {amount_text(left.amount, currency)}"] * (
        left.amount is not None
    )
    told += [f"{left.unpriced} {NOT_PRICED} {left.span}"] * bool(left.unpriced)
    return " and ".join(told)


def _where_to(payment: Payment) -> str:
    to = payment.destination
    if to is None:
        event = payment.case.event
        return f"own balance of {event.account}" if event else "own balance"
    memo = f", memo {to.memo}" if to.memo else ""
    return f"{to.network} {to.address}{memo}; hold {payment.hold_reference}"


def _fee(payment: Payment) -> str:
    rule = payment.network_fee_rule
    if rule is None:
        return "none sealed: no rule in force, the house bears what a network takes"
    customer = amount_text(payment.fee_amount, payment.asset)
    house = amount_text(payment.house_fee_amount, payment.asset)
    return f"customer {customer}, house {house}, by {rule}"


def _batch(payment: Payment) -> SafeString | str:
    if payment.batch is None:
        return "none yet"
    url = reverse("admin:recovery_payoutbatch_change", args=[payment.batch_id])
    return link(url, payment.batch.reference)
