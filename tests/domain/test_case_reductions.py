"""Reduction steps: sizes asked for by themselves and planned in a replay."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.money import exact
from recovery.domain.reduction import restore_qty
from tests.domain.builders import refused_field, unsupported_key, values_of

TIERS = [{"lower": "0"}, {"lower": "2"}, {"lower": "5"}, {"lower": "8"}]
BY_QTY = {"tiers": TIERS, "tier_unit": "qty"}
LEVEL = {"convention": "equity_over_used", "trigger": "0.5", "comparison": "<="}


def size(step: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """The values of one step."""
    policy = {"reduction": {"step": step, **keys.pop("reduction", {})}}
    policy |= keys.pop("policy", {})
    return values_of(kind="reduction_size", policy=policy, **keys)


def planned(step: dict[str, Any], fills: int = 1, **keys: Any) -> dict[str, Any]:
    """The values of a replay whose fills state no size."""
    policy = {"reduction": {"step": step, **keys.pop("reduction", {})}}
    policy |= keys.pop("policy", {})
    fill = {"type": "fill", "role": "liquidation", "price": keys.pop("price", "95")}
    events = [fill | {"stage": str(number + 1)} for number in range(fills)]
    base: dict[str, Any] = {"mark_price": "95", "events": events}
    return values_of(kind="staged_reduction", policy=policy, **(base | keys))


@pytest.mark.parametrize(
    ("field", "step", "keys"),
    [
        ("policy.reduction.step.fraction", {"type": "fraction"}, {}),
        (
            "mark_price",
            {"type": "fraction", "fraction": "0.5", "above_notional": "5"},
            {},
        ),
        ("policy.maintenance.tiers", {"type": "tiers_down", "tiers": "1"}, {}),
        (
            "policy.reduction.step.tiers",
            {"type": "tiers_down"},
            {"maintenance": BY_QTY},
        ),
        ("policy.reduction.step.tier", {"type": "to_tier"}, {"maintenance": BY_QTY}),
        (
            "policy.reduction.step.tier",
            {"type": "to_tier", "tier": "9"},
            {"maintenance": BY_QTY},
        ),
        (
            "mark_price",
            {"type": "to_tier", "tier": "1"},
            {"maintenance": {"tiers": TIERS}},
        ),
        ("policy.reduction.step.max_qty", {"type": "lots"}, {}),
        ("used_margin_per_unit", {"type": "restore"}, {}),
        ("mark_price", {"type": "notional_cap"}, {}),
    ],
)
def test_step_that_lacks_a_part_is_refused(
    field: str, step: dict[str, Any], keys: dict[str, Any]
) -> None:
    policy = {"reduction": {"step": step, "target": "1"}, **keys}
    assert refused_field(kind="reduction_size", policy=policy) == field


@pytest.mark.parametrize(
    ("field", "policy"),
    [
        ("policy.reduction", {}),
        ("policy.reduction.step", {"reduction": {}}),
        (
            "policy.reduction.target",
            {"reduction": {"step": {"type": "restore"}, "stop_rule": "at_target"}},
        ),
    ],
)
def test_reduction_that_is_not_there_is_refused(
    field: str, policy: dict[str, Any]
) -> None:
    keys = {"equity": "5", "used_margin_per_unit": "5", "policy": policy}
    assert refused_field(kind="reduction_size", **keys) == field


@pytest.mark.parametrize(
    ("answer", "step"),
    [
        (
            "policy.reduction.step.max_insurance_loss 5",
            {"type": "notional_cap", "max_insurance_loss": "5"},
        ),
    ],
)
def test_step_not_modelled_is_named(answer: str, step: dict[str, Any]) -> None:
    policy = {"reduction": {"step": step}}
    keys: dict[str, Any] = {"mark_price": "95", "policy": policy}
    assert unsupported_key(kind="reduction_size", **keys) == answer


@pytest.mark.parametrize(
    ("step", "reduced"),
    [
        ({"type": "fraction", "fraction": "0.2"}, "2"),
        ({"type": "fraction", "fraction": "0.2", "above_notional": "949"}, "2"),
        ({"type": "fraction", "fraction": "0.2", "above_notional": "950"}, "10"),
        ({"type": "tiers_down", "tiers": "1"}, "2"),
        ({"type": "tiers_down", "tiers": "2"}, "5"),
        ({"type": "tiers_down", "tiers": "4"}, "10"),
        ({"type": "to_tier", "tier": "1"}, "8"),
        ({"type": "to_tier", "tier": "4"}, "0"),
        ({"type": "lots", "max_qty": "3"}, "3"),
        ({"type": "lots", "min_qty": "30"}, "10"),
        ({"type": "lots", "min_qty": "4", "max_qty": "4"}, "4"),
        ({"type": "whole_position"}, "10"),
        ({"type": "none"}, "0"),
        ({"type": "notional_cap", "max_portion": "0.3"}, "3"),
        ({"type": "notional_cap", "max_notional": "95"}, "1"),
        ({"type": "notional_cap"}, "10"),
    ],
)
def test_step_closes_what_its_rule_says(step: dict[str, Any], reduced: str) -> None:
    keys: dict[str, Any] = {"policy": {"maintenance": BY_QTY}, "mark_price": "95"}
    values = size(step, **keys)
    assert values["reduced_qty"] == reduced
    # A plan of the same state closes the same.
    assert planned(step, **keys)["reduced_qty_per_stage"] == [reduced]


@pytest.mark.parametrize(("basis", "reduced"), [("mark", "5"), ("entry", "5.5")])
def test_bounds_in_value_are_met_at_the_basis(basis: str, reduced: str) -> None:
    tiers = [{"lower": "0", "upper": "450"}, {"lower": "450"}]
    step = {"type": "to_tier", "tier": "1"}
    keys: dict[str, Any] = {
        "policy": {"maintenance": {"tiers": tiers, "basis": basis}},
        "mark_price": "90",
    }
    assert size(step, **keys)["reduced_qty"] == reduced
    assert planned(step, **keys)["reduced_qty_per_stage"] == [reduced]


def test_restored_level_needs_no_step_and_costly_ones_take_everything() -> None:
    keys: dict[str, Any] = {"used_margin_per_unit": "10", "reduction": {"target": "1"}}
    assert size({"type": "restore"}, equity="100", **keys)["reduced_qty"] == "0"
    keys["reduction"] = {"target": "1"}
    values = size({"type": "restore"}, equity="99", fee_per_unit="10", **keys)
    assert values == {"reduced_qty": "10", "remaining_qty": "0"}
    keys["reduction"] = {"target": "1"}
    values = size({"type": "restore"}, equity="50", slippage_per_unit="5", **keys)
    assert values["reduced_qty"] == "10"


def test_trigger_is_the_target_where_the_reduction_stops_there() -> None:
    keys: dict[str, Any] = {
        "equity": "40",
        "used_margin_per_unit": "10",
        "policy": {"margin_level": LEVEL},
    }
    assert size({"type": "restore"}, **keys)["reduced_qty"] == "2"


@pytest.mark.parametrize(
    ("shortage", "liquidator", "reduced"),
    [("9", "0.01", "1.5"), ("0", "0.01", "0"), ("9", "0.09", "10")],
)
def test_shortage_is_made_up_by_what_closing_frees(
    shortage: str, liquidator: str, reduced: str
) -> None:
    fee = {
        "rule": "in_price",
        "liquidator_rate": liquidator,
        "insurance_fund_rate": "0.01",
    }
    values = size(
        {"type": "restore"},
        margin_shortage=shortage,
        mark_price="100",
        maintenance_margin_rate="0.06",
        policy={"liquidation_fee": fee, "maintenance": {"buffer_rate": "0.02"}},
    )
    assert values["reduced_qty"] == reduced


def test_sizes_are_rounded_up_to_the_step_and_never_beyond_the_position() -> None:
    step = {"type": "fraction", "fraction": "0.33"}
    assert size(step, reduction={"size_step": "0.5"})["reduced_qty"] == "3.5"
    assert size(step, reduction={"size_step": "20"})["reduced_qty"] == "10"


def test_limits_belong_to_a_notional_cap_only() -> None:
    policy = {"reduction": {"step": {"type": "none"}}}
    field = refused_field(kind="reduction_limit", mark_price="1", policy=policy)
    assert field == "policy.reduction.step.type"


@pytest.mark.parametrize(
    ("step", "lowest", "highest"),
    [
        ({"min_notional": "100", "max_portion": "0.5"}, "100", "475"),
        ({"min_notional": "2000", "max_portion": "0.5"}, "950", "950"),
        ({"min_notional": "600", "max_portion": "0.5"}, "600", "600"),
        ({"max_portion": "0.5", "max_notional": "50"}, "0", "50"),
    ],
)
def test_limits_of_one_step(step: dict[str, str], lowest: str, highest: str) -> None:
    policy = {"reduction": {"step": {"type": "notional_cap"} | step}}
    values = values_of(kind="reduction_limit", mark_price="95", policy=policy)
    assert values["min_notional_liquidatable"] == lowest
    assert values["max_notional_liquidatable"] == highest


# --- planned in a replay -------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        ("policy.reduction", {"policy": {}}),
        ("policy.reduction", {"policy": {"reduction": {}}}),
        ("initial_margin_rate", {"initial_margin_rate": None}),
        (
            "policy.margin_level",
            {"policy": {"reduction": {"target": "1", "step": {"type": "restore"}}}},
        ),
        (
            "policy.reduction.target",
            {
                "policy": {
                    "margin_level": LEVEL,
                    "reduction": {
                        "stop_rule": "at_target",
                        "step": {"type": "restore"},
                    },
                }
            },
        ),
        ("mark_price", {"mark_price": None}),
    ],
)
def test_planned_fill_that_lacks_a_part_is_refused(
    field: str, keys: dict[str, Any]
) -> None:
    policy = {
        "margin_level": LEVEL,
        "reduction": {"target": "1", "step": {"type": "restore"}},
    }
    fill = {"type": "fill", "role": "liquidation", "price": "95"}
    base = {
        "kind": "staged_reduction",
        "events": [fill],
        "mark_price": "95",
        "initial_margin_rate": "0.1",
        "policy": policy,
    }
    assert refused_field(**(base | keys)) == field


def test_plan_restores_the_level_at_the_mark() -> None:
    # Mark 95: equity 50; 10 released per contract at the entry, fee 0.095.
    values = planned(
        {"type": "restore"},
        initial_margin_rate="0.1",
        policy={"margin_level": LEVEL, "trading_fee_rate": "0.001"},
        reduction={"target": "1", "size_step": "0.1"},
    )
    assert values["reduced_qty_per_stage"] == ["5.1"]
    assert values["equity_per_stage"] == ["49.5155"]


def test_used_margin_at_the_mark_releases_less() -> None:
    level = LEVEL | {"used_basis": "mark"}
    values = planned(
        {"type": "restore"},
        initial_margin_rate="0.1",
        policy={"margin_level": level},
        reduction={"stop_rule": "at_threshold"},
    )
    # 0.5 x 9.5 per contract against an equity of 50: above the trigger already.
    assert values["reduced_qty_per_stage"] == ["0"]
    assert values["remaining_qty"] == "10"


def test_fraction_is_followed_by_the_whole_position() -> None:
    values = planned({"type": "fraction", "fraction": "0.2"}, fills=2)
    assert values["reduced_qty_per_stage"] == ["2", "8"]


@pytest.mark.parametrize(("then", "second"), [("fraction", "1.6"), ("none", "0")])
def test_fraction_may_say_what_follows(then: str, second: str) -> None:
    step = {"type": "fraction", "fraction": "0.2", "then": then}
    assert planned(step, fills=2)["reduced_qty_per_stage"] == ["2", second]


def test_any_step_may_follow_a_fraction() -> None:
    step = {"type": "fraction", "fraction": "0.2", "then": "lots", "max_qty": "3"}
    assert planned(step, fills=3)["reduced_qty_per_stage"] == ["2", "3", "3"]


def test_notional_cap_may_be_measured_at_the_fill() -> None:
    step = {"type": "notional_cap", "max_notional": "90", "notional_basis": "fill"}
    assert planned(step, price="90")["reduced_qty_per_stage"] == ["1"]


def test_sizes_only_need_no_money() -> None:
    fills = [
        {"type": "fill", "role": "liquidation", "qty": "3", "stage": "1"},
        {"type": "fill", "role": "assignment", "qty": "4", "stage": "1"},
        {"type": "fill", "role": "liquidation", "stage": "2"},
    ]
    values = values_of(
        kind="staged_reduction",
        entry_price=None,
        margin=None,
        events=fills,
        policy={"reduction": {"step": {"type": "whole_position"}}},
    )
    assert values == {
        "remaining_qty": "0",
        "reduced_qty": "10",
        "assigned_qty": "4",
        "reduced_qty_per_stage": ["7", "3"],
        "remaining_qty_per_stage": ["3", "0"],
    }


def test_stages_need_marks_for_their_equity() -> None:
    fill = {"type": "fill", "role": "liquidation", "qty": "5", "price": "95"}
    values = values_of(
        kind="staged_reduction",
        events=[fill | {"stage": "1"}, {"type": "transfer", "amount": "1"}],
    )
    assert values["cumulative_pnl_per_stage"] == ["-25"]
    assert values["wallet_balance_per_stage"] == ["75"]
    assert "equity_per_stage" not in values


def test_stages_of_a_stated_takeover_have_no_result_against_an_unknown_entry() -> None:
    fill = {"type": "fill", "role": "liquidation", "qty": "10", "price": "95"}
    values = values_of(
        kind="staged_reduction",
        entry_price=None,
        margin=None,
        bankruptcy_price="90",
        events=[fill | {"stage": "1"}],
        policy={"takeover_at_bankruptcy": True},
    )
    assert "cumulative_pnl_per_stage" not in values
    assert values["insurance_fund_delta"] == "50"


positive = st.decimals(Decimal("0.01"), Decimal(1000), places=2)


@given(positive, positive, positive, st.decimals(Decimal(0), Decimal(5), places=3))
def test_restoring_size_brings_the_level_back(
    qty: Decimal, used: Decimal, equity: Decimal, cost: Decimal
) -> None:
    with exact():
        size = restore_qty(
            target=Decimal(1),
            used_margin_per_unit=used,
            cost_per_unit=cost,
            equity=equity,
            qty=qty,
        )
        closed = min(size, qty)
        after = equity - cost * closed
        needed = used * (qty - closed)
        assert after - needed > Decimal("-1e-40") or closed == qty
