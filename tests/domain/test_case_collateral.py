"""Collateral, spot margin, spot settlement and shared losses."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.money import Rounding, RoundingMode, exact
from recovery.domain.policy_words import RemainderTo
from recovery.domain.socialised_loss import (
    Loser,
    Winner,
    charge_winners,
    pay_winners,
)
from tests.domain.builders import refused_field, unsupported_key, values_of

BTC = {"asset": "BTC", "qty": "1", "price": "100"}
ETH = {"asset": "ETH", "qty": "10", "price": "10"}
USDT = {"asset": "USDT", "qty": "30"}
LOAN = {"asset": "USDT", "principal": "50"}


def spot(**keys: Any) -> dict[str, Any]:
    """The values of a spot settlement."""
    base: dict[str, Any] = {"collateral": [BTC], "debts": [LOAN]}
    return values_of(kind="spot_settlement", **(base | keys))


def fee_on_debt(**keys: Any) -> dict[str, Any]:
    """A policy whose clearance fee counts the debt repaid."""
    fee = {"rule": "rate_of_notional", "rate": "0.25", "base": "debt_repaid"}
    return {"liquidation_fee": fee, **keys}


def test_fee_on_the_debt_counts_what_sales_repay() -> None:
    values = spot(collateral=[USDT, BTC], policy=fee_on_debt(trading_fee_rate="0.5"))
    # 30 of 50 pay themselves; 20 and 5 of fee need 50 of value, half of it a fee.
    assert values["sold_qty"] == {"BTC": "0.5"}
    assert values["liquidation_fee"] == "5"
    assert values["trading_fee"] == "25"
    assert values["debt_repaid"] == "50"
    assert values["residual_per_asset"] == {"USDT": "0", "BTC": "0.5"}


def test_fee_on_the_debt_leaves_a_deficit_where_the_sale_is_too_small() -> None:
    values = spot(
        debts=[LOAN | {"principal": "120"}], policy=fee_on_debt(trading_fee_rate="0")
    )
    # 100 brought in repays 80 and the fee of 20 on it.
    assert values["liquidation_fee"] == "20"
    assert values["debt_repaid"] == "80"
    assert values["deficit"] == "40"


def test_fee_on_the_debt_with_a_size_step_keeps_the_excess() -> None:
    policy = fee_on_debt(collateral={"size_step": "0.25"})
    values = spot(policy=policy)
    # 62.5 is needed, 75 is brought in.
    assert values["sold_qty"] == {"BTC": "0.75"}
    assert values["liquidation_fee"] == "12.5"
    assert values["residual_per_asset"] == {"USDT": "12.5", "BTC": "0.25"}


def test_highest_liquidity_begins_with_the_asset_that_needs_no_sale() -> None:
    policy = {"collateral": {"sell_order": "highest_liquidity"}}
    values = spot(collateral=[ETH, BTC, USDT], policy=policy)
    assert values["sold_qty"] == {"ETH": "2"}
    assert values["residual_per_asset"] == {"USDT": "0", "ETH": "8", "BTC": "1"}


def test_collateral_without_anything_is_refused() -> None:
    assert refused_field(kind="collateral") == "collateral"
    assert refused_field(kind="collateral", negative_balance="5") == "conversion_factor"


def test_same_asset_is_netted_before_haircuts() -> None:
    values = values_of(
        kind="collateral",
        balances=[
            {
                "asset": "BTC",
                "collateral": "2",
                "debt": "0.5",
                "price": "100",
                "risk_based_liquidation_ratio": "0.1",
            },
            {"asset": "BTC", "debt": "0.5"},
            {"asset": "ETH", "debt": "3", "price": "10"},
        ],
    )
    assert values["net_asset"] == {"BTC": "1", "ETH": "0"}
    assert values["net_debt"] == {"BTC": "0", "ETH": "3"}
    assert values["liquidation_value"] == {"BTC": "90", "ETH": "0"}


@pytest.mark.parametrize("balance", ["95", "-95"])
def test_negative_balance_is_filled_by_sold_collateral(balance: str) -> None:
    values = values_of(
        kind="collateral", negative_balance=balance, conversion_factor="0.95"
    )
    assert values == {"collateral_sold_value": "100"}


def spot_margin(**keys: Any) -> dict[str, Any]:
    """The keys of a leveraged purchase of 10 at 100, closed at 95."""
    fill = {"type": "fill", "qty": "10", "price": "95"}
    return {
        "kind": "spot_margin",
        "margin": "100",
        "leverage": "5",
        "borrowed": "1000",
        "interest": "1",
        "events": [fill],
        **keys,
    }


def test_spot_margin_needs_exactly_one_fill_with_a_price() -> None:
    assert refused_field(**spot_margin(events=[])) == "events"
    two = [{"type": "transfer", "amount": "1"}]
    assert refused_field(**spot_margin(events=two)) == "events"
    no_price = [{"type": "fill", "qty": "10"}]
    assert refused_field(**spot_margin(events=no_price)) == "events[0].price"


def test_spot_margin_pays_fees_of_both_sides() -> None:
    values = values_of(
        **spot_margin(policy={"trading_fee_rate": "0.01", "opening_fee_rate": "0.002"})
    )
    assert values["trading_fee"] == "11.5"
    assert values["residual"] == "37.5"
    assert values["available_margin"] == "-153"
    assert values["margin_coverage_percent"] == "-76.5"


def test_spot_margin_fill_may_state_its_rate_and_loses_at_most_everything() -> None:
    fill = {"type": "fill", "price": "80", "trading_fee_rate": "0"}
    values = values_of(**spot_margin(events=[fill], borrowed="0"))
    assert values["trading_fee"] == "0"
    assert values["residual"] == "0"
    assert values["deficit"] == "101"
    assert values["margin_coverage_percent"] == "none"


@pytest.mark.parametrize(
    ("answer", "policy"),
    [
        (
            "policy.liquidation_fee.rule fixed",
            {"liquidation_fee": {"rule": "fixed", "amount": "1"}},
        ),
        (
            "policy.liquidation_fee.base mark_notional",
            {
                "liquidation_fee": {
                    "rule": "rate_of_notional",
                    "rate": "0.1",
                    "base": "mark_notional",
                }
            },
        ),
        (
            "policy.surplus_to pool, customer",
            {"surplus_to": {"split": {"pool": "0.1", "customer": "0.9"}}},
        ),
        ("policy.surplus_to venue", {"surplus_to": "venue"}),
        ("policy.takeover_at_bankruptcy true", {"takeover_at_bankruptcy": True}),
        (
            "policy.trading_fee_schedule without fill times",
            {
                "trading_fee_schedule": [
                    {"valid_from": "2024-01-01T00:00:00Z", "rate": "0"}
                ]
            },
        ),
    ],
)
def test_sale_not_modelled_is_named(answer: str, policy: dict[str, Any]) -> None:
    keys: dict[str, Any] = {"collateral": [BTC, ETH], "debts": [LOAN]}
    assert unsupported_key(kind="spot_settlement", policy=policy, **keys) == answer


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        ("settle_asset", {"settle_asset": None}),
        ("collateral", {"collateral": None}),
        ("debts", {"debts": None}),
        ("collateral[0].price", {"collateral": [{"asset": "BTC", "qty": "1"}]}),
        ("debts[0].price", {"debts": [{"asset": "ETH", "principal": "1"}]}),
        (
            "policy.liquidation_fee.rate",
            {"policy": {"liquidation_fee": {"rule": "rate_of_notional"}}},
        ),
    ],
)
def test_spot_settlement_that_lacks_a_part_is_refused(
    field: str, keys: dict[str, Any]
) -> None:
    base: dict[str, Any] = {
        "kind": "spot_settlement",
        "collateral": [BTC],
        "debts": [LOAN],
    }
    assert refused_field(**(base | keys)) == field


def test_liquidity_does_not_matter_for_a_single_asset() -> None:
    policy = {"collateral": {"sell_order": "highest_liquidity"}}
    assert spot(policy=policy)["sold_qty"] == {"BTC": "0.5"}


def test_settlement_asset_pays_in_its_turn_without_a_fee() -> None:
    loan = {"asset": "ETH", "principal": "5", "price": "10"}
    policy = {"trading_fee_rate": "0.01"}
    values = spot(collateral=[USDT, BTC], debts=[loan], policy=policy)
    assert values["sold_qty"]["BTC"].startswith("0.20202020")
    assert values["residual_per_asset"]["USDT"] == "0"
    assert values["debt_repaid"] == "50"
    assert values["deficit"] == "0"
    first = spot(collateral=[BTC, USDT], debts=[loan], policy=policy)
    assert first["residual_per_asset"]["USDT"] == "30"


def test_lowest_haircut_is_sold_first() -> None:
    policy = {"collateral": {"sell_order": "lowest_haircut"}}
    values = spot(
        collateral=[BTC | {"haircut": "0.1"}, ETH | {"haircut": "0.05"}], policy=policy
    )
    assert values["sold_qty"] == {"ETH": "5"}


def test_haircut_acts_at_settlement_only_where_the_policy_says() -> None:
    held = [BTC | {"haircut": "0.5"}]
    assert spot(collateral=held)["sold_qty"] == {"BTC": "0.5"}
    policy = {"collateral": {"haircut_at": "settlement"}}
    assert spot(collateral=held, policy=policy)["sold_qty"] == {"BTC": "1"}


def test_fees_that_eat_the_sale_sell_everything() -> None:
    fee = {"rule": "rate_of_notional", "rate": "1"}
    values = spot(policy={"liquidation_fee": fee})
    assert values["sold_qty"] == {"BTC": "1"}
    assert values["deficit"] == "50"


def test_forced_sales_pay_no_taker_fee_where_the_clearance_replaces_it() -> None:
    fee = {"rule": "none", "in_addition_to_taker": False}
    values = spot(policy={"liquidation_fee": fee, "trading_fee_rate": "0.1"})
    assert values["trading_fee"] == "0"


def test_nothing_is_sold_where_nothing_is_owed() -> None:
    values = spot(debts=[])
    assert values["sold_qty"] == {}
    assert values["residual_per_asset"] == {"USDT": "0", "BTC": "1"}


def test_interest_and_principal_are_repaid_from_the_same_asset() -> None:
    loan = {"asset": "BTC", "principal": "0.5", "interest": "0.1", "price": "100"}
    values = spot(debts=[loan])
    assert values["residual_per_asset"]["BTC"] == "0.4"
    assert values["debt_repaid"] == "60"


# --- shared losses -------------------------------------------------------------

WINNERS = [{"party": "A", "due": "60"}, {"party": "B", "due": "40"}]


def shared(**keys: Any) -> dict[str, Any]:
    """The values of a shared loss."""
    return values_of(kind="socialised_loss", **({"winners": WINNERS} | keys))


def test_winner_named_twice_is_refused() -> None:
    field = refused_field(
        kind="socialised_loss", loss="1", winners=[WINNERS[0], WINNERS[0]]
    )
    assert field == "winners[1].party"


def test_loss_without_open_size_is_refused() -> None:
    field = refused_field(
        kind="socialised_loss",
        loss="1",
        open_interest_long="0",
        open_interest_short="0",
        policy={"socialised": {"allocation": "per_open_unit"}},
    )
    assert field == "open_interest_long"


def test_fund_gives_before_the_loss_is_shared() -> None:
    losers = [{"party": "X", "owed": "100", "funds": "40"}]
    values = shared(losers=losers, insurance_fund="10")
    assert values["collected"] == "50"
    assert values["insurance_fund_delta"] == "-10"
    assert values["uncovered"] == "50"
    assert values["paid"] == {"A": "30", "B": "20"}
    assert values["net_profit"] == {"A": "30", "B": "20", "X": "-40"}
    unasked = shared(
        losers=losers, insurance_fund="10", policy={"deficit_to": ["socialised"]}
    )
    assert unasked["collected"] == "40"
    assert shared(losers=losers)["collected"] == "40"


def test_loss_is_charged_at_least_at_the_minimum_and_at_most_in_full() -> None:
    values = shared(loss="10")
    assert values["haircut"] == {"A": "6", "B": "4"}
    assert values["insurance_fund_delta"] == "0"
    values = shared(loss="150")
    assert values["haircut"] == {"A": "60", "B": "40"}
    assert values["uncovered"] == "50"
    assert values["insurance_fund_delta"] == "-50"


def test_loss_without_holders_tells_the_share_of_a_contract() -> None:
    values = values_of(
        kind="socialised_loss",
        loss="10",
        open_interest_long="3",
        open_interest_short="2",
        policy={"socialised": {"allocation": "per_open_unit"}},
    )
    assert values == {"loss_per_unit": "2", "haircut": {}}


parties = st.lists(
    st.decimals(Decimal(0), Decimal(1000), places=2), min_size=1, max_size=6
)
roundings = st.none() | st.builds(
    Rounding, st.just(Decimal(1)), st.sampled_from(RoundingMode)
)
receivers = st.sampled_from(RemainderTo)


@given(parties, parties, st.integers(0, 500), roundings)
def test_last_winner_takes_what_rounding_leaves(
    dues: list[Decimal], debts: list[Decimal], fund: int, rounding: Rounding | None
) -> None:
    winners = [Winner(str(number), due) for number, due in enumerate(dues)]
    losers = [Loser(f"L{number}", owed, owed / 2) for number, owed in enumerate(debts)]
    rules = (RemainderTo.LAST, rounding)
    with exact():
        shares = pay_winners(losers, winners, Decimal(fund), rules)
        assert sum(shares.paid.values()) == (
            min(shares.collected, sum(dues)) if any(dues) else 0
        )


@given(parties, st.integers(0, 5000), roundings, receivers)
def test_charges_and_fund_make_up_the_loss(
    dues: list[Decimal], loss: int, rounding: Rounding | None, to: RemainderTo
) -> None:
    winners = [Winner(str(number), due) for number, due in enumerate(dues)]
    with exact():
        shares = charge_winners(Decimal(loss), winners, Decimal("0.01"), (to, rounding))
        assert sum(shares.haircut.values()) - shares.fund_delta == loss


def test_remainder_may_go_to_the_fund() -> None:
    rules = (RemainderTo.INSURANCE_FUND, Rounding(Decimal(1), RoundingMode.FLOOR))
    winners = [Winner("A", Decimal(1)), Winner("B", Decimal(1))]
    loser = Loser("X", Decimal(2), Decimal(1))
    shares = pay_winners([loser], winners, Decimal(0), rules)
    assert shares.paid == {"A": 0, "B": 0}
    assert shares.fund_delta == 1
