"""Blocks of a source file's page: what became of every record, and why."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse

from recovery.admin.import_forms import PROVENANCES
from recovery.admin.pages import Block, Fact, heads, table_block
from recovery.admin.show import amount_cell, flow_word, link, moment, words
from recovery.models import Provenance, SourceFile, SourceFileState

UNREAD = frozenset({SourceFileState.STORED, SourceFileState.LOADING})
_RECOGNITION = {
    "score": "Layout fits, of 100",
    "missing": "Columns missing",
    "unknown": "Columns not known",
    "runner_up": "Next best layout",
}
_PROBLEMS_SHOWN = 50


def conservation_text(source: SourceFile) -> str:
    """The line that shows nothing was lost."""
    if source.state in UNREAD and not source.records:
        return "Not read yet."
    parts = source.accepted + source.duplicate + source.ignored + source.rejected
    line = (
        f"{source.records:,} records = {source.accepted:,} accepted + "
        f"{source.duplicate:,} duplicate + {source.ignored:,} ignored + "
        f"{source.rejected:,} rejected"
    )
    if parts != source.records:
        return f"{line}; {source.records - parts:,} still to come."
    return f"{line}."


def file_facts(source: SourceFile) -> list[Fact]:
    """What it is, when it came, who brought it."""
    recognised = source.recognition or {}
    told = [
        Fact(label, flat(recognised[key]))
        for key, label in _RECOGNITION.items()
        if key in recognised
    ]
    return [
        Fact("Provenance", PROVENANCES[Provenance(source.provenance)]),
        Fact("Venue", source.venue or "not recognised yet"),
        Fact("Layout", source.layout or "—"),
        Fact("Zone", source.zone or "—"),
        Fact("First row", moment(source.first_at)),
        Fact("Last row", moment(source.last_at)),
        Fact("Received", f"{moment(source.received_at)}, {source.received_by or '—'}"),
        Fact("Loaded", moment(source.loaded_at)),
        Fact("Size", f"{source.bytes_size:,} bytes"),
        Fact("SHA-256", source.sha256),
        *told,
    ]


def flat(value: Any) -> str:
    """A value from a file or a policy, on one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {flat(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(flat(item) for item in value) or "none"
    return str(value)


def manifest_block(source: SourceFile) -> Block:
    """The sender's control totals beside ours."""
    manifest = source.manifest or {}
    rows = [
        (words(str(key)), _stated(str(key), value)) for key, value in manifest.items()
    ]
    return table_block(
        "Manifest",
        heads("Control figure", "As the sender states it"),
        rows,
        empty="Not read yet."
        if source.state in UNREAD
        else "This file carries no manifest: its totals cannot be checked.",
    )


def _stated(key: str, value: Any) -> str:
    if key == "complete_until" and value:
        return moment(datetime.fromisoformat(value))
    return flat(value)


def sums_block(source: SourceFile) -> Block:
    """What was accepted, by asset and role."""
    rows = [
        (asset, role, amount_cell(Decimal(text), asset, flow_word(Decimal(text))))
        for asset, roles in sorted(source.sums.items())
        for role, text in sorted(roles.items())
    ]
    columns = heads("Asset", "Role", "#Sum")
    return table_block("Sums of accepted rows", columns, rows, empty="Nothing yet.")


def rejected_block(source: SourceFile) -> Block:
    """Refused records, the first of them, and all as a file."""
    rows = [
        (str(one.row_number), one.column, one.value, one.reason)
        for one in source.rejected_records.order_by("row_number")[:_PROBLEMS_SHOWN]
    ]
    block = table_block(
        "Rejected records",
        heads("#Row", "Column", "Value", "Reason"),
        rows,
        empty="None.",
        anchor="rejected",
    )
    if rows:
        url = reverse("admin:recovery_sourcefile_rejected", args=[source.pk])
        block.link = link(url, f"Download all {source.rejected:,} with their reasons")
    return block
