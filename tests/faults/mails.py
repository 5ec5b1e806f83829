"""A sender of mails that is killed again and again, and what its server counted.

The machine sends each at most once. What died in the middle is shown to a person, who
asks the server for the Message-ID and decides; then each is there exactly once.
"""

from collections import Counter
from datetime import timedelta
from random import Random

from django.utils import timezone
from pytest_django import Settings

from recovery.domain.customer_news import CustomerNews
from recovery.models import OutboxMessage, OutboxState
from recovery.services.mails import mail_case_news
from recovery.services.outbox import HANDOVER_MAX, message_id
from recovery.services.outbox_acts import mail_arrived, mail_send_again
from tests.faults.forks import Fate, Forks
from tests.faults.mail_server import mail_server
from tests.story import People, short_ledger

POINTS = ("outbox.claimed", "outbox.handed_over", "outbox.ended")


def mails_told(people: People, count: int) -> None:
    """News of one case, each told three times as a retried act would."""
    case = people.case(people.event(short_ledger("A-1")))
    OutboxMessage.objects.all().delete()
    for number in range(count):
        for _ in range(3):
            mail_case_news(case, CustomerNews.UPDATE_GIVEN, key=f"news-{number}")


def attempts_are_long_dead() -> None:
    """The two minutes until an attempt counts as dead are not waited for."""
    dead = OutboxMessage.objects.filter(state=OutboxState.SENDING)
    dead.update(sent_at=timezone.now() - HANDOVER_MAX - timedelta(seconds=1))


def mails_sent_under_fire(
    forks: Forks, people: People, settings: Settings, *, kills: int, seed: int
) -> dict[str, object]:
    """Kill the sender so often, end what it left by hand, and count at the server.

    Half the deaths are at a point between the row and the server, half at any instant.

    Returns:
        What the run came to; every event is one mail at the server.
    """
    rng = Random(seed)
    told = OutboxMessage.objects.count()
    killed: Counter[str] = Counter()
    with mail_server(settings) as server:
        while sum(killed.values()) < kills:
            assert OutboxMessage.objects.filter(state=OutboxState.DUE).exists()
            point = f"{rng.choice(POINTS)}:{rng.randrange(1, 3)}"
            at_random = rng.uniform(0.02, 0.08)
            is_at_point = sum(killed.values()) % 2 == 1
            fate = Fate(point=point) if is_at_point else Fate(seconds=at_random)
            name = point.partition(":")[0] if is_at_point else "any instant"
            killed[name] += forks("deliver", fate).was_killed
            attempts_are_long_dead()
        assert forks("deliver").error == ""
        assert set(server.taken.values()) == {1}
        by_machine = sum(server.taken.values())
        decided = _decide(people, server.taken)
        assert forks("deliver").error == ""
        mails = {message_id(one) for one in OutboxMessage.objects.all()}
        assert server.taken == dict.fromkeys(mails, 1)
    assert {*OutboxMessage.objects.values_list("state", flat=True)} == {"done"}
    return {
        "events": told,
        "kills": sum(killed.values()),
        "killed_at": dict(sorted(killed.items())),
        "taken_by_the_machine_alone": by_machine,
        "outcome_unknown": sum(decided.values()),
        "unknown_and_had_arrived": decided["arrived"],
        "unknown_and_sent_again": decided["again"],
        "mails_at_the_server": sum(server.taken.values()),
        "twice_at_the_server": sum(count > 1 for count in server.taken.values()),
    }


def _decide(people: People, taken: Counter[str]) -> Counter[str]:
    """Look every unknown mail up at the server by its Message-ID, as a person would."""
    decided: Counter[str] = Counter()
    for mail in OutboxMessage.objects.exclude(state=OutboxState.DONE):
        assert mail.state == OutboxState.UNKNOWN
        has_it = taken[message_id(mail)] > 0
        decided["arrived" if has_it else "again"] += 1
        (mail_arrived if has_it else mail_send_again)(people.ada, mail)
    return decided
