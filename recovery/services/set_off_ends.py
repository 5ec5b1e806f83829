"""Ends of a set-off: withdrawn before it was approved, or reversed after."""

from datetime import datetime

from django.db import transaction

from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError, SamePersonError
from recovery.domain.lifecycle import CollectionAction, CollectionStatus
from recovery.domain.set_off import (
    SetOffStatus,
)
from recovery.models import (
    SetOff,
)
from recovery.services.actors import (
    SYSTEM,
    Actor,
    require_fresh_factor,
    require_staff,
)
from recovery.services.audit import audit_write, refusal_recorded
from recovery.services.set_offs import set_off_lock, set_off_tell
from recovery.services.transitions import collection_move


@transaction.atomic
def set_off_withdraw(
    actor: Actor, set_off: SetOff, *, reason: str, now: datetime
) -> SetOff:
    """Withdraw a set-off that nobody approved.

    Raises:
        NotReadyError: No reason, or it waits no more.
        DutyMissingError: The actor neither proposes nor approves payments.
    """
    user = require_staff(actor, Duty.PROPOSE_PAYMENT, Duty.APPROVE_PAYMENT)
    set_off = set_off_lock(set_off)
    if set_off.status != SetOffStatus.PROPOSED or not reason.strip():
        raise NotReadyError("What waits is withdrawn, and with a reason.")
    set_off.status, set_off.ended_by = SetOffStatus.WITHDRAWN, user
    set_off.ended_at, set_off.ended_reason = now, reason.strip()
    set_off.save(update_fields=["status", "ended_by", "ended_at", "ended_reason"])
    audit_write(actor, "set_off.withdraw", f"set-off {set_off.reference}")
    return set_off


def set_off_reverse(
    actor: Actor, set_off: SetOff, *, reason: str, now: datetime
) -> SetOff:
    """Adjust an approved set-off away: both sides stand again as before.

    Raises:
        SamePersonError: The actor proposed or approved it.
        FreshFactorNeededError: The last second factor is too long ago.
        NotReadyError: It does not stand, or no reason.
        DutyMissingError: The actor approves no payments.
    """
    with refusal_recorded(actor, f"set-off {set_off.reference}", set_off):
        return _reverse(actor, set_off, reason.strip(), now)


@transaction.atomic
def _reverse(actor: Actor, set_off: SetOff, reason: str, now: datetime) -> SetOff:
    user = require_staff(actor, Duty.APPROVE_PAYMENT, Duty.REOPEN_CASE)
    set_off = set_off_lock(set_off)
    if set_off.status != SetOffStatus.APPROVED or not reason:
        raise NotReadyError("What is approved is reversed, and with a reason.")
    earlier = {
        set_off.proposer_id: "proposed this set-off",
        set_off.approver_id: "approved this set-off",
    }
    if act := earlier.get(user.pk):
        raise SamePersonError(actor.name, act)
    require_fresh_factor(actor, now=now)
    set_off.status, set_off.ended_by = SetOffStatus.REVERSED, user
    set_off.ended_at, set_off.ended_reason = now, reason
    set_off.save(update_fields=["status", "ended_by", "ended_at", "ended_reason"])
    audit_write(actor, "set_off.reverse", f"set-off {set_off.reference}")
    if set_off.collection.status == CollectionStatus.SETTLED:
        collection_move(
            SYSTEM,
            set_off.collection,
            CollectionAction.REVERSE_SET_OFF,
            now=now,
            reason=f"Set-off {set_off.reference} was reversed: {reason}",
        )
    set_off_tell(set_off, "set_off.reversed")
    return set_off
