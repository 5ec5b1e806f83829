"""What the desk knows of a layout: where to get it, what it proves, how sure we are."""

import re

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from recovery.admin.pages import Block, heads, table_block
from recovery.admin.show import badge, sentence_case
from recovery.venues.loading import layout_titles, venue_name
from recovery.venues.profile import Layout, LayoutKind

KINDS = {
    LayoutKind.LEDGER: "a ledger: rows that move money",
    LayoutKind.ENGINE_LOG: "a log of the liquidation engine",
    LayoutKind.MARK_PRICES: "mark prices",
    LayoutKind.FUNDING_RATES: "funding rates",
    LayoutKind.POSITIONS: "positions held at an instant",
    LayoutKind.REFERENCE: "reference data",
}


def knowledge_block(layout: Layout | None) -> Block:
    """How solid the knowledge is that this file is read by."""
    columns = heads("Question", "Answer")
    title = "What we know of this layout"
    if layout is None:
        return table_block(title, columns, [], empty="No layout of ours is like it.")
    rows = [
        ("What it is", f"{layout.title or layout.code}, {KINDS[layout.kind]}"),
        ("Where to click to get it", sentence_case(layout.obtain) or "—"),
        ("How sure we are", sureness(layout)),
        ("What it proves by itself", listed(proven(layout), "Nothing.")),
        ("What it cannot prove", listed(unproven(layout), "Nothing is left open.")),
    ]
    return table_block(title, columns, rows)


def layout_words(venue: str, name: str) -> str:
    """A layout as people call it, with its generation where several are called so."""
    code, _, generation = name.partition(" ")
    titles = layout_titles(venue, code)
    title = titles.get(generation) or next(iter(titles.values()), code)
    is_shared = list(titles.values()).count(title) > 1
    return f"{title}, {generation}" if generation and is_shared else title


def like_words(venue: str, name: str, score: object) -> str:
    """A layout of a venue and how well it fits."""
    return f"{venue_name(venue)}: {layout_words(venue, name)}; fits {score} of 100"


def sureness(layout: Layout) -> SafeString:
    """Whether it was seen in the venue's own files, and what is not known."""
    state = (
        badge("verified", "good") if layout.verified else badge("unverified", "wait")
    )
    known = "Read in the venue's own files or documents."
    unseen = "Nobody here has seen such a file of the venue: check the first rows."
    note = sentence_case(re.sub(r"`([^`]*)`", r"“\1”", layout.note))
    told = note or (known if layout.verified else unseen)
    return format_html("{}<p>{}</p>", state, told)


def proven(layout: Layout) -> list[str]:
    """What a file of the layout shows by itself, in sentences."""
    told = []
    if layout.announced_as:
        told.append("Its manifest states rows and sums: a cut-off file is noticed.")
    if layout.has_running_balance:
        told.append("Its running balance names every missing row.")
    if layout.checks:
        told.append("The columns of each row prove each other.")
    return told


def unproven(layout: Layout) -> list[str]:
    """What a file of the layout cannot show, in sentences."""
    told = []
    if layout.kind == LayoutKind.LEDGER and not layout.has_running_balance:
        told.append("A missing row: it has no running balance.")
    if not layout.announced_as:
        told.append("Where it ends: rows cut off at either end leave no trace.")
    if not layout.checks:
        told.append("A changed amount: no column repeats it.")
    if layout.restates:
        others = "” and “".join(
            layout_words(layout.venue, one) for one in layout.restates
        )
        told.append(f"Money of its own: it tells once more what “{others}” tells.")
    return told


def listed(sentences: list[str], empty: str) -> SafeString | str:
    """Sentences, each in a line of its own."""
    return format_html_join("", "<p>{}</p>", ((one,) for one in sentences)) or empty
