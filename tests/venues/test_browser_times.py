"""Times as the visitor's browser wrote them, whatever its settings."""

from datetime import UTC, datetime

import pytest

from recovery.venues.time_forms import (
    PLAIN_FORMS,
    TimeUnreadableError,
    all_say_their_zone,
    day_order,
    form_reader,
    forms_fitting,
)
from recovery.venues.timestamps import time_reader, zone_named

BROWSERS = ("month_first", "day_first")
NIGHT = datetime(2026, 3, 22, 3, 0, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 22, 15, 0, 1, tzinfo=UTC)


def read(text: str) -> datetime:
    return time_reader(BROWSERS, UTC)(text)


@pytest.mark.parametrize(
    "text",
    [
        "13/13/2026, 03:00:01",
        "22/3/2026, 13:00:01 PM",
        "22/3/2026, 0:00:01 AM",
        "31.2.2026, 03:00:01",
        "22/3-2026, 03:00:01",
        "22/3/26 03",
        "2026/3/22 \u4e0a\u534813:00:01",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(TimeUnreadableError):
        read(text)


@pytest.mark.parametrize(
    "text", ["3/2/2026, 3:00:01 AM", "03/02/2026 03:00:01", "3/2/26, 03:00"]
)
def test_a_day_that_can_be_a_month_is_never_guessed(text: str) -> None:
    with pytest.raises(TimeUnreadableError, match="ambiguous"):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "3/22/2026, 3:00:01 AM",
        "3/22/2026, 3:00:01\u202fAM",
        "3/22/2026 - 03:00:01",
        "22/03/2026, 03:00:01",
        "22/03/2026 03:00:01",
        "22/3/2026, 3:00:01 a. m.",
        "22.3.2026, 03:00:01",
        "22.03.26 03:00:01",
        "22. 3. 2026 3:00:01",
        "22-3-2026 03:00:01",
        "22-3-2026 - 03:00:01",
        "22/3/2026 03.00.01",
        "2026/3/22 03:00:01",
        "2026/3/22 \u4e0a\u53483:00:01",
        "2026. 3. 22. \uc624\uc804 3:00:01",
        "2026-03-22, 3:00:01 a.m.",
    ],
)
def test_every_browser_names_the_same_second(text: str) -> None:
    assert read(text) == NIGHT


@pytest.mark.parametrize(
    "text",
    [
        "3/22/2026, 3:00:01 PM",
        "22/3/2026, 3:00:01 p. m.",
        "2026/3/22 \u4e0b\u53483:00:01",
        "2026. 3. 22. \uc624\ud6c4 3:00:01",
        "2026/3/22 \u5348\u5f8c3:00:01",
    ],
)
def test_afternoons_are_told_in_every_language(text: str) -> None:
    assert read(text) == NOON


def test_dots_and_dashes_put_the_day_first() -> None:
    day = datetime(2026, 2, 3, 3, 0, 1, tzinfo=UTC)
    assert read("3.2.2026, 03:00:01") == read("3-2-2026 03:00:01") == day


def test_one_decisive_row_settles_the_order_for_all() -> None:
    fitting = forms_fitting(BROWSERS, ["3/2/2026, 03:00:01", "14/2/2026, 03:00:01"])
    assert fitting == ("day_first",)
    assert [day_order(form) for form in BROWSERS] == ["month", "day"]


def test_the_zone_is_put_beside_the_local_time() -> None:
    here = time_reader(("day_first",), zone_named("+02:00"))("22.3.2026, 05:00:01")
    assert here == NIGHT


@pytest.mark.parametrize(
    ("texts", "are_said"),
    [
        (["2026-03-22T03:00:01Z", "2026-03-22T05:00:01+02:00"], True),
        (["2026-03-22 03:00:01 UTC", "", "2 rows"], True),
        (["2026-03-22T03:00:01Z", "2026-03-22 03:00:01"], False),
        (["22.3.2026, 03:00:01"], False),
        ([], False),
    ],
)
def test_a_zone_is_asked_for_unless_every_time_says_it(
    texts: list[str], *, are_said: bool
) -> None:
    assert all_say_their_zone(BROWSERS, texts) is are_said


def test_forms_that_stand_alone_read_one_text_one_way() -> None:
    found = {form_reader(form)("2026/3/22 03:00:01", UTC) for form in PLAIN_FORMS}
    assert found == {None, NIGHT}
