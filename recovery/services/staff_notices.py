"""News for staff: written with its cause, told by mail, many at a time."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from recovery.domain.lifecycle import CaseAction, CollectionAction, PaymentAction
from recovery.domain.staff_news import (
    CASE_STEP_NEWS,
    COLLECTION_STEP_NEWS,
    DIGEST_EVERY,
    PAYMENT_STEP_NEWS,
    STAFF_NEWS,
    URGENT_AN_HOUR,
    StaffNews,
)
from recovery.models import OutboxMessage, StaffNotice, Transition
from recovery.services.actors import staff_actor

STAFF_DIGEST = "staff.digest"
# One mail lists so many; the rest is a figure and a link.
LISTED_MAX = 40
_ROUND_MAX = 2_000
_OUR_APP = "recovery"


def notice_write(
    news: StaffNews,
    subject: Model,
    about: str,
    *,
    key: str = "",
    also: User | None = None,
) -> None:
    """Note news in the transaction of its cause, once per subject and key.

    Args:
        news: What kind.
        subject: The row whose page on the desk shows it.
        about: Its kind and reference; never a person, never an amount.
        key: Tells this cause from others of the same kind and subject.
        also: Somebody it concerns whatever their duties.
    """
    kind = type(subject).__name__.lower()
    app = type(subject).__module__.partition(".")[0]
    kind = kind if app == _OUR_APP else f"{app}_{kind}"
    StaffNotice.objects.bulk_create(
        [
            StaffNotice(
                key=f"{news}-{kind}-{subject.pk}-{key}"[:120],
                news=news,
                about=about[:120],
                subject_kind=kind,
                subject_id=subject.pk,
                also=also,
            )
        ],
        ignore_conflicts=True,
    )


def step_told(step: Transition) -> None:
    """Note the news that a recorded step is, if it is any."""
    payment, collection = step.payment, step.collection
    if payment is not None:
        news = PAYMENT_STEP_NEWS.get(PaymentAction(step.action))
        subject: Model = payment
        about = f"payment {payment.reference}"
    elif collection is not None:
        news = COLLECTION_STEP_NEWS.get(CollectionAction(step.action))
        subject, about = collection, f"deficit {collection.reference}"
    else:
        news = CASE_STEP_NEWS.get(CaseAction(step.action))
        subject, about = step.case, f"case {step.case.reference}"
    if news is not None:
        notice_write(news, subject, about, key=str(step.pk))


@transaction.atomic
def notices_tell(now: datetime) -> int:
    """Put untold news into one mail for each person it concerns.

    Waits until something is urgent or the oldest waits for an hour; urgent news waits
    too when it filled mailboxes within the hour. Safe to run by any number of processes
    at once: a notice is told by whoever locks it.

    Returns:
        How many notices were told.
    """
    notices = list(
        StaffNotice.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(told_at=None)
        .order_by("id")[:_ROUND_MAX]
    )
    if not _is_time(notices, now):
        return 0
    for user in User.objects.filter(is_active=True, is_staff=True).exclude(email=""):
        mine = list(_concerning(user, notices, now))
        if mine:
            _mail(user, mine)
    ids = [notice.pk for notice in notices]
    return StaffNotice.objects.filter(pk__in=ids).update(told_at=now)


def _is_time(notices: list[StaffNotice], now: datetime) -> bool:
    if any(now - notice.created_at >= DIGEST_EVERY for notice in notices):
        return True
    urgent = [one for one in notices if STAFF_NEWS[StaffNews(one.news)].is_urgent]
    return bool(urgent) and _mails_of_hour(now) < URGENT_AN_HOUR


def _mails_of_hour(now: datetime) -> int:
    """How many times news was told within the hour before."""
    told = StaffNotice.objects.filter(told_at__gt=now - DIGEST_EVERY)
    return told.values("told_at").distinct().count()


def _concerning(
    user: User, notices: Iterable[StaffNotice], now: datetime
) -> Iterable[StaffNotice]:
    duties = staff_actor(user, now=now).duties
    return (
        notice
        for notice in notices
        if notice.also_id == user.pk
        or STAFF_NEWS[StaffNews(notice.news)].duties & duties
    )


def notice_page(notice: StaffNotice) -> str:
    """The address of the page that shows what a notice is about."""
    kind = notice.subject_kind
    place = kind if "_" in kind else f"{_OUR_APP}_{kind}"
    return reverse(f"admin:{place}_change", args=[notice.subject_id])


def _mail(user: User, notices: list[StaffNotice]) -> None:
    context = {
        "name": user.get_full_name() or user.username,
        "site_url": settings.SITE_URL,
        "count": len(notices),
        "lines": [
            (STAFF_NEWS[StaffNews(one.news)].says, one.about, notice_page(one))
            for one in notices[:LISTED_MAX]
        ],
        "more": max(len(notices) - LISTED_MAX, 0),
        "list_page": reverse("admin:recovery_staffnotice_changelist"),
    }
    text = render_to_string(f"mails/{STAFF_DIGEST}.txt", context)
    subject, _, body = text.partition("\n")
    OutboxMessage.objects.create(
        # The first notice of a round is in no other round.
        key=f"digest-{notices[0].pk}-{user.pk}",
        event=STAFF_DIGEST,
        recipient=user.email,
        subject=subject.strip(),
        body=body.strip() + "\n",
    )
