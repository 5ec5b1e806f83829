"""An assessment on a page: figures, picture, lines with their evidence."""

import json
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from recovery.admin.pages import Block, Fact, heads, table_block
from recovery.admin.show import (
    amount_cell,
    amount_text,
    badge,
    moment,
    moment_cell,
    plain_amount,
    sentence_case,
    variance_text,
    variance_word,
    words,
)
from recovery.admin.waterfall import waterfall
from recovery.domain.ledger import ZERO
from recovery.domain.words import Basis
from recovery.models import Assessment, AssessmentResult, Event, LedgerEntry
from recovery.selectors.desk import main_result
from recovery.selectors.explanations import (
    ExplainedLine,
    answer_sentence,
    explained_lines,
    label_words,
)

_BASES = {
    Basis.COMPUTED: "computed",
    Basis.RECORDED: "taken from the records",
    Basis.NOT_VERIFIABLE: "not verifiable",
}
_EVIDENCE_SHOWN = 4
# Where an assessment in hand keeps its lines: the headline and the table read them.
_EXPLAINED = "_desk_explained"


def _explained(assessment: Assessment) -> list[ExplainedLine]:
    known: dict[str, Any] = vars(assessment)
    if _EXPLAINED not in known:
        known[_EXPLAINED] = explained_lines(assessment)
    lines: list[ExplainedLine] = known[_EXPLAINED]
    return lines


def answer_of(event: Event) -> str:
    """The answer of the active assessment in one sentence."""
    result = main_result(event)
    if result is None or event.active_assessment is None:
        return "Not assessed yet."
    return answer_sentence(result, _explained(event.active_assessment))


def figures_of(result: AssessmentResult | None) -> list[Fact]:
    """Expected, received and variance as three figures."""
    if result is None:
        return []
    asset = result.asset
    figures = [
        Fact("Expected", amount_text(result.residual_amount, asset)),
        Fact("Received", amount_text(result.received_amount, asset)),
        Fact("Variance", variance_text(result.variance_amount, asset)),
    ]
    if result.deficit_amount:
        figures.append(Fact("Deficit", amount_text(result.deficit_amount, asset)))
    return [*figures, Fact("Reason", words(result.reason) or "—")]


def results_block(assessment: Assessment) -> Block:
    """Expected, received and variance per asset."""
    rows = [
        (
            row.asset,
            amount_cell(row.residual_amount),
            amount_cell(row.deficit_amount),
            amount_cell(row.received_amount),
            amount_cell(row.variance_amount, word=variance_word(row.variance_amount)),
            words(row.reason) or "—",
        )
        for row in assessment.results.order_by("asset")
    ]
    columns = heads(
        "Asset", "#Expected residual", "#Deficit", "#Received", "#Variance", "Reason"
    )
    return table_block("Results", columns, rows, empty="No result.")


def assessment_blocks(assessment: Assessment) -> list[Block]:
    """The picture of each asset, then the lines."""
    explained = _explained(assessment)
    lines = [one.line for one in explained]
    assets = list(dict.fromkeys(line.asset for line in lines))
    pictures = [
        Block(
            f"How the {asset} came about",
            "recovery/desk/blocks/waterfall.html",
            waterfall(lines, asset),
            is_wide=False,
        )
        for asset in assets
    ]
    return [*pictures, lines_block(assessment, explained)]


def lines_block(assessment: Assessment, explained: list[ExplainedLine]) -> Block:
    """Every line: expected, recorded, difference, basis, evidence."""
    rows = [
        (
            str(place),
            _label(one),
            amount_cell(one.line.expected, one.line.asset),
            amount_cell(one.line.recorded, one.line.asset),
            _difference(one),
            _BASES[Basis(one.line.basis)],
            evidence_links(one.evidence),
        )
        for place, one in enumerate(explained, start=1)
    ]
    columns = heads(
        "#No.", "Line", "#Expected", "#Recorded", "#Difference", "Basis", "Evidence"
    )
    share = plain_amount(assessment.verified_share * 100)
    return table_block(
        f"Assessment no. {assessment.number}, line by line",
        columns,
        rows,
        empty="This assessment has no lines.",
        note=f"Computed {moment(assessment.computed_at)}. Verified share {share} %. "
        f"Receipt {assessment.digest[:16]}….{_mappings_text(assessment)}",
        anchor="lines",
    )


def _mappings_text(assessment: Assessment) -> str:
    """By which versions staff gave rows of it their role."""
    names = json.loads(assessment.receipt).get("mappings", [])
    return f" Row types read by staff: {', '.join(names)}." if names else ""


def _label(one: ExplainedLine) -> SafeString | str:
    label = sentence_case(label_words(one.line.label))
    if not one.line.note:
        return label
    return format_html("{}<small class='dk-note'>{}</small>", label, one.line.note)


def _difference(one: ExplainedLine) -> SafeString:
    difference = one.line.difference
    if difference == ZERO:
        return format_html('<span class="dk-amount dk-quiet">{}</span>', "none")
    return amount_cell(difference, word=variance_word(difference))


def evidence_links(entries: list[LedgerEntry]) -> SafeString | str:
    """Links to the rows a line rests on, by file and row."""
    if not entries:
        return "—"
    links = format_html_join(
        ", ",
        '<a class="dk-link" href="{}">{}</a>',
        (
            (
                reverse("admin:recovery_ledgerentry_change", args=[entry.pk]),
                f"{entry.source_file} row\u00a0{entry.row_number}",
            )
            for entry in entries[:_EVIDENCE_SHOWN]
        ),
    )
    more = len(entries) - _EVIDENCE_SHOWN
    return format_html("{} and {} more", links, more) if more > 0 else links


def other_assessments_block(event: Event) -> Block:
    """All assessments of an event, numbered; the active one is named."""
    rows = [
        (
            f"no. {one.number}",
            badge("active", "good") if one.pk == event.active_assessment_id else "—",
            moment_cell(one.computed_at),
            "; ".join(
                variance_text(result.variance_amount, result.asset)
                for result in one.results.all()
            ),
            f"{one.digest[:16]}…",
        )
        for one in event.assessments.prefetch_related("results").order_by("-number")
    ]
    columns = heads("Assessment", "State", "Computed", "Result", "Receipt")
    return table_block("All assessments", columns, rows)
