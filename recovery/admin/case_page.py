"""The page of a case: the answer above the fold, the evidence below."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from recovery.admin.acts import offered
from recovery.admin.assessment_blocks import (
    answer_of,
    assessment_blocks,
    figures_of,
    other_assessments_block,
)
from recovery.admin.case_decisions import destination_chosen
from recovery.admin.pages import Block, Fact, Table, Visit, heads, table_block
from recovery.admin.payment_acts import PAYMENT_ACTS
from recovery.admin.sealed import Sealed, sealed_payment
from recovery.admin.show import (
    amount_cell,
    amount_text,
    badge,
    due_cell,
    link,
    masked_mail,
    moment,
    moment_cell,
    two_lines,
    words,
)
from recovery.domain.lifecycle import CASE_ENDED, CaseStatus, PaymentStatus
from recovery.models import Claim, Event, Payment, RecoveryCase
from recovery.selectors.desk import main_result


def case_headline(case: RecoveryCase) -> str:
    """The answer in one sentence."""
    if case.event is None:
        return "No event is linked yet: say first what this case is about."
    return answer_of(case.event)


def case_figures(case: RecoveryCase) -> list[Fact]:
    """Expected, received, variance."""
    return figures_of(main_result(case.event))


def case_notices(case: RecoveryCase, payments: list[Payment]) -> list[str]:
    """What waits, said on the record itself."""
    waiting = [one for one in payments if one.status == PaymentStatus.PROPOSED]
    asked = [f"Asked of the customer: {case.question}"] if case.question else []
    return asked + [
        f"{words(payment.kind)} {payment.reference} over "
        f"{amount_text(payment.amount, payment.asset)} waits for a checker."
        for payment in waiting
    ]


def event_words(event: Event) -> SafeString:
    """What happened, and when."""
    what = f"{words(event.kind)} {event.instrument}"
    return two_lines(what, moment(event.ended_at))


def case_facts(case: RecoveryCase, now: datetime) -> list[Fact]:
    """What, who, where, by when."""
    event, customer = case.event, case.customer
    facts = [Fact("Event", "not linked")]
    if event is not None:
        url = reverse("admin:recovery_event_change", args=[event.pk])
        facts = [
            Fact("Event", link(url, event.reference)),
            Fact("What happened", event_words(event)),
            Fact("Platform's id", event.source_reference or "—"),
            Fact("Account", str(event.account)),
        ]
    if customer is not None:
        url = reverse("admin:accounts_customer_change", args=[customer.pk])
        facts += [
            Fact("Customer", link(url, str(customer))),
            Fact("Mail on file", masked_mail(customer.email)),
            Fact("Client class", words(customer.client_class)),
        ]
    else:
        facts.append(Fact("Customer", "unknown"))
    return [
        *facts,
        Fact("Assignee", str(case.assignee or "nobody")),
        Fact("Next update", next_update(case, now)),
        *_chosen(case),
        Fact("Opened", f"{moment(case.opened_at)}, by {case.origin}"),
    ]


def _chosen(case: RecoveryCase) -> list[Fact]:
    """Where the customer wants the money to go, once they said so."""
    chosen = destination_chosen(case)
    if chosen is None:
        return []
    url = reverse("admin:accounts_destination_change", args=[chosen.destination_id])
    told = two_lines(link(url, str(chosen.destination)), moment(chosen.chosen_at))
    return [Fact("Customer wants it at", told)]


def next_update(case: RecoveryCase, now: datetime) -> SafeString | str:
    """When the customer must hear something; nothing is promised after the end."""
    if CaseStatus(case.status) in CASE_ENDED:
        return "—"
    return due_cell(case.next_update_due_at, now)


def case_payments(case: RecoveryCase) -> list[Payment]:
    """Payments of a case with all that its page says of them."""
    return list(
        case.payments.select_related(
            "proposer",
            "approver",
            "batch",
            "destination",
            "case__event__account",
            "decision__result__assessment",
        ).order_by("pk")
    )


def payments_block(visit: Visit, case: RecoveryCase, payments: list[Payment]) -> Block:
    """Payments of a case: a row each, and below what may be done to which."""
    columns = heads(
        "Payment", "Kind", "#Amount", "Status", "Proposer", "Approver", "Batch", "Since"
    )
    rows = [_payment_row(payment) for payment in payments]
    cards = [_payment_card(visit, payment) for payment in payments]
    return Block(
        "Payments",
        "recovery/desk/blocks/payments.html",
        {
            "table": Table(columns, rows, "No payment yet."),
            "cards": [card for card in cards if card.acts or card.own_words],
            "case_url": reverse("admin:recovery_recoverycase_change", args=[case.pk]),
        },
    )


def _payment_row(payment: Payment) -> tuple[Any, ...]:
    return (
        link(_payment_url(payment), payment.reference),
        words(payment.kind),
        amount_cell(payment.amount, payment.asset),
        badge(payment.status),
        str(payment.proposer),
        str(payment.approver or "—"),
        payment.batch.reference if payment.batch else "—",
        moment_cell(payment.status_since),
    )


def _payment_url(payment: Payment) -> str:
    return reverse("admin:recovery_payment_change", args=[payment.pk])


def _payment_card(visit: Visit, payment: Payment) -> Sealed:
    acts = offered(
        PAYMENT_ACTS,
        visit.actor,
        payment,
        lambda name: reverse("admin:recovery_payment_act", args=[payment.pk, name]),
    )
    return sealed_payment(
        payment,
        acts,
        url=_payment_url(payment),
        is_own=visit.is_me(payment.proposer_id, payment.decision.proposer_id),
    )


def claims_block(case: RecoveryCase) -> Block:
    """What customers filed about it, in their own words."""
    rows = [
        (
            link(
                reverse("admin:recovery_claim_change", args=[claim.pk]), claim.reference
            ),
            _stated(claim),
            claim.message or "—",
            moment_cell(claim.filed_at),
        )
        for claim in case.claims.order_by("pk")
    ]
    columns = heads("Claim", "What was stated", "In the customer's words", "Filed")
    return table_block("Claims", columns, rows, empty="Nobody filed a claim.")


def _stated(claim: Claim) -> str:
    at = moment(claim.happened_at) if claim.happened_at else ""
    parts = (claim.account_number, claim.transaction_id, claim.instrument, at)
    return ", ".join(part for part in parts if part)


def notes_block(case: RecoveryCase) -> Block:
    """Notes, what the customer sees apart from what staff see."""
    notes = list(case.notes.select_related("author").order_by("-pk"))
    return Block(
        "Notes and messages",
        "recovery/desk/blocks/notes.html",
        {
            "public": [note for note in notes if note.is_public],
            "internal": [note for note in notes if not note.is_public],
        },
    )


def transitions_block(case: RecoveryCase) -> Block:
    """Every step the case and its payments took."""
    steps = case.transitions.select_related("payment").order_by("-pk")
    rows = [
        (
            moment_cell(step.at),
            step.payment.reference if step.payment else "case",
            words(step.action),
            f"{words(step.from_status)} → {words(step.to_status)}",
            step.actor_name,
            step.reason or "—",
        )
        for step in steps
    ]
    columns = heads("When", "Of", "Step", "From → to", "Who", "Reason")
    return table_block("Steps taken", columns, rows, empty="No step yet.")


def preview_url(case: RecoveryCase) -> str:
    """Where staff read the page the customer reads."""
    return reverse("admin:recovery_recoverycase_preview", args=[case.pk])


def evidence_blocks(case: RecoveryCase) -> list[Block]:
    """Picture, lines and other assessments of the event."""
    if case.event is None or case.event.active_assessment is None:
        return []
    return [
        *assessment_blocks(case.event.active_assessment),
        other_assessments_block(case.event),
    ]
