"""Messages no worker can do anything with: counted, and told to a person."""

import re

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from recovery.domain.staff_news import StaffNews
from recovery.domain.work import StrayReason
from recovery.models import StrayMessage
from recovery.services.clock import database_now
from recovery.services.staff_notices import notice_write

# Whoever can write to the broker can invent names: so many are kept apart an hour.
NAMES_AN_HOUR = 20
_OTHERS = "others"
_NAME_MAX = 60
_STRANGE = re.compile(r"[^\w.:-]", re.ASCII)


@transaction.atomic
def stray_message_note(name: str, reason: StrayReason) -> None:
    """Count a message that was put away; a person is told once a name and hour.

    Args:
        name: What the message calls its task.
        reason: Why nobody could do it.
    """
    now = database_now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    of_hour = StrayMessage.objects.filter(hour_began_at=hour)
    safe = _STRANGE.sub("_", name)[:_NAME_MAX] or "nameless"
    if not of_hour.filter(name=safe).exists() and of_hour.count() >= NAMES_AN_HOUR:
        safe = _OTHERS
    row, is_new = StrayMessage.objects.get_or_create(
        name=safe, reason=reason, hour_began_at=hour, defaults={"last_at": now}
    )
    StrayMessage.objects.filter(pk=row.pk).update(count=F("count") + 1, last_at=Now())
    if is_new:
        why = row.get_reason_display().lower()
        notice_write(StaffNews.MESSAGE_STRAY, row, f"{safe} ({why})")
