"""A file being mapped, on a page: its columns, its row types, what they read as."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import format_html

from recovery.admin.layout_forms import FIELD_WORDS, ColumnsForm
from recovery.admin.mapping_acts import MAY_PROPOSE
from recovery.admin.pages import Block, heads, table_block
from recovery.admin.role_words import ROLE_WORDS, role_cell
from recovery.admin.show import (
    amount_text,
    badge,
    counted,
    link,
    moment,
    two_lines,
    words,
)
from recovery.domain.ledger import LedgerRole
from recovery.models import LayoutMapping, SourceFile, SourceFileState
from recovery.selectors.layout_mappings import layout_of
from recovery.services.actors import Actor

_CELLS_SHOWN = 3
_SHOWN = 60
_MEANT = {
    "line": ("understood", "good"),
    "left_out": ("left_out", "calm"),
    "problem": ("unreadable", "bad"),
}


def columns_block(
    form: ColumnsForm, rows: Sequence[Sequence[str]], why: Mapping[str, str]
) -> Block:
    """Each column with its first cells and what it is said to be."""
    table = [
        (
            name,
            " · ".join(_cells(rows, at)) or "—",
            form[f"column-{at}"],
            _ground(form[f"column-{at}"], why),
        )
        for at, name in enumerate(form.header)
        if name
    ]
    columns = heads("Column", "First cells", "Is", "Suggested because")
    return table_block("Columns", columns, table)


def _cells(rows: Sequence[Sequence[str]], at: int) -> list[str]:
    found = dict.fromkeys(row[at] for row in rows if at < len(row) and row[at])
    return [cell[:_SHOWN] for cell in found][:_CELLS_SHOWN]


def _ground(field: forms.BoundField, why: Mapping[str, str]) -> str:
    return why.get(str(field.value() or ""), "—")


def types_block(form: ColumnsForm, counts: Mapping[str, int]) -> Block:
    """Row types, and what each is said to be."""
    table = [
        (
            name,
            f"{counts[name]:,}" if name in counts else "—",
            form[f"role-{at}"],
            form[f"marker-{at}"],
        )
        for at, name in enumerate(form.types)
    ]
    return table_block(
        "Row types",
        heads("Row type", "#Unknown rows", "Is", "Forced act"),
        table,
        empty="Say which column is the row type, or one for all rows.",
        note="What stays unknown keeps its money and can be said later.",
    )


def read_block(facts: Mapping[str, Any]) -> Block:
    """The first rows raw beside what they mean."""
    rows = [
        (
            str(row["row"]),
            " · ".join(cell[:_SHOWN] for cell in row["cells"] if cell),
            badge(*_MEANT.get(row["is"], (row["is"], "calm"))),
            _meaning(row),
        )
        for row in facts["rows"]
    ]
    block = table_block("Reads as", heads("#Row", "As it stands", "Is", "Means"), rows)
    told = [
        f"{facts['understood']:,} of {counted(facts['records'], 'row')} understood",
        f"{facts['problem_count']:,} unreadable",
    ]
    block.note = f"{', '.join(told)}. Zone: {facts['zone']}."
    return block


def _meaning(row: Mapping[str, Any]) -> str:
    if "why" in row:
        return str(row["why"])
    parts = (
        moment(datetime.fromisoformat(row["at"])) if row.get("at") else "",
        ROLE_WORDS[LedgerRole(row["role"])] if row.get("role") else "",
        "" if row.get("marker") in (None, "none") else words(row["marker"]),
        amount_text(Decimal(row["amount"]), row["asset"]) if row.get("amount") else "",
        row.get("instrument"),
        row.get("operation"),
    )
    return " · ".join(str(part) for part in parts if part)


def problems_block(facts: Mapping[str, Any]) -> Block:
    """Rows that could not be read."""
    rows = [tuple(map(str, problem)) for problem in facts["problems"]]
    columns = heads("#Row", "Column", "Value", "Reason")
    return table_block("Unreadable rows", columns, rows, empty="None.")


def terms_block(mapping: LayoutMapping) -> Block:
    """What a saved layout says of each column."""
    layout = mapping.terms["layouts"][0]
    made = {one["name"]: one for one in layout["derived"]}
    fields = {
        "time": layout["time"]["column"],
        "account": layout["account"]["column"],
        **layout["fields"],
    }
    rows = [
        (FIELD_WORDS.get(name, name), _column(made, column))
        for name, column in fields.items()
        if column
    ]
    rows += [
        ("Written forms of the time", ", ".join(layout["time"]["forms"])),
        ("Zone", layout["time"]["zone"]),
        ("Decimal mark", layout["numbers"]["decimal"]),
        ("Thousands", layout["numbers"]["thousands"] or "none"),
        ("Order", words(layout["order"])),
        ("Costs written", ", ".join(layout["cost_signs"].values()) or "—"),
        ("Sides", ", ".join(f"{k} = {v}" for k, v in layout["sides"].items()) or "—"),
        ("Columns not used", ", ".join(layout["optional"]) or "none"),
    ]
    return table_block("Columns", heads("What", "Where or how"), rows)


def _column(made: Mapping[str, Mapping[str, Any]], column: str) -> str:
    one = made.get(column)
    if one is None:
        return column
    if one["how"] == "text":
        return f"“{one['text']}” on every row"
    words = ", ".join(f"{word} = {sign}" for word, sign in one["words"].items())
    return f"{one['columns'][0]}, its sign by {one['columns'][1]} ({words})"


def roles_block(mapping: LayoutMapping) -> Block:
    """What a saved layout says of row types."""
    rows = [
        (name, role_cell(rule["role"]), words(rule["marker"]) or "—")
        for name, rule in mapping.terms["operations"]["rows"].items()
    ]
    columns = heads("Row type", "Role", "Forced act")
    return table_block("Row types", columns, rows, empty="None said yet.")


def mapping_block(source: SourceFile, actor: Actor) -> list[Block]:
    """On the page of a file: the layout staff made for it, or the way to make one."""
    mapping = layout_of(source)
    if mapping is not None:
        url = reverse("admin:recovery_layoutmapping_change", args=[mapping.pk])
        cells = (two_lines(str(mapping), "made by staff, not verified"), mapping.status)
        block = table_block("Layout made by staff", heads("Layout", "Status"), [cells])
        block.link = link(url, "What it says and who stands for it")
        return [block]
    if source.state != SourceFileState.REFUSED or source.checkpoint:
        return []
    return [mapping_offer(source, actor)]


def mapping_offer(source: SourceFile, actor: Actor) -> Block:
    """The way to say what the columns of a strange file are, or whom to ask for it."""
    title = "No layout fits?"
    if not actor.duties & MAY_PROPOSE:
        told = "Ask an analyst to say what its columns are, on this page."
        return table_block(title, [], [], empty=told)
    told = "Say what its columns are; it is saved as a layout for the next one too."
    block = table_block(title, [], [], empty=told)
    url = reverse("admin:recovery_layoutmapping_map", args=[source.pk])
    block.link = format_html(
        '<a class="dk-button dk-primary" href="{}">{}</a> {}',
        url,
        "Map its columns",
        link(reverse("admin:recovery_sourcefile_catalogue"), "or ask for a known file"),
    )
    return block
