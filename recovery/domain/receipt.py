"""The receipt: one canonical text of an assessment, and the SHA-256 of it.

Staff page, claim page, workbook and API render this one object. It holds no clock:
the same rows under the same rules give the same receipt on every machine.
"""

from typing import Any

from recovery.domain.assessment import EventAssessment, Line
from recovery.domain.breaks import Finding
from recovery.domain.canonical import canonical_json, digest_text
from recovery.domain.detection import EventWindow
from recovery.domain.history import Entry, item_entries
from recovery.domain.opening import Opening
from recovery.domain.rulebook import RuleBook

SCHEMA = "recovery-receipt/1"


def write_receipt(  # noqa: PLR0913 - everything a receipt states
    *,
    reference: str,
    venue: str,
    account: str,
    window: EventWindow,
    opening: Opening,
    rules: RuleBook,
    assessment: EventAssessment,
    finding: Finding,
) -> str:
    """The canonical JSON of one assessment.

    Inputs are named by file digest and row, so that the receipt can be held against
    the stored files; rules by version and clause.
    """
    entries = _entries(window)
    return canonical_json(
        {
            "schema": SCHEMA,
            "event": {
                "reference": reference,
                "source_reference": window.reference,
                "venue": venue,
                "account": account,
                "instrument": window.instrument,
                "kind": window.kind,
                "started_at": window.started_at,
                "ended_at": window.ended_at,
            },
            "opening": {
                "balance": opening.balance,
                "position": opening.size,
                "entry_price": opening.entry_by(rules.product_of(window.instrument)),
            },
            "inputs": [
                [entry.file, entry.line.row_number, entry.line.amount]
                for entry in entries
            ],
            "provenance": sorted({entry.provenance for entry in entries}),
            **_mappings(entries),
            "rules": _rules(window, rules, assessment),
            **_marks(rules),
            "lines": [_line(line) for line in assessment.lines],
            **_elsewhere(assessment),
            "rounding": "booked amounts at 18 decimals, half to even",
            "results": [_result(assessment, finding)],
            "verified_share": assessment.verified_share,
        }
    )


def receipt_digest(receipt: str) -> str:
    """SHA-256 of a receipt's text."""
    return digest_text(receipt)


def _entries(window: EventWindow) -> list[Entry]:
    inside = [entry for item in window.items for entry in item_entries(item)]
    return [*inside, *(credit.entry for credit in window.credits)]


def _mappings(entries: list[Entry]) -> dict[str, Any]:
    """Versions by which staff gave rows their role; most events need none."""
    names = sorted({entry.mapping for entry in entries if entry.mapping})
    return {"mappings": names} if names else {}


def _rules(
    window: EventWindow, rules: RuleBook, assessment: EventAssessment
) -> dict[str, Any]:
    policy = assessment.policy
    return {
        "policy": {
            "version": policy.version,
            "terms_reference": policy.terms_reference,
            "terms": policy.terms,
        },
        "tier": rules.tier_at(window.started_at),
        "fees": [
            {
                "tier": term.tier,
                "taker_rate": term.taker_rate,
                "version": term.version,
                "terms_reference": term.terms_reference,
            }
            for term in rules.fees_at(window.started_at)
        ],
    }


def _marks(rules: RuleBook) -> dict[str, Any]:
    """Mark prices of a scope of several positions; most events need none."""
    told = [
        [name, mark.at, mark.price]
        for name, marks in sorted(rules.marks.items())
        for mark in marks
    ]
    return {"marks": told} if told else {}


def _line(line: Line) -> dict[str, Any]:
    return {
        "label": line.label,
        "asset": line.asset,
        "expected": line.expected,
        "recorded": line.recorded,
        "difference": line.difference,
        "basis": line.basis,
        "note": line.note,
    }


def _elsewhere(assessment: EventAssessment) -> dict[str, Any]:
    """What moved in other assets; most events have nothing of the kind."""
    lines = [_line(line) for line in assessment.elsewhere]
    return {"other_assets": lines} if lines else {}


def _result(assessment: EventAssessment, finding: Finding) -> dict[str, Any]:
    return {
        "asset": assessment.asset,
        "residual": assessment.residual,
        "deficit": assessment.deficit,
        "received": assessment.received,
        "variance": assessment.variance,
        "reason": finding.reason,
        "parts": [
            {"reason": part.reason, "amount": part.amount, "lines": list(part.lines)}
            for part in finding.parts
        ],
        "gap": assessment.facts.gap,
    }
