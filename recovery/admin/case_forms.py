"""Forms of the acts on a case and its decisions and payments."""

from decimal import Decimal
from typing import Any

from django import forms

from accounts.models import Destination, User
from recovery.admin.case_decisions import decision_in_force, destination_chosen
from recovery.admin.forms import AmountField, DeskForm, long_text, shown
from recovery.admin.payment_forms import (
    conversion_field,
    offer,
    payable_destinations,
    unused_conversions,
)
from recovery.domain.money import format_amount
from recovery.domain.references import clean_reference
from recovery.domain.words import DecisionKind
from recovery.models import AssessmentResult, Event, RecoveryCase
from recovery.selectors.desk import main_result
from recovery.services.actors import Actor
from recovery.services.decisions import decision_expected

_KINDS = {
    DecisionKind.OWED: "Owed: pay the customer",
    DecisionKind.NOT_OWED: "Not owed: nothing to pay",
    DecisionKind.DEFICIT: "Deficit: the account ended below zero",
}


class QuestionForm(DeskForm):
    """A question to the customer."""

    question = long_text(
        "Question to the customer", "The customer reads this on the claim page."
    )


class AnswerForm(DeskForm):
    """The customer's answer, as it came in by another way."""

    answer = long_text("The customer's answer", "As it came in by phone or mail.")


class ThirdPartyForm(DeskForm):
    """What a venue, bank or custodian was asked."""

    question = long_text("Asked of whom, and what", "Staff read this.")


class MergeForm(DeskForm):
    """The other case of the same customer."""

    version = shown()
    into = forms.CharField(
        label="Into case", help_text="Reference of the case that stays.", max_length=40
    )
    reason = long_text("Reason", "Why these are one matter.")

    def clean_into(self) -> RecoveryCase:
        """Find the case by its reference."""
        text = clean_reference(self.cleaned_data["into"])
        found = RecoveryCase.objects.filter(reference=text).first()
        if found is None:
            raise forms.ValidationError(f"There is no case “{text}”.")
        return found


class ReceiptForm(DeskForm):
    """The receipt the page showed as the new one."""

    shown_receipt = shown()


class NoteForm(DeskForm):
    """An internal note."""

    text = long_text("Internal note", "Staff read this; the customer never does.")


class UpdateForm(DeskForm):
    """How far a case is, for the customer."""

    text = long_text("How far it is", "The customer reads this on the claim page.")


class AssignForm(DeskForm):
    """Who takes the case over."""

    assignee = forms.ModelChoiceField(
        label="Colleague", queryset=User.objects.none(), empty_label="Choose…"
    )

    def prepare(self) -> None:
        """Offer active staff who hold a role."""
        field: Any = self.fields["assignee"]
        field.queryset = (
            User.objects.filter(is_active=True, role_grants__revoked_at=None)
            .exclude(role_grants=None)
            .distinct()
            .order_by("full_name", "username")
        )


class LinkEventForm(DeskForm):
    """Which event the case is about."""

    version = shown()
    event = forms.CharField(
        label="Event reference",
        help_text="Ours or the platform's own event id.",
        max_length=80,
    )

    def clean_event(self) -> Event:
        """Find the event by either reference."""
        text = self.cleaned_data["event"].strip()
        ours = Event.objects.filter(reference=clean_reference(text))
        found = list(ours or Event.objects.filter(source_reference=text)[:2])
        if not found:
            raise forms.ValidationError(f"There is no event “{text}”.")
        if len(found) > 1:
            raise forms.ValidationError(
                f"More than one event is called “{text}”: use our own reference."
            )
        return found[0]


class ProposalForm(DeskForm):
    """How the case should end, prefilled from the assessment."""

    version = shown()
    result = forms.ModelChoiceField(
        label="Asset", queryset=AssessmentResult.objects.none(), empty_label=None
    )
    kind = forms.ChoiceField(label="Decision", choices=list(_KINDS.items()))
    amount = AmountField(label="Amount")
    reason = long_text("Reason", "In a sentence; the customer will read it.")

    def prepare(self) -> None:
        """Offer the results of the active assessment."""
        event = self.subject.event
        active = event.active_assessment if event else None
        field: Any = self.fields["result"]
        field.queryset = AssessmentResult.objects.filter(assessment=active)
        field.label_from_instance = lambda row: row.asset


def proposal_initial(_actor: Actor, case: RecoveryCase) -> dict[str, Any]:
    """What the assessment itself would propose."""
    start: dict[str, Any] = {"version": case.version}
    result = main_result(case.event)
    if result is None:
        return start
    kind, amount = decision_expected(result)
    return {
        **start,
        "result": result.pk,
        "kind": kind.value,
        "amount": format_amount(amount),
    }


class CreditForm(DeskForm):
    """A credit to the customer's own balance."""

    amount = AmountField(label="Amount")


class WithdrawalForm(DeskForm):
    """A withdrawal of credited money to a destination on file."""

    amount = AmountField(label="Amount")
    destination = forms.ModelChoiceField(
        label="Destination on file",
        queryset=Destination.objects.none(),
        empty_label="Choose…",
    )
    hold_reference = forms.CharField(
        label="Hold reference",
        help_text="The wallet system's own hold on this money.",
        max_length=80,
    )
    conversion = conversion_field()

    def prepare(self) -> None:
        """Offer the customer's approved destinations, and what was converted."""
        decision = decision_in_force(self.subject)
        offer(self.fields["destination"], payable_destinations(decision))
        offer(self.fields["conversion"], unused_conversions(decision))
        chosen = destination_chosen(self.subject)
        if chosen is not None:
            field: Any = self.fields["destination"]
            field.initial = chosen.destination_id
            field.help_text = "The customer chose the one that is filled in."


class ConversionForm(DeskForm):
    """At which rate money for a bank is turned into its currency, and who says so."""

    amount = AmountField(
        label="Amount", help_text="What leaves: less the customer's part of a fee."
    )
    currency = forms.CharField(label="Into currency", max_length=8)
    rate = AmountField(label="Rate", help_text="Units of it for one unit of the asset.")
    source = forms.CharField(label="Quoted by", max_length=120)
    quoted_at = forms.DateTimeField(label="Quoted at (UTC)")
    valid_until = forms.DateTimeField(label="Valid until (UTC)")


def positive_text(amount: Decimal) -> str:
    """An amount for a form field; empty when there is nothing to fill in."""
    return format_amount(amount) if amount > 0 else ""
