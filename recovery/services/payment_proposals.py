"""Payments proposed by a maker: within what is owed, sealed, with their level."""

import secrets
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import Destination
from recovery.domain.approval_rules import ApprovalRules, approvals_needed
from recovery.domain.canonical import canonical_json, digest_text
from recovery.domain.customer_news import CustomerNews
from recovery.domain.duties import Duty
from recovery.domain.errors import LimitExceededError, NotReadyError, SamePersonError
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import PaymentAction
from recovery.domain.money import format_amount
from recovery.domain.references import grouped_reference
from recovery.domain.staff_news import StaffNews
from recovery.domain.words import DecisionKind, DecisionStatus, PaymentKind
from recovery.models import Conversion, Decision, Event, Payment, Provenance
from recovery.services.actors import Actor, require_staff
from recovery.services.approval_limits import (
    approval_rules_at,
    spend_count,
    spender_of,
    value_of,
)
from recovery.services.conversions import conversion_require
from recovery.services.decision_ground import require_ground
from recovery.services.decisions import decision_provenance
from recovery.services.destination_use import destination_require_usable
from recovery.services.mails import mail_case_news
from recovery.services.network_fees import network_fee_of, network_fee_rule_at
from recovery.services.payment_content import (
    payment_content,
    payment_headroom,
    payment_lock,
)
from recovery.services.staff_notices import notice_write
from recovery.services.transitions import event_and_case_lock, payment_move
from recovery.services.unclaimed import release_require


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
    replaces: Payment | None = None,
    conversion: Conversion | None = None,
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
        replaces: A payment that came back and gave its place to this one.
        conversion: Of a withdrawal to a bank: the recorded rate.

    Raises:
        NotReadyError: The decision is not an approved "owed", or the destination
            cannot be used.
        LimitExceededError: More than may still be paid.
        SamePersonError: The actor proposed the amount.
        ApprovalLimitError: The maker's own limit is used up.
        DutyMissingError: The actor proposes no payments.
    """
    maker = require_staff(actor, Duty.PROPOSE_PAYMENT)
    case = event_and_case_lock(decision.case)
    event = Event.objects.get(cases=case)
    decision.refresh_from_db()
    is_owed = (decision.kind, decision.status) == (
        DecisionKind.OWED,
        DecisionStatus.APPROVED,
    )
    if not is_owed:
        raise NotReadyError("Only an approved decision that money is owed is paid.")
    if decision.proposer_id == maker.pk:
        raise SamePersonError(actor.name, "proposed the amount of this payment")
    if kind == PaymentKind.GOODWILL:
        raise NotReadyError("Goodwill is proposed as such, from its budget.")
    require_ground(decision)
    if kind == PaymentKind.CREDIT:
        release_require(decision, now=now)
    headroom = payment_headroom(decision, kind)
    if not ZERO < amount <= headroom:
        raise LimitExceededError(
            decision.asset, format_amount(amount), format_amount(headroom)
        )
    rules = approval_rules_at(now)
    value = value_of(rules, decision.asset, amount, at=now)
    spend_count(rules, [spender_of(rules, actor, "proposes")], value, at=now)
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
        proposer=maker,
        approvals_needed=payment_level(rules, value, decision),
        value_amount=value,
        value_currency=rules.currency,
        replaces=replaces,
    )
    if kind == PaymentKind.WITHDRAWAL:
        _require_destination(payment, now)
        _fix_terms(payment, conversion, now)
    return payment_seal(payment, now=now)


def payment_seal(payment: Payment, *, now: datetime) -> Payment:
    """Write a payment down as proposed now, with the seal over what it says."""
    payment.status_since = payment.proposed_at = now
    payment.sealed = canonical_json(payment_content(payment))
    payment.content_digest = digest_text(payment.sealed)
    payment.save()
    about = f"payment {payment.reference}"
    notice_write(StaffNews.APPROVAL_WAITING, payment, about)
    if payment.kind == PaymentKind.WITHDRAWAL:
        # Before anything moves: who did not ask for it can say so.
        key = f"withdrawal-requested-{payment.pk}"
        mail_case_news(payment.case, CustomerNews.WITHDRAWAL_REQUESTED, key=key)
    return payment


def payment_level(
    rules: ApprovalRules, value: Decimal | None, decision: Decision
) -> int:
    """How many must approve a payment of this value on this decision's rows."""
    by_staff = Provenance.STAFF_OBTAINED in decision_provenance(decision.result)
    return approvals_needed(rules, value, rests_on_staff_rows=by_staff)


def _require_destination(payment: Payment, now: datetime) -> None:
    destination = payment.destination
    if destination is None:
        raise NotReadyError("A withdrawal goes to a destination on file.")
    destination_require_usable(destination, now=now)
    if destination.customer_id != payment.case.customer_id:
        raise NotReadyError("This destination is another customer's or asset's.")
    if not payment.hold_reference:
        raise NotReadyError(
            "Give the wallet system's hold reference: without it the customer could "
            "withdraw the same money there."
        )


def _fix_terms(payment: Payment, conversion: Conversion | None, now: datetime) -> None:
    """Fix the network's fee and the rate of a withdrawal, to be sealed with it."""
    destination = payment.destination
    if destination is None:
        return
    rule = network_fee_rule_at(payment.asset, destination.network, now)
    parts = network_fee_of(rule)
    if parts.customer >= payment.amount:
        raise NotReadyError(
            f"The network's fee of {format_amount(parts.customer)} {payment.asset} "
            "leaves nothing to send."
        )
    payment.network_fee_rule = rule
    payment.fee_amount, payment.house_fee_amount = parts
    conversion_require(conversion, payment, destination, now=now)
    payment.conversion = conversion


@transaction.atomic
def payment_replace(  # noqa: PLR0913 - one payment, all of it named
    actor: Actor,
    payment: Payment,
    *,
    destination: Destination,
    hold_reference: str,
    reason: str,
    now: datetime,
    conversion: Conversion | None = None,
) -> Payment:
    """Propose a payment in the place of one that came back, to be approved anew.

    Returns:
        The new payment; the old one says that it was replaced.

    Raises:
        TransitionRefusedError: It did not come back.
        NotReadyError, LimitExceededError: As for any proposal.
        DutyMissingError: The actor proposes no payments.
    """
    event_and_case_lock(payment.case)
    payment = payment_lock(payment)
    payment_move(actor, payment, PaymentAction.REPLACE, now=now, reason=reason)
    return payment_propose(
        actor,
        payment.decision,
        kind=PaymentKind(payment.kind),
        amount=payment.amount,
        now=now,
        destination=destination,
        hold_reference=hold_reference,
        replaces=payment,
        conversion=conversion,
    )
