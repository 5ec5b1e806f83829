"""Shares of a deficit by hand: fund cover, ADL, socialised loss, where no log says so.

Written down by one person, confirmed by another, before the deficit is decided. A
deficit is not approved while one of them waits.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from recovery.domain.deficit_shares import RECORDED_BEARERS
from recovery.domain.duties import Duty
from recovery.domain.errors import LimitExceededError, NotReadyError, SamePersonError
from recovery.domain.ledger import ZERO
from recovery.domain.money import exact, format_amount
from recovery.domain.policy_words import Bearer
from recovery.domain.words import DecisionKind, DecisionStatus
from recovery.models import (
    AssessmentResult,
    Decision,
    EngineEntry,
    Event,
    RecordedShare,
)
from recovery.services.actors import Actor, require_fresh_factor, require_staff
from recovery.services.audit import audit_write, refusal_recorded


@transaction.atomic
def share_record(  # noqa: PLR0913 - one share, all of it named
    actor: Actor,
    event: Event,
    *,
    asset: str,
    bearer: Bearer,
    amount: Decimal,
    evidence: str,
    now: datetime,
) -> RecordedShare:
    """Write down what somebody else than the customer took of a deficit.

    Raises:
        NotReadyError: The engine log tells it, it is decided already, this bearer is
            recorded or none of those, or no evidence.
        LimitExceededError: With what is recorded it would be more than is missing.
        DutyMissingError: The actor neither proposes decisions nor collects.
    """
    user = require_staff(actor, Duty.PROPOSE_DECISION, Duty.COLLECT_DEFICIT)
    event = Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    if not evidence.strip() or amount <= ZERO or bearer not in RECORDED_BEARERS:
        raise NotReadyError(
            "Name fund, ADL, socialised loss, lenders, pool or venue, an amount above "
            "0, and where the proof lies."
        )
    _require_silent_log(event)
    decided = Decision.objects.filter(
        case__event=event,
        asset=asset,
        kind=DecisionKind.DEFICIT,
        status=DecisionStatus.APPROVED,
    )
    if decided.exists():
        raise NotReadyError("The deficit is decided: open the case again first.")
    rows = _standing(event, asset)
    if rows.filter(bearer=bearer).exists():
        raise NotReadyError("This bearer is recorded already: withdraw that first.")
    _require_room(event, asset, amount)
    share = RecordedShare.objects.create(
        event=event,
        asset=asset,
        bearer=bearer,
        amount=amount,
        evidence=evidence.strip(),
        recorded_by=user,
        recorded_at=now,
    )
    audit_write(
        actor,
        "share.record",
        f"event {event.reference}",
        bearer=bearer,
        amount=format_amount(amount),
    )
    return share


def _standing(event: Event, asset: str) -> QuerySet[RecordedShare]:
    return RecordedShare.objects.filter(
        event=event, asset=asset, withdrawn_at__isnull=True
    )


def _require_silent_log(event: Event) -> None:
    told = EngineEntry.objects.filter(
        account=event.account_id,
        event_reference=event.source_reference,
        fund_movement__isnull=False,
    ).exclude(fund_movement=0)
    if event.source_reference and told.exists():
        raise NotReadyError(
            "The engine log tells who bore what of this event: nothing is added by hand."
        )


def _require_room(event: Event, asset: str, amount: Decimal) -> None:
    result = AssessmentResult.objects.filter(
        assessment=event.active_assessment_id, asset=asset
    ).first()
    deficit = result.deficit_amount if result else ZERO
    with exact():
        taken = sum(_standing(event, asset).values_list("amount", flat=True), ZERO)
        left = deficit - taken
    if amount > left:
        raise LimitExceededError(asset, format_amount(amount), format_amount(left))


def share_confirm(
    actor: Actor, share: RecordedShare, *, now: datetime
) -> RecordedShare:
    """Confirm a recorded share as the second person.

    Raises:
        SamePersonError: The actor wrote it down.
        FreshFactorNeededError: The last second factor is too long ago.
        NotReadyError: It is confirmed or withdrawn already.
        DutyMissingError: The actor approves no decisions.
    """
    with refusal_recorded(actor, f"event {share.event.reference}", share.event):
        return _confirm(actor, share, now)


@transaction.atomic
def _confirm(actor: Actor, share: RecordedShare, now: datetime) -> RecordedShare:
    user = require_staff(actor, Duty.APPROVE_DECISION)
    share = _locked(share)
    if share.confirmed_at is not None:
        raise NotReadyError("This share is confirmed already.")
    if share.recorded_by_id == user.pk:
        raise SamePersonError(actor.name, "wrote this share down")
    require_fresh_factor(actor, now=now)
    share.confirmed_by, share.confirmed_at = user, now
    share.save(update_fields=["confirmed_by", "confirmed_at"])
    audit_write(actor, "share.confirm", f"event {share.event.reference}")
    return share


@transaction.atomic
def share_withdraw(
    actor: Actor, share: RecordedShare, *, reason: str, now: datetime
) -> RecordedShare:
    """Withdraw a recorded share; a deficit that was decided with it stays as it is.

    Raises:
        NotReadyError: No reason, or withdrawn already.
        DutyMissingError: The actor neither proposes nor approves decisions.
    """
    user = require_staff(
        actor, Duty.PROPOSE_DECISION, Duty.COLLECT_DEFICIT, Duty.APPROVE_DECISION
    )
    share = _locked(share)
    if not reason.strip():
        raise NotReadyError("Say why the share is withdrawn.")
    share.withdrawn_by, share.withdrawn_at = user, now
    share.withdrawn_reason = reason.strip()
    share.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])
    audit_write(actor, "share.withdraw", f"event {share.event.reference}")
    return share


def _locked(share: RecordedShare) -> RecordedShare:
    """The share as it is now, behind its event; withdrawn ones are over."""
    Event.objects.select_for_update(no_key=True).get(pk=share.event_id)
    share = (
        RecordedShare.objects.select_for_update(of=("self",), no_key=True)
        .select_related("event")
        .get(pk=share.pk)
    )
    if share.withdrawn_at is not None:
        raise NotReadyError("This share is withdrawn already.")
    return share


def shares_recorded(decision: Decision) -> dict[Bearer, RecordedShare]:
    """What two people stand for of a deficit that is being decided.

    Raises:
        NotReadyError: One of them waits for its second person.
    """
    event = decision.case.event
    if event is None:
        return {}
    rows = list(_standing(event, decision.asset))
    if any(row.confirmed_at is None for row in rows):
        raise NotReadyError(
            "A share of this deficit was written down and nobody confirmed it: confirm "
            "or withdraw it first."
        )
    return {Bearer(row.bearer): row for row in rows}
