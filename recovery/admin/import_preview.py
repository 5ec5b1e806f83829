"""The page of a file that was only looked into: what it is, means, lacks, repeats."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from recovery.admin.import_acts import page_of
from recovery.admin.import_forms import PROVENANCES
from recovery.admin.import_knowledge import knowledge_block, like_words
from recovery.admin.layout_pages import mapping_offer
from recovery.admin.pages import Block, Fact, Page, Visit, heads, table_block
from recovery.admin.role_words import ROLE_WORDS, role_cell
from recovery.admin.show import (
    amount_cell,
    amount_text,
    badge,
    counted,
    flow_word,
    link,
    moment,
    moment_cell,
    two_lines,
    words,
)
from recovery.domain.ledger import LedgerRole
from recovery.models import Provenance, SourceFile, SourceFileState
from recovery.selectors.file_sums import (
    preview_meaning,
    preview_meanings,
    preview_sums,
)
from recovery.selectors.layout_mappings import layout_named
from recovery.services.previews import need_words
from recovery.venues.operation_meanings import OperationMeaning, OperationMeanings

Facts = dict[str, Any]
_SURE = 90  # From so many of 100 on, a layout is taken for granted.
_ASKED = {
    "account": "Whose account is it? The file does not say.",
    "zone": "In which time zone are its times? The file does not say.",
    "asset": "Which asset are its amounts in? The file does not say.",
    "day_order": "Its times read two ways: is the day or the month written first?",
}
_TONES = {"line": "good", "problem": "bad", "left_out": "calm", "other": "good"}
_IS = {
    "line": "understood",
    "problem": "not understood",
    "left_out": "left out",
    "other": "understood",
}


def preview_page(visit: Visit, state: SafeString) -> Page:
    """Everything a person needs to confirm or discard a file."""
    source: SourceFile = visit.subject
    facts: Facts = source.preview or {}
    if facts.get("needs"):
        visit.acts = [
            replace(one, is_open=one.is_open or one.act.name == "say")
            for one in visit.acts
        ]
    page = Page(
        title=source.name,
        kind="Looked into, not loaded",
        badge=state,
        headline=_headline(facts),
        notices=_notices(facts),
        facts=_facts(source, facts),
    )
    if "layout" in facts:
        meanings = preview_meanings(facts)
        page.blocks = [
            _rows_block(facts, meanings),
            _sums_block(facts, meanings),
            _problems_block(facts),
            _counts_block(facts, meanings),
            knowledge_block(
                layout_named(facts["venue"], f"{facts['layout']} {facts['generation']}")
            ),
            _overlap_block(facts),
        ]
    elif facts.get("rows"):
        page.blocks = [mapping_offer(source, visit.actor), _raw_block(facts)]
    return page


def preview_text(source: SourceFile) -> str:
    """What a file that was only looked into waits for, in a few words."""
    facts: Facts = source.preview or {}
    if source.state != SourceFileState.PREVIEWED:
        return ""
    if "refused" in facts:
        return "cannot be loaded as it is"
    if needs := facts.get("needs"):
        return f"asks: {', '.join(map(need_words, needs))}"
    return "waits to be loaded"


def _headline(facts: Facts) -> str:
    if "refused" in facts:
        return "This file cannot be loaded as it is."
    if "layout" not in facts:
        return "Nobody could look into this file; it can still be loaded."
    left_out = sum(facts["left_out"].values())
    read = "the whole file" if facts["is_whole"] else "its first rows"
    name = f"{facts['layout']} {facts['generation']}"
    return (
        f"{like_words(facts['venue'], name, facts['score'])}. "
        f"Read {read}: {facts['records']:,} rows = "
        f"{facts['understood']:,} understood + {left_out:,} left out + "
        f"{facts['problem_count']:,} not understood."
    )


def _notices(facts: Facts) -> list[str]:
    if "refused" in facts:
        return [facts["refused"]]
    if "layout" not in facts:
        return [facts.get("died", "It was not looked into.")]
    notices = [_ASKED[need] for need in facts["needs"]]
    shown = facts["zone_shown"]
    if shown and shown != facts["zone"]:
        notices.append(f"Its hours of funding speak for the zone {shown}.")
    if facts["score"] < _SURE:
        notices.append("Its header differs from the layout we know: check the rows.")
    return [*notices, *facts["warnings"][:20]]


def _facts(source: SourceFile, facts: Facts) -> list[Fact]:
    told = [
        Fact("Provenance", PROVENANCES[Provenance(source.provenance)]),
        Fact("Size", f"{source.bytes_size:,} bytes"),
        Fact("SHA-256", source.sha256),
        Fact("Received", f"{moment(source.received_at)}, {source.received_by or '—'}"),
    ]
    if "layout" not in facts:
        return told
    like = facts["runner_up"]
    return [
        Fact("Next best layout", like_words(*like) if like else "none"),
        Fact("Columns not known", ", ".join(facts["unknown"]) or "none"),
        Fact("Columns missing", ", ".join(facts["missing"]) or "none"),
        Fact("Zone", f"{facts['zone']}{_asked(facts, 'zone')}"),
        Fact("Account", _account(source, facts)),
        Fact("Asset", _asset(source, facts)),
        Fact("First row", _at(facts["first_at"])),
        Fact("Last row", _at(facts["last_at"])),
        *told,
    ]


def _asked(facts: Facts, need: str) -> str:
    return " for now: asked" if need in facts["needs"] else ""


def _account(source: SourceFile, facts: Facts) -> str:
    if "account" in facts["needs"]:
        return "not said: asked"
    said = facts["stated"].get("account") or source.account_number
    return said or "as each row says"


def _asset(source: SourceFile, facts: Facts) -> str:
    if "asset" in facts["needs"]:
        return "not said: asked"
    return facts["stated"].get("asset") or source.asset or "as each row says"


def _at(text: str) -> str:
    return moment(datetime.fromisoformat(text)) if text else "—"


def _rows_block(facts: Facts, meanings: OperationMeanings) -> Block:
    rows = [
        (
            str(one["row"]),
            _raw(facts["header"], one["cells"]),
            _understood({**_meant(one, meanings), **_unsaid(facts)}),
        )
        for one in facts["rows"]
    ]
    return table_block(
        "The first rows, as they stand and as understood",
        heads("#Row", "As it stands", "As understood"),
        rows,
        empty="There are no rows.",
    )


def _raw_block(facts: Facts) -> Block:
    """The first rows of a file that nobody understands yet."""
    rows = [(str(one["row"]), _raw(facts["header"], one["cells"]))
            for one in facts["rows"]]  # fmt: skip
    columns = heads("#Row", "As it stands")
    return table_block("The first rows, as they stand", columns, rows)


def _meant(row: Facts, meanings: OperationMeanings) -> Facts:
    """A row of an unknown type under the role that staff approved for it."""
    if row.get("role") != LedgerRole.UNKNOWN:
        return row
    at = datetime.fromisoformat(row["at"])
    found = meanings.meaning("", row["operation"], at)
    if found is None:
        return row
    return {**row, "role": found.role, "marker": found.marker or row["marker"]}


def _unsaid(facts: Facts) -> Facts:
    """What stands where the trial had to stand in for something."""
    needs = facts.get("needs", ())
    return {need: "?" for need in ("account", "asset") if need in needs}


def _raw(header: list[str], cells: list[str]) -> SafeString:
    """The cells that hold something, each behind the name of its column."""
    names = [*header, *("" for _ in cells[len(header) :])]
    told = ((name, cell) for name, cell in zip(names, cells, strict=False) if cell)
    return format_html(
        '<span class="dk-cells">{}</span>',
        format_html_join(" ", "<span><small>{}</small> {}</span>", told),
    )


def _understood(row: Facts) -> SafeString:
    label = badge(_IS[row["is"]], _TONES.get(row["is"], "calm"))
    if "why" in row:
        return two_lines(label, row["why"])
    at = moment_cell(datetime.fromisoformat(row["at"])) if row["at"] else ""
    if row["is"] == "other":
        what = f"{row['account']} {row['what']}".strip()
        return format_html("{} {} {}", label, at, what)
    role = ROLE_WORDS[LedgerRole(row["role"])]
    if row["marker"] not in ("", "none"):
        role = f"{role}; {words(row['marker']).lower()}"
    amount = Decimal(row["amount"])
    told = f"{amount_text(amount, row['asset'])} {flow_word(amount)}"
    tail = " ".join(filter(None, (row["instrument"], f"account {row['account']}")))
    return format_html(
        '{} <small class="dk-word">from “{}”</small><br>{} <strong>{}</strong><br>{}',
        at,
        row["raw_time"],
        role,
        told,
        tail,
    )


def _sums_block(facts: Facts, meanings: OperationMeanings) -> Block:
    unsaid = _unsaid(facts).get("asset")
    read_as = preview_sums(facts, meanings)
    sums = ((unsaid or asset, roles) for asset, roles in read_as.items())
    rows = [
        (
            asset,
            role_cell(role),
            amount_cell(Decimal(text), word=flow_word(Decimal(text))),
        )
        for asset, roles in sums
        for role, text in sorted(roles.items())
    ]
    read = "of the whole file" if facts["is_whole"] else "of the rows read so far"
    columns = heads("Asset", "What it is", "#Sum")
    return table_block(f"Sums {read}", columns, rows, empty="No amounts.")


def _problems_block(facts: Facts) -> Block:
    rows = [
        (str(number), column, value, reason)
        for number, column, value, reason in facts["problems"]
    ]
    columns = heads("#Row", "Column", "Value", "Reason")
    return table_block("Rows not understood", columns, rows, empty="None.")


def _counts_block(facts: Facts, meanings: OperationMeanings) -> Block:
    unknown = facts["unknown_operations"]
    rows = [
        *((*_unknown_told(preview_meaning(facts, meanings, name), name), f"{n:,}")
          for name, n in sorted(unknown.items())),
        *((badge("left out", "calm"), reason, f"{n:,}")
          for reason, n in sorted(facts["left_out"].items())),
    ]  # fmt: skip
    columns = heads("", "What", "#Rows")
    return table_block(
        "Row types not known, rows left out", columns, rows, empty="None."
    )


def _unknown_told(
    meaning: OperationMeaning | None, name: str
) -> tuple[SafeString, str]:
    """A row type no layout knows: what staff said of it, or that nobody did."""
    if meaning is None:
        told = "kept with its money; say what it means under Unknown rows once loaded"
        return badge("unknown", "wait"), f"Row type “{name}”: {told}"
    what = ROLE_WORDS[meaning.role]
    return badge("said by staff", "good"), f"Row type “{name}”: {what}"


def _overlap_block(facts: Facts) -> Block:
    overlap = facts.get("overlap")
    columns = heads("File that holds them", "#Rows")
    title = "Rows the desk holds already"
    if overlap is None:
        told = "Not compared: it is not known whose account it is."
        return table_block(title, columns, [], empty=told)
    rows = [
        (link(page_of(SourceFile(pk=pk)), name), f"{count:,}")
        for pk, name, count in overlap["files"]
    ]
    compared = counted(overlap["compared"], "row")
    empty = f"None of {compared} compared."
    note = f"{overlap['known']:,} of {compared} compared are here: they count once."
    return table_block(title, columns, rows, empty=empty, note=note if rows else "")
