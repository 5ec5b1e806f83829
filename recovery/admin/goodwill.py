"""Goodwill on the desk: budgets, reasons, and the act on a case."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.utils import timezone
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data
from recovery.admin.base import DeskAdmin
from recovery.admin.case_decisions import decision_in_force
from recovery.admin.forms import AmountField, DeskForm, long_text
from recovery.admin.pages import Fact, Page, Visit, heads, table_block
from recovery.admin.rules import PeriodAdmin, period_text
from recovery.admin.show import amount_cell, amount_text, badge, link, moment, words
from recovery.domain.duties import Duty
from recovery.domain.money import exact
from recovery.models import GoodwillBudget, GoodwillReason, RecoveryCase
from recovery.services.actors import Actor
from recovery.services.goodwill import goodwill_given, goodwill_propose
from recovery.services.goodwill_terms import (
    GoodwillLimits,
    goodwill_budget_change,
    goodwill_reason_add,
    goodwill_reason_end,
)


class GoodwillForm(DeskForm):
    """What is given beside the decision, and why."""

    amount = AmountField(label="Amount", help_text="In the asset of the decision.")
    reason = forms.ModelChoiceField(
        label="Reason",
        help_text="The customer reads it.",
        queryset=GoodwillReason.objects.none(),
        empty_label="Choose…",
    )
    words = long_text("Why", "Staff read this; the second person must agree.")

    def prepare(self) -> None:
        """Offer the reasons that are in use."""
        field: Any = self.fields["reason"]
        field.queryset = GoodwillReason.objects.filter(ended_at=None).order_by("code")


class BudgetForm(DeskForm):
    """How much goodwill a month may hold, from when, and the house rule behind it."""

    currency = forms.CharField(label="Reporting currency", max_length=24)
    month = AmountField(label="In a calendar month")
    each = AmountField(label="In one payment")
    customer = AmountField(label="To one customer in a month")
    two_above = AmountField(label="Two approve above", required=False)
    valid_from = forms.DateTimeField(
        label="Valid from (UTC)", help_text="As 2026-12-01 00:00, not in the past."
    )
    terms_reference = forms.CharField(label="House rule", max_length=200)


class ReasonAddForm(DeskForm):
    """A reason in the words the customer reads."""

    code = forms.SlugField(label="Code", max_length=40)
    told = forms.CharField(label="The customer reads", max_length=200)


def _change(actor: Actor, _none: object, data: Data, now: datetime) -> str:
    names = ("currency", "month", "each", "customer", "two_above")
    budget = goodwill_budget_change(
        actor,
        limits=GoodwillLimits(**{name: data[name] for name in names}),
        valid_from=data["valid_from"],
        terms_reference=data["terms_reference"],
        now=now,
    )
    return f"{budget} begins; what was given this month already counts in it."


def _propose(actor: Actor, case: RecoveryCase, data: Data, now: datetime) -> str:
    payment = goodwill_propose(
        actor,
        case,
        reason=data["reason"],
        words=data["words"],
        amount=data["amount"],
        now=now,
    )
    return f"Goodwill {payment.reference} proposed. A checker must approve it."


GOODWILL_ACT = Act(
    "goodwill",
    "Propose goodwill",
    _propose,
    "Goodwill proposed.",
    frozenset({Duty.PROPOSE_PAYMENT}),
    GoodwillForm,
    lambda _actor, case: decision_in_force(case) is not None,
    hint="Beside what is owed, from the month's budget. It pays nothing that is owed.",
)


@admin.register(GoodwillBudget)
class GoodwillBudgetAdmin(PeriodAdmin):
    """What a month may hold."""

    list_display = ("__str__", "period_shown", "month_shown", "terms_reference")
    ordering = ("-version",)
    list_acts = (
        Act(
            "change",
            "Let a new budget begin",
            _change,
            "Begun.",
            frozenset({Duty.ACTIVATE_RULES}),
            BudgetForm,
            hint="The budget in force ends where the new one begins.",
        ),
    )

    @display(description="In a month", ordering="month_amount")
    def month_shown(self, budget: GoodwillBudget) -> SafeString:
        """In the reporting currency."""
        return amount_cell(budget.month_amount, budget.currency)

    def page(self, visit: Visit) -> Page:
        """The limits, what this month holds, and everything given from it."""
        budget: GoodwillBudget = visit.subject
        given = goodwill_given(budget.currency, at=timezone.now())
        with exact():
            left = budget.month_amount - given
        facts = [
            Fact("In force", period_text(budget.period)),
            Fact("In a calendar month", _money(budget.month_amount, budget)),
            Fact("Given this month, by all versions", _money(given, budget)),
            Fact("Left this month", _money(left, budget)),
            Fact("In one payment", _money(budget.each_amount, budget)),
            Fact("To one customer in a month", _money(budget.customer_amount, budget)),
            Fact("Two approve above", _money(budget.two_above, budget)),
            Fact("House rule", budget.terms_reference),
            Fact("Begun by", str(budget.created_by or "—")),
        ]
        rows = [
            (
                link(f"../../../payment/{one.pk}/change/", one.reference),
                one.case.reference,
                str(one.goodwill_reason),
                amount_cell(one.amount, one.asset),
                _money(one.value_amount, budget),
                badge(one.status),
                f"{one.proposer}, {moment(one.proposed_at)}",
            )
            for one in budget.payments.select_related(
                "case", "goodwill_reason", "proposer"
            ).order_by("-pk")[:200]
        ]
        columns = heads(
            "Payment", "Case", "Reason", "#Amount", "#Worth", "Status", "Proposed"
        )
        return Page(
            title=str(budget),
            kind="Goodwill budget",
            facts=facts,
            blocks=[table_block("Given from it", columns, rows, empty="Nothing yet.")],
        )


def _money(amount: Any, budget: GoodwillBudget) -> str:
    return "—" if amount is None else amount_text(amount, budget.currency)


@admin.register(GoodwillReason)
class GoodwillReasonAdmin(DeskAdmin):
    """Reasons for goodwill, as the customer reads them."""

    list_display = ("code", "told", "state_shown")
    ordering = ("code",)
    acts = (
        Act(
            "end",
            "Use it no more",
            lambda actor, one, _data, now: goodwill_reason_end(actor, one, now=now),
            "Ended. What was given for it keeps it.",
            frozenset({Duty.ACTIVATE_RULES}),
            fits=lambda _actor, one: one.ended_at is None,
            tone="danger",
        ),
    )
    list_acts = (
        Act(
            "add",
            "Add a reason",
            lambda actor, _none, data, _now: goodwill_reason_add(actor, **data),
            "Added.",
            frozenset({Duty.ACTIVATE_RULES}),
            ReasonAddForm,
        ),
    )

    @display(description="State", ordering="ended_at")
    def state_shown(self, reason: GoodwillReason) -> SafeString:
        """In use or not."""
        return badge(words("ended" if reason.ended_at else "in use"))
