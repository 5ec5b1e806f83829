"""An approved decision as its customer reads it: words, picture, table."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from recovery.domain.figures import (
    Figure,
    column_decimals,
    money_text,
    signed_figure,
)
from recovery.domain.ledger import ZERO
from recovery.domain.meanings import DecisionFacts, decision_headline, decision_meaning
from recovery.domain.story import (
    LineFacts,
    Step,
    Waterfall,
    difference_words,
    story_sentences,
    story_steps,
    story_total,
    waterfall,
)
from recovery.domain.words import Basis, DecisionKind, DecisionStatus
from recovery.models import Decision, RecoveryCase

_BASIS_WORDS = {
    Basis.COMPUTED: "recomputed by us",
    Basis.RECORDED: "taken from the records",
    Basis.NOT_VERIFIABLE: "cannot be verified",
}


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of the arithmetic: figures aligned, difference and basis in words."""

    name: str
    lines: int
    expected: Figure
    recorded: Figure
    difference: str
    differs: bool
    basis: str


@dataclass(frozen=True, slots=True)
class BarView:
    """One bar of the picture, in thousandths of its width."""

    name: str
    kind: str
    start: int
    width: int
    figure: Figure


@dataclass(frozen=True, slots=True)
class DecisionView:
    """An approved decision with its arithmetic. Nothing of it exists before."""

    kind: DecisionKind
    headline: str
    meaning: tuple[str, ...]
    asset: str
    expected: str
    received: str
    difference: str
    reason: str
    terms_reference: str
    decided_on: date | None
    sentences: tuple[str, ...]
    rows: tuple[RowView, ...]
    total: RowView
    bars: tuple[BarView, ...]
    zero: int
    receipt: str


def approved_decisions(case: RecoveryCase) -> list[Decision]:
    """Decisions of a case that two people made, the newest first."""
    approved = case.decisions.filter(status=DecisionStatus.APPROVED)
    return list(
        approved.select_related("result__assessment")
        .prefetch_related("result__assessment__lines")
        .order_by("-id")
    )


def decision_view(
    case: RecoveryCase, decision: Decision, *, is_paid: bool
) -> DecisionView:
    """Words, picture and table of one approved decision."""
    result = decision.result
    receipt: dict[str, Any] = json.loads(result.assessment.receipt or "{}")
    policy = receipt.get("rules", {}).get("policy", {})
    steps = story_steps(
        LineFacts(line.label, line.expected, line.recorded, line.basis)
        for line in sorted(result.assessment.lines.all(), key=lambda one: one.position)
        if line.asset == result.asset
    )
    picture = waterfall(steps)
    kind = DecisionKind(decision.kind)
    facts = DecisionFacts(
        kind=kind,
        asset=decision.asset,
        amount=decision.amount,
        difference=result.variance_amount,
        steps=steps,
        terms=policy.get("terms", {}),
        client_class=case.customer.client_class if case.customer else "",
        is_paid=is_paid,
    )
    return DecisionView(
        kind=kind,
        headline=decision_headline(facts),
        meaning=decision_meaning(facts),
        asset=decision.asset,
        expected=money_text(result.residual_amount, decision.asset),
        received=_signed_text(result.received_amount, decision.asset),
        difference=difference_words(result.variance_amount, decision.asset),
        reason=decision.reason,
        terms_reference=policy.get("terms_reference", ""),
        decided_on=decision.ended_at.date() if decision.ended_at else None,
        sentences=story_sentences(steps, decision.asset),
        rows=_rows(steps, decision.asset),
        total=_total(steps, decision.asset),
        bars=_bars(picture, steps),
        zero=picture.zero,
        receipt=result.assessment.digest,
    )


def _signed_text(amount: Decimal, asset: str) -> str:
    text = money_text(amount, asset)
    return f"minus {text}" if amount < ZERO else text


def _step_decimals(steps: Sequence[Step]) -> int:
    return column_decimals(
        amount for step in steps for amount in (step.expected, step.recorded)
    )


def _rows(steps: Sequence[Step], asset: str) -> tuple[RowView, ...]:
    decimals = _step_decimals(steps)
    return tuple(_row(step, asset, decimals) for step in steps)


def _row(step: Step, asset: str, decimals: int) -> RowView:
    return RowView(
        name=step.name,
        lines=step.lines,
        expected=signed_figure(step.expected, decimals),
        recorded=signed_figure(step.recorded, decimals),
        difference=difference_words(step.difference, asset),
        differs=step.difference != ZERO,
        basis=_BASIS_WORDS[Basis(step.basis)],
    )


def _total(steps: Sequence[Step], asset: str) -> RowView:
    return _row(story_total(steps), asset, _step_decimals(steps))


def _bars(picture: Waterfall, steps: Sequence[Step]) -> tuple[BarView, ...]:
    decimals = _step_decimals(steps)
    return tuple(
        BarView(
            bar.name,
            bar.kind,
            bar.start,
            bar.width,
            signed_figure(bar.amount, decimals),
        )
        for bar in picture.bars
    )
