"""A scope that is settled more than once: nothing is counted twice.

The usual case: long 10 at 100, margin 100, so the bankruptcy price is 90.
"""

from typing import Any

import pytest

from tests.domain.builders import forced, values_of

PER_FILL: dict[str, Any] = {
    "mark_price": "90",
    "events": [forced("4", "85"), forced("6", "88")],
}
BUY = {"type": "fill", "side": "buy", "qty": "1", "price": "100"}
OTHER = {
    "side": "short",
    "qty": "2",
    "entry_price": "50",
    "mark_price": "40",
    "maintenance_margin_rate": "0.01",
}


@pytest.mark.parametrize(
    ("policy", "keys", "expected"),
    [
        (
            {"deficit_to": ["insurance_fund", "customer"]},
            {"insurance_fund": "10"},
            {
                "deficit": "32",
                "deficit_borne_by": {"insurance_fund": "10", "customer": "22"},
                "customer_owes": "22",
                "wallet_balance_after": "-22",
                "insurance_fund_delta_per_fill": ["-10", "0"],
            },
        ),
        (
            {"cover_booked": False},
            {},
            {
                "deficit": "32",
                "deficit_borne_by": {"insurance_fund": "32"},
                "insurance_fund_delta": "0",
                "wallet_balance_after": "-32",
            },
        ),
        (
            {"deficit_to": ["insurance_fund"]},
            {"insurance_fund": "5"},
            {
                "deficit": "32",
                "deficit_borne_by": {"insurance_fund": "5"},
                "wallet_balance_after": "-27",
            },
        ),
    ],
)
def test_deficit_of_a_fill_that_nobody_booked_is_missing_once(
    policy: dict[str, Any], keys: dict[str, Any], expected: dict[str, Any]
) -> None:
    values = values_of(policy={"settle_per": "fill"} | policy, **PER_FILL, **keys)
    assert {name: values[name] for name in expected} == expected


def test_what_the_customer_owes_is_not_owed_again_at_the_next_close() -> None:
    values = values_of(
        events=[forced("10", "85"), BUY, forced("1", "95")],
        policy={"deficit_to": ["customer"]},
    )
    assert values["customer_owes"] == values["deficit"] == "55"
    assert values["wallet_balance_after"] == "-55"
    assert values["residual"] == values["surplus"] == "0"


def test_new_gain_after_a_debt_is_a_surplus_of_its_own() -> None:
    values = values_of(
        events=[forced("10", "85"), BUY, forced("1", "103")],
        policy={
            "deficit_to": ["customer"],
            "liquidation_fee": {"rule": "rate_capped_to_surplus", "rate": "0.01"},
        },
    )
    assert values["customer_owes"] == "50"
    assert values["surplus"] == "3"
    assert values["liquidation_fee"] == "1.03"
    assert values["residual"] == "1.97"
    assert values["wallet_balance_after"] == "-48.03"


def test_deficit_that_waits_in_a_cross_scope_is_told_once() -> None:
    values = values_of(
        margin="50",
        other_positions=[OTHER],
        events=[forced("10", "92"), BUY, forced("1", "95")],
    )
    # 50 - 80 + 20 is 10 below 0; the next close loses 5 more.
    assert values["deficit"] == "15"
    assert values["insurance_fund_delta"] == "-15"
    assert values["wallet_balance_after"] == "-35"


def test_residual_of_an_earlier_close_is_at_stake_again() -> None:
    values = values_of(events=[forced("10", "95"), BUY, forced("1", "95")])
    assert values["residual"] == values["surplus"] == "45"
    assert values["paid_to"] == {"customer": "45"}
    assert values["wallet_balance_after"] == "45"


def test_split_of_an_earlier_close_stays_with_its_receivers() -> None:
    split = {"split": {"insurance_fund": "0.4", "customer": "0.6"}}
    values = values_of(
        events=[forced("10", "95"), BUY, forced("1", "95")],
        policy={"surplus_to": split},
    )
    # 50: 20 to the fund. 30 - 5 = 25: 10 to the fund.
    assert values["surplus"] == "45"
    assert values["paid_to"] == {"insurance_fund": "30", "customer": "15"}
    assert values["residual"] == values["wallet_balance_after"] == "15"


def test_of_two_rates_from_one_instant_the_last_stated_counts() -> None:
    at = "2026-01-01T00:00:00Z"
    entries = [
        {"valid_from": "2026-02-01T00:00:00Z", "rate": "0.5"},
        {"valid_from": at, "rate": "0.1"},
        {"valid_from": at, "rate": "0.2"},
    ]
    values = values_of(
        events=[forced("1", "100", time=at)], policy={"trading_fee_schedule": entries}
    )
    assert values["trading_fee"] == "20"
