"""Forms of the claim pages. Errors depend on what was typed, never on what is known."""

from datetime import UTC, datetime
from typing import Any

from django import forms

from recovery.services.claims import Filing

_ONE_OF_TWO = (
    "Give the transaction id of the liquidation, or the instrument and the time (UTC)."
)


class FileClaimForm(forms.Form):
    """Account and transaction id, or account, instrument and time."""

    account_number = forms.CharField(
        label="Account number",
        max_length=64,
        help_text="As your platform shows it, for example A-10042.",
        error_messages={"required": "Enter your account number."},
    )
    transaction_id = forms.CharField(
        label="Transaction id of the liquidation",
        max_length=80,
        required=False,
        help_text="From your platform's history or its message. If you have none, "
        "leave it empty and give instrument and time.",
    )
    instrument = forms.CharField(
        label="Instrument", max_length=40, required=False, help_text="Such as BTCUSDT."
    )
    happened_at = forms.DateTimeField(
        label="Date and time of the liquidation (UTC)",
        required=False,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"
        ),
        input_formats=[
            "%Y-%m-%dT%H:%M:%S",
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%d %H:%M:%S",
            "%Y-%m-%d %H:%M",
        ],
        help_text="Fifteen minutes more or less do not matter.",
        error_messages={"invalid": "Write the time as 2026-10-10 21:15, in UTC."},
    )
    message = forms.CharField(
        label="What happened, in your words",
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Never send a password or a code.",
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two ways to name the event."""
        cleaned = super().clean() or {}
        has_what_and_when = cleaned.get("instrument") and cleaned.get("happened_at")
        is_stated = cleaned.get("transaction_id") or has_what_and_when
        if not is_stated and "happened_at" not in self.errors:
            self.add_error("transaction_id", _ONE_OF_TWO)
        return cleaned

    def filing(self) -> Filing:
        """What was stated, times as UTC."""
        stated = dict(self.cleaned_data)
        happened_at: datetime | None = stated.pop("happened_at")
        if happened_at is not None:
            happened_at = happened_at.astimezone(UTC)
        return Filing(happened_at=happened_at, **stated)


class ReferenceForm(forms.Form):
    """A claim reference."""

    reference = forms.CharField(
        label="Claim reference",
        max_length=40,
        help_text="It begins with CL and stands in our mail.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "class": "code"}
        ),
        error_messages={"required": "Enter your claim reference."},
    )


class CodeForm(forms.Form):
    """A one-time code."""

    code = forms.RegexField(
        r"^[0-9]{8}$",
        label="One-time code",
        help_text="Eight digits, from our mail.",
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "maxlength": "12",
                "class": "code",
            }
        ),
        error_messages={
            "required": "Enter the code from our mail.",
            "invalid": "The code has eight digits.",
        },
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        if data is not None:
            # Mail programs group digits; people copy the gap along.
            data = {**data.dict(), "code": data.get("code", "").replace(" ", "")}
        super().__init__(data, **kwargs)


class AnswerForm(forms.Form):
    """The answer to our question."""

    answer = forms.CharField(
        label="Your answer",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Never send a password or a code.",
        error_messages={"required": "Write an answer before you send it."},
    )
