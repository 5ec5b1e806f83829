"""The answer of an assessment in one sentence, and what changed since it."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from recovery.domain.ledger import ZERO
from recovery.domain.money import format_amount
from recovery.domain.words import EXPLAINED
from recovery.models import (
    Assessment,
    AssessmentLine,
    AssessmentResult,
    Decision,
    LedgerEntry,
)

_FRAME = frozenset({"opening_balance", "closing_balance"})
_ROWS_SHOWN = 3
_MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """One assessment line with the entries it rests on."""

    line: AssessmentLine
    evidence: list[LedgerEntry]

    @property
    def is_frame(self) -> bool:
        """Whether it is a balance rather than a movement."""
        return self.line.label in _FRAME


def _figure(amount: Decimal) -> str:
    """An amount as people write it: two decimals at least."""
    whole, _, rest = format_amount(amount).partition(".")
    return f"{whole}.{rest.ljust(2, '0')}"


def explained_lines(assessment: Assessment) -> list[ExplainedLine]:
    """Lines in order, each with its ledger entries, in two queries."""
    lines = list(assessment.lines.order_by("position"))
    ids = {entry_id for line in lines for entry_id in line.evidence}
    entries = LedgerEntry.objects.filter(pk__in=ids).select_related("source_file")
    by_id = {entry.pk: entry for entry in entries}
    return [
        ExplainedLine(line, [by_id[key] for key in line.evidence if key in by_id])
        for line in lines
    ]


def answer_sentence(result: AssessmentResult, lines: list[ExplainedLine]) -> str:
    """Why the amount is what it is: "Short 3.10 USDT = fee 2.90 + funding 0.20"."""
    variance = result.variance_amount
    if variance == ZERO:
        return _tie_sentence(result)
    word = "Short" if variance < ZERO else "Over"
    start = f"{word} {_figure(abs(variance))} {result.asset}"
    own = [
        one
        for one in lines
        if one.line.asset == result.asset
        and not one.is_frame
        and one.line.difference != ZERO
    ]
    if not own:
        return f"{start}: {_reason_words(result.reason)}."
    sign = Decimal(-1) if variance < ZERO else Decimal(1)
    parts = " + ".join(_part(one, sign) for one in own).replace(
        f"+ {_MINUS}", f"{_MINUS} "
    )
    rows = _rows(own)
    return f"{start} = {parts}{f', {rows}' if rows else ''}."


def _tie_sentence(result: AssessmentResult) -> str:
    if result.deficit_amount:
        amount = f"{_figure(result.deficit_amount)} {result.asset}"
        return f"Ended {amount} below zero: {_reason_words(result.reason)}."
    amount = f"{_figure(result.received_amount)} {result.asset}"
    if result.reason in EXPLAINED:
        return f"Ties at {amount}: {_reason_words(result.reason)}."
    return f"Ties: {amount} expected and received."


def _part(one: ExplainedLine, sign: Decimal) -> str:
    amount = one.line.difference * sign
    figure = _figure(abs(amount))
    sign_shown = _MINUS if amount < ZERO else ""
    return f"{sign_shown}{label_words(one.line.label)} {figure}"


def _rows(lines: list[ExplainedLine]) -> str:
    numbers = [str(entry.row_number) for one in lines for entry in one.evidence]
    if not numbers:
        return ""
    shown = ", ".join(numbers[:_ROWS_SHOWN])
    more = len(numbers) - _ROWS_SHOWN
    return f"row{'s' if len(numbers) > 1 else ''} {shown}" + (
        f" and {more} more" if more > 0 else ""
    )


def label_words(label: str) -> str:
    """A line's label as people read it."""
    return label.replace("_", " ")


def _reason_words(reason: str) -> str:
    return reason.replace("_", " ").lower() or "no reason found"


def decision_differences(decision: Decision) -> list[str]:
    """What a decision rests on that is not so any more, in words."""
    sealed: dict[str, Any] = json.loads(decision.sealed)
    event = decision.case.event
    now = event.active_assessment if event else None
    if now is None:
        return ["The event has no assessment now."]
    if now.digest == sealed["receipt"]:
        return []
    then = decision.result.assessment
    found = [f"Recomputed since the proposal: was no. {then.number}, is {now.number}."]
    fresh = now.results.filter(asset=decision.asset).first()
    if fresh is None:
        return [*found, f"There is no result in {decision.asset} any more."]
    return [*found, *_result_changes(decision.result, fresh)]


def _result_changes(then: AssessmentResult, now: AssessmentResult) -> list[str]:
    pairs = [
        ("Expected", then.residual_amount, now.residual_amount),
        ("Received", then.received_amount, now.received_amount),
        ("Variance", then.variance_amount, now.variance_amount),
        ("Deficit", then.deficit_amount, now.deficit_amount),
    ]
    changes = [
        f"{name}: {_figure(old)} then, {_figure(new)} {now.asset} now."
        for name, old, new in pairs
        if old != new
    ]
    if then.reason != now.reason:
        changes.append(
            f"Reason: {then.reason or 'none'} then, {now.reason or 'none'} now."
        )
    return changes or ["All amounts and the reason are the same."]


def provenance_of(assessment: Assessment) -> list[str]:
    """Where the rows behind an assessment came from, as words."""
    ids = {
        entry_id
        for evidence in assessment.lines.values_list("evidence", flat=True)
        for entry_id in evidence
    }
    rows = LedgerEntry.objects.filter(pk__in=ids)
    return sorted(set(rows.values_list("source_file__provenance", flat=True)))
