"""The answer of an assessment in one sentence, and what changed since it."""

import json
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from recovery.domain.ledger import ZERO, LedgerRole
from recovery.domain.money import format_amount
from recovery.domain.words import BreakReason
from recovery.models import (
    Assessment,
    AssessmentLine,
    AssessmentResult,
    Decision,
    LedgerEntry,
)
from recovery.selectors.operation_mappings import operation_meanings, role_read
from recovery.venues.operation_meanings import OperationMeanings

_ROWS_SHOWN = 3
_LABELS = {
    "realised_pnl": "realised result",
    "surplus_taken": "surplus taken by the fund",
    "cover_received": "loss covered by the fund",
    "unknown": "rows of unknown kind",
    "other_position": "other positions of the account",
    "conversion": "conversion between assets",
}
_ROLE_OF = {
    "realised_pnl": LedgerRole.PNL,
    "trading_fee": LedgerRole.FEE,
    "liquidation_fee": LedgerRole.LIQFEE,
    "funding": LedgerRole.FUND,
}
_EXPLAINED = {
    BreakReason.NOT_DUE: "nothing is due yet",
    BreakReason.POLICY_TO_FUND: "the policy gives what was left to the fund",
    BreakReason.DEFICIT_COVERED: "the loss below zero was covered, nothing is owed",
    BreakReason.DEFICIT_OPEN: "the customer bears it by the policy",
    BreakReason.ROUNDING: "only rounding differs",
    BreakReason.WITHIN_TOLERANCE: "what differs is within the tolerance",
}


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """One assessment line with the entries it rests on.

    Where a platform books a fee or a result as a row of its own, that row is the
    evidence shown; the receipt names every row of the fill.
    """

    line: AssessmentLine
    evidence: list[LedgerEntry]

    @property
    def is_off(self) -> bool:
        """Whether recorded and expected differ."""
        return bool(self.line.difference != ZERO)


def _figure(amount: Decimal) -> str:
    """An amount as people write it: two decimals at least."""
    whole, _, rest = format_amount(amount).partition(".")
    return f"{whole}.{rest.ljust(2, '0')}"


def explained_lines(assessment: Assessment) -> list[ExplainedLine]:
    """Lines in order, each with its ledger entries, in a fixed number of queries."""
    lines = list(assessment.lines.order_by("position"))
    ids = {entry_id for line in lines for entry_id in line.evidence}
    entries = LedgerEntry.objects.filter(pk__in=ids).select_related("source_file")
    by_id = {entry.pk: entry for entry in entries}
    is_asked = any(entry.role == LedgerRole.UNKNOWN for entry in by_id.values())
    meanings = operation_meanings() if is_asked else OperationMeanings([], {})
    return [
        ExplainedLine(
            line,
            _own_rows(
                line, [by_id[key] for key in line.evidence if key in by_id], meanings
            ),
        )
        for line in lines
    ]


def _own_rows(
    line: AssessmentLine, entries: list[LedgerEntry], meanings: OperationMeanings
) -> list[LedgerEntry]:
    role = _ROLE_OF.get(line.label)
    own = [entry for entry in entries if role_read(entry, meanings) == role]
    return own or entries


def answer_sentence(result: AssessmentResult, lines: list[ExplainedLine]) -> str:
    """Why the amount is what it is: "Short 3.10 USDT = fee 2.90 + funding 0.20"."""
    variance = result.variance_amount
    if variance == ZERO:
        return _tie_sentence(result)
    word = "Short" if variance < ZERO else "Over"
    start = f"{word} {_figure(abs(variance))} {result.asset}"
    own = [one for one in lines if one.is_off and one.line.asset == result.asset]
    if not own:
        return f"{start}: {_reason_words(result.reason)}."
    parts = _parts(own, Decimal(-1) if variance < ZERO else Decimal(1))
    rows = _rows(own)
    return f"{start} = {parts}{rows and f', {rows}'}."


def _tie_sentence(result: AssessmentResult) -> str:
    asset = result.asset
    explained = _EXPLAINED.get(result.reason, "")
    if result.deficit_amount:
        start = f"Ended {_figure(result.deficit_amount)} {asset} below zero"
        return f"{start}: {explained or _reason_words(result.reason)}."
    amount = f"{_figure(result.received_amount)} {asset}"
    if explained:
        return f"Ties at {amount}: {explained}."
    return f"Ties: {amount} expected and received."


def _parts(lines: list[ExplainedLine], sign: Decimal) -> str:
    """Differences by label, the largest first."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for one in lines:
        sums[one.line.label] += one.line.difference * sign
    in_order = sorted(sums.items(), key=lambda pair: -pair[1])
    parts = [f"{label_words(label)} {_figure(amount)}" for label, amount in in_order]
    return " + ".join(parts)


def _rows(lines: list[ExplainedLine]) -> str:
    numbers = [str(entry.row_number) for one in lines for entry in one.evidence]
    if not numbers:
        return ""
    shown = ", ".join(numbers[:_ROWS_SHOWN])
    more = len(numbers) - _ROWS_SHOWN
    rest = f" and {more} more" if more > 0 else ""
    return f"row{'s' if len(numbers) > 1 else ''} {shown}{rest}"


def label_words(label: str) -> str:
    """A line's label as people read it."""
    return _LABELS.get(label, label.replace("_", " "))


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
