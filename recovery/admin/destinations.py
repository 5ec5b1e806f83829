"""Destinations: who proposed, verified and approved where money may go."""

from datetime import datetime

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.utils.safestring import SafeString

from accounts.addresses.checks import networks_of
from accounts.models import (
    CoolDown,
    Customer,
    Destination,
    DestinationStatus,
    ScreeningResult,
)
from accounts.roles import ClientClass, choices
from recovery.admin.acts import Act, Data
from recovery.admin.base import DeskAdmin
from recovery.admin.forms import DeskForm, ReasonForm, long_text
from recovery.admin.pages import Fact, Page, Visit
from recovery.admin.show import badge, moment, moment_cell, read_aloud, words
from recovery.domain.duties import Duty
from recovery.services.actors import Actor
from recovery.services.destinations import (
    Screening,
    Verification,
    Wanted,
    cool_down_change,
    destination_approve,
    destination_propose,
    destination_revoke,
    destination_screen,
    destination_verify,
)

_EDITORS = frozenset({Duty.WORK_CASE, Duty.PROPOSE_PAYMENT})
_STOPPERS = _EDITORS | {Duty.HOLD_PAYMENT}
_APPROVERS = frozenset({Duty.APPROVE_DECISION, Duty.APPROVE_PAYMENT})
_TONES = {
    DestinationStatus.PROPOSED: "wait",
    DestinationStatus.VERIFIED: "wait",
    DestinationStatus.APPROVED: "good",
    DestinationStatus.REVOKED: "calm",
}


class DestinationForm(DeskForm):
    """Where a customer wants money of an asset to go."""

    asset = forms.CharField(label="Asset", max_length=16)
    network = forms.CharField(
        label="Network", max_length=24, help_text="ETHEREUM, TRON, BITCOIN, BANK, …"
    )
    address = forms.CharField(label="Address or IBAN", max_length=120)
    memo = forms.CharField(label="Memo or tag", max_length=256, required=False)

    def clean_network(self) -> str:
        """A network that carries the asset."""
        network = str(self.cleaned_data["network"]).strip().upper()
        known = networks_of(str(self.cleaned_data.get("asset", "")))
        if known and network not in known:
            raise forms.ValidationError(f"One of {', '.join(known)}.")
        return network


class VerificationForm(DeskForm):
    """How a destination was verified by another way than a mail."""

    how = long_text("How it was verified", "By another way than a mail, and with whom.")
    evidence = forms.CharField(label="Where the proof lies", max_length=400)


class ScreeningForm(DeskForm):
    """What a screening found."""

    provider = forms.CharField(label="Screened by", max_length=80)
    result = forms.ChoiceField(label="Result", choices=choices(ScreeningResult))
    at = forms.DateTimeField(label="When (UTC)", help_text="2026-01-31 14:00")


class CoolDownForm(DeskForm):
    """How long new destinations of a client class rest, from a day to come."""

    client_class = forms.ChoiceField(label="Client class", choices=choices(ClientClass))
    hours = forms.IntegerField(label="Hours", min_value=1, max_value=24 * 30)
    valid_from = forms.DateTimeField(label="From (UTC)", help_text="2026-01-31 00:00")


def _propose(
    actor: Actor, customer: Customer, data: Data, now: datetime
) -> Destination:
    return destination_propose(actor, customer, Wanted(**data), now=now)


def _verify(actor: Actor, one: Destination, data: Data, now: datetime) -> Destination:
    return destination_verify(actor, one, Verification(**data), now=now)


def _screen(actor: Actor, one: Destination, data: Data, now: datetime) -> Destination:
    result = ScreeningResult(data["result"])
    screening = Screening(data["provider"], result, data["at"])
    return destination_screen(actor, one, screening, now=now)


def _approve(actor: Actor, one: Destination, _data: Data, now: datetime) -> Destination:
    return destination_approve(actor, one, now=now)


def _revoke(actor: Actor, one: Destination, data: Data, now: datetime) -> Destination:
    return destination_revoke(actor, one, reason=data["reason"], now=now)


def _cool_down(actor: Actor, _subject: object, data: Data, now: datetime) -> CoolDown:
    return cool_down_change(
        actor,
        data["client_class"],
        hours=data["hours"],
        valid_from=data["valid_from"],
        now=now,
    )


def _is_live(_actor: Actor, one: Destination) -> bool:
    return one.status != DestinationStatus.REVOKED


PROPOSE_DESTINATION = Act(
    "propose-destination",
    "Propose a destination",
    _propose,
    "Proposed. The mail on file hears of it now.",
    _EDITORS,
    form=DestinationForm,
)


@admin.register(Destination)
class DestinationAdmin(DeskAdmin):
    """Where withdrawals may go."""

    list_display = ("customer", "asset", "network", "address", "status_shown")
    list_filter = ("asset", "network", "status")
    search_fields = ("address__exact", "customer__uid__exact")
    search_help_text = "Address or UID"
    ordering = ("-id",)
    list_select_related = ("customer",)
    acts = (
        Act(
            "verify",
            "Note how it was verified",
            _verify,
            "Noted. A second person may approve it once it is screened.",
            _EDITORS,
            form=VerificationForm,
            fits=lambda _actor, one: one.status == DestinationStatus.PROPOSED,
        ),
        Act(
            "screen",
            "Record a screening",
            _screen,
            "Recorded.",
            _STOPPERS,
            form=ScreeningForm,
            fits=_is_live,
        ),
        Act(
            "approve",
            "Approve",
            _approve,
            "Approved; it cools down now. The mail on file hears of it.",
            _APPROVERS,
            fits=lambda _actor, one: one.status == DestinationStatus.VERIFIED,
            tone="primary",
            hint="Read the address back in groups of four first.",
        ),
        Act(
            "revoke",
            "Take off",
            _revoke,
            "Taken off; unpaid payments to it are stopped.",
            _STOPPERS,
            form=ReasonForm,
            fits=_is_live,
            tone="danger",
        ),
    )

    @display(description="Status", ordering="status")
    def status_shown(self, destination: Destination) -> SafeString:
        """How far it is."""
        return _status(destination)

    def page(self, visit: Visit) -> Page:
        """The address to read back, and everybody who had a hand in it."""
        one: Destination = visit.subject
        check = "has a check figure" if one.is_checked else "has none: compare it whole"
        return Page(
            title=f"{one.asset} on {one.network}",
            kind="Destination",
            badge=_status(one),
            headline=read_aloud(one.network, one.address, one.memo),
            facts=[
                Fact("Customer", str(one.customer)),
                Fact("Against mistyping", check),
                Fact(
                    "Proposed", _by(one.proposed_by or "the customer", one.proposed_at)
                ),
                Fact("Verified", _by(one.verified_by, one.verified_at)),
                Fact("How", one.verified_how or "—"),
                Fact("Proof", one.evidence or "—"),
                Fact("Screening", words(one.screening) or "—"),
                Fact("Screened", _by(one.screened_by, one.screened_at)),
                Fact("Approved", _by(one.approved_by, one.approved_at)),
                Fact("Usable from", moment(one.usable_at)),
                Fact("Taken off", _by(one.revoked_reason, one.revoked_at)),
            ],
        )


@admin.register(CoolDown)
class CoolDownAdmin(DeskAdmin):
    """How long new destinations rest, by client class and date."""

    list_display = ("client_class", "hours", "from_shown")
    ordering = ("client_class", "-valid_from")
    list_acts = (
        Act(
            "change",
            "Set a rest",
            _cool_down,
            "Set. It counts from its day on.",
            frozenset({Duty.ACTIVATE_RULES}),
            form=CoolDownForm,
        ),
    )

    @display(description="From", ordering="valid_from")
    def from_shown(self, rest: CoolDown) -> SafeString:
        """From when."""
        return moment_cell(rest.valid_from)


def _status(destination: Destination) -> SafeString:
    tone = _TONES[DestinationStatus(destination.status)]
    return badge(destination.status, tone)


def _by(who: object, at: datetime | None) -> str:
    return f"{who}, {moment(at)}" if at else "—"
