"""What can be done about a set-off: proposed on a case, approved or ended on its page."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse

from recovery.admin.acts import Act, Data, Outcome
from recovery.admin.case_decisions import decision_in_force
from recovery.admin.forms import (
    AmountField,
    DeskForm,
    DigestForm,
    ReasonForm,
    long_text,
)
from recovery.admin.show import (
    amount_text,
)
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.lifecycle import CollectionStatus
from recovery.domain.set_off import SetOffStatus
from recovery.domain.words import DecisionKind
from recovery.models import Collection, RecoveryCase
from recovery.services.actors import Actor
from recovery.services.set_off_ends import set_off_reverse, set_off_withdraw
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
