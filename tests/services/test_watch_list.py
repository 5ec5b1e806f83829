"""The watch list: begun with a reason and an end; seen, it is told once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Destination
from recovery.domain.errors import DutyMissingError, NotReadyError
from recovery.models import AuditEntry, StaffNotice, WatchEntry, WatchKind
from recovery.services.actors import OPERATOR, staff_actor
from recovery.services.destinations import destination_propose
from recovery.services.rules import rules_ship
from recovery.services.watch_list import watch_begin, watch_destination, watch_end
from tests import factories
from tests.admin.doors import page_url, signed_in, text_of
from tests.services.test_destinations import WANTED
from tests.story import People, bring_in, short_ledger, write_ledger

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SAID: dict[str, Any] = {
    "kind": WatchKind.ACCOUNT,
    "value": " A-1 ",
    "reason": "Asked about twice.",
    "until": NOW + timedelta(days=30),
}


def watched(people: People, **changed: Any) -> WatchEntry:
    return watch_begin(people.ada, **{**SAID, **changed}, now=NOW)


def hits(entry: WatchEntry) -> list[str]:
    rows = StaffNotice.objects.filter(subject_kind="watchentry", subject_id=entry.pk)
    assert set(rows.values_list("news", flat=True)) <= {"watch.hit"}
    return sorted(rows.values_list("about", flat=True))


def imported(folder: Path, *numbers: str) -> None:
    rules_ship()
    accounts = [short_ledger(number) for number in numbers]
    bring_in(write_ledger(folder / f"{'-'.join(numbers)}.csv", accounts))


# --- refusals ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"value": " "}, "what is to be watched"),
        ({"reason": ""}, "and why"),
        ({"until": NOW}, "a day to come"),
        ({"until": NOW + timedelta(days=400)}, "within a year"),
    ],
)
def test_nothing_is_watched_without_a_reason_and_an_end(
    people: People, changed: dict[str, Any], why: str
) -> None:
    with pytest.raises(NotReadyError, match=why):
        watched(people, **changed)


def test_makers_and_operators_watch_nothing(people: People) -> None:
    for actor in (people.max_, OPERATOR):
        with pytest.raises(DutyMissingError):
            watch_begin(actor, **SAID, now=NOW)


def test_the_same_thing_is_watched_once_at_a_time(people: People) -> None:
    first = watched(people)
    with pytest.raises(NotReadyError, match="watched already"):
        watched(people)
    watch_end(people.cora, first, now=NOW)
    with pytest.raises(NotReadyError, match="no more already"):
        watch_end(people.cora, first, now=NOW)
    assert watched(people).pk != first.pk


def test_one_that_ran_out_makes_room(people: People) -> None:
    first = watched(people)
    later = first.until + timedelta(days=1)
    second = watch_begin(
        people.ada, **{**SAID, "until": later + timedelta(days=1)}, now=later
    )
    first.refresh_from_db()
    assert first.ended_at == first.until
    assert second.ended_at is None


@pytest.mark.parametrize("change", [{"value": ""}, {"until": NOW - timedelta(days=9)}])
def test_the_database_refuses_what_says_nothing(
    people: People, change: dict[str, Any]
) -> None:
    entry = watched(people)
    with pytest.raises(IntegrityError), transaction.atomic():
        WatchEntry.objects.filter(pk=entry.pk).update(**change)


# --- hits -------------------------------------------------------------------------


def test_a_watched_account_is_told_of_its_file_and_event_once(people: People) -> None:
    entry = watched(people)
    other = watched(people, value="B-1")
    imported(people.folder, "A-1")
    imported(people.folder, "A-1", "A-2")
    told = hits(entry)
    assert len(told) == 3
    assert [one.split()[3] for one in told] == ["event", "file", "file"]
    assert hits(other) == []
    assert not any("A-1" in one for one in told)


def test_a_watched_instrument_is_told_of_files_and_new_events(people: People) -> None:
    entry = watched(people, kind=WatchKind.INSTRUMENT, value="BTCUSDT")
    elsewhere = watched(
        people, kind=WatchKind.INSTRUMENT, value="BTCUSDT", venue="bybit"
    )
    imported(people.folder, "A-1", "A-2")
    assert [one.split()[3] for one in hits(entry)] == ["event", "event", "file"]
    assert hits(elsewhere) == []


def test_a_file_of_many_accounts_is_told_by_its_events(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.services.watch_list.ACCOUNTS_SEARCHED", 1)
    entry = watched(people, kind=WatchKind.INSTRUMENT, value="BTCUSDT")
    imported(people.folder, "A-1", "A-2")
    assert [one.split()[3] for one in hits(entry)] == ["event", "event"]


def test_what_ended_or_ran_out_is_told_no_more(people: People) -> None:
    ended = watched(people)
    watch_end(people.ada, ended, now=NOW)
    over = watch_begin(
        people.ada,
        **{**SAID, "value": "A-2", "until": NOW - timedelta(days=2)},
        now=NOW - timedelta(days=3),
    )
    imported(people.folder, "A-1", "A-2")
    assert hits(ended) == hits(over) == []


@pytest.mark.parametrize(
    ("value", "proposed"),
    [("TXyz", "TXyz"), ("0xABCdef", "0xabcDEF")],
)
def test_a_watched_address_is_told_when_it_becomes_a_destination(
    people: People, value: str, proposed: str
) -> None:
    entry = watched(people, kind=WatchKind.ADDRESS, value=value)
    made: Destination = factories.destination(factories.customer(), address=proposed)
    watch_destination(made)
    watch_destination(factories.destination(factories.customer(), address="TOther"))
    assert hits(entry) == [f"watched address in destination {made.pk}"]


def test_the_page_says_why_and_where_it_was_seen(people: People) -> None:
    entry = watched(people)
    imported(people.folder, "A-1")
    assert people.cora.user
    shown = text_of(signed_in(people.cora.user).get(page_url(entry)))
    assert "Asked about twice." in shown
    assert "watched account in event" in shown
    assert "Watch it no more" in shown
    assert staff_actor(people.cora.user).duties
    assert AuditEntry.objects.filter(action="watch.begin").count() == 1


def test_proposing_a_watched_address_tells_it(people: People) -> None:
    entry = watched(people, kind=WatchKind.ADDRESS, value=WANTED.address)
    made = destination_propose(people.ada, factories.customer(), WANTED, now=NOW)
    assert hits(entry) == [f"watched address in destination {made.pk}"]
