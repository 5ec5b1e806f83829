"""Set-offs on the desk: the policies that allow them, and each with both its amounts."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.roles import ClientClass
from recovery.admin.acts import Act, Data, Outcome
from recovery.admin.base import DeskAdmin
from recovery.admin.case_decisions import decision_in_force
from recovery.admin.forms import (
    AmountField,
    DeskForm,
    DigestForm,
    ReasonForm,
    long_text,
)
from recovery.admin.pages import Block, Fact, Page, Visit, heads, table_block
from recovery.admin.rules import PeriodAdmin
from recovery.admin.sealed import Sealed, sealed_facts
from recovery.admin.show import (
    amount_cell,
    amount_text,
    badge,
    link,
    moment,
    words,
)
from recovery.domain.deficit_shares import PROTECTED_CLASSES
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.lifecycle import CollectionStatus
from recovery.domain.set_off import SetOffSides, SetOffStatus, set_off_left
from recovery.domain.words import DecisionKind
from recovery.models import Collection, RecoveryCase, SetOff, SetOffPolicy
from recovery.services.actors import Actor
from recovery.services.set_off_ends import set_off_reverse, set_off_withdraw
from recovery.services.set_off_policies import set_off_policy_change
from recovery.services.set_offs import set_off_approve, set_off_propose


def _deficits(case: RecoveryCase) -> QuerySet[Collection]:
    """Deficits of the customer of a case that were told to the customer."""
    if case.customer_id is None:
        return Collection.objects.none()
    return Collection.objects.filter(
        case__customer=case.customer_id, status=CollectionStatus.NOTICED
    )


class SetOffForm(DeskForm):
    """Against which deficit, how much, and why."""

    collection = forms.ModelChoiceField(
        label="Against the deficit",
        queryset=Collection.objects.none(),
        empty_label="Choose…",
    )
    amount = AmountField(label="Amount", help_text="Of both sides.")
    reason = long_text("Reason", "In a sentence; the customer reads it.")

    def prepare(self) -> None:
        """Offer what the customer owes and was told of."""
        field: Any = self.fields["collection"]
        field.queryset = _deficits(self.subject)
        field.label_from_instance = lambda one: (
            f"{one.reference}: {amount_text(one.deficit_amount, one.asset)}"
        )


class SetOffPolicyForm(DeskForm):
    """Where set-off is allowed, for whom, and by which clause."""

    venue = forms.CharField(label="Venue", max_length=32, initial="house")
    client_classes = forms.MultipleChoiceField(
        label="Client classes",
        help_text="Protected classes are not among them.",
        choices=[
            (one.value, words(one))
            for one in ClientClass
            if one not in PROTECTED_CLASSES
        ],
    )
    valid_from = forms.DateTimeField(
        label="Valid from (UTC)", help_text="As 2026-12-01 00:00, not in the past."
    )
    terms_reference = forms.CharField(label="Clause of the terms", max_length=200)


def _propose(actor: Actor, case: RecoveryCase, data: Data, now: datetime) -> Outcome:
    decision = decision_in_force(case)
    if decision is None:
        raise NotReadyError("There is no approved decision on this case.")
    made = set_off_propose(
        actor,
        decision,
        data["collection"],
        amount=data["amount"],
        reason=data["reason"],
        now=now,
    )
    url = reverse("admin:recovery_setoff_change", args=[made.pk])
    return Outcome(f"{made.reference} proposed. A checker must approve it.", url)


def _may_set_off(_actor: Actor, case: RecoveryCase) -> bool:
    decision = decision_in_force(case)
    is_owed = decision is not None and decision.kind == DecisionKind.OWED
    return is_owed and _deficits(case).exists()


def _change(actor: Actor, _none: object, data: Data, now: datetime) -> str:
    return f"{set_off_policy_change(actor, **data, now=now)} begins."


SET_OFF_ACT = Act(
    "set-off",
    "Set off against a deficit",
    _propose,
    "Proposed.",
    frozenset({Duty.PROPOSE_PAYMENT}),
    SetOffForm,
    _may_set_off,
    hint="Only where a policy in force allows it; both amounts are shown to everybody.",
)
_WAITS = SetOffStatus.PROPOSED
SET_OFF_ACTS = (
    Act(
        "approve",
        "Approve the set-off",
        lambda actor, one, data, now: set_off_approve(
            actor, one, shown_digest=data["shown_digest"], now=now
        ),
        "Approved. Both sides are less by it, and the customer is told.",
        frozenset({Duty.APPROVE_PAYMENT}),
        DigestForm,
        lambda actor, one: (
            one.status == _WAITS
            and actor.user is not None
            and actor.user.pk != one.proposer_id
        ),
        lambda _actor, one: {"shown_digest": one.content_digest},
        tone="primary",
        hint="You approve exactly the sealed content shown on this page.",
    ),
    Act(
        "withdraw",
        "Withdraw it",
        lambda actor, one, data, now: set_off_withdraw(
            actor, one, reason=data["reason"], now=now
        ),
        "Withdrawn.",
        frozenset({Duty.PROPOSE_PAYMENT, Duty.APPROVE_PAYMENT}),
        ReasonForm,
        lambda _actor, one: one.status == _WAITS,
    ),
    Act(
        "reverse",
        "Reverse it",
        lambda actor, one, data, now: set_off_reverse(
            actor, one, reason=data["reason"], now=now
        ),
        "Reversed. Both amounts stand again as before.",
        frozenset({Duty.APPROVE_PAYMENT, Duty.REOPEN_CASE}),
        ReasonForm,
        lambda _actor, one: one.status == SetOffStatus.APPROVED,
        tone="danger",
    ),
)


@admin.register(SetOff)
class SetOffAdmin(DeskAdmin):
    """Every set-off, newest first."""

    list_display = (
        "reference",
        "amount_shown",
        "status_shown",
        "decision",
        "collection",
        "policy",
        "proposer",
        "approver",
    )
    list_filter = ("status", "asset")
    search_fields = ("reference__startswith",)
    search_help_text = "Reference"
    ordering = ("-id",)
    list_select_related = (
        "decision__case",
        "collection",
        "policy",
        "proposer",
        "approver",
    )
    acts = SET_OFF_ACTS

    def get_queryset(self, request: HttpRequest) -> QuerySet[SetOff]:
        """Rows with what their pages need."""
        rows: QuerySet[SetOff] = super().get_queryset(request)
        return rows.select_related("decision__case", "collection__case", "policy")

    @display(description="Amount", ordering="amount")
    def amount_shown(self, one: SetOff) -> SafeString:
        """Of both sides."""
        return amount_cell(one.amount, one.asset)

    @display(description="Status", ordering="status")
    def status_shown(self, one: SetOff) -> SafeString:
        """Where it stands."""
        return badge(one.status)

    def page(self, visit: Visit) -> Page:
        """Both amounts before and after, the clause, who, and the sealed content."""
        one: SetOff = visit.subject
        sealed = Sealed(
            title=f"Set-off of {amount_text(one.amount, one.asset)}, proposed by "
            f"{one.proposer} on {moment(one.proposed_at)}",
            facts=sealed_facts(one.sealed),
            digest=one.content_digest,
            text=one.sealed,
            differences=[],
            acts=visit.take_act("approve"),
            is_waiting=one.status == _WAITS,
        )
        return Page(
            title=one.reference,
            kind="Set-off",
            badge=badge(one.status),
            headline=f"{amount_text(one.amount, one.asset)} set off: both amounts are "
            "shown, neither is hidden in the other.",
            facts=[
                Fact("Allowed by", f"{one.policy}: {one.policy.terms_reference}"),
                Fact("Reason", one.reason),
                Fact("Approved by", str(one.approver or "nobody yet")),
                Fact("Ended", _ended(one)),
            ],
            blocks=[
                _sides(one),
                Block("Sealed content", "recovery/desk/blocks/sealed.html", sealed),
            ],
        )


def _ended(one: SetOff) -> str:
    if one.ended_at is None:
        return "no"
    return f"{words(one.status)} on {moment(one.ended_at)}: {one.ended_reason}"


def _sides(one: SetOff) -> Block:
    before = SetOffSides(one.owed_before_amount, one.due_before_amount)
    left = set_off_left(before, one.amount)

    def side(label: str, case: RecoveryCase, was: Decimal, is_left: Decimal) -> Any:
        url = reverse("admin:recovery_recoverycase_change", args=[case.pk])
        return (
            label,
            link(url, case.reference),
            amount_cell(was, one.asset),
            amount_cell(one.amount, one.asset),
            amount_cell(is_left, one.asset),
        )

    rows = [
        side("Owed to the customer", one.decision.case, before.owed, left.owed),
        side("Owed by the customer", one.collection.case, before.due, left.due),
    ]
    columns = heads("Side", "Case", "#Before", "#Set off", "#Left")
    return table_block("Both sides", columns, rows)


@admin.register(SetOffPolicy)
class SetOffPolicyAdmin(PeriodAdmin):
    """Where and for whom set-off is allowed; nowhere else."""

    list_display = ("__str__", "period_shown", "classes_shown", "terms_reference")
    list_filter = ("venue",)
    ordering = ("venue", "-version")
    list_acts = (
        Act(
            "change",
            "Let a new policy begin",
            _change,
            "Begun.",
            frozenset({Duty.ACTIVATE_RULES}),
            SetOffPolicyForm,
            hint="The policy in force ends where the new one begins.",
        ),
    )

    @display(description="Client classes")
    def classes_shown(self, policy: SetOffPolicy) -> str:
        """Whom it names."""
        return ", ".join(map(words, policy.client_classes))
