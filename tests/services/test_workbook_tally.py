"""Rounding, ages and the places to which a spreadsheet's sum can be trusted."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.services.workbook_rows import bucket_of
from recovery.services.workbook_tally import places_checked, rounded

twins = st.integers(-(10**16), 10**16).map(lambda units: Decimal(units).scaleb(-8))


@given(st.lists(twins, min_size=1, max_size=300))
def test_binary_sum_is_right_to_the_places_checked(amounts: list[Decimal]) -> None:
    places = places_checked(len(amounts), sum(map(abs, amounts)))
    binary = 0.0
    for amount in amounts:
        binary += float(amount)
    assert abs(Decimal(binary) - sum(amounts)) < Decimal(5).scaleb(-places - 1)


@pytest.mark.parametrize(
    ("count", "gross", "places"),
    [(0, "0", 8), (1, "1000", 8), (100_000, "100000000", 3), (9, "1e30", 0)],
)
def test_places_checked(count: int, gross: str, places: int) -> None:
    assert places_checked(count, Decimal(gross)) == places


@pytest.mark.parametrize(
    ("exact", "twin"),
    [
        ("0.000000005", "0.00000001"),
        ("-0.000000005", "-0.00000001"),
        ("0.0000000049999", "0"),
        ("99999999999999999999.123456789", "99999999999999999999.12345679"),
    ],
)
def test_twin_is_rounded_half_away_from_zero(exact: str, twin: str) -> None:
    assert rounded(Decimal(exact)) == Decimal(twin)


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (0, "0-1"), (1, "0-1"), (2, "2-7"), (7, "2-7"), (8, "8-30"), (30, "8-30"),
        (31, "31-60"), (60, "31-60"), (61, "61-90"), (90, "61-90"), (91, "90+"),
    ],
)  # fmt: skip
def test_age_bucket(days: int, bucket: str) -> None:
    assert bucket_of(days) == bucket
