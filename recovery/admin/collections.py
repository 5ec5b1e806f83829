"""Deficits on the desk: who bears them, and what is collected of whom."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data
from recovery.admin.base import DeskAdmin
from recovery.admin.forms import AmountField, DeskForm, ReasonForm
from recovery.admin.pages import Block, Fact, Page, Visit, heads, table_block
from recovery.admin.show import (
    amount_cell,
    amount_text,
    badge,
    link,
    moment,
    moment_cell,
    words,
)
from recovery.domain.duties import Duty
from recovery.domain.lifecycle import (
    COLLECTION_STEPS,
    CollectionAction,
    CollectionStatus,
)
from recovery.models import Collection, Instalment
from recovery.services.actors import Actor
from recovery.services.collections import (
    collection_arrange,
    collection_left,
    collection_notice,
    instalment_paid,
    write_off_approve,
    write_off_propose,
    write_off_return,
)

_MONTHS_MAX = 60


class ArrangeForm(DeskForm):
    """Equal instalments by month; the last one takes the rest."""

    first_on = forms.DateField(label="First on", help_text="As 2026-12-31.")
    count = forms.IntegerField(
        label="Instalments", min_value=1, max_value=_MONTHS_MAX, initial=1
    )
    each = AmountField(label="Each", help_text="The last one takes what is left.")
    reason = forms.CharField(label="Agreed with", max_length=200)


class InstalmentForm(DeskForm):
    """Which instalment came in, and under which reference."""

    instalment = forms.ModelChoiceField(
        label="Instalment", queryset=Instalment.objects.none(), empty_label="Choose…"
    )
    reference = forms.CharField(label="Reference of the payment", max_length=120)

    def prepare(self) -> None:
        """Offer what is not paid."""
        field: Any = self.fields["instalment"]
        field.queryset = self.subject.instalments.filter(paid_at=None)


def _next_month(day: date) -> date:
    month = day.month % 12 + 1
    year = day.year + (month == 1)
    last = 28 if month == 2 else 30
    return date(year, month, min(day.day, last))


def _parts(data: Data, left: Decimal) -> list[tuple[date, Decimal]]:
    parts, day = [], data["first_on"]
    for _ in range(data["count"] - 1):
        parts.append((day, data["each"]))
        day = _next_month(day)
    rest = left - sum((amount for _, amount in parts), Decimal(0))
    return [*parts, (day, rest)]


def _arrange(actor: Actor, collection: Collection, data: Data, now: datetime) -> object:
    parts = _parts(data, collection_left(collection))
    return collection_arrange(actor, collection, parts, reason=data["reason"], now=now)


def _knows(action: CollectionAction, collection: Collection) -> bool:
    return (CollectionStatus(collection.status), action) in COLLECTION_STEPS


def _act_of(action: CollectionAction) -> dict[str, Any]:
    return {
        "duties": frozenset[Duty]().union(
            *(
                step.duties
                for (_, one), step in COLLECTION_STEPS.items()
                if one == action
            )
        )
        - {Duty.BE_SYSTEM},
        "fits": lambda _actor, collection: _knows(action, collection),
    }


def _may_write_off(actor: Actor, collection: Collection) -> bool:
    is_other = actor.user and actor.user.pk != collection.write_off_proposer_id
    return bool(is_other) and _knows(CollectionAction.APPROVE_WRITE_OFF, collection)


COLLECTION_ACTS = (
    Act(
        "notice",
        "Send the notice",
        lambda actor, one, _data, now: collection_notice(actor, one, now=now),
        "Sent. The customer reads why, and how to dispute it.",
        tone="primary",
        **_act_of(CollectionAction.SEND_NOTICE),
    ),
    Act(
        "arrange",
        "Agree on instalments",
        _arrange,
        "Agreed.",
        form=ArrangeForm,
        tone="primary",
        **_act_of(CollectionAction.ARRANGE),
    ),
    Act(
        "paid",
        "Record an instalment",
        lambda actor, _one, data, now: instalment_paid(
            actor, data["instalment"], reference=data["reference"], now=now
        ),
        "Recorded.",
        frozenset({Duty.CONFIRM_PAYMENT}),
        InstalmentForm,
        lambda _actor, one: one.instalments.filter(paid_at=None).exists(),
    ),
    Act(
        "write-off",
        "Propose to write it off",
        lambda actor, one, data, now: write_off_propose(
            actor, one, reason=data["reason"], now=now
        ),
        "Proposed. Somebody else must approve it.",
        form=ReasonForm,
        **_act_of(CollectionAction.PROPOSE_WRITE_OFF),
    ),
    Act(
        "approve",
        "Write it off",
        lambda actor, one, _data, now: write_off_approve(actor, one, now=now),
        "Written off.",
        frozenset({Duty.APPROVE_WRITE_OFF}),
        fits=_may_write_off,
        tone="primary",
    ),
    Act(
        "return",
        "Go on collecting",
        lambda actor, one, data, now: write_off_return(
            actor, one, reason=data["reason"], now=now
        ),
        "Sent back.",
        form=ReasonForm,
        **_act_of(CollectionAction.RETURN_WRITE_OFF),
    ),
)


@admin.register(Collection)
class CollectionAdmin(DeskAdmin):
    """Deficits and what becomes of them, newest first."""

    list_display = ("reference", "amount_shown", "status_shown", "case", "since_shown")
    list_filter = ("status", "asset")
    search_fields = ("reference__startswith",)
    search_help_text = "Reference"
    ordering = ("-id",)
    list_select_related = ("case",)
    acts = COLLECTION_ACTS

    def get_queryset(self, request: HttpRequest) -> QuerySet[Collection]:
        """Rows with what their pages need."""
        rows: QuerySet[Collection] = super().get_queryset(request)
        return rows.select_related("case", "decision")

    @display(description="Deficit", ordering="deficit_amount")
    def amount_shown(self, collection: Collection) -> SafeString:
        """How much of what."""
        return amount_cell(collection.deficit_amount, collection.asset)

    @display(description="Status", ordering="status")
    def status_shown(self, collection: Collection) -> SafeString:
        """Where it stands."""
        return badge(collection.status)

    @display(description="Since", ordering="status_since")
    def since_shown(self, collection: Collection) -> SafeString:
        """Since when."""
        return moment_cell(collection.status_since)

    def page(self, visit: Visit) -> Page:
        """Who bears what, what is left, and every step."""
        one: Collection = visit.subject
        case_url = reverse("admin:recovery_recoverycase_change", args=[one.case_id])
        deficit = amount_text(one.deficit_amount, one.asset)
        return Page(
            title=one.reference,
            kind="Deficit",
            badge=badge(one.status),
            headline=f"Deficit of {deficit}: {words(one.status).lower()} since "
            f"{moment(one.status_since)}.",
            facts=[
                Fact("Case", link(case_url, one.case.reference)),
                Fact("Deficit", deficit),
                Fact("Left to collect", amount_text(collection_left(one), one.asset)),
                Fact("Write-off proposed by", str(one.write_off_proposer or "nobody")),
            ],
            blocks=[_shares(one), _instalments(one), _steps(one)],
        )


def _shares(one: Collection) -> Block:
    rows = [
        (
            words(share.bearer),
            amount_cell(share.amount, one.asset),
            share.terms_reference,
        )
        for share in one.shares.order_by("pk")
    ]
    return table_block("Who bears it", heads("Bearer", "#Amount", "Clause"), rows)


def _instalments(one: Collection) -> Block:
    rows = [
        (
            str(part.round),
            str(part.due_on),
            amount_cell(part.amount, one.asset),
            moment_cell(part.paid_at) if part.paid_at else "open",
            part.paid_reference or "—",
        )
        for part in one.instalments.order_by("round", "number")
    ]
    columns = heads("Round", "Due on", "#Amount", "Paid", "Reference")
    return table_block("Instalments", columns, rows, empty="None agreed.")


def _steps(one: Collection) -> Block:
    rows = [
        (
            moment_cell(step.at),
            words(step.action),
            f"{words(step.from_status)} → {words(step.to_status)}",
            step.actor_name,
            step.reason or "—",
        )
        for step in one.transitions.order_by("-pk")
    ]
    columns = heads("When", "Step", "From → to", "Who", "Reason")
    return table_block("Steps taken", columns, rows, empty="No step yet.")
