"""Clocks of open cases: what is about to be late is said once, before and after.

Each look covers a window of a day on both sides of now, so that its cost follows
what is due and not what was ever open.
"""

from datetime import datetime, timedelta

from django.db.models import F, Max, Q, QuerySet
from django.db.models.functions import Coalesce

from recovery.domain.claims import tell_case
from recovery.domain.customer_news import CustomerNews
from recovery.domain.lifecycle import (
    CASE_ENDED,
    CaseAction,
    CaseStatus,
    Clock,
    ClockKind,
    CollectionStatus,
    PaymentStatus,
    case_clock,
    collection_clock,
    payment_clock,
)
from recovery.domain.staff_news import StaffNews
from recovery.models import (
    Collection,
    OutboxMessage,
    OutboxState,
    Payment,
    RecoveryCase,
)
from recovery.services.mails import mail_case_news
from recovery.services.staff_notices import notice_write

_DAY = timedelta(days=1)
# When the customer is reminded of what the case waits for, and staff of their time.
ANSWER_WITHIN = case_clock(CaseStatus.AWAITING_CUSTOMER).after or _DAY
REMINDED_AT_PERCENT = (50, 90)
WARNED_AT_PERCENT = {
    50: StaffNews.SLA_WARNING_50,
    75: StaffNews.SLA_WARNING_75,
    100: StaffNews.SLA_BREACHED,
}
# What is approved and has not left, held or not: a mail to one of them tells of no hold.
_NOT_LEFT = (PaymentStatus.APPROVED, PaymentStatus.HELD, PaymentStatus.IN_BATCH)
# Far longer than the mail server is ever away for a restart.
_STUCK_AFTER = timedelta(minutes=30)


def clocks_look(now: datetime) -> None:
    """Write every notice and reminder whose time has come; each one once."""
    _tell_updates(now)
    _tell_unassigned(now)
    _warn_staff(now)
    _remind_customers(now)
    _tell_late_payments(now)
    _remind_of_destinations(now)
    _remind_of_deficits(now)
    _tell_stuck_mails(now)


def _open() -> QuerySet[RecoveryCase]:
    return RecoveryCase.objects.exclude(status__in=CASE_ENDED)


def _tell_updates(now: datetime) -> None:
    near = _open().filter(
        next_update_due_at__gt=now - _DAY, next_update_due_at__lte=now + _DAY
    )
    for case in near.select_related("customer").iterator():
        is_late = case.next_update_due_at <= now
        news = StaffNews.UPDATE_OVERDUE if is_late else StaffNews.UPDATE_PROMISED_DUE
        promised = f"{case.next_update_due_at:%Y-%m-%d %H:%M}"
        about = f"case {case.reference}, promised for {promised} UTC"
        notice_write(news, case, about, key=promised)
        if is_late and tell_case(CaseStatus(case.status)).has_promise:
            key = f"update-late-{case.pk}-{promised}"
            mail_case_news(case, CustomerNews.UPDATE_LATE, key=key)


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
            mail_case_news(case, CustomerNews.INFO_REMINDER, key=key)


def _warn_staff(now: datetime) -> None:
    """Say at 50, 75 and 100 % of what may run in a status; pauses do not count."""
    for status in CaseStatus:
        clock = case_clock(status)
        if clock.after is None or clock.is_paused:
            continue
        for percent, news in WARNED_AT_PERCENT.items():
            for case in _running(status, clock, clock.after * percent / 100, now):
                times = case.transitions.filter(action=CaseAction.REOPEN).count()
                notice_write(
                    news,
                    case,
                    f"case {case.reference}, {clock.kind.replace('_', ' ')}",
                    key=f"{clock.kind}-{times}",
                )


def _running(
    status: CaseStatus, clock: Clock, ran: timedelta, now: datetime
) -> QuerySet[RecoveryCase]:
    """Cases of a status that ran for so long within the last day.

    The time for the whole matter runs from the opening, pauses taken out; any other
    clock of a status runs since that status.
    """
    is_whole = clock.kind == ClockKind.RESOLUTION
    since = Coalesce("clock_began_at", "opened_at") if is_whole else F("status_since")
    rows = RecoveryCase.objects.filter(status=status).alias(since=since)
    return rows.filter(since__lte=now - ran, since__gt=now - ran - _DAY)


def _tell_late_payments(now: datetime) -> None:
    """Say once that an approved payment takes longer than planned.

    Reckoned from its last approval, which a hold does not move.
    """
    wait = payment_clock(PaymentStatus.APPROVED).after or _DAY
    waiting = Payment.objects.filter(status__in=_NOT_LEFT, approver__isnull=False)
    late = waiting.alias(since=Max("approvals__at")).filter(
        since__lte=now - wait, since__gt=now - wait - _DAY
    )
    for payment in late.select_related("case__customer"):
        key = f"payment-late-{payment.pk}"
        mail_case_news(payment.case, CustomerNews.PAYMENT_LATE, key=key)


def _remind_of_destinations(now: datetime) -> None:
    wait = payment_clock(PaymentStatus.DESTINATION_NEEDED).after or _DAY
    waiting = Payment.objects.filter(status=PaymentStatus.DESTINATION_NEEDED)
    for percent in REMINDED_AT_PERCENT:
        since = now - wait * percent / 100
        reached = waiting.filter(status_since__lte=since, status_since__gt=since - _DAY)
        for payment in reached.select_related("case__customer"):
            key = f"destination-{payment.pk}-{payment.version}-{percent}"
            mail_case_news(payment.case, CustomerNews.DESTINATION_NEEDED, key=key)


def _remind_of_deficits(now: datetime) -> None:
    since = now - (collection_clock(CollectionStatus.NOTICED).after or _DAY)
    silent = Collection.objects.filter(
        status=CollectionStatus.NOTICED,
        status_since__lte=since,
        status_since__gt=since - _DAY,
    )
    for one in silent.select_related("case__customer"):
        key = f"deficit-reminder-{one.pk}-{one.version}"
        mail_case_news(one.case, CustomerNews.DEFICIT_REMINDER, key=key)


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
