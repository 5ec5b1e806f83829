"""Shares of deficits written down by hand: one writes, another confirms."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data, Outcome
from recovery.admin.base import DeskAdmin
from recovery.admin.forms import AmountField, DeskForm, ReasonForm
from recovery.admin.pages import Fact, Page, Visit
from recovery.admin.show import amount_cell, amount_text, badge, link, moment, words
from recovery.domain.deficit_shares import RECORDED_BEARERS
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.lifecycle import CaseStatus
from recovery.domain.policy_words import Bearer
from recovery.models import AssessmentResult, RecordedShare, RecoveryCase
from recovery.services.actors import Actor
from recovery.services.recorded_shares import (
    share_confirm,
    share_record,
    share_withdraw,
)

_WRITERS = frozenset({Duty.PROPOSE_DECISION, Duty.COLLECT_DEFICIT})
_UNDECIDED = frozenset({CaseStatus.INVESTIGATING, CaseStatus.PROPOSED})


def _results(case: RecoveryCase) -> QuerySet[AssessmentResult]:
    event = case.event
    active = event.active_assessment_id if event else None
    return AssessmentResult.objects.filter(assessment=active, deficit_amount__gt=0)


class ShareForm(DeskForm):
    """Who took how much of the deficit, and where the proof lies."""

    result = forms.ModelChoiceField(
        label="Deficit", queryset=AssessmentResult.objects.none(), empty_label=None
    )
    bearer = forms.ChoiceField(
        label="Borne by",
        choices=[(one.value, words(one)) for one in Bearer if one in RECORDED_BEARERS],
    )
    amount = AmountField(label="Amount")
    evidence = forms.CharField(
        label="Where the proof lies", help_text="A ticket, a letter.", max_length=180
    )

    def prepare(self) -> None:
        """Offer the deficits of the active assessment."""
        field: Any = self.fields["result"]
        field.queryset = _results(self.subject)
        field.label_from_instance = lambda row: amount_text(
            row.deficit_amount, row.asset
        )


def _record(actor: Actor, case: RecoveryCase, data: Data, now: datetime) -> Outcome:
    if case.event is None:
        raise NotReadyError("Say first which event this case is about.")
    share = share_record(
        actor,
        case.event,
        asset=data["result"].asset,
        bearer=Bearer(data["bearer"]),
        amount=data["amount"],
        evidence=data["evidence"],
        now=now,
    )
    url = reverse("admin:recovery_recordedshare_change", args=[share.pk])
    return Outcome("Written down. Somebody else must confirm it.", url)


SHARE_ACT = Act(
    "record-share",
    "Record a share of the deficit",
    _record,
    "Written down.",
    _WRITERS,
    ShareForm,
    lambda _actor, case: (
        CaseStatus(case.status) in _UNDECIDED and _results(case).exists()
    ),
    hint="Fund cover, ADL or a socialised loss that the engine log does not tell.",
)


def _stands(one: RecordedShare) -> bool:
    return one.withdrawn_at is None


@admin.register(RecordedShare)
class RecordedShareAdmin(DeskAdmin):
    """Everything written down by hand, newest first."""

    list_display = (
        "event",
        "bearer_shown",
        "amount_shown",
        "state_shown",
        "recorded_by",
        "confirmed_by",
        "evidence",
    )
    list_filter = ("bearer", "asset")
    ordering = ("-id",)
    list_select_related = ("event", "recorded_by", "confirmed_by")
    acts = (
        Act(
            "confirm",
            "Confirm the share",
            lambda actor, one, _data, now: share_confirm(actor, one, now=now),
            "Confirmed. It counts when the deficit is approved.",
            frozenset({Duty.APPROVE_DECISION}),
            fits=lambda actor, one: (
                _stands(one)
                and one.confirmed_at is None
                and actor.user is not None
                and actor.user.pk != one.recorded_by_id
            ),
            tone="primary",
        ),
        Act(
            "withdraw",
            "Withdraw it",
            lambda actor, one, data, now: share_withdraw(
                actor, one, reason=data["reason"], now=now
            ),
            "Withdrawn.",
            _WRITERS | {Duty.APPROVE_DECISION},
            ReasonForm,
            lambda _actor, one: _stands(one),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[RecordedShare]:
        """Rows with what their pages need."""
        rows: QuerySet[RecordedShare] = super().get_queryset(request)
        return rows.select_related("event", "recorded_by", "confirmed_by")

    @display(description="Borne by", ordering="bearer")
    def bearer_shown(self, one: RecordedShare) -> str:
        """Who took it."""
        return words(one.bearer)

    @display(description="Amount", ordering="amount")
    def amount_shown(self, one: RecordedShare) -> SafeString:
        """How much of what."""
        return amount_cell(one.amount, one.asset)

    @display(description="State", ordering="confirmed_at")
    def state_shown(self, one: RecordedShare) -> SafeString:
        """Waits, confirmed or withdrawn."""
        return badge(_state(one))

    def page(self, visit: Visit) -> Page:
        """Who bears what by whose word, and where the proof lies."""
        one: RecordedShare = visit.subject
        url = reverse("admin:recovery_event_change", args=[one.event_id])
        amount = amount_text(one.amount, one.asset)
        confirmed = "nobody yet"
        if one.confirmed_at is not None:
            confirmed = f"{one.confirmed_by}, {moment(one.confirmed_at)}"
        return Page(
            title=f"{words(one.bearer)}: {amount}",
            kind="Share of a deficit, by hand",
            badge=badge(_state(one)),
            headline=f"{words(one.bearer)} took {amount} of the deficit.",
            facts=[
                Fact("Event", link(url, one.event.reference)),
                Fact("Proof", one.evidence),
                Fact("Recorded by", f"{one.recorded_by}, {moment(one.recorded_at)}"),
                Fact("Confirmed by", confirmed),
                Fact("Withdrawn", one.withdrawn_reason or "no"),
            ],
        )


def _state(one: RecordedShare) -> str:
    if one.withdrawn_at is not None:
        return "withdrawn"
    return "confirmed" if one.confirmed_at else "proposed"
