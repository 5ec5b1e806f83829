"""What only an unusual case shows: each sentence here once had no test.

The usual case: long 10 at 100, margin 100, so the bankruptcy price is 90.
"""

from decimal import Decimal
from typing import Any

import pytest

from recovery.domain.case_errors import CaseFieldError, CaseUnsupportedError
from recovery.domain.cases.document import assess_case
from recovery.domain.instruments import PositionSide, Product
from recovery.domain.ledger import Side
from recovery.domain.money import (
    AmountUnreadableError,
    Rounding,
    parse_amount,
    split_exactly,
)
from recovery.domain.policy_reading import parse_policy
from recovery.domain.reduction import restore_qty
from recovery.domain.reduction_replay import judge_reductions, plan_reductions
from recovery.domain.settlement import (
    Fill,
    FillFee,
    FillRole,
    MarkChange,
    Scope,
    SettlementCase,
)
from tests.domain.builders import case_of, forced, refused_field, values_of

SCOPE = Scope(
    product=Product.LINEAR,
    side=PositionSide.LONG,
    qty=Decimal(10),
    entry_price=Decimal(100),
    margin=Decimal(100),
    settle_asset="USDT",
    initial_margin_rate=Decimal("0.1"),
)
TAKEN = {"takeover_at_bankruptcy": True}
OTHER = {"side": "long", "qty": "1", "entry_price": "50", "mark_price": "50"}


def rules(**reduction: Any) -> Any:
    """A policy that reduces below half of the used margin."""
    level = {"trigger": "0.5", "comparison": "<="}
    return parse_policy({"margin_level": level, "reduction": reduction})


# --- money ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", [f"{10**9}e29", "0" * 128 + "1"])
def test_amount_one_digit_too_long_is_refused(text: str) -> None:
    with pytest.raises(AmountUnreadableError):
        parse_amount(text)


@pytest.mark.parametrize(
    ("text", "amount"), [(f"{10**8}e29", 10**37), ("0" * 127 + "1", 1)]
)
def test_amount_of_the_last_length_is_read(text: str, amount: int) -> None:
    assert parse_amount(text) == amount


def test_shares_lie_on_the_grid_but_for_the_last() -> None:
    weights = [Decimal(1), Decimal(1), Decimal(1)]
    shares = split_exactly(Decimal(1), weights, Rounding(Decimal("0.1")))
    assert shares == [Decimal("0.3"), Decimal("0.3"), Decimal("0.4")]


# --- sizes ---------------------------------------------------------------------------


def test_level_that_is_there_needs_nothing_even_where_closing_costs_all() -> None:
    five = Decimal(5)
    size = restore_qty(
        target=Decimal(1),
        used_margin_per_unit=five,
        cost_per_unit=five,
        equity=Decimal(50),
        qty=Decimal(10),
    )
    assert size == 0


def test_tier_above_the_last_is_refused() -> None:
    tiers = [{"lower": "0", "upper": "5"}, {"lower": "5"}]
    policy = {
        "maintenance": {"tiers": tiers, "tier_unit": "qty"},
        "reduction": {"step": {"type": "to_tier", "tier": "3"}},
    }
    field = refused_field(kind="reduction_size", policy=policy)
    assert field == "policy.reduction.step.tier"


def test_margin_of_nothing_is_nothing_among_tiers_of_contracts() -> None:
    tiers = [{"lower": "0", "rate": "0.1"}]
    policy = {"maintenance": {"tiers": tiers, "tier_unit": "qty"}}
    keys: dict[str, Any] = {"qty": "0", "side": None, "mark_price": "100"}
    values = values_of(kind="maintenance_margin", policy=policy, **keys)
    assert values["maintenance_margin"] == "0"


@pytest.mark.parametrize(
    ("policy", "size"),
    [
        ({"reduction": {"size_step": "7"}}, "10"),
        ({"rounding": {"size": {"decimals": "0", "mode": "down"}}}, "7"),
    ],
)
def test_planned_size_keeps_to_step_rounding_and_position(
    policy: dict[str, Any], size: str
) -> None:
    reduction = {"step": {"type": "fraction", "fraction": "0.75"}}
    merged = {**policy, "reduction": {**reduction, **policy.get("reduction", {})}}
    fill = {"type": "fill", "role": "liquidation", "price": "95"}
    values = values_of(events=[fill], policy=merged)
    assert values["reduced_qty"] == size


def test_cap_measured_at_the_fill_needs_its_price() -> None:
    step = {"type": "notional_cap", "notional_basis": "fill", "max_notional": "5"}
    field = refused_field(
        kind="staged_reduction",
        mark_price="95",
        events=[{"type": "fill", "role": "liquidation", "stage": "1"}],
        policy={"reduction": {"step": step}},
    )
    assert field == "events[0].price"


def test_sizes_given_away_add_up() -> None:
    away = {"type": "fill", "role": "assignment", "qty": "2"}
    assert values_of(events=[away, away])["assigned_qty"] == "4"


def test_notional_of_an_inverse_fill_is_an_amount_of_the_quote() -> None:
    fill = {"type": "fill", "role": "liquidation", "notional": "200", "price": "100"}
    keys: dict[str, Any] = {"contract_size": "50", "margin": "5"}
    values = values_of(product="inverse", settle_asset="BTC", events=[fill], **keys)
    assert values["reduced_qty"] == "4"


# --- levels and plans ----------------------------------------------------------------


@pytest.mark.parametrize(("equity", "is_triggered"), [("0.5", False), ("-0.5", True)])
def test_only_an_equity_below_zero_is_past_the_scale(
    equity: str, is_triggered: bool
) -> None:
    level = {
        "convention": "maintenance_over_equity",
        "trigger": "1",
        "comparison": ">=",
    }
    values = values_of(
        kind="margin_level",
        equity=equity,
        maintenance_margin="0.1",
        policy={"margin_level": level},
    )
    assert values["triggered"] is is_triggered


def test_plan_needs_the_rate_of_the_used_margin() -> None:
    scope = SCOPE._replace(initial_margin_rate=None)
    with pytest.raises(CaseFieldError) as refusal:
        plan_reductions(scope, rules(step={"type": "whole_position"}), [Decimal(90)])
    assert refusal.value.field == "initial_margin_rate"


def test_plan_that_never_ends_names_its_step() -> None:
    step = {"type": "fraction", "fraction": "0.0001", "then": "fraction"}
    with pytest.raises(CaseUnsupportedError) as refusal:
        plan_reductions(SCOPE, rules(step=step), [Decimal(91)])
    assert refusal.value.key == "policy.reduction.step.type"
    assert refusal.value.value == "that never restores the level"


def test_judged_fill_that_cannot_be_is_named_by_its_place() -> None:
    fill = Fill(Decimal(90), Decimal(11), FillRole.ASSIGNMENT, Side.SELL)
    events = (MarkChange(Decimal(90)), fill._replace(price=None))
    case = SettlementCase(SCOPE, events, rules(step={"type": "whole_position"}))
    with pytest.raises(CaseFieldError) as refusal:
        judge_reductions(case)
    assert refusal.value.field == "events[1].qty"


def test_judgement_names_its_fill_and_leaves_an_unknown_fee_out() -> None:
    fee = FillFee("BNB", amount=Decimal(-1))
    fill = Fill(Decimal(90), Decimal(10), FillRole.LIQUIDATION, fee=fee)
    events = (MarkChange(Decimal(90)), fill._replace(fee=fee._replace(price=None)))
    case = SettlementCase(SCOPE, events, rules(step={"type": "whole_position"}))
    with pytest.raises(CaseFieldError) as refusal:
        judge_reductions(case)
    assert refusal.value.field == "events[1].fee.price"
    known = fill._replace(fee=fee._replace(price=Decimal(3)))
    (judged,) = judge_reductions(case._replace(events=(events[0], known)))
    assert (judged.event_index, judged.recorded_fee) == (1, 3)


def test_position_without_a_mark_cannot_be_compared() -> None:
    other = {"side": "long", "qty": "1", "entry_price": "50"}
    fill = {"type": "fill", "role": "liquidation", "price": "95", "stage": "1"}
    order = {"order_of_positions": "largest_loss_first"}
    field = refused_field(
        kind="staged_reduction",
        mark_price="95",
        other_positions=[other],
        events=[fill],
        policy={"reduction": {"step": {"type": "whole_position"}, **order}},
    )
    assert field == "other_positions[0].mark_price"


# --- fees and covers -----------------------------------------------------------------


def test_capped_fee_counts_every_forced_fill() -> None:
    fee = {"rule": "rate_capped_to_surplus", "rate": "0.01"}
    values = values_of(
        events=[forced("4", "95"), forced("6", "95")], policy={"liquidation_fee": fee}
    )
    assert values["liquidation_fee"] == "9.5"


def test_insolvent_fees_of_several_fills_add_up() -> None:
    fee = {"rule": "fixed", "amount": "15", "condition": "insolvent_only"}
    values = values_of(
        mark_price="92",
        events=[forced("5", "91"), forced("5", "91")],
        policy={"settle_per": "fill", "liquidation_fee": fee},
    )
    paid = Decimal(values["paid_to"]["insurance_fund"])
    assert paid == Decimal(values["liquidation_fee"]) > Decimal(5)


def test_covers_of_several_fills_are_no_surplus_of_the_close() -> None:
    values = values_of(
        mark_price="92",
        events=[forced("3", "80"), forced("3", "80"), forced("4", "99")],
        policy={"settle_per": "fill"},
    )
    cover = sum(map(Decimal, values["insurance_fund_delta_per_fill"]))
    assert Decimal(values["deficit"]) == -cover
    # 100 - 120 - 4 of the fills alone is below zero.
    assert values["surplus"] == "0"


@pytest.mark.parametrize("margin", ["50.5", "50"])
def test_scope_just_above_zero_has_no_deficit(margin: str) -> None:
    values = values_of(
        margin=margin, other_positions=[OTHER], events=[forced("10", "95")]
    )
    assert (values["deficit"], values["insurance_fund_delta"]) == ("0", "0")


def test_fee_row_in_another_asset_names_its_event() -> None:
    row = {"type": "fee", "asset": "BNB", "amount": "-1"}
    case = case_of(events=[{"type": "transfer", "amount": "1"}, row])
    lines = [line for line in assess_case(case)["lines"] if line["asset"] == "BNB"]
    assert [line.get("event") for line in lines] == [None, "1", None]


# --- other positions of coin, partners, takeovers --------------------------------------


def test_other_position_of_an_inverse_scope_earns_in_the_coin() -> None:
    other = OTHER | {"qty": "2", "contract_size": "100", "mark_price": "100"}
    values = values_of(
        product="inverse",
        settle_asset="BTC",
        contract_size="100",
        margin="5",
        mark_price="100",
        other_positions=[other],
        events=[],
    )
    # 200 x (1/50 - 1/100)
    assert values["equity_after"] == "7"


def test_partner_counts_units_not_contracts() -> None:
    values = values_of(
        kind="adl",
        contract_size="2",
        margin="200",
        counterparty={"side": "short", "qty": "10", "quote_balance": "0"},
        events=[{"type": "fill", "role": "adl", "qty": "10", "price": "90"}],
    )
    assert values["counterparty_quote_balance_after"] == "-1800"


@pytest.mark.parametrize(
    ("field", "events"),
    [
        ("events[0].qty", [{"type": "fill", "role": "liquidation", "price": "91"}]),
        ("events[1].qty", [forced("6", "91"), forced("5", "91")]),
    ],
)
def test_venue_closes_no_more_than_it_took(
    field: str, events: list[dict[str, Any]]
) -> None:
    assert refused_field(events=events, policy=TAKEN) == field


def test_small_gain_of_the_venue_is_a_gain() -> None:
    values = values_of(events=[forced("10", "90.05")], policy=TAKEN)
    assert values["insurance_fund_delta_per_fill"] == ["0.5"]
    assert values["deficit"] == "0"


def test_takeover_in_coin_is_reckoned_in_coin() -> None:
    values = values_of(
        product="inverse",
        settle_asset="BTC",
        contract_size="100",
        margin="2.5",
        events=[forced("10", "100")],
        policy=TAKEN,
    )
    # 1/BP = 1/100 + 2.5/1000; the fill at the entry itself gives all of it.
    assert values["bankruptcy_price"] == "80"
    assert values["pnl"] == "0"
    assert values["insurance_fund_delta"] == "2.5"


def test_fee_inside_a_takeover_has_a_line_of_its_own() -> None:
    policy = TAKEN | {"bankruptcy_fee_rate": "0.2"}
    case = case_of(margin="200", events=[forced("10", "99")], policy=policy)
    lines = [(line["label"], line["amount"]) for line in assess_case(case)["lines"]]
    # The price that leaves nothing after a fee of 20 %: (1000 - 200) / (10 x 0.8).
    assert lines == [
        ("opening_balance", "200"),
        ("trading_fee", "-200"),
        ("closing_balance", "0"),
    ]
    short = case_of(side="short", events=[forced("10", "99")], policy=policy)
    told = {line["label"]: line["amount"] for line in assess_case(short)["lines"]}
    # (1000 + 100) / (10 x 1.2) is 91.67: the result is 83.33, the fee 183.33.
    assert told["takeover"].startswith("83.333333333")
    assert told["trading_fee"].startswith("-183.333333333")


def test_takeover_tells_what_was_there_and_what_was_lost() -> None:
    events = [{"type": "transfer", "amount": "20"}, forced("6", "91")]
    part = values_of(events=events, policy=TAKEN)
    assert "equity_before_fees" not in part
    whole = values_of(events=[*events, forced("4", "91")], policy=TAKEN)
    assert whole["surplus"] == whole["residual"] == "0"
    assert whole["customer_loss"] == "120"
    assert whole["paid_to"] == {"insurance_fund": "30"}
    assert whole["equity_before_fees"] == "30"  # 100 + 20 - 90


def test_equity_before_fees_counts_what_was_moved() -> None:
    events = [{"type": "transfer", "amount": "20"}, forced("10", "95")]
    assert values_of(events=events)["equity_before_fees"] == "70"


def test_cash_of_a_coin_margined_scope_has_no_quote_balance() -> None:
    values = values_of(
        product="inverse", settle_asset="BTC", margin="5", events=[forced("10", "100")]
    )
    assert "quote_balance_after" not in values
    empty = values_of(qty="0", side=None, entry_price=None)
    assert empty["quote_balance_after"] == "100"


def test_quote_balance_without_an_entry_is_not_known() -> None:
    values = values_of(
        entry_price=None,
        bankruptcy_price="90",
        events=[{"type": "transfer", "amount": "5"}],
        policy={},
    )
    assert "quote_balance_after" not in values
