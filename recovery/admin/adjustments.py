"""Adjustments on the desk: what changed after money had left, and what is done."""

from datetime import datetime

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data, Outcome
from recovery.admin.base import DeskAdmin
from recovery.admin.forms import ReasonForm
from recovery.admin.pages import Block, Fact, Page, Visit, heads, table_block
from recovery.admin.show import (
    amount_cell,
    amount_text,
    badge,
    link,
    moment,
    variance_text,
    words,
)
from recovery.domain.duties import Duty
from recovery.models import Adjustment, AdjustmentState
from recovery.services.actors import Actor
from recovery.services.adjustments import adjustment_close, adjustment_top_up


def _is_open(_actor: Actor, one: Adjustment) -> bool:
    return AdjustmentState(one.state) == AdjustmentState.OPEN


def _top_up(actor: Actor, one: Adjustment, _data: Data, now: datetime) -> Outcome:
    adjustment_top_up(actor, one, now=now)
    url = reverse("admin:recovery_recoverycase_change", args=[one.decision.case_id])
    return Outcome("The case is open again: propose what is still owed.", url)


def difference_words(one: Adjustment) -> str:
    """A difference in words: who is worse off than was decided."""
    amount = amount_text(abs(one.difference_amount), one.asset)
    if one.difference_amount < 0:
        return f"the customer is {amount} shorter than was decided"
    return f"the customer is {amount} better off than was decided"


@admin.register(Adjustment)
class AdjustmentAdmin(DeskAdmin):
    """Results that changed after money had left, newest first."""

    list_display = ("decision", "difference_shown", "state_shown", "outcome_shown")
    list_filter = ("state", "outcome", "asset")
    ordering = ("-id",)
    list_select_related = ("decision__case",)
    acts = (
        Act(
            "top-up",
            "Pay the rest",
            _top_up,
            "The case is open again.",
            frozenset({Duty.REOPEN_CASE}),
            fits=lambda actor, one: _is_open(actor, one) and one.difference_amount < 0,
            tone="primary",
            hint="Opens the case again; the rest is decided by two and paid.",
        ),
        Act(
            "close",
            "Close the adjustment",
            lambda actor, one, data, now: adjustment_close(
                actor, one, reason=data["reason"], now=now
            ),
            "Closed.",
            frozenset({Duty.APPROVE_DECISION}),
            ReasonForm,
            _is_open,
            hint="Recorded where too much was paid: nothing is taken back.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Adjustment]:
        """Rows with what their pages need."""
        rows: QuerySet[Adjustment] = super().get_queryset(request)
        return rows.select_related(
            "decision__case", "decision__result__assessment", "result__assessment"
        )

    @display(description="Difference", ordering="difference_amount")
    def difference_shown(self, one: Adjustment) -> SafeString:
        """Negative: the customer is shorter than was decided."""
        return amount_cell(one.difference_amount, one.asset)

    @display(description="State", ordering="state")
    def state_shown(self, one: Adjustment) -> SafeString:
        """Open or closed."""
        return badge(one.state)

    @display(description="Outcome", ordering="outcome")
    def outcome_shown(self, one: Adjustment) -> str:
        """What was done."""
        return words(one.outcome) if one.outcome else "—"

    def page(self, visit: Visit) -> Page:
        """What was decided on, what is found now, what was paid, and what follows."""
        one: Adjustment = visit.subject
        case = one.decision.case
        url = reverse("admin:recovery_recoverycase_change", args=[case.pk])
        return Page(
            title=f"Adjustment of {case.reference}",
            kind="Adjustment",
            badge=badge(one.state),
            headline=f"After money had left, {difference_words(one)}.",
            facts=[
                Fact("Case", link(url, case.reference)),
                Fact("Opened", moment(one.opened_at)),
                Fact("Outcome", words(one.outcome) if one.outcome else "none yet"),
                Fact("Closed by", str(one.closed_by or "nobody yet")),
                Fact("Because", one.closed_reason or "—"),
            ],
            blocks=[_figures(one), _paid(one)],
        )


def _figures(one: Adjustment) -> Block:
    rows = [
        (
            label,
            f"no. {result.assessment.number}",
            variance_text(result.variance_amount, one.asset),
        )
        for label, result in (
            ("Decided on", one.decision.result),
            ("Found since", one.result),
        )
    ]
    columns = heads("Figures", "Assessment", "#Variance")
    return table_block(
        "Then and now",
        columns,
        rows,
        note="The difference leaves out the credits of the decision itself.",
    )


def _paid(one: Adjustment) -> Block:
    rows = [
        (
            link(
                reverse("admin:recovery_payment_change", args=[payment.pk]),
                payment.reference,
            ),
            words(payment.kind),
            amount_cell(payment.amount, payment.asset),
            badge(payment.status),
        )
        for payment in one.decision.payments.order_by("pk")
    ]
    columns = heads("Payment", "Kind", "#Amount", "Status")
    return table_block("Paid on the decision", columns, rows, empty="No payment.")
