"""The form by which somebody assigns the columns of a file."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms

from recovery.admin.role_words import ROLE_WORDS
from recovery.domain.ledger import EventMarker, LedgerRole
from recovery.venues.column_mapping import ACCOUNT, SIGN, TIME, ColumnDraft
from recovery.venues.column_suggestions import (
    Suggested,
    suggested_role,
)
from recovery.venues.layout_loading import PARTS
from recovery.venues.profile import RowOrder

TYPES_MAX = 100
FIELD_WORDS = {
    TIME: "Time",
    ACCOUNT: "Account number",
    "asset": "Asset",
    "amount": "Amount: the whole change of the balance",
    SIGN: "Word that tells the sign of the amount",
    "balance_after": "Balance after the row",
    "operation": "Row type",
    "instrument": "Instrument",
    "side": "Side of the fill",
    "quantity": "Quantity of the fill",
    "price": "Price of the fill",
    "mark_price": "Mark price",
    "entry_price": "Entry price",
    "position_after": "Position after the row, signed",
    "order_id": "Order",
    "source_id": "The venue's own row id",
    "event_reference": "The venue's own event id",
    "fee": "Part of the amount that is fee",
    "funding": "Part of the amount that is funding",
    "liquidation_fee": "Part of the amount that is liquidation fee",
}
_STYLES = {
    "./": "1234.5",
    "./,": "1,234.5",
    ",/": "1234,5",
    ",/.": "1.234,5",
    ",/ ": "1 234,5",
}
_MARKERS = [(one.value, one.value or "—") for one in EventMarker]
_SHORT_ROLES = [
    ("", "unknown for now"),
    *(
        (role.value, f"{role.value}: {text}")
        for role, text in ROLE_WORDS.items()
        if role is not LedgerRole.UNKNOWN
    ),
]


class ColumnsForm(forms.Form):
    """What the columns are, how things are written, and what row types mean.

    Args:
        header: The file's column names, repeated ones numbered.
        types: Row types that are asked about.
    """

    venue = forms.CharField(
        label="Venue, in short", max_length=32, help_text="Such as bybit or coin_hall."
    )
    venue_name = forms.CharField(label="Venue's name", max_length=60, required=False)
    title = forms.CharField(
        label="What the file is called there", max_length=60, initial="Account history"
    )
    account = forms.CharField(
        label="Account number of this file",
        max_length=64,
        required=False,
        help_text="Where no column says it.",
    )
    time_form = forms.CharField(
        label="How the time is written",
        max_length=60,
        required=False,
        help_text="calendar: 2026-03-31 10:00:00. iso_z: 2026-03-31T10:00:00Z. "
        "day_first: 31/03/2026. month_first: 03/31/2026. epoch_s, epoch_ms: a count "
        "since 1970. Or a pattern: %d/%m/%Y %H:%M:%S.",
    )
    zone = forms.CharField(
        label="Zone of the times",
        max_length=32,
        initial="UTC",
        help_text="UTC, +08:00, Europe/Berlin; or ask, to be told with each file.",
    )
    order = forms.ChoiceField(
        label="Order of the rows",
        choices=[
            (RowOrder.OLDEST_FIRST.value, "Oldest first"),
            (RowOrder.NEWEST_FIRST.value, "Newest first"),
        ],
    )
    style = forms.ChoiceField(label="Numbers", choices=list(_STYLES.items()))
    asset = forms.CharField(label="Asset of all rows", max_length=24, required=False)
    operation = forms.CharField(
        label="Row type of all rows", max_length=80, required=False
    )
    plus = forms.CharField(
        label="Words for more money",
        required=False,
        help_text="Of the sign column, parted by commas.",
    )
    minus = forms.CharField(label="Words for less money", required=False)
    buys = forms.CharField(label="Words for buy", required=False)
    sells = forms.CharField(label="Words for sell", required=False)
    costs = forms.ChoiceField(
        label="Fees and funding the customer pays are written",
        choices=[("negative", "negative"), ("positive", "positive")],
        initial="negative",
    )
    reason = forms.CharField(
        label="Why you think so",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    source = forms.CharField(
        label="Where it was read",
        required=False,
        max_length=200,
        help_text="A page of the venue, a ticket. Both are needed to save it.",
    )

    def __init__(
        self, *args: Any, header: Sequence[str], types: Iterable[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.header = header
        self.types = list(dict.fromkeys(types))[:TYPES_MAX]
        meanings = [("", "not used"), *FIELD_WORDS.items()]
        for at, name in enumerate(header):
            if name:
                self.fields[f"column-{at}"] = _choice(name, meanings)
        for at, name in enumerate(self.types):
            self.fields[f"type-{at}"] = forms.CharField(
                widget=forms.HiddenInput, required=False, initial=name
            )
            self.fields[f"role-{at}"] = _choice(name, _SHORT_ROLES)
            self.fields[f"marker-{at}"] = _choice(f"{name}: forced act", _MARKERS)

    def own_fields(self) -> list[forms.BoundField]:
        """The fields that are no column and no row type."""
        return [self[name] for name in self.base_fields]

    def draft(self) -> ColumnDraft:
        """What was said, as a value of the mapping."""
        said = self.cleaned_data
        decimal, _, thousands = said["style"].partition("/")
        columns = {
            said[f"column-{at}"]: name
            for at, name in enumerate(self.header)
            if name and said[f"column-{at}"]
        }
        return ColumnDraft(
            venue=said["venue"].strip(),
            venue_name=said["venue_name"].strip(),
            code=_code(said["title"]),
            title=said["title"].strip(),
            header=tuple(self.header),
            columns=columns,
            time_form=said["time_form"].strip(),
            zone=said["zone"].strip(),
            order=RowOrder(said["order"]),
            decimal=decimal,
            thousands=thousands,
            told={
                name: said[name].strip()
                for name in ("asset", "operation")
                if said[name].strip() and name not in columns
            },
            plus=_words(said["plus"]),
            minus=_words(said["minus"]),
            cost_signs={part: said["costs"] for part in PARTS if part in columns},
            sides=dict.fromkeys(_words(said["buys"]), "buy")
            | dict.fromkeys(_words(said["sells"]), "sell"),
            roles={
                name: (said[f"role-{at}"], said[f"marker-{at}"])
                for at, name in enumerate(self.types)
                if said[f"role-{at}"]
            },
        )

    def clean(self) -> dict[str, Any]:
        """Two columns cannot be one thing."""
        said: dict[str, Any] = self.cleaned_data
        used = [said.get(f"column-{at}") for at in range(len(self.header))]
        twice = {name for name in used if name and used.count(name) > 1}
        if twice:
            what = ", ".join(sorted(FIELD_WORDS[name] for name in twice))
            raise forms.ValidationError(f"Two columns cannot both be: {what}.")
        return said


def _choice(label: str, choices: Sequence[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        required=False,
        widget=forms.Select(attrs={"aria-label": label}),
    )


def _code(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:40]


def _words(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (word.strip() for word in text.split(","))))


def posted_types(data: Mapping[str, Any]) -> list[str]:
    """Row types that a posted form asked about."""
    return [str(data[f"type-{at}"]) for at in range(TYPES_MAX) if f"type-{at}" in data]


def suggested_initial(header: Sequence[str], found: Suggested) -> dict[str, Any]:
    """What the form begins with."""
    at = {name: place for place, name in enumerate(header)}
    return {
        **{f"column-{at[name]}": field for field, name in found.columns.items()},
        "time_form": found.time_form,
        "order": found.order.value,
        "style": f"{found.decimal}/{found.thousands}",
        "buys": ", ".join(word for word, side in found.sides.items() if side == "buy"),
        "sells": ", ".join(
            word for word, side in found.sides.items() if side == "sell"
        ),
    }


def suggested_types(types: Iterable[str]) -> dict[str, Any]:
    """The role and marker each row type has at most venues that know it."""
    initial = {}
    for at, name in enumerate(types):
        if rule := suggested_role(name):
            initial[f"role-{at}"] = rule.role.value
            initial[f"marker-{at}"] = rule.marker.value
    return initial
