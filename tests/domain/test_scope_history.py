"""A scope that is settled more than once: nothing is counted twice.

The usual case: long 10 at 100, margin 100, so the bankruptcy price is 90.
"""

from decimal import Decimal
from typing import Any

import pytest

from recovery.domain.case_errors import InvariantBrokenError
from recovery.domain.cases.document import assess_case
from recovery.domain.instruments import PositionSide, Product
from recovery.domain.policy import Policy
from recovery.domain.settlement import Scope, check_money
from recovery.domain.settlement_state import ScopeState
from tests.domain.builders import case_of, forced, refused_field, values_of

SCOPE = Scope(Product.LINEAR, PositionSide.LONG, Decimal(1), margin=Decimal(5))

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


def test_cover_of_a_fill_is_no_surplus_of_the_close() -> None:
    values = values_of(
        mark_price="92",
        events=[forced("4", "80"), forced("6", "95")],
        policy={"settle_per": "fill"},
    )
    # Fill 1 must bring 4 x 92 - 0.4 x 20 = 360 and brings 320: 40 of cover. 60 is
    # left for 6 at 95, of which the cover is no surplus.
    assert values["deficit"] == "40"
    assert values["residual"] == "30"
    assert values["surplus"] == "0"


def test_funding_is_charged_on_the_rounded_notional() -> None:
    values = values_of(
        events=[{"type": "funding", "rate": "0.1", "reference_price": "100.07"}],
        policy={"rounding": {"notional": {"decimals": "0", "mode": "down"}}},
    )
    assert values["funding"] == "-100"


def test_fee_in_the_settlement_asset_is_rounded_at_its_rate() -> None:
    fill = forced("1", "100", fee={"asset": "USDT", "rate": "0.00123", "price": "2"})
    values = values_of(
        events=[fill], policy={"rounding": {"money": {"decimals": "2", "mode": "up"}}}
    )
    assert values["trading_fee"] == "0.13"
    assert values["wallet_balance_after"] == "99.87"


def test_every_line_has_its_label() -> None:
    entry = assess_case(
        case_of(
            events=[
                {"type": "interest", "amount": "-1"},
                {"type": "transfer", "amount": "2"},
                {"type": "funding", "amount": "3"},
                {"type": "fee", "amount": "-4"},
                forced("10", "80"),
            ],
            policy={
                "liquidation_fee": {"rule": "rate_of_notional", "rate": "0.01"},
                "surplus_to": "insurance_fund",
            },
        )
    )
    assert [(line["label"], line["amount"]) for line in entry["lines"]] == [
        ("opening_balance", "100"),
        ("interest", "-1"),
        ("transfer", "2"),
        ("funding", "3"),
        ("trading_fee", "-4"),
        ("realised_pnl", "-200"),
        ("liquidation_fee", "-8"),
        ("cover_received", "108"),
        ("closing_balance", "0"),
    ]


@pytest.mark.parametrize("name", ["cash of the scope", "sum of the lines"])
def test_money_that_does_not_close_names_what_does_not(name: str) -> None:
    state = ScopeState(SCOPE, Policy())
    state.wallet += 1
    if name == "sum of the lines":
        state.transfers += 1
    with pytest.raises(InvariantBrokenError) as broken:
        check_money(state)
    assert broken.value.invariant == name
    assert broken.value.difference in (1, -1)


def test_party_that_got_what_nobody_gave_is_named() -> None:
    state = ScopeState(SCOPE, Policy())
    state.pay("venue", Decimal(1))
    with pytest.raises(InvariantBrokenError) as broken:
        check_money(state)
    assert broken.value.invariant == "sum of the parties"
    assert str(broken.value) == "sum of the parties is off by 1"


def test_lines_of_the_close_name_the_fill_that_closed() -> None:
    entry = assess_case(
        case_of(
            events=[forced("10", "95"), {"type": "transfer", "amount": "1"}],
            policy={"surplus_to": "insurance_fund"},
        )
    )
    assert [(line["label"], line.get("event")) for line in entry["lines"]] == [
        ("opening_balance", None),
        ("realised_pnl", "0"),
        ("transfer", "1"),
        ("surplus_taken", "0"),
        ("closing_balance", None),
    ]


HALF = {"type": "funding", "rate": "0.01", "reference_price": "100"}


def test_funding_follows_the_size_without_knowing_an_entry() -> None:
    values = values_of(
        kind="funding",
        entry_price=None,
        margin=None,
        events=[
            HALF | {"year_fraction": "0.5"},
            {"type": "fill", "qty": "5", "price": "90"},
            HALF,
            {"type": "fill", "side": "sell", "qty": "7", "price": "90"},
            HALF,
        ],
    )
    # -5 on 10 for half, -5 on 5, +2 on a short of 2.
    assert values == {"funding_payment": "-8"}


def test_funding_needs_the_entry_where_a_fill_is_a_notional() -> None:
    field = refused_field(
        kind="funding",
        entry_price=None,
        margin=None,
        events=[{"type": "fill", "notional": "5", "price": "90"}, HALF],
    )
    assert field == "entry_price"


def test_every_other_position_of_the_scope_counts() -> None:
    other = {"side": "long", "qty": "1", "entry_price": "5"}
    marks = [other | {"mark_price": "8"}, other | {"mark_price": "9"}]
    values = values_of(
        margin="50", mark_price="95", other_positions=marks, events=[forced("10", "95")]
    )
    assert values["equity_after"] == values["surplus"] == "7"


def test_interest_is_told() -> None:
    values = values_of(events=[{"type": "interest", "amount": "-2"}])
    assert values["interest"] == "-2"


@pytest.mark.parametrize(("amount", "charged"), [("50", "0"), ("50.01", "50.01")])
def test_fixed_fee_of_the_insolvent_needs_less_than_the_amount(
    amount: str, charged: str
) -> None:
    fee = {"rule": "fixed", "amount": amount, "condition": "insolvent_only"}
    values = values_of(events=[forced("10", "95")], policy={"liquidation_fee": fee})
    assert values["liquidation_fee"] == charged


@pytest.mark.parametrize(
    ("fee", "price"),
    [
        ({"rule": "in_price", "liquidator_rate": "0.01"}, "94.05"),
        ({"rule": "none", "liquidator_rate": "0.01"}, None),
        ({"rule": "in_price"}, None),
    ],
)
def test_transfer_price_is_of_a_fee_inside_the_price(
    fee: dict[str, str], price: str | None
) -> None:
    fund = {"insurance_fund_rate": "0"}
    values = values_of(
        mark_price="95",
        events=[forced("10", "94.05")],
        policy={"liquidation_fee": fee | fund},
    )
    assert values.get("transfer_price") == price
