"""One person maps one file: as it stands, as suggested, as it reads, saved."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from recovery.admin.layout_forms import (
    ColumnsForm,
    posted_types,
    suggested_initial,
    suggested_types,
)
from recovery.admin.layout_pages import (
    columns_block,
    problems_block,
    read_block,
    types_block,
)
from recovery.admin.pages import Block, Page, heads, table_block
from recovery.admin.permissions import actor_of
from recovery.domain.errors import RecoveryError
from recovery.models import LayoutMapping, SourceFile
from recovery.services.clock import database_now
from recovery.services.layout_mappings import (
    draft_look,
    file_look,
    layout_mapping_propose,
)
from recovery.tasks import ring_due
from recovery.venues.column_suggestions import suggested_columns
from recovery.venues.header_names import numbered


@dataclass(slots=True)
class FileMapping:
    """One person mapping one file: what it holds, the form, what it reads as."""

    source: SourceFile
    header: tuple[str, ...]
    rows: list[list[str]]
    form: ColumnsForm
    why: dict[str, str]
    facts: dict[str, Any] = field(default_factory=dict)
    told: str = ""


def mapping_opened(request: HttpRequest, source: SourceFile) -> FileMapping:
    """The file as it stands, the form as posted or suggested, and how it reads.

    Raises:
        RecoveryError, ReaderDiedError: The file cannot be opened.
    """
    seen = file_look(source, profiles=())
    header = numbered(seen["header"])
    rows = [row["cells"] for row in seen["rows"]]
    suggested = suggested_columns(header, rows)
    initial = {
        **suggested_initial(header, suggested),
        "venue": source.venue,
        "account": source.account_number,
    }
    posted = request.POST if request.method == "POST" else None
    types = posted_types(request.POST)
    form = ColumnsForm(posted, header=header, types=types, initial=initial)
    if posted is None:
        form = _suggested_form(header, initial)
    found = FileMapping(source, header, rows, form, suggested.why)
    _look(found)
    return found


def _suggested_form(header: tuple[str, ...], initial: dict[str, Any]) -> ColumnsForm:
    """The form as suggested, filled in, so that it can be read by at once."""
    empty = ColumnsForm(header=header, types=(), initial=initial)
    names = {"venue": initial["venue"] or "unnamed"}
    data = {
        name: names.get(name) or empty.get_initial_for_field(one, name) or ""
        for name, one in empty.fields.items()
    }
    return ColumnsForm(data, header=header, types=())


def _look(found: FileMapping) -> None:
    """Read the file by what the form says; row types it meets are asked about."""
    if not found.form.is_valid():
        found.told = " ".join(
            f"{found.form.fields[name].label if name in found.form.fields else 'Form'}:"
            f" {' '.join(map(str, problems))}"
            for name, problems in found.form.errors.items()
        )
        return
    try:
        found.facts = draft_look(found.source, found.form.draft())
    except RecoveryError as refusal:
        found.told = str(refusal)
        return
    if refused := found.facts.get("refused"):
        found.facts, found.told = {}, f"By this the file is refused: {refused}"
        return
    _ask_types(found)


def _ask_types(found: FileMapping) -> None:
    """Add the row types that no rule knows yet, with what they mean elsewhere."""
    form = found.form
    types = [*form.types, *sorted(found.facts["unknown_operations"])]
    if list(dict.fromkeys(types)) == form.types:
        return
    known = len(form.types)
    suggested = {
        name: value
        for name, value in suggested_types(dict.fromkeys(types)).items()
        if int(name.rpartition("-")[2]) >= known
    }
    names = {f"type-{at}": name for at, name in enumerate(dict.fromkeys(types))}
    data = {**dict(form.data.items()), **suggested, **names}
    found.form = ColumnsForm(data, header=found.header, types=types)
    if suggested and found.form.is_valid():
        found.facts = draft_look(found.source, found.form.draft())


def mapping_saved(request: HttpRequest, found: FileMapping) -> LayoutMapping | None:
    """Save it as a layout; None where it was refused, and `told` says why."""
    if not found.form.is_valid():
        return None
    said = found.form.cleaned_data
    try:
        mapping = layout_mapping_propose(
            actor_of(request),
            found.source,
            found.form.draft(),
            reason=said["reason"],
            source=said["source"],
            account=said["account"].strip(),
            now=database_now(),
        )
    except RecoveryError as refusal:
        found.told = f"Refused. {refusal}"
        return None
    ring_due()
    messages.success(request, "Saved as a layout; somebody else must approve it.")
    return mapping


def mapping_page(found: FileMapping) -> Page:
    """The columns and row types, to be assigned."""
    counts = found.facts.get("unknown_operations", {})
    return Page(
        title=f"Columns of {found.source.name}",
        kind="Say what a file means that no layout fits",
        headline="Suggested from every layout the desk knows; you decide.",
        notices=[found.told] if found.told else [],
        blocks=[
            columns_block(found.form, found.rows, found.why),
            types_block(found.form, counts),
        ],
    )


def mapping_readings(found: FileMapping) -> list[Block]:
    """The first rows, as they read by what was said."""
    if not found.facts:
        return [
            table_block("Reads as", heads("", ""), [], empty=found.told or "Not yet.")
        ]
    return [read_block(found.facts), problems_block(found.facts)]
