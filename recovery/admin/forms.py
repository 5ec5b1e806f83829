"""Form fields of the desk's acts. Amounts come in by the one door for money."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from recovery.domain.money import AmountUnreadableError, parse_amount
from recovery.services.actors import Actor


class DeskForm(forms.Form):
    """What one act needs to know; hidden fields carry what the page showed."""

    def __init__(self, *args: Any, subject: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject = subject
        self.actor = actor
        self.prepare()

    def prepare(self) -> None:
        """Fill choices that depend on the subject."""

    def posted_words(self) -> dict[str, Any]:
        """What the person typed, without the hidden fields and files."""
        return {
            name: self.data[name]
            for name, field in self.fields.items()
            if name in self.data and not isinstance(field.widget, forms.HiddenInput)
        }


class AmountField(forms.CharField):
    """An amount in plain digits; spaces and grouping commas are not guessed at."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 60)
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "size": "18"})
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Decimal | None:
        """Read the text as an amount."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_amount(text)
        except AmountUnreadableError as error:
            raise ValidationError(
                f"“{text}” is not an amount: write digits and a point, as in 3.10."
            ) from error


def long_text(label: str, help_text: str = "", *, required: bool = True) -> forms.Field:
    """A field for a sentence or more."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def shown(required: bool = True) -> forms.CharField:
    """A hidden field that says what the page showed."""
    return forms.CharField(widget=forms.HiddenInput, required=required, max_length=80)


class ReasonForm(DeskForm):
    """An act that needs a reason."""

    reason = long_text("Reason")


class DigestForm(DeskForm):
    """An approval: carries the digest of what the page showed."""

    shown_digest = shown()
