"""Clocks of open cases: what is about to be late is said once, before and after.

Each look covers a window of a day on both sides of now, so that its cost follows
what is due and not what was ever open.
"""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from recovery.domain.lifecycle import CASE_ENDED, CaseStatus
from recovery.domain.staff_news import StaffNews
from recovery.models import OutboxMessage, OutboxState, RecoveryCase
from recovery.services.mails import mail_case_news
from recovery.services.staff_notices import notice_write

_DAY = timedelta(days=1)
# How long a case waits for the customer, and when they are reminded of it.
ANSWER_WITHIN = timedelta(days=14)
REMINDED_AT_PERCENT = (50, 90)
# Far longer than the mail server is ever away for a restart.
_STUCK_AFTER = timedelta(minutes=30)


def clocks_look(now: datetime) -> None:
    """Write every notice and reminder whose time has come; each one once."""
    _tell_updates(now)
    _tell_unassigned(now)
    _remind_customers(now)
    _tell_stuck_mails(now)


def _open() -> QuerySet[RecoveryCase]:
    return RecoveryCase.objects.exclude(status__in=CASE_ENDED)


def _tell_updates(now: datetime) -> None:
    near = _open().filter(
        next_update_due_at__gt=now - _DAY, next_update_due_at__lte=now + _DAY
    )
    for case in near.iterator():
        is_late = case.next_update_due_at <= now
        news = StaffNews.UPDATE_OVERDUE if is_late else StaffNews.UPDATE_PROMISED_DUE
        promised = f"{case.next_update_due_at:%Y-%m-%d %H:%M}"
        about = f"case {case.reference}, promised for {promised} UTC"
        notice_write(news, case, about, key=promised)


def _tell_unassigned(now: datetime) -> None:
    waiting = _open().filter(
        assignee=None, opened_at__lte=now - _DAY, opened_at__gt=now - 2 * _DAY
    )
    for case in waiting.iterator():
        notice_write(StaffNews.CASE_UNASSIGNED, case, f"case {case.reference}")


def _remind_customers(now: datetime) -> None:
    waiting = RecoveryCase.objects.filter(status=CaseStatus.AWAITING_CUSTOMER)
    for percent in REMINDED_AT_PERCENT:
        wait = ANSWER_WITHIN * percent / 100
        reached = Q(status_since__lte=now - wait, status_since__gt=now - wait - _DAY)
        for case in waiting.filter(reached).select_related("customer").iterator():
            key = f"reminder-{case.pk}-{case.version}-{percent}"
            mail_case_news(case, "info.reminder", key=key)


def _tell_stuck_mails(now: datetime) -> None:
    oldest = (
        OutboxMessage.objects.filter(
            state=OutboxState.DUE, created_at__lte=now - _STUCK_AFTER
        )
        .order_by("id")
        .first()
    )
    if oldest is not None:
        notice_write(StaffNews.OUTBOX_STUCK, oldest, f"mail {oldest.pk}, the oldest")
