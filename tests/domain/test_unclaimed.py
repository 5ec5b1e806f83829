"""How old money is that nobody claims."""

import pytest

from recovery.domain.unclaimed import age_band


@pytest.mark.parametrize(
    ("days", "band"),
    [
        (0, "up to 30 days"),
        (30, "up to 30 days"),
        (31, "31 to 90 days"),
        (90, "31 to 90 days"),
        (180, "91 to 180 days"),
        (181, "over 180 days"),
    ],
)
def test_a_band_ends_with_its_last_day(days: int, band: str) -> None:
    assert age_band(days) == band
