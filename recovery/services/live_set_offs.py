"""Set-offs that stand on a case, on either side, and how one that waits ends."""

from datetime import datetime

from django.db.models import Q, QuerySet

from recovery.domain.set_off import SET_OFF_LIVE, SetOffStatus
from recovery.models import RecoveryCase, SetOff
from recovery.services.actors import SYSTEM
from recovery.services.audit import audit_write


def set_offs_live(case: RecoveryCase) -> QuerySet[SetOff]:
    """Set-offs that take from an amount of this case: owed to or by the customer."""
    return SetOff.objects.filter(
        Q(decision__case=case) | Q(collection__case=case), status__in=SET_OFF_LIVE
    )


def set_off_end(set_off: SetOff, why: str, *, now: datetime) -> None:
    """The system withdraws a locked set-off that nobody approved yet."""
    set_off.status, set_off.ended_at = SetOffStatus.WITHDRAWN, now
    set_off.ended_reason = why
    set_off.save(update_fields=["status", "ended_at", "ended_reason"])
    audit_write(SYSTEM, "set_off.withdraw", f"set-off {set_off.reference}")
