"""Forms of the acts on a payment."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from accounts.addresses.checks import BANK
from accounts.models import Destination, DestinationStatus
from recovery.admin.forms import DeskForm, long_text
from recovery.domain.lifecycle import PAYMENT_VOID
from recovery.models import Conversion, Decision, Payment


class HoldForm(DeskForm):
    """Why a payment is held."""

    reason = long_text("Reason", "Only compliance reads it.")


def offer(field: Any, rows: "QuerySet[Any]") -> None:
    """Let a field choose among rows."""
    field.queryset = rows


def conversion_field() -> forms.ModelChoiceField:
    """Which recorded conversion a payment to a bank takes."""
    return forms.ModelChoiceField(
        label="Conversion",
        help_text="Of a payment to a bank; record it first.",
        queryset=Conversion.objects.none(),
        required=False,
        empty_label="None",
    )


def payable_destinations(decision: Decision | None) -> "QuerySet[Destination]":
    """Approved destinations of a customer: of the asset, and accounts at banks."""
    if decision is None or decision.case.customer is None:
        return Destination.objects.none()
    return decision.case.customer.destinations.filter(
        Q(asset=decision.asset) | Q(network=BANK),
        status=DestinationStatus.APPROVED,
    )


def unused_conversions(decision: Decision | None) -> "QuerySet[Conversion]":
    """Conversions of a decision that serve no payment."""
    if decision is None:
        return Conversion.objects.none()
    used = Payment.objects.filter(conversion__isnull=False).exclude(
        status__in=PAYMENT_VOID
    )
    rows = decision.conversions.exclude(pk__in=used.values("conversion"))
    return rows.order_by("-pk")


class ReplaceForm(DeskForm):
    """Where the money goes that came back."""

    destination = forms.ModelChoiceField(
        label="Destination", queryset=Destination.objects.none(), empty_label="Choose…"
    )
    hold_reference = forms.CharField(
        label="Hold reference",
        help_text="The wallet system's own hold on this money.",
        max_length=80,
    )
    conversion = conversion_field()
    reason = long_text("Reason", "Why it goes there this time.")

    def prepare(self) -> None:
        """Offer the customer's approved destinations, and what was converted."""
        decision = self.subject.decision
        offer(self.fields["destination"], payable_destinations(decision))
        offer(self.fields["conversion"], unused_conversions(decision))
