"""Forms of the import pages: files, rows that were pasted, and what they cannot say."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from recovery.admin.forms import DeskForm
from recovery.models import DayOrder, Provenance
from recovery.services.previews import Said
from recovery.venues.loading import shipped_profiles

PROVENANCES = {
    Provenance.HOUSE: "The platform's own records",
    Provenance.VENUE_API: "Fetched from the venue",
    Provenance.STAFF_OBTAINED: "Obtained by staff",
    Provenance.CUSTOMER_SUPPLIED: "Sent by the customer (proves no amount)",
}
DAY_ORDERS = [
    ("", "As the rows show"),
    (DayOrder.DAY.value, "The day first: 31/12/2026"),
    (DayOrder.MONTH.value, "The month first: 12/31/2026"),
]
FILES_AT_ONCE = 20
PASTED_BYTES = 2 * 1024 * 1024


class FilesField(forms.FileField):
    """One or several files, each within the size one may have."""

    def __init__(self, *, several: bool = False, **kwargs: Any) -> None:
        widget = _FilesInput() if several else forms.FileInput()
        super().__init__(widget=widget, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Every file of those sent."""
        sent = (data or [None]) if isinstance(data, list) else [data]
        if len(sent) > FILES_AT_ONCE:
            raise forms.ValidationError(f"At most {FILES_AT_ONCE} files at once.")
        for file in filter(None, sent):
            _require_size(file)
        files = [super(FilesField, self).clean(one, initial) for one in sent]
        return files if isinstance(data, list) else files[0]


def _require_size(file: UploadedFile) -> None:
    largest = settings.UPLOAD_BYTES_MAX
    if not file.size:
        raise forms.ValidationError(f"{file.name} is empty: export it once more.")
    if file.size > largest:
        raise forms.ValidationError(
            f"{file.name} is larger than the {filesizeformat(largest)} that this desk "
            "takes: export shorter periods."
        )


class _FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SayForm(DeskForm):
    """What a source file cannot say of itself."""

    # Chosen, never left standing: it decides what the rows may prove.
    provenance = forms.ChoiceField(
        label="Where it comes from",
        choices=[("", "Choose …"), *PROVENANCES.items()],
    )
    venue = forms.ChoiceField(label="Venue", required=False)
    account = forms.CharField(
        label="Account number",
        required=False,
        max_length=64,
        help_text="Only when the file does not say.",
    )
    zone = forms.CharField(
        label="Time zone",
        required=False,
        max_length=32,
        help_text="Empty: as the file says, or UTC. Europe/Berlin, +08:00.",
    )
    asset = forms.CharField(
        label="Asset",
        required=False,
        max_length=24,
        help_text="Only when the file does not say which asset its amounts are in.",
    )
    day_order = forms.ChoiceField(
        label="Day or month first", required=False, choices=DAY_ORDERS
    )

    def prepare(self) -> None:
        """Offer the venues whose files the desk reads."""
        self._ask_first()
        venues = [(profile.code, profile.name) for profile in shipped_profiles()]
        field = cast("forms.ChoiceField", self.fields["venue"])
        field.choices = [("", "Recognise it"), *venues]

    def _ask_first(self) -> None:
        """What a look into the file asked for stands first, and says so."""
        preview = getattr(self.subject, "preview", None) or {}
        asked = [one for one in preview.get("needs", ()) if one in self.fields]
        for name in asked:
            self.fields[name].label_suffix = "asked for"
        self.order_fields(asked)


def said_of(data: dict[str, Any]) -> Said:
    """What was said of a file."""
    return Said(
        provenance=Provenance(data["provenance"]),
        venue=data["venue"].strip(),
        account_number=data["account"].strip(),
        zone=data["zone"].strip(),
        asset=data["asset"].strip().upper(),
        day_order=data["day_order"],
    )


class UploadForm(SayForm):
    """Files to look into before anything of them is loaded."""

    file = FilesField(
        label="Source files",
        several=True,
        help_text=f"CSV, XLSX or JSON; up to {FILES_AT_ONCE} at once.",
    )
    field_order = ("file",)


class RowsForm(SayForm):
    """Rows as they were copied from a screen, and what they cannot say."""

    rows = forms.CharField(
        label="Rows",
        max_length=PASTED_BYTES,
        strip=False,
        widget=forms.Textarea({"rows": 8, "spellcheck": "false"}),
        help_text="Copied from a table or a text, with the row of names above them if "
        "there is one; columns may be apart by blanks.",
    )
    field_order = ("rows",)


class MendForm(DeskForm):
    """Rejected rows, mended."""

    file = FilesField(label="Mended rows", help_text="CSV or XLSX.")


class UndoForm(DeskForm):
    """Why a file is taken back."""

    reason = forms.CharField(label="Reason", widget=forms.Textarea({"rows": 2}))
