"""Blocks of a source file's page: what became of every record, and why."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from recovery.admin.import_forms import PROVENANCES
from recovery.admin.import_knowledge import layout_words, like_words, proven
from recovery.admin.pages import Block, Fact, Head, heads, table_block
from recovery.admin.role_words import role_cell
from recovery.admin.show import (
    amount_cell,
    badge,
    flow_word,
    link,
    moment,
    words,
)
from recovery.domain.ledger import ZERO, LedgerRole
from recovery.domain.money import exact
from recovery.models import Provenance, RecoveryCase, SourceFile, SourceFileState
from recovery.selectors.file_sums import sums_read
from recovery.selectors.layout_mappings import layout_named
from recovery.selectors.sightings import Seen, sightings_after, sightings_before
from recovery.services.import_undo import cases_resting_on
from recovery.venues.loading import venue_name
from recovery.venues.profile import LayoutKind

UNREAD = frozenset({SourceFileState.STORED, SourceFileState.LOADING})
_RECOGNITION = {
    "score": "Layout fits, of 100",
    "missing": "Columns missing",
    "unknown": "Columns not known",
}


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
    if like := recognised.get("runner_up"):
        # Files of earlier days hold it as one text.
        text = like if isinstance(like, str) else like_words(*like)
        told.append(Fact("Next best layout", text))
    return [
        Fact("Provenance", PROVENANCES[Provenance(source.provenance)]),
        Fact("Venue", venue_name(source.venue) or "not recognised yet"),
        Fact(
            "Layout",
            layout_words(source.venue, source.layout) if source.layout else "—",
        ),
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
    return table_block(
        "Manifest",
        heads("Control figure", "#As the sender states it", "#As read", "Result"),
        _ties(source, manifest),
        empty="Not read yet."
        if source.state in UNREAD
        else "This file carries no manifest: its totals cannot be checked.",
    )


def _ties(source: SourceFile, manifest: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Each control figure beside the one of the rows."""
    if not manifest:
        return []
    stated = manifest.get("rows")
    told = "not stated" if stated is None else f"{stated:,}"
    rows: list[tuple[Any, ...]] = [
        ("Rows", told, f"{source.records:,}", _tie(stated == source.records))
    ]
    sums = manifest.get("sums", {})
    read = {asset: _total(roles) for asset, roles in source.sums.items()}
    for asset in sorted({*sums, *read} if sums else ()):
        said, found = Decimal(sums.get(asset, "0")), read.get(asset, ZERO)
        cells = (amount_cell(said, asset), amount_cell(found, asset))
        rows.append((f"Sum of {asset}", *cells, _tie(said == found)))
    if until := manifest.get("complete_until"):
        at = moment(datetime.fromisoformat(until))
        rows.append(("Complete until", at, moment(source.last_at), ""))
    return rows


def _tie(is_equal: bool) -> SafeString:
    return badge("ties", "good") if is_equal else badge("differs", "bad")


def _total(roles: dict[str, str]) -> Decimal:
    with exact():
        return sum((Decimal(text) for text in roles.values()), ZERO)


def sums_block(source: SourceFile) -> Block:
    """What its rows moved, by asset and role; rows that came before count too."""
    sums = sums_read(source)
    rows = [
        (
            asset,
            role_cell(role),
            amount_cell(Decimal(text), word=flow_word(Decimal(text))),
        )
        for asset, roles in sorted(sums.items())
        for role, text in sorted(roles.items())
    ]
    columns = heads("Asset", "What it is", "#Sum")
    block = table_block("Sums of its rows", columns, rows, empty="Nothing yet.")
    if any(LedgerRole.UNKNOWN in roles for roles in sums.values()):
        url = reverse("admin:recovery_operationmapping_unknown")
        block.link = link(url, "Row types nobody knows: see them and who may say")
    return block


def proofs_block(source: SourceFile) -> Block:
    """What the file says against itself, gap by gap, with the rows."""
    layout = layout_named(source.venue, source.layout)
    rows = [(str(warning),) for warning in source.warnings]
    proofs = proven(layout) if layout else []
    if source.state in UNREAD:
        empty = "Not read yet."
    elif proofs:
        empty = f"Nothing speaks against it. {' '.join(proofs)}"
    else:
        empty = "Nothing was noticed; this layout proves nothing by itself."
    return table_block("Proofs and warnings", heads("What"), rows, empty=empty)


def left_out_block(source: SourceFile) -> Block:
    """Records understood and left out, by reason."""
    rows = [(reason, f"{count:,}") for reason, count in sorted(source.left_out.items())]
    empty = "None." if not source.ignored else "Read before reasons were counted."
    columns = heads("Why", "#Rows")
    return table_block("Left out", columns, rows, empty=empty)


def sightings_blocks(source: SourceFile) -> list[Block]:
    """Which files brought its duplicates first, and which hold its rows too."""
    if source.first_at is None or source.last_at is None:
        return []
    columns = heads("Source file", "#Rows")
    title = "Brought first by another file"
    first = _seen_block(title, columns, sightings_before(source))
    again = _seen_block("Seen again in other files", columns, sightings_after(source))
    return [first, again] if source.duplicate or again.data.rows else []


def _seen_block(title: str, columns: list[Head], seen: Seen) -> Block:
    rows = [
        (link(_page(file_id), name), f"{count:,}")
        for file_id, name, count in seen.files
    ]
    note = f"Of the first {seen.looked_at:,} rows." if seen.is_cut else ""
    empty = "None; a row that stands twice in this file counts as a duplicate too."
    return table_block(title, columns, rows, empty=empty, note=note)


def _page(file_id: int) -> str:
    return reverse("admin:recovery_sourcefile_change", args=[file_id])


def rests_blocks(source: SourceFile, request: HttpRequest) -> list[Block]:
    """Which cases forbid to undo the file; looked up when somebody asks."""
    if source.state != SourceFileState.LOADED or source.kind != LayoutKind.LEDGER:
        return []
    title = "What rests on its rows"
    if "rests" not in request.GET:
        block = table_block(title, heads("Case"), [], empty="Not looked up yet.")
        block.link = link("?rests=yes#rests", "Which cases would forbid to undo it?")
    else:
        cases = RecoveryCase.objects.filter(reference__in=cases_resting_on(source))
        rows = [
            (link(_case(one.pk), one.reference), words(one.status)) for one in cases
        ]
        empty = "No decision rests on them: the import can be undone."
        block = table_block(title, heads("Case", "Status"), rows, empty=empty)
    block.anchor = "rests"
    return [block]


def _case(pk: int) -> str:
    return reverse("admin:recovery_recoverycase_change", args=[pk])
