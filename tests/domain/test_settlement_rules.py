"""What single rules of a policy do to a settlement, in numbers one can check.

The usual case: long 10 at 100, margin 100, so the bankruptcy price is 90.
"""

from typing import Any

import pytest

from recovery.domain.cases.document import assess_case
from tests.domain.builders import case_of, forced, values_of

FEE = {"rule": "rate_of_notional", "rate": "0.01"}
CAPPED = {"rule": "rate_capped_to_surplus", "rate": "0.01"}
OTHER = {
    "symbol": "B",
    "side": "long",
    "qty": "5",
    "entry_price": "100",
    "mark_price": "110",
    "maintenance_margin_rate": "0.02",
}


def check(expected: dict[str, Any], **keys: Any) -> None:
    """Compare the expected values with those of a case."""
    values = values_of(**keys)
    assert {name: values.get(name) for name in expected} == expected


def test_fee_of_a_rate_is_charged_on_every_forced_fill() -> None:
    check(
        {"liquidation_fee": "9.5", "residual": "40.5", "insurance_fund_delta": "9.5"},
        events=[forced("4", "95"), forced("6", "95")],
        policy={"liquidation_fee": FEE},
    )


def test_fee_of_the_final_fill_counts_that_fill_only() -> None:
    check(
        {"liquidation_fee": "5.7", "residual": "44.3"},
        events=[forced("4", "95"), forced("6", "95")],
        policy={"liquidation_fee": FEE | {"of": "final_fill"}},
    )


def test_partial_close_pays_a_rate_at_once_and_has_no_residual() -> None:
    values = values_of(events=[forced("4", "95")], policy={"liquidation_fee": FEE})
    assert values["liquidation_fee"] == "3.8"
    assert values["wallet_balance_after"] == "76.2"
    assert values["remaining_qty"] == "6"
    assert values["remaining_side"] == "long"
    assert not values.keys() & {"residual", "deficit", "surplus", "paid_to"}


def test_partial_close_leaves_a_capped_fee_for_the_close() -> None:
    check(
        {"liquidation_fee": "0", "wallet_balance_after": "80"},
        events=[forced("4", "95")],
        policy={"liquidation_fee": CAPPED},
    )


def test_fee_on_the_mark_needs_no_fill_value() -> None:
    check(
        {"liquidation_fee": "9"},
        events=[{"type": "mark", "price": "90"}, forced("10", "95")],
        policy={"liquidation_fee": FEE | {"base": "mark_notional"}},
    )


def test_fee_on_the_entry_is_the_same_at_any_fill() -> None:
    check(
        {"liquidation_fee": "10"},
        events=[forced("10", "95")],
        policy={"liquidation_fee": FEE | {"base": "entry_notional"}},
    )


def test_fee_to_the_liquidator_is_not_the_funds() -> None:
    check(
        {"liquidation_fee": "9.5", "insurance_fund_delta": "0", "residual": "40.5"},
        events=[forced("10", "95")],
        policy={"liquidation_fee": FEE | {"to": "liquidator"}},
    )


def test_fixed_fee_always_may_make_the_deficit() -> None:
    check(
        {"liquidation_fee": "60", "residual": "0", "deficit": "10", "surplus": "50"},
        events=[forced("10", "95")],
        policy={"liquidation_fee": {"rule": "fixed", "amount": "60"}},
    )


def test_fixed_fee_of_the_insolvent_goes_to_its_receiver() -> None:
    # Equity after fees 1.75 is less than 5: all goes, the pool tops up the rest.
    check(
        {
            "liquidation_fee": "5",
            "residual": "0",
            "deficit": "3.25",
            "deficit_borne_by": {"pool": "3.25"},
            "pool_change": "93",
            "fee_reserve_change": "1",
            "paid_to": {"customer": "0", "liquidator": "5"},
        },
        side="short",
        qty=None,
        notional="1000",
        entry_price="40000",
        margin="99",
        events=[
            {
                "type": "fill",
                "role": "liquidation",
                "notional": "1000",
                "price": "43850",
            }
        ],
        policy={
            "trading_fee_rate": "0.001",
            "trading_fee_base": "entry_notional",
            "liquidation_fee": {
                "rule": "fixed",
                "amount": "5",
                "to": "liquidator",
                "condition": "insolvent_only",
            },
            "insolvent_surplus_to": "pool",
            "deficit_to": ["pool"],
        },
    )


def test_taker_fee_is_left_out_where_the_liquidation_fee_replaces_it() -> None:
    check(
        {"trading_fee": "0", "residual": "40.5"},
        events=[forced("10", "95")],
        policy={
            "trading_fee_rate": "0.001",
            "liquidation_fee": FEE | {"in_addition_to_taker": False},
        },
    )


def test_fill_may_state_its_own_trading_fee_rate() -> None:
    check(
        {"trading_fee": "1.9"},
        events=[forced("10", "95", trading_fee_rate="0.002")],
        policy={"trading_fee_rate": "0.001"},
    )


def test_later_schedule_entry_counts_from_its_instant() -> None:
    schedule = [
        {"valid_from": "2024-06-01T00:00:00Z", "rate": "0.002"},
        {"valid_from": "2024-01-01T00:00:00Z", "rate": "0.001"},
    ]
    check(
        {"trading_fee": "1.425"},
        events=[
            forced("5", "95", time="2024-05-31T23:59:59Z"),
            forced("5", "95", time="2024-06-01T00:00:00Z"),
        ],
        policy={"trading_fee_schedule": schedule},
    )


def test_opened_part_pays_on_its_own_price_where_fees_are_on_the_entry() -> None:
    flip = {"type": "fill", "side": "sell", "qty": "15", "price": "90"}
    check(
        {"trading_fee": "1.45", "remaining_qty": "5", "remaining_side": "short"},
        events=[flip],
        policy={"trading_fee_rate": "0.001", "trading_fee_base": "entry_notional"},
    )


def test_fees_on_rounded_notionals_may_be_nothing() -> None:
    check(
        {"trading_fee": "0"},
        qty="0.001",
        events=[forced("0.001", "95")],
        policy={
            "trading_fee_rate": "0.5",
            "rounding": {"notional": {"decimals": "0", "mode": "down"}},
        },
    )


def test_fee_rows_count_as_trading_fees_in_their_own_asset() -> None:
    rows = [
        {"type": "fee", "amount": "-2"},
        {"type": "fee", "amount": "-3", "asset": "USDT"},
        {"type": "fee", "amount": "-0.1", "asset": "BNB", "price": "300"},
        forced("10", "95", fee={"asset": "BNB", "price": "300", "amount": "-0.01"}),
    ]
    check(
        {"trading_fee": "38", "fee_assets": {"BNB": "-0.11"}, "residual": "45"},
        events=rows,
    )


def test_fee_without_a_price_is_left_out_and_never_nothing() -> None:
    values = values_of(
        events=[
            {"type": "fee", "amount": "-1", "asset": "BNB"},
            {"type": "fee", "amount": "-1", "asset": "BNB", "price": "300"},
            forced("10", "95"),
        ]
    )
    assert "trading_fee" not in values
    assert values["fee_assets"] == {"BNB": "-2"}


def test_stated_fee_in_the_settlement_asset_needs_no_price() -> None:
    check(
        {"trading_fee": "0.95", "residual": "49.05"},
        events=[forced("10", "95", fee={"asset": "USDT", "rate": "0.001"})],
    )


def test_other_assets_have_lines_that_close() -> None:
    fee = {"asset": "BNB", "price": "300", "amount": "-0.01"}
    entry = assess_case(case_of(events=[forced("10", "95", fee=fee)]))
    lines = [line for line in entry["lines"] if line["asset"] == "BNB"]
    assert [(line["label"], line["amount"]) for line in lines] == [
        ("opening_balance", "0"),
        ("trading_fee", "-0.01"),
        ("closing_balance", "-0.01"),
    ]


def test_adding_averages_the_entry_and_reducing_keeps_it() -> None:
    check(
        {"average_entry_price": "105", "remaining_qty": "15", "pnl": "-50"},
        events=[
            {"type": "fill", "side": "buy", "qty": "10", "price": "110"},
            {"type": "fill", "qty": "5", "price": "95"},
        ],
    )


def test_adding_to_an_inverse_position_averages_harmonically() -> None:
    check(
        {
            "average_entry_price": "133.333333333333333333333333333333333333333333333333333333333"
        },
        product="inverse",
        events=[{"type": "fill", "side": "buy", "qty": "10", "price": "200"}],
    )


def test_funding_by_rate_counts_the_size_open_then() -> None:
    check(
        {"funding": "-0.57"},
        events=[
            forced("4", "95"),
            {
                "type": "funding",
                "rate": "0.002",
                "reference_price": "95",
                "year_fraction": "0.5",
            },
        ],
    )


def test_cover_is_only_reported_where_none_is_booked() -> None:
    check(
        {
            "deficit": "50",
            "wallet_balance_after": "-50",
            "insurance_fund_delta": "0",
            "residual": "0",
        },
        events=[forced("10", "85")],
        policy={"cover_booked": False},
    )


def test_exhausted_fund_leaves_what_nobody_bears() -> None:
    check(
        {
            "deficit": "50",
            "deficit_borne_by": {"insurance_fund": "20"},
            "wallet_balance_after": "-30",
            "insurance_fund_delta": "-20",
        },
        insurance_fund="20",
        events=[forced("10", "85")],
    )


def test_customer_owes_what_the_fund_cannot_give() -> None:
    check(
        {"customer_owes": "30", "wallet_balance_after": "-30", "residual": "0"},
        insurance_fund="20",
        events=[forced("10", "85")],
        policy={"deficit_to": ["insurance_fund", "customer"]},
    )


def test_rounded_split_gives_the_last_digit_to_the_customer() -> None:
    check(
        {
            "residual": "0.02",
            "paid_to": {"insurance_fund": "0.03", "customer": "0.02"},
        },
        margin="50.05",
        events=[forced("10", "95")],
        policy={
            "surplus_to": {"split": {"insurance_fund": "0.5", "customer": "0.5"}},
            "rounding": {"money": {"decimals": "2", "mode": "half_up"}},
        },
    )


def test_rounded_split_without_the_customer_closes_with_the_last_receiver() -> None:
    check(
        {"residual": "0", "paid_to": {"pool": "0.03", "venue": "0.02"}},
        margin="50.05",
        events=[forced("10", "95")],
        policy={
            "surplus_to": {"split": {"pool": "0.5", "venue": "0.5"}},
            "rounding": {"money": {"decimals": "2", "mode": "half_up"}},
        },
    )


def test_surplus_of_the_insolvent_has_its_own_receiver() -> None:
    # Whole fee 9.01 + 9.2, equity 10.5: the first fee is cut to the 0.5 it brought.
    check(
        {
            "surplus": "10.5",
            "liquidation_fee": "9.7",
            "residual": "0",
            "paid_to": {"customer": "0", "pool": "0.8"},
        },
        mark_price="95",
        events=[forced("5", "90.1"), forced("5", "92")],
        policy={
            "settle_per": "fill",
            "insolvent_surplus_to": "pool",
            "liquidation_fee": FEE | {"rate": "0.02"},
        },
    )


def test_closed_position_among_open_ones_counts_nothing() -> None:
    values = values_of(
        mark_price="95",
        maintenance_margin_rate="0.01",
        events=[forced("10", "95")],
        other_positions=[OTHER | {"qty": "0"}, OTHER],
        policy={"settle_per": "fill"},
    )
    assert values["equity_after"] == "100"


def test_opening_with_fees_on_the_entry_pays_on_the_fill() -> None:
    buy = {"type": "fill", "side": "buy", "qty": "10", "price": "110"}
    check(
        {"trading_fee": "1.1"},
        events=[buy],
        policy={"trading_fee_rate": "0.001", "trading_fee_base": "entry_notional"},
    )


def test_inverse_notional_is_an_amount_of_the_quote() -> None:
    check(
        {"reduced_qty": "20", "pnl": "0"},
        product="inverse",
        contract_size="10",
        qty=None,
        notional="200",
        events=[forced("20", "100")],
    )


def test_result_of_a_trade_is_told_net_of_fees_and_over_the_margin() -> None:
    check(
        {
            "pnl": "-50",
            "opening_fee": "2",
            "realised_pnl_net_of_fees": "-50.95",
            "pnl_over_margin": "-0.5",
            "remaining_qty": "0",
        },
        kind="pnl",
        events=[forced("10", "95")],
        policy={
            "trading_fee_rate": "0.001",
            "opening_fee_rate": "0.002",
            "liquidation_fee": FEE,
            "settle_per": "fill",
            "takeover_at_bankruptcy": True,
        },
    )


def test_result_without_a_position_at_the_start_needs_no_entry() -> None:
    values = values_of(
        kind="pnl",
        qty="0",
        side=None,
        entry_price=None,
        margin=None,
        events=[
            {"type": "fill", "side": "sell", "qty": "5", "price": "100"},
            {"type": "fill", "qty": "2", "price": "90"},
            {"type": "fee", "amount": "-1", "asset": "BNB"},
        ],
        policy={"opening_fee_rate": "0.001"},
    )
    assert values["pnl"] == "20"
    assert values["opening_fee"] == "0"
    assert values["remaining_side"] == "short"
    assert not values.keys() & {"realised_pnl_net_of_fees", "pnl_over_margin"}


def test_money_may_be_booked_in_steps_of_any_size() -> None:
    check(
        {"trading_fee": "1", "residual": "49"},
        events=[forced("10", "95")],
        policy={
            "trading_fee_rate": "0.001",
            "rounding": {"money": {"step": "0.5", "mode": "up"}},
        },
    )


def test_quote_balance_of_a_flat_scope_is_its_margin() -> None:
    values = values_of(
        qty="0", side=None, entry_price=None, margin=None, quote_balance="70"
    )
    assert values["wallet_balance_after"] == "70"


def test_residual_may_be_paid_in_the_collateral_asset() -> None:
    check(
        {"residual": "50", "residual_in_collateral_asset": "0.0016"},
        collateral_asset={"asset": "BTC", "price": "30000"},
        events=[forced("10", "95")],
        policy={
            "rounding": {"collateral_asset": {"decimals": "4", "mode": "down"}},
        },
    )


def test_surplus_in_a_scope_with_other_positions_is_not_shared_out() -> None:
    values = values_of(
        events=[forced("10", "95")],
        other_positions=[OTHER],
        policy={"surplus_to": "insurance_fund", "liquidation_fee": CAPPED},
    )
    assert values["surplus"] == "100"
    assert values["liquidation_fee"] == "9.5"
    assert values["wallet_balance_after"] == "40.5"
    assert values["equity_after"] == "90.5"
    assert values["insurance_fund_delta"] == "9.5"
    assert "residual" not in values


def test_closed_other_position_does_not_keep_the_scope_open() -> None:
    check(
        {"residual": "50"},
        events=[forced("10", "95")],
        other_positions=[OTHER | {"qty": "0"}],
    )


def test_position_opened_after_a_liquidation_is_settled_on_its_own() -> None:
    check(
        {"liquidation_fee": "50", "residual": "0", "insurance_fund_delta": "50"},
        events=[
            forced("10", "95"),
            {"type": "fill", "side": "sell", "qty": "1", "price": "95"},
            {"type": "fill", "qty": "1", "price": "95"},
        ],
        policy={"liquidation_fee": {"rule": "all_surplus"}},
    )


@pytest.mark.parametrize(
    ("fee", "charged", "residual"),
    [
        ({"rule": "none"}, "0", "20"),
        ({"rule": "all_surplus"}, "25", "0"),
        ({"rule": "fixed", "amount": "3"}, "6", "14"),
        ({"rule": "rate_of_notional", "rate": "0.01"}, "9.2", "10.8"),
        (
            {"rule": "rate_of_notional", "rate": "0.01", "of": "final_fill"},
            "4.45",
            "15.55",
        ),
    ],
)
def test_fee_per_fill_is_capped_by_what_the_fill_brought(
    fee: dict[str, Any], charged: str, residual: str
) -> None:
    # Mark 95: half the equity of 50 is 25. The second fill at 89 falls 30 behind.
    check(
        {"liquidation_fee": charged, "residual": residual},
        mark_price="95",
        events=[forced("5", "95"), forced("5", "89")],
        policy={"settle_per": "fill", "liquidation_fee": fee},
    )


def test_cover_per_fill_is_booked_while_size_is_left() -> None:
    check(
        {
            "deficit": "5",
            "insurance_fund_delta_per_fill": ["-5"],
            "wallet_balance_after": "50",
        },
        mark_price="95",
        events=[forced("5", "89")],
        policy={"settle_per": "fill"},
    )


def test_trading_fee_beyond_the_share_is_covered_at_the_close() -> None:
    check(
        {"deficit": "0.9", "residual": "0", "insurance_fund_delta": "-0.9"},
        mark_price="95",
        events=[forced("10", "90")],
        policy={"settle_per": "fill", "trading_fee_rate": "0.001"},
    )


def test_equity_of_a_scope_is_shared_by_maintenance_per_fill() -> None:
    # Equity 50 + 50; own maintenance 0.03 x 950 = 28.5 of 28.5 + 11; share 72.15...
    values = values_of(
        mark_price="95",
        maintenance_margin_rate="0.03",
        events=[forced("10", "80")],
        other_positions=[OTHER],
        policy={"settle_per": "fill"},
    )
    assert values["deficit"].startswith("77.848101265822784810")
    assert values["insurance_fund_delta_per_fill"][0] == "-" + values["deficit"]


def test_cash_flow_is_rounded_before_it_is_compared() -> None:
    check(
        {"insurance_fund_delta_per_fill": ["1"], "liquidation_fee": "1"},
        margin="100.5",
        mark_price="95",
        events=[forced("10", "90")],
        policy={
            "settle_per": "fill",
            "liquidation_fee": {"rule": "all_surplus"},
            "rounding": {"cash_flow": {"decimals": "0", "mode": "floor"}},
        },
    )


def test_settling_per_fill_without_maintenance_to_share_is_refused() -> None:
    entry = assess_case(
        case_of(
            mark_price="95",
            maintenance_margin_rate="0",
            events=[forced("10", "90")],
            policy={"settle_per": "fill"},
        )
    )
    assert entry["error"].startswith("maintenance_margin_rate: ")


def test_inverse_position_settles_per_fill_in_the_coin() -> None:
    # Equity at the mark: 0.1 coin; the fill at 8000 costs 0.0625 of it.
    check(
        {"pnl": "-0.0625", "liquidation_fee": "0.0375", "residual": "0"},
        product="inverse",
        qty="2500",
        entry_price="10000",
        mark_price="10000",
        margin="0.1",
        events=[forced("2500", "8000")],
        policy={"settle_per": "fill", "liquidation_fee": {"rule": "all_surplus"}},
    )
