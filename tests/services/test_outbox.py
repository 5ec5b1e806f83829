"""The outbox: one mail per key, sent once, never again when the outcome is unknown."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connections

from recovery.models import OutboxMessage, OutboxState
from recovery.services.outbox import HANDOVER_MAX, outbox_deliver

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class UnreachableBackend(EmailBackend):
    def open(self):
        raise ConnectionRefusedError("nobody listens")


class BreakingBackend(EmailBackend):
    def send_messages(self, messages):
        raise TimeoutError("no answer")


def message(key: str = "k1", **values: object) -> OutboxMessage:
    row = {
        "event": "claim.received",
        "recipient": "cem@example.org",
        "subject": "s",
        "body": "b",
    }
    return OutboxMessage.objects.create(key=key, **{**row, **values})


@pytest.mark.django_db
def test_a_message_left_in_sending_is_never_sent_again() -> None:
    row = message(state=OutboxState.SENDING, sent_at=NOW - HANDOVER_MAX * 2)

    assert outbox_deliver(None, NOW) == 0

    row.refresh_from_db()
    assert (row.state, len(mail.outbox)) == (OutboxState.UNKNOWN, 0)


@pytest.mark.django_db
def test_a_message_another_attempt_is_sending_now_is_left_to_it() -> None:
    row = message(state=OutboxState.SENDING, sent_at=NOW - timedelta(seconds=3))

    outbox_deliver(None, NOW)

    row.refresh_from_db()
    assert (row.state, len(mail.outbox)) == (OutboxState.SENDING, 0)


@pytest.mark.django_db
def test_an_unreachable_mail_server_costs_no_message_its_turn(settings, caplog) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.UnreachableBackend"
    row = message()

    assert outbox_deliver(None, NOW) == 0

    row.refresh_from_db()
    assert (row.state, row.tries) == (OutboxState.DUE, 0)


@pytest.mark.django_db
def test_a_break_while_sending_ends_as_unknown(settings, caplog) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.BreakingBackend"
    row = message()

    outbox_deliver(None, NOW)

    row.refresh_from_db()
    assert (row.state, row.error) == (OutboxState.UNKNOWN, "TimeoutError: no answer")


@pytest.mark.django_db
def test_due_messages_leave_in_order_and_renew_the_lease() -> None:
    message("k1", subject="one")
    message("k2", subject="two")
    beats: list[int] = []

    assert outbox_deliver(beats.append, NOW) == 2

    assert [sent.subject for sent in mail.outbox] == ["one", "two"]
    assert beats == [1, 2]
    assert set(OutboxMessage.objects.values_list("state", "tries")) == {("done", 1)}


@pytest.mark.django_db
def test_the_same_key_gives_the_same_message_id() -> None:
    row = message()
    outbox_deliver(None, NOW)
    OutboxMessage.objects.filter(pk=row.pk).update(state=OutboxState.DUE)
    outbox_deliver(None, NOW)

    first, second = (sent.extra_headers["Message-ID"] for sent in mail.outbox)
    assert first == second
    assert first.endswith("@recovery.example>")


@pytest.mark.django_db
def test_a_code_stands_in_no_row_once_it_has_left() -> None:
    row = message(event="claim.code", body="Your code is 12345678")

    outbox_deliver(None, NOW)

    row.refresh_from_db()
    assert "12345678" in mail.outbox[0].body
    assert "12345678" not in row.body


@pytest.mark.django_db(transaction=True)
def test_eight_deliveries_at_once_send_each_message_once() -> None:
    for number in range(24):
        message(f"k{number}", subject=str(number))

    def deliver(_: int) -> int:
        try:
            return outbox_deliver(None, NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        sent = sum(pool.map(deliver, range(8)))

    assert sent == 24
    assert sorted(int(one.subject) for one in mail.outbox) == list(range(24))
