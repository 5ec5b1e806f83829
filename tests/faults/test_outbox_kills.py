"""A sender killed fifty times: one mail per event, as counted at the mail server.

The machine sends each at most once. What died in the middle is shown to a person, who
asks the server for the Message-ID and decides; then each is there exactly once.
"""

from datetime import timedelta
from random import Random

import pytest
from django.utils import timezone
from pytest_django import Settings

from recovery.models import OutboxMessage, OutboxState
from recovery.services.outbox import HANDOVER_MAX, message_id
from recovery.services.outbox_acts import mail_arrived, mail_send_again
from tests.faults.forks import Fate, Forks
from tests.faults.mail_server import mail_server
from tests.faults.test_kills import SEED
from tests.story import People

OUTBOX_POINTS = ("outbox.claimed", "outbox.handed_over", "outbox.ended")
KILLS = 50
MAILS = 450  # More than a quick machine sends between fifty deaths.


def attempts_are_long_dead() -> None:
    """The two minutes until an attempt counts as dead are not waited for."""
    dead = OutboxMessage.objects.filter(state=OutboxState.SENDING)
    dead.update(sent_at=timezone.now() - HANDOVER_MAX - timedelta(seconds=1))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_sender_killed_fifty_times_sends_each_mail_once(
    forks: Forks, people: People, settings: Settings
) -> None:
    rng = Random(SEED)
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            key=f"k-{number}", event="case.closed", recipient="cem@example.org"
        )
        for number in range(MAILS)
    )
    with mail_server(settings) as server:
        killed = 0
        while killed < KILLS:
            point = f"{rng.choice(OUTBOX_POINTS)}:{rng.randrange(1, 3)}"
            at_random = rng.uniform(0.02, 0.08)
            how = Fate(point=point) if killed % 2 else Fate(seconds=at_random)
            killed += forks("deliver", how).was_killed
            attempts_are_long_dead()
            if not OutboxMessage.objects.filter(state=OutboxState.DUE).exists():
                break
        assert killed >= KILLS
        assert forks("deliver").error == ""
        mails = {message_id(one): one for one in OutboxMessage.objects.all()}
        assert set(server.taken.values()) == {1}
        for name, mail in mails.items():
            if mail.state == OutboxState.DONE:
                assert server.taken[name] == 1
            else:
                assert mail.state == OutboxState.UNKNOWN
                decide = mail_arrived if server.taken[name] else mail_send_again
                decide(people.ada, mail)
        assert forks("deliver").error == ""

    assert {*OutboxMessage.objects.values_list("state", flat=True)} == {"done"}
    assert server.taken == dict.fromkeys(mails, 1)
