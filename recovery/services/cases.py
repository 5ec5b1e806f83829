"""Recovery cases up to a decision: open, take, ask, answer, note, close, reopen."""

import secrets
from datetime import datetime

from django.db import transaction

from accounts.models import Customer, User
from recovery.domain.claims import tell_case
from recovery.domain.customer_news import CustomerNews
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.lifecycle import (
    CASE_ENDED,
    PAYMENT_PAID,
    PAYMENT_VOID,
    CaseAction,
    CaseStatus,
)
from recovery.domain.references import grouped_reference
from recovery.domain.words import PaymentKind
from recovery.models import CaseNote, Event, RecoveryCase
from recovery.services.actors import Actor, require_duty
from recovery.services.audit import audit_write
from recovery.services.collection_ends import collections_take_back
from recovery.services.live_set_offs import set_offs_live
from recovery.services.mails import mail_case_news
from recovery.services.proposal_ends import proposals_end
from recovery.services.transitions import (
    NEXT_UPDATE,
    case_lock,
    case_move,
    event_and_case_lock,
    event_lock,
)

# Whoever does something about a case may write down what; readers may not.
_NOTING = (
    Duty.WORK_CASE,
    Duty.APPROVE_DECISION,
    Duty.PROPOSE_PAYMENT,
    Duty.APPROVE_PAYMENT,
    Duty.HOLD_PAYMENT,
)


@transaction.atomic
def case_open(
    actor: Actor,
    *,
    event: Event | None,
    customer: Customer | None,
    origin: str,
    now: datetime,
) -> RecoveryCase:
    """Open a case, or give the one already open for this event.

    Args:
        actor: Staff, customer or the system.
        event: What happened; None while a claim matches nothing.
        customer: Whose it is; the event's own by default.
        origin: claim, agent or rule.
        now: Aware UTC.

    Raises:
        DutyMissingError: Neither staff working cases, customer nor system.
    """
    require_duty(actor, Duty.WORK_CASE, Duty.BE_CUSTOMER, Duty.BE_SYSTEM)
    if event is not None:
        event_lock(event)
        there = (
            RecoveryCase.objects.filter(event=event)
            .exclude(status__in=CASE_ENDED)
            .first()
        )
        if there:
            return there
        customer = customer or event.account.customer
    case = RecoveryCase.objects.create(
        reference=grouped_reference("RC", secrets.token_bytes(5)),
        event=event,
        customer=customer,
        origin=origin,
        opened_by=actor.user,
        opened_at=now,
        status_since=now,
        next_update_due_at=now + NEXT_UPDATE,
    )
    audit_write(actor, "case.open", f"case {case.reference}", origin=origin)
    return case


@transaction.atomic
def case_take(actor: Actor, case: RecoveryCase, *, now: datetime) -> RecoveryCase:
    """Take a new case: it is yours and under investigation.

    Raises:
        TransitionRefusedError: The case is not new.
        DutyMissingError: The actor works no cases.
    """
    case = case_lock(case)
    case.assignee = actor.user
    return case_move(actor, case, CaseAction.TAKE, now=now)


@transaction.atomic
def case_assign(actor: Actor, case: RecoveryCase, assignee: User) -> RecoveryCase:
    """Hand a case to somebody.

    Raises:
        DutyMissingError: The actor works no cases.
    """
    require_duty(actor, Duty.WORK_CASE)
    case = case_lock(case)
    case.assignee = assignee
    case.save(update_fields=["assignee"])
    audit_write(
        actor, "case.assign", f"case {case.reference}", assignee=assignee.username
    )
    return case


@transaction.atomic
def case_link_event(
    actor: Actor, case: RecoveryCase, event: Event, *, shown_version: int
) -> RecoveryCase:
    """Say which event an unmatched claim is about.

    Raises:
        NotReadyError: The case has an event, or the event has an open case.
        DutyMissingError, StaleError: As everywhere.
    """
    require_duty(actor, Duty.WORK_CASE)
    event_lock(event)
    case = case_lock(case, shown_version)
    if case.event_id is not None:
        raise NotReadyError("This case already has its event.")
    other = RecoveryCase.objects.filter(event=event).exclude(status__in=CASE_ENDED)
    if taken := other.first():
        raise NotReadyError(f"Case {taken.reference} is open for this event.")
    case.event = event
    case.version += 1
    case.save(update_fields=["event", "version"])
    audit_write(
        actor, "case.link_event", f"case {case.reference}", event=event.reference
    )
    mail_case_news(case, CustomerNews.CLAIM_LINKED, key=f"linked-{case.pk}")
    return case


@transaction.atomic
def case_ask_customer(
    actor: Actor, case: RecoveryCase, question: str, *, now: datetime
) -> RecoveryCase:
    """Ask the customer for something; the claim page shows it, a mail says so.

    Raises:
        NotReadyError: No question.
        TransitionRefusedError, DutyMissingError: As everywhere.
    """
    if not question.strip():
        raise NotReadyError("Write down what the customer should send or answer.")
    case = case_lock(case)
    case.question = question.strip()
    case_move(actor, case, CaseAction.ASK_CUSTOMER, now=now, reason=question.strip())
    _note(actor, case, question, is_public=True)
    return case


@transaction.atomic
def case_customer_answer(
    actor: Actor, case: RecoveryCase, answer: str, *, now: datetime
) -> RecoveryCase:
    """Take the customer's answer; the case goes on.

    Raises:
        NotReadyError: The answer is empty.
        TransitionRefusedError: Nothing was asked.
    """
    if not answer.strip():
        raise NotReadyError("Write an answer before you send it.")
    case = case_lock(case)
    case.question = ""
    case_move(actor, case, CaseAction.CUSTOMER_ANSWERED, now=now)
    _note(actor, case, answer, is_public=True)
    return case


@transaction.atomic
def case_ask_third_party(
    actor: Actor, case: RecoveryCase, question: str, *, now: datetime
) -> RecoveryCase:
    """Wait for a venue, a bank or a custodian; the customer need do nothing.

    Raises:
        NotReadyError: Nothing is said about what is waited for.
        TransitionRefusedError, DutyMissingError: As everywhere.
    """
    case = case_lock(case)
    case_move(actor, case, CaseAction.ASK_THIRD_PARTY, now=now, reason=question.strip())
    _note(actor, case, question, is_public=False)
    return case


@transaction.atomic
def case_third_party_answer(
    actor: Actor, case: RecoveryCase, answer: str, *, now: datetime
) -> RecoveryCase:
    """Note what the third party answered; the case goes on.

    Raises:
        NotReadyError: The answer is empty.
        TransitionRefusedError, DutyMissingError: As everywhere.
    """
    if not answer.strip():
        raise NotReadyError("Write down what they answered.")
    case = case_lock(case)
    case_move(actor, case, CaseAction.THIRD_PARTY_ANSWERED, now=now)
    _note(actor, case, answer, is_public=False)
    return case


@transaction.atomic
def case_note(actor: Actor, case: RecoveryCase, text: str) -> CaseNote:
    """Write an internal note.

    Raises:
        NotReadyError: The note is empty.
        DutyMissingError: The actor only reads, or only administers.
    """
    require_duty(actor, *_NOTING)
    if not text.strip():
        raise NotReadyError("Write something before you save the note.")
    return _note(actor, case, text, is_public=False)


@transaction.atomic
def case_tell(
    actor: Actor, case: RecoveryCase, text: str, *, now: datetime
) -> RecoveryCase:
    """Tell the customer how far it is: a public message, and a new promised date.

    Raises:
        NotReadyError: Nothing is said, or the case is ended or waits for the customer.
        DutyMissingError: The actor works no cases.
    """
    require_duty(actor, Duty.WORK_CASE)
    if not text.strip():
        raise NotReadyError("Write what the customer should read.")
    case = case_lock(case)
    if not tell_case(CaseStatus(case.status)).has_promise:
        raise NotReadyError("Nothing is promised here: the case waits, or it is over.")
    note = _note(actor, case, text, is_public=True)
    case.next_update_due_at = now + NEXT_UPDATE
    case.save(update_fields=["next_update_due_at"])
    audit_write(actor, "case.tell", f"case {case.reference}", note=note.pk)
    mail_case_news(case, CustomerNews.UPDATE_GIVEN, key=f"update-{note.pk}")
    return case


def _note(actor: Actor, case: RecoveryCase, text: str, *, is_public: bool) -> CaseNote:
    return CaseNote.objects.create(
        case=case, author=actor.user, is_public=is_public, text=text.strip()
    )


@transaction.atomic
def case_withdraw(actor: Actor, case: RecoveryCase, *, now: datetime) -> RecoveryCase:
    """The customer takes the claim back; what was proposed on it is void.

    Raises:
        TransitionRefusedError: It is decided or ended.
    """
    case = case_lock(case)
    proposals_end(case, "The customer took the claim back.", now=now)
    return case_move(actor, case, CaseAction.WITHDRAW, now=now)


@transaction.atomic
def case_close(
    actor: Actor, case: RecoveryCase, *, reason: str, now: datetime
) -> RecoveryCase:
    """Close a decided case.

    Raises:
        NotReadyError: Money is owed and a payment of it is still on its way, or
            none was made.
        TransitionRefusedError, DutyMissingError: As everywhere.
    """
    case = case_lock(case)
    if case.status == CaseStatus.OWED:
        _require_paid(case)
    case_move(actor, case, CaseAction.CLOSE, now=now, reason=reason)
    return case


def _require_paid(case: RecoveryCase) -> None:
    live = list(
        case.payments.exclude(status__in=PAYMENT_VOID).values_list("kind", "status")
    )
    # Goodwill pays nothing of what is owed, but it must have arrived too.
    is_paid = any(kind != PaymentKind.GOODWILL for kind, _ in live)
    if not is_paid or {status for _, status in live} - PAYMENT_PAID:
        raise NotReadyError(
            "Money is owed: close this case when every payment is posted or confirmed."
        )


@transaction.atomic
def case_reopen(
    actor: Actor, case: RecoveryCase, *, reason: str, now: datetime
) -> RecoveryCase:
    """Open a decided or closed case again; its approved decisions lose their force.

    Raises:
        NotReadyError: No reason, another open case for the event, or live payments.
        TransitionRefusedError, DutyMissingError: As everywhere.
    """
    if not reason.strip():
        raise NotReadyError("Say why the case is opened again.")
    case = event_and_case_lock(case)
    _require_reopenable(case)
    case_move(actor, case, CaseAction.REOPEN, now=now, reason=reason.strip())
    collections_take_back(case, "The case was opened again.", now=now)
    live = case.payments.exclude(status__in=PAYMENT_VOID)
    if not live.exists():
        case.decisions.filter(status="approved").update(
            status="voided", ended_at=now, ended_reason="Case opened again."
        )
    return case


def _require_reopenable(case: RecoveryCase) -> None:
    others = RecoveryCase.objects.filter(event=case.event_id).exclude(
        status__in=CASE_ENDED
    )
    if case.event_id and (other := others.exclude(pk=case.pk).first()):
        raise NotReadyError(f"Case {other.reference} is open for the same event.")
    unsettled = case.payments.exclude(status__in=PAYMENT_VOID | PAYMENT_PAID)
    if unsettled.exists():
        raise NotReadyError("A payment is under way: cancel it or wait for its end.")
    if set_offs_live(case).exists():
        raise NotReadyError("A set-off stands on this case: reverse it first.")
