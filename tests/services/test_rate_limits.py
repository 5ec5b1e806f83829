"""Limits hold across threads, windows and disguises of an address (TRUST T37)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models import F

from recovery.models import LimitedAct, RateCount
from recovery.services.rate_limits import WINDOW, rate_limit_take

ENTRY = LimitedAct.CODE_ENTRY
HOME = "203.0.113.7"


@pytest.fixture(autouse=True)
def limits(settings) -> dict[str, tuple[int, int]]:
    """Three for one address, ten for everybody."""
    settings.RATE_LIMITS = dict.fromkeys(LimitedAct, (3, 10))
    return settings.RATE_LIMITS


def taken(count: int, address: str = HOME, act: LimitedAct = ENTRY) -> int:
    return sum(rate_limit_take(act, address) for _ in range(count))


def age_windows(by: timedelta) -> None:
    RateCount.objects.update(window_began_at=F("window_began_at") - by)


@pytest.mark.django_db
class TestOneAddress:
    def test_what_is_beyond_the_limit_is_refused(self) -> None:
        assert taken(50) == 3

    def test_each_act_has_its_own_count(self) -> None:
        taken(5)
        assert taken(5, act=LimitedAct.CLAIM_FILING) == 3

    def test_another_address_has_its_own_count(self) -> None:
        taken(5)
        assert taken(5, "198.51.100.1") == 3

    def test_a_new_window_begins_after_an_hour_and_not_before(self) -> None:
        taken(5)
        age_windows(WINDOW - timedelta(minutes=1))
        assert taken(5) == 0
        age_windows(timedelta(minutes=2))
        assert taken(5) == 3

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
            ("203.0.113.7", "::ffff:203.0.113.7"),
            ("", "unix:"),
        ],
    )
    def test_what_one_person_can_choose_from_counts_as_one(
        self, one: str, other: str
    ) -> None:
        taken(3, one)
        assert taken(1, other) == 0

    def test_two_networks_are_two(self) -> None:
        taken(3, "2001:db8:1:2::1")
        assert taken(1, "2001:db8:1:3::1") == 1

    def test_the_table_names_no_address(self) -> None:
        taken(1)
        stored = RateCount.objects.exclude(subject="").get()
        assert HOME not in str(vars(stored))
        assert len(stored.subject) == 64


@pytest.mark.django_db
class TestEverybody:
    def test_many_addresses_share_one_budget(self) -> None:
        assert sum(taken(1, f"198.51.100.{n}") for n in range(30)) == 10

    def test_one_address_cannot_spend_the_budget_of_all(self) -> None:
        taken(500)
        assert RateCount.objects.get(subject="").count == 3
        assert taken(1, "198.51.100.1") == 1

    def test_windows_that_are_over_are_swept_by_those_who_come(self) -> None:
        for number in range(10):
            taken(1, f"198.51.100.{number}")
        age_windows(WINDOW)
        taken(6)
        assert set(RateCount.objects.values_list("count", flat=True)) == {3, 6}


@pytest.mark.django_db(transaction=True)
def test_forty_at_once_are_counted_one_by_one() -> None:
    def one(_: int) -> bool:
        try:
            return rate_limit_take(ENTRY, HOME)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(one, range(40))) == 3
    assert RateCount.objects.exclude(subject="").get().count == 40


@pytest.mark.django_db(transaction=True)
def test_many_addresses_at_once_neither_wait_for_ever_nor_pass() -> None:
    RateCount.objects.all().delete()

    def one(number: int) -> bool:
        try:
            return rate_limit_take(ENTRY, f"198.51.100.{number % 20}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(one, range(60))) == 10
