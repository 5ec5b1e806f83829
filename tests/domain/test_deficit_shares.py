"""Who bears a deficit: never a protected customer, never more or less than all of it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.deficit_shares import (
    PROTECTED_CLASSES,
    SharesError,
    deficit_shares,
)
from recovery.domain.ledger import ZERO
from recovery.domain.policy_words import Bearer

AMOUNTS = st.decimals(
    Decimal("0.01"), 1000, allow_nan=False, allow_infinity=False, places=2
)
BEARERS = st.lists(st.sampled_from(Bearer), max_size=4, unique=True)
CLASSES = st.sampled_from(["retail", "professional", "institutional", ""])


def test_more_than_is_missing_cannot_be_recorded() -> None:
    for recorded in (
        {Bearer.INSURANCE_FUND: Decimal(11)},
        {Bearer.INSURANCE_FUND: Decimal(-1)},
    ):
        with pytest.raises(SharesError):
            deficit_shares(
                Decimal(10), [Bearer.VENUE], client_class="retail", recorded=recorded
            )


def test_the_customer_owes_by_policy_unless_protected() -> None:
    policy = [Bearer.CUSTOMER]
    asked = deficit_shares(Decimal(10), policy, client_class="professional")
    spared = deficit_shares(Decimal(10), policy, client_class="retail")

    assert asked == {Bearer.CUSTOMER: Decimal(10)}
    assert spared == {Bearer.VENUE: Decimal(10)}


def test_recorded_cover_comes_first_and_the_next_bearer_takes_the_rest() -> None:
    shares = deficit_shares(
        Decimal(10),
        [Bearer.INSURANCE_FUND, Bearer.ADL],
        client_class="retail",
        recorded={Bearer.INSURANCE_FUND: Decimal(7)},
    )
    assert shares == {Bearer.INSURANCE_FUND: Decimal(7), Bearer.ADL: Decimal(3)}


@given(AMOUNTS, BEARERS, CLASSES, st.integers(0, 100))
def test_shares_are_the_whole_deficit_and_spare_the_protected(
    deficit: Decimal, bearers: list[Bearer], client_class: str, percent: int
) -> None:
    recorded = {Bearer.SOCIALISED: deficit * percent / 100}

    shares = deficit_shares(
        deficit, bearers, client_class=client_class, recorded=recorded
    )

    assert sum(shares.values(), ZERO) == deficit
    assert all(share > ZERO for share in shares.values())
    if client_class in {*PROTECTED_CLASSES, ""}:
        assert Bearer.CUSTOMER not in shares
