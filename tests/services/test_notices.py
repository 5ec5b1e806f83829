"""Notices: one per event and key, from committed acts only, and a digest for staff."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction

from accounts.models import User
from recovery.domain.notices import NOTICES, Audience, audiences_of, told_to_customer
from recovery.models import OutboxMessage, StaffNotice
from recovery.services.cases import case_ask_customer, case_customer_answer
from recovery.services.mails import CLAIM_CODE, CLAIM_RECEIVED, mail_preview
from recovery.services.notices import (
    digests_write,
    notice_write,
    previews,
    staff_notice_write,
)
from tests.services.test_concurrency import race
from tests.story import NOW, People, short_ledger

SERVICES = Path(__file__).resolve().parents[2] / "recovery" / "services"
pytestmark = pytest.mark.django_db


def test_an_event_that_the_table_does_not_know_is_an_error(people: People) -> None:
    case = people.case(people.event(short_ledger("A-1")))
    with pytest.raises(KeyError):
        notice_write(case, "case.exploded", key="k")
    with pytest.raises(KeyError):
        audiences_of("case.exploded")


def test_every_event_that_a_service_names_is_in_the_table() -> None:
    written = re.compile(r'notice_write\(\s*(?:[\w.]+,\s*)?"([a-z_.]+)"')
    named = {
        event
        for path in SERVICES.glob("*.py")
        for event in written.findall(path.read_text(encoding="utf-8"))
    }
    assert len(named) > 12
    assert named <= set(NOTICES)


def test_every_mail_to_a_customer_has_a_preview() -> None:
    shown = {event: (subject, body) for event, subject, body in previews()}
    assert set(shown) == told_to_customer() >= {CLAIM_CODE, CLAIM_RECEIVED}
    for subject, body in shown.values():
        assert subject and body and "{" not in body


def test_what_is_for_staff_only_has_no_mail() -> None:
    from recovery.services.mails import MailUnknownError

    with pytest.raises(MailUnknownError):
        mail_preview("approval.waiting")
    assert Audience.CUSTOMER not in audiences_of("approval.voided")


def test_a_dry_run_tells_nobody(people: People) -> None:
    case = people.case(people.event(short_ledger("A-1")))
    with transaction.atomic():
        case_ask_customer(people.ada, case, "Which account?", now=NOW)
        assert OutboxMessage.objects.exists() and StaffNotice.objects.exists()
        transaction.set_rollback(True)
    assert not OutboxMessage.objects.exists()
    assert not StaffNotice.objects.exists()


def test_each_act_of_a_story_is_told_once(people: People) -> None:
    case = people.case(people.event(short_ledger("A-1")))
    case_ask_customer(people.ada, case, "Which account?", now=NOW)
    case_customer_answer(people.ada, case, "That one.", now=NOW)
    case.refresh_from_db()
    payment = people.approved(people.credit(people.decided(case)))
    people.sent()

    keys = list(OutboxMessage.objects.values_list("event", flat=True))
    assert sorted(keys) == sorted(
        ["info.requested", "decision.owed", "amount.approved", "payout.sent"]
    )
    told = set(StaffNotice.objects.values_list("event", "audience"))
    assert ("info.received", "staff") in told
    assert {("approval.waiting", "finance"), ("approval.waiting", "leads")} <= told
    assert StaffNotice.objects.filter(subject=f"payment {payment.reference}").exists()


def mailed(people: People) -> None:
    """Give everybody an address."""
    for user in User.objects.all():
        user.email = f"{user.username}@desk.example"
        user.save(update_fields=["email"])


def test_a_digest_holds_what_is_for_ones_own_roles(people: People) -> None:
    mailed(people)
    people.proposed(people.case(people.event(short_ledger("A-1"))))
    staff_notice_write("audit.verify_failed", key="audit-1", about="entry 7")

    assert digests_write(now=NOW) == 4  # Max, Bea, Rio and Lia; Ada and Cora nothing.
    bea = OutboxMessage.objects.get(recipient="bea@desk.example")
    assert "approval.waiting: case" in bea.body
    assert "audit.verify_failed" not in bea.body
    assert digests_write(now=NOW) == 0


@pytest.mark.django_db(transaction=True)
def test_eight_digest_runs_at_once_write_each_notice_once(
    committed_people: People,
) -> None:
    mailed(committed_people)
    for number in range(10):
        staff_notice_write("deficit.missed", key=f"k-{number}", about=f"case {number}")

    runs: list[Callable[[], object]] = [lambda: digests_write(now=NOW)] * 8
    race(runs)

    bodies = "".join(
        OutboxMessage.objects.filter(recipient="max@desk.example").values_list(
            "body", flat=True
        )
    )
    assert bodies.count("deficit.missed: case") == 10
