"""Payments and their pages."""

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from recovery.admin.base import DeskAdmin
from recovery.admin.pages import Block, Page, Visit, heads, table_block
from recovery.admin.payment_acts import PAYMENT_ACTS
from recovery.admin.payment_facts import approval_facts, payment_facts
from recovery.admin.sealed import sealed_payment
from recovery.admin.show import (
    amount_cell,
    amount_text,
    badge,
    moment,
    moment_cell,
    words,
)
from recovery.admin.unclaimed import unclaimed_page
from recovery.domain.duties import Duty
from recovery.models import Payment


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
                *payment_facts(
                    payment, shows_hold=Duty.HOLD_PAYMENT in visit.actor.duties
                ),
                *approval_facts(payment, visit.actor),
            ],
            blocks=[
                Block("Sealed content", "recovery/desk/blocks/sealed.html", sealed),
                _steps_block(payment),
            ],
        )


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
