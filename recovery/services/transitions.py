"""One way to take a step: ask the table, ask the duty, move, record."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError, SamePersonError, StaleError
from recovery.domain.lifecycle import (
    CaseAction,
    CaseStatus,
    CollectionAction,
    CollectionStatus,
    PaymentAction,
    PaymentStatus,
    Step,
    case_clock,
    case_step,
    collection_step,
    payment_step,
)
from recovery.models import Collection, Event, Payment, RecoveryCase, Transition
from recovery.services.actors import Actor, require_duty
from recovery.services.audit import audit_write
from recovery.services.customer_news import step_mailed
from recovery.services.staff_notices import step_told

# What the customer is promised; every step renews it (ANCHORS §4.2 presets).
NEXT_UPDATE = timedelta(days=10)


def case_lock(case: RecoveryCase, shown_version: int | None = None) -> RecoveryCase:
    """The case as it is now, locked until commit; the first lock of most acts on it.

    What is locked before a case stands in decision 0016. The lock lets rows that only refer to the case be written: a batch records steps of
    many cases and locks none of them.

    Raises:
        StaleError: The page showed an older version.
    """
    locked = RecoveryCase.objects.select_for_update(no_key=True).get(pk=case.pk)
    if shown_version is not None and locked.version != shown_version:
        raise StaleError(
            f"Case {locked.reference}", f"no. {shown_version}", f"no. {locked.version}"
        )
    return locked


def require_second_person(
    actor: Actor, step: Step, earlier: Mapping[int | None, str]
) -> None:
    """Go on when the table asks for no second person, or this is one.

    Args:
        actor: Who would take the step.
        step: As the table has it.
        earlier: Who prepared what, by user id.

    Raises:
        SamePersonError: The actor is among them.
    """
    if not step.needs_second_person:
        return
    if actor.user is None:
        raise SamePersonError(actor.name, "is no person")
    if act := earlier.get(actor.user.pk):
        raise SamePersonError(actor.name, act)


def _require_step(actor: Actor, step: Step, reason: str) -> None:
    require_duty(actor, *sorted(step.duties))
    if step.needs_reason and not reason.strip():
        raise NotReadyError("Write down why: this step needs a reason.")


def event_lock(event: Event) -> Event:
    """The event, locked until commit: who opens, links or reopens a case takes turns.

    Lock it before the case, as a new assessment does.
    """
    return Event.objects.select_for_update(no_key=True).get(pk=event.pk)


def event_and_case_lock(case: RecoveryCase) -> RecoveryCase:
    """The case as it is now, locked behind its event, where it has one.

    Raises:
        StaleError: An event was linked to it in this moment.
    """
    event = Event.objects.filter(cases=case.pk).first()
    if event is not None:
        event_lock(event)
    locked = case_lock(case)
    if locked.event_id != (event and event.pk):
        raise StaleError(f"Case {locked.reference}", "no event", "one")
    return locked


def case_move(
    actor: Actor,
    case: RecoveryCase,
    action: CaseAction,
    *,
    now: datetime,
    reason: str = "",
    receipt_digest: str = "",
) -> RecoveryCase:
    """Take one step of a locked case and record it.

    Raises:
        TransitionRefusedError: The lifecycle has no such step.
        NotReadyError: The step needs a reason and none is given.
        DutyMissingError: The actor may not take it.
    """
    before = CaseStatus(case.status)
    step = case_step(before, action)
    _require_step(actor, step, reason)
    _clock_shift(case, action, now)
    case.status = step.to_status
    case.status_since = now
    case.version += 1
    case.next_update_due_at = now + NEXT_UPDATE
    taken = Transition.objects.create(
        case=case,
        version=case.version,
        action=action,
        from_status=before,
        to_status=step.to_status,
        actor=actor.user,
        actor_name=actor.name,
        reason=reason,
        receipt_digest=receipt_digest,
    )
    case.save(
        update_fields=[
            "status",
            "status_since",
            "version",
            "next_update_due_at",
            "question",
            "assignee",
            "merged_into",
            "clock_began_at",
        ]
    )
    step_told(taken)
    step_mailed(taken)
    audit_write(
        actor,
        f"case.{action}",
        f"case {case.reference}",
        # Free text: whoever typed it may have named somebody.
        personal={"reason": reason},
    )
    return case


def _clock_shift(case: RecoveryCase, action: CaseAction, now: datetime) -> None:
    """Take a pause that ends now out of the time a case is reckoned to have run."""
    if action == CaseAction.REOPEN:
        case.clock_began_at = now
    elif case_clock(CaseStatus(case.status)).is_paused:
        began = case.clock_began_at or case.opened_at
        case.clock_began_at = began + max(now - case.status_since, timedelta(0))


def payment_move(
    actor: Actor,
    payment: Payment,
    action: PaymentAction,
    *,
    now: datetime,
    reason: str = "",
) -> Payment:
    """Take one step of a locked payment and record it.

    Fields the step brings along (approver, batch, confirmation) are set by the
    caller before and saved here.

    Raises:
        TransitionRefusedError: The lifecycle has no such step.
        NotReadyError: The step needs a reason and none is given.
        DutyMissingError: The actor may not take it.
    """
    before = PaymentStatus(payment.status)
    step = payment_step(before, action)
    _require_step(actor, step, reason)
    payment.status = step.to_status
    payment.status_since = now
    payment.version += 1
    payment.held_from = before if action == PaymentAction.HOLD else ""
    taken = Transition.objects.create(
        case_id=payment.case_id,
        payment=payment,
        version=payment.version,
        action=action,
        from_status=before,
        to_status=step.to_status,
        actor=actor.user,
        actor_name=actor.name,
        # The reason of a hold is compliance's alone: it stays on the payment.
        reason="" if action == PaymentAction.HOLD else reason,
    )
    payment.save(
        update_fields=[
            "status",
            "status_since",
            "version",
            "held_from",
            "approver",
            "batch",
            "confirmation_reference",
            "fee_amount",
            "held_reason",
        ]
    )
    step_told(taken)
    step_mailed(taken)
    audit_write(actor, f"payment.{action}", f"payment {payment.reference}")
    return payment


def collection_move(
    actor: Actor,
    collection: Collection,
    action: CollectionAction,
    *,
    now: datetime,
    reason: str = "",
) -> Collection:
    """Take one step of a locked collection and record it.

    Raises:
        TransitionRefusedError: The lifecycle has no such step.
        NotReadyError: The step needs a reason and none is given.
        DutyMissingError: The actor may not take it.
    """
    before = CollectionStatus(collection.status)
    step = collection_step(before, action)
    _require_step(actor, step, reason)
    collection.status = step.to_status
    collection.status_since = now
    collection.version += 1
    taken = Transition.objects.create(
        case_id=collection.case_id,
        collection=collection,
        version=collection.version,
        action=action,
        from_status=before,
        to_status=step.to_status,
        actor=actor.user,
        actor_name=actor.name,
        reason=reason,
    )
    collection.save(
        update_fields=[
            "status",
            "status_since",
            "version",
            "write_off_proposer",
            "write_off_approver",
        ]
    )
    step_told(taken)
    step_mailed(taken)
    audit_write(actor, f"collection.{action}", f"collection {collection.reference}")
    return collection


def may(actor: Actor, duties: frozenset[Duty]) -> bool:
    """Whether a button should show: the same question the service asks."""
    return bool(actor.duties & duties)
