"""Takeover at the bankruptcy price, ADL and assignment.

The usual case: long 10 at 100, margin 100, so the bankruptcy price is 90.
"""

from decimal import Decimal
from typing import Any

import pytest

from recovery.domain.cases.document import assess_case
from recovery.domain.money import exact
from tests.domain.builders import case_of, forced, refused_field, values_of

TAKEOVER = {"takeover_at_bankruptcy": True}
OTHER = {"side": "long", "qty": "5", "entry_price": "100", "mark_price": "110"}


def check(expected: dict[str, Any], **keys: Any) -> None:
    """Compare the expected values with those of a case."""
    values = values_of(**keys)
    assert {name: values.get(name) for name in expected} == expected


def test_orders_before_the_takeover_stay_the_customers() -> None:
    check(
        {
            "bankruptcy_price": "88.75",
            "booked_pnl": "-90",
            "pnl": "-50",
            "residual": "0",
            "insurance_fund_delta": "50",
            "customer_loss": "100",
        },
        events=[{"type": "fill", "qty": "2", "price": "95"}, forced("8", "95")],
        policy=TAKEOVER,
    )


def test_fee_inside_the_bankruptcy_price_is_the_customers() -> None:
    check(
        {
            "bankruptcy_price": "93.75",
            "trading_fee": "37.5",
            "booked_pnl": "-62.5",
            "wallet_balance_after": "0",
        },
        events=[forced("10", "95")],
        policy=TAKEOVER | {"bankruptcy_fee_rate": "0.04"},
    )


def test_stated_takeover_price_leaves_its_digits_to_the_venue() -> None:
    check(
        {"booked_pnl": "-99", "wallet_balance_after": "0", "insurance_fund_delta": "1"},
        bankruptcy_price="90.1",
        events=[{"type": "takeover"}],
    )


def test_stated_takeover_price_beyond_the_margin_is_covered() -> None:
    check(
        {"booked_pnl": "-101", "wallet_balance_after": "0", "deficit": "1"},
        bankruptcy_price="89.9",
        events=[{"type": "takeover"}],
    )


def test_takeover_price_alone_tells_what_the_fund_moved() -> None:
    values = values_of(
        entry_price=None,
        margin=None,
        bankruptcy_price="90",
        events=[forced("4", "91"), forced("6", "88")],
        policy=TAKEOVER | {"deficit_to": ["insurance_fund", "adl"]},
        insurance_fund="5",
    )
    assert values["insurance_fund_delta_per_fill"] == ["4", "-5"]
    assert values["deficit_borne_by"] == {"insurance_fund": "5", "adl": "7"}
    assert values["residual"] == "0"
    assert not values.keys() & {"pnl", "booked_pnl", "wallet_balance_after"}


def test_gain_of_a_takeover_goes_where_the_policy_says() -> None:
    check(
        {"insurance_fund_delta": "0", "paid_to": {"pool": "50"}},
        events=[forced("10", "95")],
        policy=TAKEOVER | {"takeover_surplus_to": "pool"},
    )


def test_venue_fill_may_state_an_entry_notional() -> None:
    fill = {"type": "fill", "role": "liquidation", "notional": "500", "price": "95"}
    check({"insurance_fund_delta": "25"}, events=[fill], policy=TAKEOVER)


@pytest.mark.parametrize(
    ("basis", "delta"), [("bankruptcy", "0"), ("mark", "20"), ("previous_mark", "50")]
)
def test_adl_of_the_venue_uses_the_policys_price(basis: str, delta: str) -> None:
    check(
        {"insurance_fund_delta": delta},
        mark_price="95",
        events=[
            {"type": "takeover"},
            {"type": "mark", "price": "92"},
            {"type": "fill", "role": "adl", "qty": "10"},
        ],
        policy={"adl_price": basis},
    )


@pytest.mark.parametrize(
    ("basis", "pnl"),
    [("bankruptcy", "-100"), ("mark", "-80"), ("previous_mark", "-50")],
)
def test_adl_of_the_customer_uses_the_policys_price(basis: str, pnl: str) -> None:
    check(
        {"pnl": pnl, "trading_fee": "0"},
        mark_price="95",
        events=[
            {"type": "mark", "price": "92"},
            {"type": "fill", "role": "adl", "qty": "10"},
        ],
        policy={"adl_price": basis, "trading_fee_rate": "0.01"},
    )


def test_adl_fill_pays_the_fee_it_carries() -> None:
    fill = {"type": "fill", "role": "adl", "qty": "10", "price": "95"}
    check(
        {"trading_fee": "0.95"},
        events=[fill | {"trading_fee_rate": "0.001"}],
    )


def test_assignment_without_a_price_only_moves_size() -> None:
    check(
        {
            "assigned_qty": "6",
            "remaining_qty": "0",
            "pnl": "-20",
            "wallet_balance_after": "80",
        },
        events=[
            forced("4", "95"),
            {"type": "fill", "role": "assignment", "qty": "6"},
        ],
    )


def test_assignment_of_more_than_is_open_is_refused() -> None:
    events = [{"type": "fill", "role": "assignment", "qty": "11"}]
    assert refused_field(events=events) == "events[0].qty"


def test_takeover_in_a_cross_scope_takes_the_other_profit_as_well() -> None:
    # Backing 100 + 50 of the other position: bankruptcy at 85.
    values = values_of(
        margin_mode="cross",
        events=[forced("10", "95")],
        other_positions=[OTHER],
        policy=TAKEOVER,
    )
    assert values["bankruptcy_price"] == "85"
    assert values["booked_pnl"] == "-150"
    assert values["wallet_balance_after"] == "-50"
    assert "residual" not in values


def test_takeover_by_value_shares_the_equity() -> None:
    # Equity at 95: 50 + 50; value 950 of 1500, so 63.33 backs it: 950 - 63.33.
    values = values_of(
        mark_price="95",
        events=[forced("10", "95")],
        other_positions=[OTHER],
        policy=TAKEOVER | {"bankruptcy_allocation": "pro_rata_value"},
    )
    assert values["bankruptcy_price"].startswith("88.66666666666666666666")


def test_partner_of_the_only_fill_is_settled_with_it() -> None:
    check(
        {"counterparty_pnl": "50", "counterparty_wallet_balance_after": "80"},
        events=[forced("10", "95")],
        counterparty={"side": "short", "entry_price": "100", "margin": "30"},
    )


def test_partner_without_entry_or_mark_has_only_its_cash() -> None:
    values = values_of(
        kind="adl",
        events=[
            {"type": "fill", "role": "adl", "qty": "4", "price": "95"},
            {"type": "fill", "role": "adl", "qty": "6", "price": "95"},
        ],
        counterparty={"side": "short", "qty": "10", "quote_balance": "1500"},
    )
    assert values["counterparty_quote_balance_after"] == "550"
    assert not values.keys() & {"counterparty_pnl", "counterparty_forgone_pnl"}


def test_partner_is_not_settled_by_other_fills() -> None:
    values = values_of(
        events=[forced("4", "95"), forced("6", "95")],
        counterparty={"side": "short", "qty": "10", "quote_balance": "1500"},
    )
    assert "counterparty_quote_balance_after" not in values


def test_lines_of_a_takeover_end_at_nothing() -> None:
    entry = assess_case(case_of(events=[forced("10", "95")], policy=TAKEOVER))
    assert [(line["label"], line["amount"]) for line in entry["lines"]] == [
        ("opening_balance", "100"),
        ("takeover", "-100"),
        ("closing_balance", "0"),
    ]


def test_sizes_closed_before_and_by_the_takeover_add_up() -> None:
    check(
        {"reduced_qty": "10", "remaining_qty": "0", "pnl": "-94"},
        events=[
            {"type": "fill", "qty": "2", "price": "99"},
            forced("3", "92"),
            forced("1", "92"),
            forced("4", "85"),
        ],
        policy=TAKEOVER,
    )


def test_takeover_beside_other_positions_leaves_no_digits() -> None:
    other = {"side": "long", "qty": "1", "entry_price": "5", "mark_price": "6"}
    check(
        {"wallet_balance_after": "-1", "equity_after": "0", "booked_pnl": "-101"},
        qty="3",
        other_positions=[other],
        events=[forced("3", "60")],
        policy=TAKEOVER,
    )


@pytest.mark.parametrize(
    ("partner", "known"),
    [
        ({"margin": "30"}, set()),
        ({"entry_price": "100"}, {"counterparty_pnl"}),
        (
            {"entry_price": "100", "margin": "30"},
            {"counterparty_pnl", "counterparty_wallet_balance_after"},
        ),
    ],
)
def test_partners_balance_needs_its_margin_and_its_entry(
    partner: dict[str, str], known: set[str]
) -> None:
    values = values_of(
        events=[forced("10", "95")], counterparty={"side": "short"} | partner
    )
    assert {name for name in values if name.startswith("counterparty")} == known


def test_partner_of_an_inverse_fill_forgoes_coin() -> None:
    check(
        {"counterparty_forgone_pnl": "0.125", "counterparty_pnl": "0.25"},
        product="inverse",
        settle_asset="BTC",
        qty="100",
        entry_price="100",
        margin="1",
        mark_price="80",
        events=[
            {"type": "fill", "role": "adl", "qty": "50", "price": "100"},
        ],
        counterparty={"side": "short", "entry_price": "200"},
    )


def test_no_previous_mark_is_refused() -> None:
    policy = {"adl_price": "previous_mark"}
    events = [{"type": "fill", "role": "adl", "qty": "1"}]
    assert refused_field(events=events, policy=policy) == "events[0].price"


def test_takeover_without_a_bankruptcy_price_is_refused() -> None:
    events = [forced("10", "95")]
    assert refused_field(margin="1000", events=events, policy=TAKEOVER) == "margin"


def test_fees_before_and_inside_the_takeover_add_up() -> None:
    values = values_of(
        events=[{"type": "fill", "qty": "2", "price": "99"}, forced("8", "92")],
        policy=TAKEOVER | {"trading_fee_rate": "0.01", "bankruptcy_fee_rate": "0.001"},
    )
    with exact():
        inside = Decimal("0.008") * Decimal(values["bankruptcy_price"])
        difference = Decimal(values["trading_fee"]) - Decimal("1.98") - inside
    assert abs(difference) < Decimal("1e-50")


def test_partner_of_a_venue_fill_is_settled_at_its_price() -> None:
    check(
        {
            "counterparty_pnl": "50",
            "counterparty_wallet_balance_after": "80",
            "counterparty_forgone_pnl": "30",
            "counterparty_quote_balance_after": "50",
        },
        mark_price="92",
        events=[
            {"type": "takeover"},
            {"type": "fill", "role": "adl", "qty": "10", "price": "95"},
        ],
        counterparty={
            "side": "short",
            "entry_price": "100",
            "margin": "30",
            "quote_balance": "1000",
        },
    )


def test_venue_fill_without_a_price_or_previous_mark_is_refused() -> None:
    fill = {"type": "fill", "role": "adl", "qty": "10"}
    policy = TAKEOVER | {"adl_price": "previous_mark"}
    events = [{"type": "takeover"}, fill]
    assert refused_field(events=events, policy=policy) == "events[1].price"


def test_takeover_by_share_of_the_only_position_takes_all() -> None:
    check(
        {"booked_pnl": "-100", "wallet_balance_after": "0"},
        qty="3",
        mark_price="95",
        events=[forced("3", "60")],
        policy=TAKEOVER | {"bankruptcy_allocation": "pro_rata_value"},
    )


def test_stated_takeover_price_labels_what_the_venue_keeps() -> None:
    entry = assess_case(
        case_of(bankruptcy_price="91", events=[forced("10", "92")], policy=TAKEOVER)
    )
    assert [(line["label"], line["amount"]) for line in entry["lines"]] == [
        ("opening_balance", "100"),
        ("takeover", "-90"),
        ("surplus_taken", "-10"),
        ("closing_balance", "0"),
    ]
