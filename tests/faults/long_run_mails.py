"""`make faults KIND=mails N=50`: a sender that dies N times; kept by date."""

import os
import time

import pytest
from pytest_django import Settings

from tests.faults.forks import Forks
from tests.faults.long_run import keep
from tests.faults.mails import mails_sent_under_fire, mails_told
from tests.story import People

KILLS = int(os.environ.get("FAULTS_N", "50"))
SEED = int(os.environ.get("FAULTS_SEED", "20261122"))
MAILS_PER_KILL = 9


@pytest.mark.django_db(transaction=True)
def test_a_dying_sender_sends_one_mail_per_event(
    forks: Forks, people: People, settings: Settings
) -> None:
    mails_told(people, KILLS * MAILS_PER_KILL)
    start = time.monotonic()

    found = mails_sent_under_fire(forks, people, settings, kills=KILLS, seed=SEED)

    seconds = round(time.monotonic() - start, 1)
    keep("mails", {"seed": SEED, "seconds": seconds, **found})
    assert found["mails_at_the_server"] == found["events"]
