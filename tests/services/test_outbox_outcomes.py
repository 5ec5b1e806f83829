"""Done, certainly not done, or unknown: by the step at which a mail server fails (F28)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from recovery.models import OutboxMessage, OutboxState
from recovery.services.outbox import TRIES_MAX, message_id, outbox_deliver
from tests.faults.mail_server import DROP, HANG, MailServer, mail_server

pytestmark = pytest.mark.django_db
DUE, REFUSED, UNKNOWN = OutboxState.DUE, OutboxState.REFUSED, OutboxState.UNKNOWN
NOBODY = "nobody@example.org"
FAILURES = {
    # Nobody was reached: it did not even cost a try.
    ("connect", DROP): (DUE, 0),
    ("connect", "421 too busy"): (DUE, 0),
    ("connect", "554 not you"): (DUE, 0),
    # Before the server could have taken it.
    ("ehlo", DROP): (DUE, 1),
    ("mail", DROP): (DUE, 1),
    ("mail", HANG): (DUE, 1),
    ("mail", "451 later"): (DUE, 1),
    ("mail", "550 not from you"): (REFUSED, 1),
    ("rcpt", DROP): (DUE, 1),
    ("rcpt", HANG): (DUE, 1),
    ("rcpt", "450 later"): (DUE, 1),
    ("rcpt", f"550 no {NOBODY}"): (REFUSED, 1),
    ("data", DROP): (DUE, 1),
    ("data", "451 later"): (DUE, 1),
    ("data", "554 no"): (REFUSED, 1),
    # The server had the whole text, and said that it does not take it.
    ("dot", "421 too busy"): (DUE, 1),
    ("dot", "452 full"): (DUE, 1),
    ("dot", "554 spam"): (REFUSED, 1),
    # It may have it.
    ("text", DROP): (UNKNOWN, 1),
    ("dot", DROP): (UNKNOWN, 1),
    ("dot", HANG): (UNKNOWN, 1),
    # It has it, and nobody waits for its good-bye.
    ("quit", DROP): (OutboxState.DONE, 1),
}


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server(settings) as found:
        yield found


def message(key: str = "k1", **values: str) -> OutboxMessage:
    told = {"event": "claim.received", "subject": "s", "body": "b\r\n.\r\n" * 999}
    return OutboxMessage.objects.create(key=key, recipient=NOBODY, **{**told, **values})


def deliver() -> None:
    outbox_deliver(None, timezone.now())


@pytest.mark.parametrize(("step", "how"), FAILURES)
def test_a_failure_ends_as_what_is_known_of_it(
    step: str, how: str, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    row = message()
    server.failing[step] = how

    deliver()

    row.refresh_from_db()
    state, tries = FAILURES[step, how]
    assert (row.state, row.tries) == (state, tries), row.error
    assert NOBODY not in row.error
    if tries and state == DUE:
        assert row.due_at > timezone.now() + timedelta(seconds=50)


@pytest.mark.parametrize(("step", "how"), FAILURES)
def test_when_the_server_is_well_again_nobody_gets_it_twice(
    step: str, how: str, server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    row = message()
    server.failing[step] = how
    server.takes_before_it_dies = how in {DROP, HANG}
    deliver()
    server.failing.clear()

    OutboxMessage.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    deliver()
    deliver()

    row.refresh_from_db()
    assert row.state != DUE
    is_there = row.state == OutboxState.DONE or (step, row.state) == ("dot", UNKNOWN)
    assert server.taken[message_id(row)] == is_there


def test_one_refused_mail_stops_no_other(server: MailServer) -> None:
    server.failing["rcpt"] = "550 no"
    first = message("k1")
    deliver()
    server.failing.clear()
    second = message("k2")
    deliver()

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (REFUSED, OutboxState.DONE)


def test_a_mail_that_cannot_be_made_is_refused(server: MailServer) -> None:
    row = message(subject="one\ntwo")
    other = message("k2")

    deliver()

    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.state, other.state) == (REFUSED, OutboxState.DONE)
    assert "BadHeaderError" in row.error


def test_tries_grow_apart_and_end(
    server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    row = message(event="claim.code", body="Your code is 12345678")
    server.failing["rcpt"] = "450 later"
    waits = []
    for _ in range(TRIES_MAX):
        OutboxMessage.objects.update(due_at=timezone.now() - timedelta(minutes=1))
        deliver()
        row.refresh_from_db()
        waits.append(round((row.due_at - timezone.now()) / timedelta(minutes=1)))
    assert waits[:-1] == [2**number for number in range(TRIES_MAX - 1)]
    assert (row.state, row.tries) == (REFUSED, TRIES_MAX)
    assert "12345678" not in row.body


def test_a_code_that_is_tried_again_is_still_whole(
    server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    row = message(event="claim.code", body="Your code is 12345678")
    server.failing["rcpt"] = "450 later"

    deliver()

    row.refresh_from_db()
    assert "12345678" in row.body


def test_a_server_that_hangs_is_left_after_a_while(
    server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.failing["dot"] = HANG
    message()
    start = timezone.now()

    deliver()

    assert timezone.now() - start < timedelta(seconds=1.9)
