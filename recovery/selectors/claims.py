"""What the customer sees of a case: one builder for the claim page and the preview."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from recovery.domain.claims import (
    PHASE_NAMES,
    Phase,
    Telling,
    may_answer,
    may_withdraw,
    tell_case,
    tell_payment,
)
from recovery.domain.figures import (
    Figure,
    column_decimals,
    money_text,
    signed_figure,
)
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import CASE_DECIDED, CaseAction, CaseStatus, PaymentStatus
from recovery.domain.meanings import DecisionFacts, decision_headline, decision_meaning
from recovery.domain.story import (
    LineFacts,
    Step,
    difference_words,
    story_sentences,
    story_steps,
    story_total,
    waterfall_bars,
    waterfall_zero,
)
from recovery.domain.words import Basis, DecisionKind, DecisionStatus, PaymentKind
from recovery.models import Claim, ClaimCode, Decision, Payment, RecoveryCase

# A claim session is short: it is opened by a code that a mailbox can read.
SESSION_LENGTH = timedelta(minutes=15)
_SHOWS_FIGURES = CASE_DECIDED | {CaseStatus.CLOSED}
_BASIS_WORDS = {
    Basis.COMPUTED: "recomputed by us",
    Basis.RECORDED: "taken from the records",
    Basis.NOT_VERIFIABLE: "cannot be verified",
}
_PAYMENT_NAMES = {
    PaymentKind.CREDIT: "Credit to your own balance",
    PaymentKind.WITHDRAWAL: "Withdrawal",
}


@dataclass(frozen=True, slots=True)
class PhaseView:
    """One phase in the list: done, current or ahead."""

    number: int
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of the arithmetic: figures aligned, difference and basis in words."""

    name: str
    count: int
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


@dataclass(frozen=True, slots=True)
class PaymentView:
    """One payment as the customer reads it; `on` only where a date is told."""

    name: str
    amount: str
    label: str
    text: str
    on: date | None


@dataclass(frozen=True, slots=True)
class MessageView:
    """One public message."""

    from_us: bool
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StatusView:
    """Everything a customer sees of one case, and nothing else."""

    case_reference: str
    about: str
    happened_at: datetime | None
    phases: tuple[PhaseView, ...]
    label: str
    need: str
    is_needed: bool
    next_step: str
    next_on: date | None
    is_late: bool
    question: str
    reopened_on: date | None
    decisions: tuple[DecisionView, ...]
    payments: tuple[PaymentView, ...]
    messages: tuple[MessageView, ...]
    can_answer: bool
    can_withdraw: bool


def status_view(case: RecoveryCase, *, now: datetime) -> StatusView:
    """Build what the customer of a case sees now.

    Figures come only from approved decisions while the case stands decided; notes,
    reasons of holds and names of staff never enter.
    """
    status = CaseStatus(case.status)
    decisions = _decisions(case) if status in _SHOWS_FIGURES else []
    payments = _payments(case) if decisions else []
    telling = _tell(tell_case(status), status, payments)
    next_on = case.next_update_due_at.date() if telling.has_promise else None
    event = case.event
    return StatusView(
        case_reference=case.reference,
        about=f"{event.instrument} on {event.account.venue}" if event else "",
        happened_at=event.started_at if event else None,
        phases=_phases(telling.phase, has_payment=_has_payment(status, decisions)),
        label=telling.label,
        need=telling.need,
        is_needed=telling.is_needed,
        next_step=telling.next_step,
        next_on=next_on,
        is_late=next_on is not None and next_on < now.date(),
        question=case.question if may_answer(status) else "",
        reopened_on=_reopened_on(case, status),
        decisions=tuple(_decision_view(case, decision) for decision in decisions),
        payments=tuple(map(_payment_view, payments)),
        messages=_messages(case),
        can_answer=may_answer(status),
        can_withdraw=may_withdraw(status),
    )


def _decisions(case: RecoveryCase) -> list[Decision]:
    approved = case.decisions.filter(status=DecisionStatus.APPROVED)
    return list(
        approved.select_related("result__assessment")
        .prefetch_related("result__assessment__lines")
        .order_by("-id")
    )


def _payments(case: RecoveryCase) -> list[Payment]:
    shown = [status for status in PaymentStatus if tell_payment(status).is_shown]
    return list(case.payments.filter(status__in=shown).order_by("id"))


def _tell(telling: Telling, status: CaseStatus, payments: list[Payment]) -> Telling:
    """The telling of the case, moved on by what its payments did."""
    if status != CaseStatus.OWED or not payments:
        return telling
    last = tell_payment(PaymentStatus(payments[-1].status))
    return telling._replace(
        phase=Phase.PAYING, label=f"Payment: {last.label.lower()}", next_step=last.text
    )


def _has_payment(status: CaseStatus, decisions: Sequence[Decision]) -> bool:
    if status in (CaseStatus.NOT_OWED, CaseStatus.DEFICIT, CaseStatus.WITHDRAWN):
        return False
    kinds = {decision.kind for decision in decisions}
    return not kinds or DecisionKind.OWED in kinds


def _phases(current: Phase, *, has_payment: bool) -> tuple[PhaseView, ...]:
    shown = [phase for phase in Phase if has_payment or phase != Phase.PAYING]
    return tuple(
        PhaseView(number, PHASE_NAMES[phase], _phase_state(phase, current))
        for number, phase in enumerate(shown, start=1)
    )


def _phase_state(phase: Phase, current: Phase) -> str:
    if phase == current:
        return "current"
    return "done" if phase < current else "ahead"


def _reopened_on(case: RecoveryCase, status: CaseStatus) -> date | None:
    """When a decided case was opened again, while it is not decided anew."""
    if status in _SHOWS_FIGURES or status == CaseStatus.NEW:
        return None
    again = case.transitions.filter(payment=None, action=CaseAction.REOPEN)
    at = again.order_by("-id").values_list("at", flat=True).first()
    return at.date() if at else None


def _decision_view(case: RecoveryCase, decision: Decision) -> DecisionView:
    result = decision.result
    receipt: dict[str, Any] = json.loads(result.assessment.receipt or "{}")
    policy = receipt.get("rules", {}).get("policy", {})
    steps = story_steps(
        LineFacts(line.label, line.expected, line.recorded, line.basis)
        for line in sorted(result.assessment.lines.all(), key=lambda one: one.position)
        if line.asset == result.asset
    )
    kind = DecisionKind(decision.kind)
    facts = DecisionFacts(
        kind=kind,
        asset=decision.asset,
        amount=decision.amount,
        difference=result.variance_amount,
        steps=steps,
        terms=policy.get("terms", {}),
        client_class=case.customer.client_class if case.customer else "",
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
        bars=_bars(steps),
        zero=waterfall_zero(steps),
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
        count=step.count,
        expected=signed_figure(step.expected, decimals),
        recorded=signed_figure(step.recorded, decimals),
        difference=difference_words(step.difference, asset),
        differs=step.difference != ZERO,
        basis=_BASIS_WORDS[Basis(step.basis)],
    )


def _total(steps: Sequence[Step], asset: str) -> RowView:
    return _row(story_total(steps), asset, _step_decimals(steps))


def _bars(steps: Sequence[Step]) -> tuple[BarView, ...]:
    decimals = column_decimals(step.recorded for step in steps)
    return tuple(
        BarView(
            bar.name,
            bar.kind,
            bar.start,
            bar.width,
            signed_figure(bar.amount, decimals),
        )
        for bar in waterfall_bars(steps, "What the records leave you with")
    )


def _payment_view(payment: Payment) -> PaymentView:
    telling = tell_payment(PaymentStatus(payment.status))
    return PaymentView(
        name=_PAYMENT_NAMES[PaymentKind(payment.kind)],
        amount=money_text(payment.amount, payment.asset),
        label=telling.label,
        text=telling.text,
        on=payment.status_since.date() if telling.shows_date else None,
    )


def _messages(case: RecoveryCase) -> tuple[MessageView, ...]:
    notes = case.notes.filter(is_public=True).order_by("id")
    return tuple(
        MessageView(note.author_id is not None, note.text, note.at) for note in notes
    )


def session_claim(token: str, *, now: datetime) -> Claim | None:
    """The claim that a claim session opens; None when there is none, or no more.

    Args:
        token: What `claim_enter` gave: the number of a used code and a secret.
    """
    number, _, secret = token.partition(".")
    # Digits of any alphabet would pass isdigit and break the query.
    if not (number.isascii() and number.isdigit() and len(number) < 18 and secret):
        return None
    code = (
        ClaimCode.objects.select_related("claim__case__event__account")
        .select_related("claim__case__customer")
        .filter(
            pk=int(number),
            session_hash=secret_hash(secret),
            used_at__gt=now - SESSION_LENGTH,
        )
        .first()
    )
    return code.claim if code else None


def secret_hash(secret: str) -> str:
    """How a random secret of 256 bits is stored: SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()


