"""Planned fills in a scope with other positions: who comes first."""

from typing import Any

import pytest

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
        ("policy.reduction.net_hedges true", {}, {"net_hedges": True}),
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


def test_hedge_of_a_short_is_a_long() -> None:
    case = planned({"side": "long"}, net_hedges=True) | {"side": "short"}
    assert unsupported_key(**case) == "policy.reduction.net_hedges true"


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
