"""Telling people what happened, in the transaction in which it happened.

A dry run, a refused act and a broken one leave no notice: the rows go with the
transaction. The same key never gives a second one.
"""

from collections import defaultdict
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from accounts.models import User
from accounts.roles import Role
from recovery.domain.notices import NOTICES, Audience, audiences_of, told_to_customer
from recovery.models import OutboxMessage, RecoveryCase, StaffNotice
from recovery.services.mails import mail_case_news, mail_preview

_ROLES: dict[Audience, frozenset[Role]] = {
    Audience.STAFF: frozenset({Role.SUPPORT, Role.ANALYST, Role.LEAD}),
    Audience.FINANCE: frozenset({Role.MAKER, Role.CHECKER}),
    Audience.LEADS: frozenset({Role.LEAD}),
    Audience.ADMINS: frozenset({Role.ADMIN}),
}


def notice_write(case: RecoveryCase, event: str, *, key: str, about: str = "") -> None:
    """Tell everybody the table names for an event of a case, once per key.

    Args:
        case: Whose customer is mailed, if the table says so.
        event: As `domain.notices` knows it.
        key: Names this one event.
        about: What staff read after the event's name; the case by default.

    Raises:
        KeyError: The table does not know the event.
    """
    audiences = audiences_of(event)
    if Audience.CUSTOMER in audiences:
        mail_case_news(case, event, key=key)
    staff_notice_write(event, key=key, about=about or f"case {case.reference}")


def staff_notice_write(event: str, *, key: str, about: str) -> None:
    """Put an event into the digests of its staff audiences, once per key.

    Raises:
        KeyError: The table does not know the event.
    """
    StaffNotice.objects.bulk_create(
        (
            StaffNotice(key=key, event=event, audience=audience, subject=about[:200])
            for audience in sorted(audiences_of(event) - {Audience.CUSTOMER})
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def digests_write(*, now: datetime) -> int:
    """Write one mail per member of staff with what waits for their audiences.

    Safe to run any number of times, also at once: a notice goes into one digest.

    Returns:
        How many mails were written.
    """
    rows = list(
        StaffNotice.objects.select_for_update(skip_locked=True)
        .filter(digested_at=None)
        .order_by("id")[:5000]
    )
    by_audience: dict[Audience, list[StaffNotice]] = defaultdict(list)
    for row in rows:
        by_audience[Audience(row.audience)].append(row)
    written = [
        _digest(user, told, last=rows[-1].pk)
        for user in User.objects.filter(is_active=True, is_staff=True).exclude(email="")
        if (told := _told(user, by_audience))
    ]
    OutboxMessage.objects.bulk_create(written, ignore_conflicts=True)
    StaffNotice.objects.filter(pk__in=[row.pk for row in rows]).update(digested_at=now)
    return len(written)


def _told(
    user: User, by_audience: dict[Audience, list[StaffNotice]]
) -> list[StaffNotice]:
    roles = user.roles()
    found = {
        row.key: row
        for audience, rows in by_audience.items()
        if roles & _ROLES[audience]
        for row in rows
    }
    return sorted(found.values(), key=lambda row: row.pk)


def _digest(user: User, rows: list[StaffNotice], *, last: int) -> OutboxMessage:
    text = render_to_string(
        "mails/staff.digest.txt",
        {
            "name": str(user),
            "lines": [f"{row.event}: {row.subject}" for row in rows],
            "site_url": settings.SITE_URL,
        },
    )
    subject, _, body = text.partition("\n")
    return OutboxMessage(
        key=f"digest-{user.pk}-{last}",
        event="staff.digest",
        recipient=user.email,
        subject=subject.strip(),
        body=body.strip() + "\n",
    )


def previews() -> list[tuple[str, str, str]]:
    """Every mail a customer can get, as it would read: event, subject, body."""
    return [(event, *mail_preview(event)) for event in sorted(told_to_customer())]


def notice_table() -> list[tuple[str, str]]:
    """Every event with who is told, in words."""
    return [
        (event, ", ".join(sorted(audiences))) for event, audiences in NOTICES.items()
    ]
