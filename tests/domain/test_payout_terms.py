"""Fees of networks are parted exactly, conversions round down to the cent."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.conversion import FIAT_STEP, converted_amount
from recovery.domain.money import exact
from recovery.domain.network_fees import FeeBearer, network_fee_parts

AMOUNTS = st.decimals(0, 10**12, places=18, allow_nan=False, allow_infinity=False)


@given(st.sampled_from(FeeBearer), AMOUNTS, AMOUNTS)
def test_the_parts_of_a_fee_sum_to_it_and_none_is_negative(
    bearer: FeeBearer, fee: Decimal, cap: Decimal
) -> None:
    parts = network_fee_parts(bearer, fee, cap)
    with exact():
        assert sum(parts) == fee
    assert min(parts) >= 0
    if bearer == FeeBearer.SPLIT:
        assert parts.house <= cap


def test_customer_and_house_bear_all_of_it_or_nothing() -> None:
    assert network_fee_parts(FeeBearer.CUSTOMER, Decimal(2)) == (2, 0)
    assert network_fee_parts(FeeBearer.HOUSE, Decimal(2)) == (0, 2)
    assert network_fee_parts(FeeBearer.SPLIT, Decimal(2), Decimal("0.5")) == (
        Decimal("1.5"),
        Decimal("0.5"),
    )
    assert network_fee_parts(FeeBearer.SPLIT, Decimal(2)) == (2, 0)


@given(AMOUNTS, AMOUNTS)
def test_a_conversion_gives_whole_cents_and_never_more_than_its_rate(
    amount: Decimal, rate: Decimal
) -> None:
    given_amount = converted_amount(amount, rate)
    with exact():
        assert given_amount <= amount * rate < given_amount + FIAT_STEP
        assert given_amount % FIAT_STEP == 0
