"""Planned fills in a scope with other positions: who comes first."""

from typing import Any

import pytest

from recovery.domain.cases.document import assess_case
from tests.domain.builders import case_of, refused_field, unsupported_key, values_of

OTHER: dict[str, Any] = {
    "symbol": "BTC",
    "side": "short",
    "qty": "2",
    "entry_price": "100",
    "mark_price": "95",
}
WHOLE = {"step": {"type": "whole_position"}}


def planned(other: dict[str, Any], **reduction: Any) -> dict[str, Any]:
    """A fill without a size, beside another position."""
    return case_of(
        kind="staged_reduction",
        symbol="BTC",
        mark_price="95",
        initial_margin_rate="0.1",
        other_positions=[OTHER | other],
        events=[{"type": "fill", "role": "liquidation", "price": "95", "stage": "1"}],
        policy={"margin_level": {}, "reduction": WHOLE | reduction},
    )


@pytest.mark.parametrize(
    ("answer", "other", "reduction"),
    [
        (
            "policy.reduction.order_of_positions largest_margin_first",
            {},
            {"order_of_positions": "largest_margin_first"},
        ),
        (
            "policy.reduction.order_of_positions largest_loss_first",
            {"side": "long", "qty": "10.1"},
            {"order_of_positions": "largest_loss_first"},
        ),
    ],
)
def test_position_that_is_not_first_is_not_planned(
    answer: str, other: dict[str, Any], reduction: dict[str, Any]
) -> None:
    assert unsupported_key(**planned(other, **reduction)) == answer


@pytest.mark.parametrize(
    ("other", "reduction"),
    [
        ({}, {}),
        ({"qty": "0"}, {"net_hedges": True}),
        ({"side": "long"}, {"net_hedges": True}),
        ({"symbol": "ETH"}, {"net_hedges": True}),
        ({"qty": "0"}, {"order_of_positions": "largest_margin_first"}),
        ({"side": "long"}, {"order_of_positions": "largest_loss_first"}),
        ({"side": "long", "qty": "10"}, {"order_of_positions": "largest_loss_first"}),
    ],
)
def test_first_position_is_planned(
    other: dict[str, Any], reduction: dict[str, Any]
) -> None:
    assert values_of(**planned(other, **reduction))["reduced_qty"] == "10"


@pytest.mark.parametrize(("rate", "is_first"), [("0.05", True), ("0.5", False)])
def test_largest_margin_is_told_by_maintenance_margin(
    rate: str, is_first: bool
) -> None:
    case = planned(
        {"maintenance_margin_rate": rate}, order_of_positions="largest_margin_first"
    ) | {"maintenance_margin_rate": "0.05"}
    if is_first:
        assert values_of(**case)["reduced_qty"] == "10"
    else:
        answer = "policy.reduction.order_of_positions largest_margin_first"
        assert unsupported_key(**case) == answer


def test_hedge_without_an_entry_is_refused() -> None:
    case = planned({"entry_price": None}, net_hedges=True)
    del case["other_positions"][0]["entry_price"]
    assert refused_field(**case) == "other_positions[0].entry_price"


@pytest.mark.parametrize(
    ("side", "other", "pnl"), [("long", "short", "8"), ("short", "long", "-8")]
)
def test_hedge_is_netted_before_the_first_step(side: str, other: str, pnl: str) -> None:
    step = {"type": "fraction", "fraction": "0.5", "then": "fraction"}
    hedge = {"side": other, "entry_price": "104"}
    case = planned(hedge, step=step, net_hedges=True) | {"side": side}
    fill = case["events"][0]
    case["events"] = [fill, fill | {"stage": "2"}]
    values = values_of(**case)
    # 2 against 2 first, of 10; then half of 8 and half of 4, each at 95.
    assert values["reduced_qty_per_stage"] == ["6", "2"]
    assert values["remaining_qty"] == "2"
    lines = [line["amount"] for line in assess_case(case)["lines"]]
    assert lines[1] == pnl


def test_hedge_that_is_the_whole_position_leaves_nothing_to_reduce() -> None:
    values = values_of(**planned({"qty": "12"}, net_hedges=True))
    assert values["remaining_qty"] == "0"
    # What is left of the hedge still shows a result: 2 of the short, from 100 to 95.
    assert values["equity_after"] == "110"


def test_tiers_at_the_entry_need_the_entry_even_of_sizes_only() -> None:
    case = case_of(
        kind="staged_reduction",
        entry_price=None,
        margin=None,
        events=[{"type": "fill", "role": "liquidation"}],
        policy={
            "maintenance": {"basis": "entry", "tiers": [{"lower": "0"}]},
            "reduction": {"step": {"type": "tiers_down", "tiers": "1"}},
        },
    )
    absent = {"entry_price": None, "margin": None}
    assert refused_field(**(case | absent)) == "entry_price"


def test_level_over_a_fixed_fee_needs_the_amount() -> None:
    policy = {
        "margin_level": {"convention": "equity_over_liquidation_fee"},
        "liquidation_fee": {"rule": "fixed"},
    }
    field = refused_field(kind="margin_level", equity="5", policy=policy)
    assert field == "policy.liquidation_fee.amount"
