"""Staff are told what concerns them: once, many things in one mail, never by a try."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from recovery.domain.staff_news import DIGEST_EVERY, StaffNews
from recovery.models import OutboxMessage, RecoveryCase, StaffNotice
from recovery.services.cases import case_ask_customer
from recovery.services.clocks import ANSWER_WITHIN, clocks_look
from recovery.services.mails import (
    ACCOUNT_NEWS,
    CASE_NEWS,
    CLAIM_CODE,
    mail_preview,
)
from recovery.services.staff_notices import (
    LISTED_MAX,
    STAFF_DIGEST,
    notice_write,
    notices_tell,
)
from tests.services.test_concurrency import race
from tests.story import (
    People,
    customer_of,
    receive,
    run_all_due,
    short_ledger,
    write_ledger,
)

ABOUT = "case RC-1111"


def case_of(**values: object) -> RecoveryCase:
    now = timezone.now()
    told = {
        "reference": "RC-1111",
        "origin": "agent",
        "opened_at": now,
        "status_since": now,
        "next_update_due_at": now + timedelta(days=10),
        **values,
    }
    return RecoveryCase.objects.create(**told)


def an_hour_later() -> datetime:
    return timezone.now() + DIGEST_EVERY


def digests() -> dict[str, OutboxMessage]:
    sent = OutboxMessage.objects.filter(event=STAFF_DIGEST)
    return {message.recipient.partition("@")[0]: message for message in sent}


@pytest.fixture
def mailed(people: People) -> People:
    """Everybody has a mail address."""
    for user in User.objects.all():
        user.email = f"{user.username}@desk.example.org"
        user.save()
    return people


def test_news_that_is_not_urgent_waits_for_the_digest(mailed: People) -> None:
    notice_write(StaffNews.CASE_REOPENED, case_of(), ABOUT)

    assert notices_tell(timezone.now()) == 0
    assert not digests()
    assert notices_tell(an_hour_later()) == 1
    assert notices_tell(an_hour_later()) == 0


def test_urgent_news_takes_along_what_waits(mailed: People) -> None:
    case = case_of()
    notice_write(StaffNews.CASE_REOPENED, case, ABOUT)
    notice_write(StaffNews.UPDATE_OVERDUE, case, ABOUT)

    assert notices_tell(timezone.now()) == 2

    body = digests()["ada"].body
    assert "Opened again: case RC-1111" in body
    assert f"/desk/recovery/recoverycase/{case.pk}/change/" in body


def test_only_whoever_holds_the_duty_is_told(mailed: People) -> None:
    notice_write(StaffNews.APPROVAL_WAITING, case_of(), ABOUT)
    notices_tell(an_hour_later())

    assert set(digests()) == {"bea", "lia", "rio"}


def test_somebody_without_an_address_or_inactive_gets_no_mail(mailed: People) -> None:
    User.objects.filter(username="bea").update(email="")
    User.objects.filter(username__in=("lia", "rio")).update(is_active=False)
    notice_write(StaffNews.APPROVAL_WAITING, case_of(), ABOUT)
    notices_tell(an_hour_later())

    assert not digests()


def test_the_same_cause_is_one_notice(mailed: People) -> None:
    case = case_of()
    for _ in range(3):
        notice_write(StaffNews.CALC_CHANGED, case, ABOUT, key="2")
    notice_write(StaffNews.CALC_CHANGED, case, ABOUT, key="3")

    assert StaffNotice.objects.count() == 2


def test_a_long_list_is_cut_and_says_so(mailed: People) -> None:
    case = case_of()
    for number in range(LISTED_MAX + 5):
        notice_write(StaffNews.CALC_CHANGED, case, ABOUT, key=str(number))
    notices_tell(an_hour_later())

    mail = digests()["ada"]
    assert mail.subject == f"Recovery Desk: {LISTED_MAX + 5} things to look at"
    assert "And 5 more" in mail.body
    assert mail.body.count(ABOUT) == LISTED_MAX


def test_what_is_rolled_back_tells_nobody(mailed: People) -> None:
    with transaction.atomic():
        notice_write(StaffNews.UPDATE_OVERDUE, case_of(), ABOUT)
        transaction.set_rollback(True)

    assert notices_tell(an_hour_later()) == 0


def test_an_import_and_a_proposal_tell_the_desk(mailed: People) -> None:
    event = mailed.event(short_ledger("A-1"))
    mailed.proposed(mailed.case(event))

    told = set(StaffNotice.objects.values_list("news", flat=True))
    assert {StaffNews.IMPORT_FINISHED, StaffNews.APPROVAL_WAITING} <= told


def test_late_rows_tell_that_a_calculation_changed(mailed: People) -> None:
    account = short_ledger("A-1")
    event = mailed.event(account)
    mailed.case(event)
    account.add("credit", "1", event_id=event.source_reference)
    receive(write_ledger(mailed.folder / "later.csv", [account]))
    run_all_due()

    assert StaffNotice.objects.filter(news=StaffNews.CALC_CHANGED).count() == 1


def test_a_promise_is_told_before_and_after_it_is_due_once_each(db: None) -> None:
    now = timezone.now()
    case_of(next_update_due_at=now + timedelta(hours=5))
    for hours in (0, 1, 6, 7):
        clocks_look(now + timedelta(hours=hours))

    told = list(StaffNotice.objects.order_by("id").values_list("news", flat=True))
    assert told == [StaffNews.UPDATE_PROMISED_DUE, StaffNews.UPDATE_OVERDUE]


def test_a_case_nobody_takes_for_a_day_is_told(db: None) -> None:
    now = timezone.now()
    case_of()
    clocks_look(now)
    assert not StaffNotice.objects.exists()

    clocks_look(now + timedelta(hours=25))
    news = StaffNotice.objects.values_list("news", flat=True)
    assert list(news) == [StaffNews.CASE_UNASSIGNED]


def test_a_customer_who_does_not_answer_is_reminded_twice(people: People) -> None:
    now = timezone.now()
    case = case_of(customer=customer_of("A-1"))
    case_ask_customer(people.ada, case, "Which order?", now=now)
    for day in range(20):
        clocks_look(now + ANSWER_WITHIN * day / 14)

    reminders = OutboxMessage.objects.filter(event="info.reminder")
    assert reminders.count() == 2


def test_every_mail_to_customers_can_be_previewed() -> None:
    assert "00000000" in mail_preview(CLAIM_CODE)
    for event in CASE_NEWS | ACCOUNT_NEWS:
        assert "Ada Example" in mail_preview(event), event


@pytest.mark.django_db(transaction=True)
def test_eight_tellers_at_once_tell_each_person_once(committed_people: People) -> None:
    User.objects.filter(username="ada").update(email="ada@desk.example.org")
    case = case_of()
    for number in range(50):
        notice_write(StaffNews.CALC_CHANGED, case, ABOUT, key=str(number))

    told = race([lambda: notices_tell(an_hour_later())] * 8)

    assert max(told) == 50
    assert sum(told) == 50
    assert list(digests()) == ["ada"]
