"""What the customer sees of a case: one builder for the claim page and the preview."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db.models import Q

from recovery.domain.claims import (
    PHASE_NAMES,
    PaymentTelling,
    Phase,
    Telling,
    may_answer,
    may_withdraw,
    tell_case,
    tell_payment,
)
from recovery.domain.conversion import ROUNDING_WORDS
from recovery.domain.figures import (
    money_text,
)
from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import (
    CASE_DECIDED,
    CaseAction,
    CaseStatus,
    PaymentStatus,
)
from recovery.domain.money import exact, format_amount
from recovery.domain.set_off import SetOffSides, SetOffStatus, set_off_left
from recovery.domain.words import DecisionKind, PaymentKind
from recovery.models import Decision, Event, Payment, RecoveryCase, SetOff
from recovery.selectors.claim_decisions import (
    DecisionView,
    approved_decisions,
    decision_view,
)
from recovery.selectors.claim_destinations import can_leave
from recovery.venues.loading import venue_name

_SHOWS_FIGURES = CASE_DECIDED | {CaseStatus.CLOSED}
_HOUSE = "house"
_PAYMENT_NAMES = {
    PaymentKind.CREDIT: "Credit to your own balance",
    PaymentKind.WITHDRAWAL: "Withdrawal",
    PaymentKind.GOODWILL: "Goodwill, beside what is owed",
}


@dataclass(frozen=True, slots=True)
class PhaseView:
    """One phase in the list: done, current or ahead."""

    number: int
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class PaymentView:
    """One payment as the customer reads it; `on` only where a date is told.

    `terms` says in sentences what a network takes, who bears it, and the rate.
    """

    name: str
    amount: str
    label: str
    text: str
    on: date | None
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetOffView:
    """One set-off as the customer reads it: both amounts, and what is left of each."""

    amount: str
    owed: str
    due: str
    reason: str
    terms_reference: str
    on: date | None
    is_reversed: bool


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
    set_offs: tuple[SetOffView, ...]
    messages: tuple[MessageView, ...]
    can_answer: bool
    can_withdraw: bool
    can_choose_destination: bool


def status_view(case: RecoveryCase, *, now: datetime) -> StatusView:
    """Build what the customer of a case sees now.

    Figures come only from approved decisions while the case stands decided; notes,
    reasons of holds and names of staff never enter.
    """
    status = CaseStatus(case.status)
    decisions = approved_decisions(case) if status in _SHOWS_FIGURES else []
    payments = _payments(case) if decisions else []
    telling = _tell(tell_case(status), status, payments)
    next_on = case.next_update_due_at.date() if telling.has_promise else None
    event = case.event
    return StatusView(
        case_reference=case.reference,
        about=_about(event) if event else "",
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
        decisions=tuple(
            decision_view(case, decision, is_paid=_is_paid(decision, payments))
            for decision in decisions
        ),
        payments=tuple(map(_payment_view, payments)),
        set_offs=_set_offs(case) if decisions else (),
        messages=_messages(case),
        can_answer=may_answer(status),
        can_withdraw=may_withdraw(status),
        can_choose_destination=status == CaseStatus.OWED
        and any(can_leave(decision) for decision in decisions),
    )


def _about(event: Event) -> str:
    """Instrument, account and, where it is not ours, the venue."""
    venue = event.account.venue
    where = "" if venue == _HOUSE else f" at {venue_name(venue)}"
    return f"{event.instrument}{where}, account {event.account.number}"


def _payments(case: RecoveryCase) -> list[Payment]:
    shown = [status for status in PaymentStatus if tell_payment(status).is_shown]
    rows = case.payments.filter(status__in=shown).select_related(
        "goodwill_reason", "network_fee_rule", "conversion"
    )
    return list(rows.order_by("id"))


def _is_paid(decision: Decision, payments: Sequence[Payment]) -> bool:
    """Whether credits seen in the ledger make up what was decided."""
    posted = [
        payment.amount
        for payment in payments
        if payment.decision_id == decision.pk
        and payment.kind == PaymentKind.CREDIT
        and payment.status == PaymentStatus.POSTED
    ]
    with exact():
        return bool(posted) and sum(posted) >= decision.amount


def _tell(telling: Telling, status: CaseStatus, payments: list[Payment]) -> Telling:
    """The telling of the case, moved on by what its payments did."""
    owed = [one for one in payments if one.kind != PaymentKind.GOODWILL]
    if status != CaseStatus.OWED or not owed:
        return telling
    last = _told(owed[-1])
    return telling._replace(
        phase=Phase.PAYING, label=f"Payment {last.label.lower()}", next_step=last.text
    )


def _has_payment(status: CaseStatus, decisions: Sequence[Decision]) -> bool:
    if status in (CaseStatus.NOT_OWED, CaseStatus.DEFICIT, CaseStatus.WITHDRAWN):
        return False
    kinds = {decision.kind for decision in decisions}
    return not kinds or DecisionKind.OWED in kinds


def _phases(current: Phase, *, has_payment: bool) -> tuple[PhaseView, ...]:
    shown = [phase for phase in Phase if has_payment or phase != Phase.PAYING]
    return tuple(
        PhaseView(number, _phase_name(phase, current), _phase_state(phase, current))
        for number, phase in enumerate(shown, start=1)
    )


def _phase_name(phase: Phase, current: Phase) -> str:
    """Once money moves there is no "if" about it."""
    is_paying = phase == Phase.PAYING and current in (Phase.PAYING, Phase.ENDED)
    return "Payment" if is_paying else PHASE_NAMES[phase]


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


def _told(payment: Payment) -> PaymentTelling:
    return tell_payment(PaymentStatus(payment.status), payment.held_from)


def _payment_view(payment: Payment) -> PaymentView:
    telling = _told(payment)
    name = _PAYMENT_NAMES[PaymentKind(payment.kind)]
    if payment.goodwill_reason is not None:
        name = f"{name}: {payment.goodwill_reason.told}"
    return PaymentView(
        name=name,
        amount=money_text(payment.amount, payment.asset),
        label=telling.label,
        text=telling.text,
        on=payment.status_since.date() if telling.shows_date else None,
        terms=_terms(payment),
    )


def _set_offs(case: RecoveryCase) -> tuple[SetOffView, ...]:
    """What two people approved, also where it was reversed since."""
    rows = SetOff.objects.filter(
        Q(decision__case=case) | Q(collection__case=case),
        status__in=[SetOffStatus.APPROVED, SetOffStatus.REVERSED],
    )
    return tuple(map(_set_off_view, rows.select_related("policy").order_by("pk")))


def _set_off_view(row: SetOff) -> SetOffView:
    before = SetOffSides(row.owed_before_amount, row.due_before_amount)
    left = set_off_left(before, row.amount)

    def told(amount: Decimal) -> str:
        return money_text(amount, row.asset)

    return SetOffView(
        amount=told(row.amount),
        owed=f"{told(before.owed)} owed to you, {told(left.owed)} left to pay",
        due=f"{told(before.due)} owed by you, {told(left.due)} left to pay",
        reason=row.reason,
        terms_reference=row.policy.terms_reference,
        on=row.approved_at.date() if row.approved_at else None,
        is_reversed=row.status == SetOffStatus.REVERSED,
    )


def _terms(payment: Payment) -> tuple[str, ...]:
    """Who bears the network's fee and at which rate money is converted."""
    told = []
    if payment.network_fee_rule is not None:
        sent = money_text(payment.sent_amount, payment.asset)
        fee = money_text(payment.fee_amount, payment.asset)
        house = money_text(payment.house_fee_amount, payment.asset)
        if payment.fee_amount == ZERO:
            told.append(f"We bear the network's fee of {house}: {sent} leave.")
        elif payment.house_fee_amount == ZERO:
            told.append(f"The network's fee of {fee} is yours to bear: {sent} leave.")
        else:
            told.append(
                f"Of the network's fee we bear {house} and you {fee}: {sent} leave."
            )
        told.append(f"It rests on: {payment.network_fee_rule.terms_reference}.")
    rate = payment.conversion
    if rate is not None:
        given = money_text(rate.to_amount, rate.to_asset)
        told.append(
            f"Converted into {given} at {format_amount(rate.rate)} {rate.to_asset} "
            f"for one {rate.from_asset}, {ROUNDING_WORDS}; rate of {rate.source}, "
            f"{rate.quoted_at.astimezone(UTC):%d %B %Y %H:%M} UTC."
        )
    return tuple(told)


def _messages(case: RecoveryCase) -> tuple[MessageView, ...]:
    notes = case.notes.filter(is_public=True).order_by("id")
    return tuple(
        MessageView(note.author_id is not None, note.text, note.at) for note in notes
    )
