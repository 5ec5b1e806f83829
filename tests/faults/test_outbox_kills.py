"""A sender killed fifty times: one mail per event, as counted at the mail server."""

import pytest
from pytest_django import Settings

from tests.faults.forks import Forks
from tests.faults.mails import mails_sent_under_fire, mails_told
from tests.faults.test_kills import SEED
from tests.story import People

KILLS = 50
MAILS = 450  # More than a quick machine sends between fifty deaths.


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_sender_killed_fifty_times_sends_each_mail_once(
    forks: Forks, people: People, settings: Settings
) -> None:
    mails_told(people, MAILS)

    found = mails_sent_under_fire(forks, people, settings, kills=KILLS, seed=SEED)

    assert found["kills"] == KILLS
    assert found["mails_at_the_server"] == found["events"] == MAILS
