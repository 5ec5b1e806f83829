"""Payments and their pages."""

from datetime import datetime

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data
from recovery.admin.base import DeskAdmin
from recovery.admin.forms import DigestForm, ReasonForm
from recovery.admin.pages import Block, Fact, Page, Visit, heads, table_block
from recovery.admin.payment_forms import HoldForm, ReplaceForm
from recovery.admin.sealed import sealed_payment
from recovery.admin.show import (
    amount_cell,
    amount_text,
    badge,
    link,
    moment,
    moment_cell,
    words,
)
from recovery.admin.unclaimed import unclaimed_page
from recovery.domain.conversion import ROUNDING_WORDS
from recovery.domain.duties import Duty
from recovery.domain.lifecycle import PAYMENT_STEPS, PaymentAction, PaymentStatus
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
from recovery.services.batches import batch_drop, payment_stop
from recovery.services.payments import (
    payment_approve,
    payment_cancel,
    payment_leaves,
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


@admin.register(Payment)
class PaymentAdmin(DeskAdmin):
    """Every movement of money, newest first."""

    list_display = (
        "reference",
        "kind",
        "amount_shown",
        "status_shown",
        "case",
        "proposer",
        "approver",
        "since_shown",
    )
    list_filter = ("status", "kind", "asset")
    search_fields = ("reference__startswith", "confirmation_reference__exact")
    search_help_text = "Payment or confirmation reference"
    ordering = ("-id",)
    acts = PAYMENT_ACTS
    list_select_related = ("case", "proposer", "approver")

    def own_urls(self) -> list[URLPattern]:
        """What is owed and not claimed."""
        return [
            path(
                "unclaimed/",
                self.admin_site.admin_view(self.unclaimed_view),
                name="recovery_payment_unclaimed",
            )
        ]

    def unclaimed_view(self, request: HttpRequest) -> HttpResponse:
        """Show liabilities that lie still, by age."""
        if not self.has_view_permission(request) or request.method != "GET":
            raise PermissionDenied
        return self.page_shown(request, unclaimed_page(request))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        """Rows with what their pages need."""
        rows: QuerySet[Payment] = super().get_queryset(request)
        return rows.select_related(
            "decision__result__assessment",
            "case__event__account",
            "destination",
            "network_fee_rule",
            "conversion",
            "goodwill_reason",
            "goodwill_budget",
        )

    @display(description="Amount", ordering="amount")
    def amount_shown(self, payment: Payment) -> SafeString:
        """How much of what."""
        return amount_cell(payment.amount, payment.asset)

    @display(description="Status", ordering="status")
    def status_shown(self, payment: Payment) -> SafeString:
        """Where it stands."""
        return badge(payment.status)

    @display(description="Since", ordering="status_since")
    def since_shown(self, payment: Payment) -> SafeString:
        """Since when."""
        return moment_cell(payment.status_since)

    def page(self, visit: Visit) -> Page:
        """Amount, where to, who, and the sealed content."""
        payment: Payment = visit.subject
        sealed = sealed_payment(
            payment,
            visit.take_act("approve"),
            is_own=visit.is_me(payment.proposer_id, payment.decision.proposer_id),
        )
        return Page(
            title=payment.reference,
            kind=f"{words(payment.kind)} payment",
            badge=badge(payment.status),
            headline=f"{words(payment.kind)} of "
            f"{amount_text(payment.amount, payment.asset)}: "
            f"{words(payment.status).lower()} since {moment(payment.status_since)}.",
            facts=[
                *_facts(payment, shows_hold=Duty.HOLD_PAYMENT in visit.actor.duties),
                *_level(payment, visit.actor),
            ],
            blocks=[
                Block("Sealed content", "recovery/desk/blocks/sealed.html", sealed),
                _steps_block(payment),
            ],
        )


def _facts(payment: Payment, *, shows_hold: bool) -> list[Fact]:
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


def _level(payment: Payment, actor: Actor) -> list[Fact]:
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


def _steps_block(payment: Payment) -> Block:
    rows = [
        (
            moment_cell(step.at),
            words(step.action),
            f"{words(step.from_status)} → {words(step.to_status)}",
            step.actor_name,
            step.reason or "—",
        )
        for step in payment.transitions.order_by("-pk")
    ]
    columns = heads("When", "Step", "From → to", "Who", "Reason")
    return table_block("Steps taken", columns, rows, empty="No step yet.")
