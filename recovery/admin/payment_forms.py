"""Forms of the acts on a payment."""

from typing import Any

from django import forms

from accounts.models import Destination, DestinationStatus
from recovery.admin.forms import DeskForm, long_text


class HoldForm(DeskForm):
    """Why a payment is held."""

    reason = long_text("Reason", "Only compliance reads it.")


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
    reason = long_text("Reason", "Why it goes there this time.")

    def prepare(self) -> None:
        """Offer the customer's approved destinations of the asset."""
        field: Any = self.fields["destination"]
        field.queryset = Destination.objects.filter(
            customer_id=self.subject.case.customer_id,
            asset=self.subject.asset,
            status=DestinationStatus.APPROVED,
        )
