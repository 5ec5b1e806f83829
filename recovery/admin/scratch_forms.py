"""Forms of the scratch page. Amounts come in by the one door for money."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms

from recovery.admin.import_forms import DAY_ORDERS
from recovery.domain.money import AmountUnreadableError, parse_amount
from recovery.domain.story_words import story_languages
from recovery.services.scratch import SCRATCH_BYTES, SCRATCH_ROWS
from recovery.venues.loading import shipped_profiles


def _venues() -> list[tuple[str, str]]:
    return [(profile.code, profile.name) for profile in shipped_profiles()]


class _AmountField(forms.CharField):
    """One amount, by the one door for money."""

    def clean(self, value: str) -> Decimal | None:
        """The exact amount; None where the field may stay empty."""
        text = super().clean(value)
        try:
            return parse_amount(text) if text else None
        except AmountUnreadableError as error:
            raise forms.ValidationError(str(error)) from error


class _BalancesField(forms.CharField):
    """Amounts by asset: `USDT 100, BTC 0.5`."""

    def clean(self, value: str) -> dict[str, Decimal]:
        """Each asset once.

        Raises:
            ValidationError: A part is not an asset and an amount.
        """
        balances: dict[str, Decimal] = {}
        for part in super().clean(value).replace("\n", ",").split(","):
            if not part.strip():
                continue
            asset, _, amount = part.strip().partition(" ")
            try:
                balances[asset.upper()] = parse_amount(amount)
            except AmountUnreadableError as error:
                raise forms.ValidationError(
                    f"“{part.strip()}”: write an asset and an amount, as USDT 100."
                ) from error
        return balances


class _InstantField(forms.CharField):
    """An instant in UTC: a day, or a day and an hour."""

    def clean(self, value: str) -> datetime | None:
        """An aware instant; None where the field is empty.

        Raises:
            ValidationError: It is no day of the calendar.
        """
        text = super().clean(value).strip().removesuffix("UTC").strip()
        if not text:
            return None
        try:
            read = datetime.fromisoformat(text)
        except ValueError as error:
            raise forms.ValidationError(
                f"“{text}” is no time: write 2026-10-10 or 2026-10-10 16:00."
            ) from error
        return read if read.tzinfo else read.replace(tzinfo=UTC)


class PasteForm(forms.Form):
    """Rows as they were copied, and what they cannot say."""

    rows = forms.CharField(
        label="Rows",
        max_length=SCRATCH_BYTES,
        strip=False,
        widget=forms.Textarea({"rows": 10, "spellcheck": "false"}),
        help_text=f"Copied from a screen or a file, with their header if there is "
        f"one. Up to {SCRATCH_ROWS:,} rows; a longer history is imported.",
    )
    venue = forms.ChoiceField(label="Venue", required=False)
    account = forms.CharField(
        label="Account number",
        required=False,
        max_length=64,
        help_text="Only when the rows do not say.",
    )
    zone = forms.CharField(
        label="Time zone",
        required=False,
        max_length=32,
        help_text="Empty: as the layout says.",
    )
    day_order = forms.ChoiceField(
        label="Day or month first", required=False, choices=DAY_ORDERS
    )
    language = forms.ChoiceField(label="Story in", required=False)
    from_at = _InstantField(
        label="From", required=False, help_text="UTC: 2026-10-10 16:00. Empty: all."
    )
    until_at = _InstantField(label="Until", required=False, help_text="UTC.")
    baselines = _BalancesField(
        label="Balance before the first row",
        required=False,
        help_text="USDT 100, BTC 0.5. Empty: from the running balance.",
    )
    stated = _BalancesField(
        label="Balance now",
        required=False,
        help_text="What the customer sees. Empty: the last running balance.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages = [(one.code, one.name) for one in story_languages().values()]
        self.fields["language"].choices = languages  # type: ignore[attr-defined]
        choices = [("", "Recognise it"), *_venues()]
        self.fields["venue"].choices = choices  # type: ignore[attr-defined]


class PositionForm(forms.Form):
    """One linear position."""

    venue = forms.ChoiceField(label="Venue")
    side = forms.ChoiceField(choices=[("long", "Long"), ("short", "Short")])
    quantity = _AmountField(label="Size", help_text="In coins.")
    entry_price = _AmountField(label="Entry price")
    margin = _AmountField(label="Margin in the position")
    maintenance_rate = _AmountField(
        label="Maintenance margin rate", help_text="0.005 for 0.5 %."
    )
    fee_rate = _AmountField(label="Taker fee rate", help_text="0.0005 for 0.05 %.")
    close_price = _AmountField(
        label="Closed at", required=False, help_text="Empty: the prices only."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["venue"].choices = _venues()  # type: ignore[attr-defined]
