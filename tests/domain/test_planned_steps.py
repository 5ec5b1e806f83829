"""Steps that time, a range of sizes, the fund or maintenance margin limit.

The usual case: long 10 at 100, used margin 10 per contract.
"""

import os
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.builders import case_of, refused_field, unsupported_key, values_of

LEVEL = {"trigger": "0.5"}
RAMP = {"type": "time_ramp", "initial_fraction": "0.25", "duration_seconds": "100"}
RANGE = {"type": "lots", "min_qty": "1", "max_qty": "4"}
MAINTENANCE = {"convention": "equity_over_maintenance", "trigger": "1"}


def at(seconds: int, **keys: Any) -> dict[str, Any]:
    """A planned fill or a mark, so many seconds into the minute."""
    time = f"2026-10-10T12:0{seconds // 60}:{seconds % 60:02d}Z"
    return {"time": time, **keys}


def forced(stage: int, price: str = "92", **keys: Any) -> dict[str, Any]:
    """A planned forced fill."""
    fill = {"type": "fill", "role": "liquidation", "price": price}
    return {**fill, "stage": str(stage), **keys}


def planned(step: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """A case of planned fills by one kind of step."""
    policy: dict[str, Any] = keys.pop("policy", {})
    reduction = {"step": step, **keys.pop("reduction", {"target": "0.5"})}
    base: dict[str, Any] = {
        "kind": "staged_reduction",
        "mark_price": "92",
        "initial_margin_rate": "0.1",
        "events": [forced(1), forced(2)],
    }
    policy = {"margin_level": LEVEL, "reduction": reduction, **policy}
    return case_of(**(base | keys), policy=policy)


def sizes(case: dict[str, Any]) -> list[str]:
    """What each stage closes."""
    found: list[str] = values_of(**case)["reduced_qty_per_stage"]
    return found


# --- a share that grows with time -----------------------------------------------


@pytest.mark.parametrize(
    ("field", "step", "events"),
    [
        ("events[1].time", RAMP, [forced(1), forced(2)]),
        ("events[1].time", RAMP, [at(0, type="mark", price="92"), forced(1)]),
        (
            "policy.reduction.step.duration_seconds",
            {"type": "time_ramp"},
            [forced(1, time="2026-10-10T12:00:00Z"), at(1, **forced(2))],
        ),
    ],
)
def test_ramp_without_a_time_is_refused(
    field: str, step: dict[str, Any], events: list[dict[str, Any]]
) -> None:
    assert refused_field(**planned(step, events=events)) == field


def test_share_of_the_shortage_grows_with_the_time_elapsed() -> None:
    events = [
        at(0, type="mark", price="92"),
        at(0, **forced(1)),
        at(25, **forced(2)),
        at(120, **forced(3)),
    ]
    # 0.25 of (50 - 20) / 5, then 0.5 of 22.5 / 5, then all of 11.25 / 5.
    assert sizes(planned(RAMP, events=events)) == ["1.5", "2.25", "2.25"]


def test_first_step_of_a_ramp_is_its_initial_share() -> None:
    assert sizes(planned(RAMP, events=[forced(1)])) == ["1.5"]


@pytest.mark.parametrize(("below", "size"), [("920.01", "10"), ("920", "1.5")])
def test_small_position_is_closed_at_once(below: str, size: str) -> None:
    step = RAMP | {"all_below_notional": below}
    assert sizes(planned(step, events=[forced(1)])) == [size]


@pytest.mark.parametrize(("below", "size"), [("951", "10"), ("950", "1.5")])
def test_size_of_a_ramp_is_that_of_its_first_step(below: str, size: str) -> None:
    values = values_of(
        kind="reduction_size",
        equity="20",
        mark_price="95",
        used_margin_per_unit="5",
        policy={
            "reduction": {"step": RAMP | {"all_below_notional": below}, "target": "1"}
        },
    )
    assert values["reduced_qty"] == size


# --- lots of a choice of sizes --------------------------------------------------


def test_least_lot_above_the_most_is_refused() -> None:
    step = RANGE | {"min_qty": "5"}
    field = "policy.reduction.step.max_qty"
    assert refused_field(**planned(step)) == field


@pytest.mark.parametrize(
    ("least", "expected"),
    [("1", ["4", "2"]), ("3", ["4", "3"]), ("4", ["4", "4"])],
)
def test_lot_restores_the_level_within_its_sizes(
    least: str, expected: list[str]
) -> None:
    # 6 restore; after 4 of them 2.
    assert sizes(planned(RANGE | {"min_qty": least})) == expected


def test_size_of_a_lot_restores_within_its_sizes() -> None:
    policy = {"reduction": {"step": RANGE, "target": "1"}}
    keys = {"equity": "35", "used_margin_per_unit": "5"}
    values = values_of(kind="reduction_size", policy=policy, **keys)
    assert values["reduced_qty"] == "3"


# --- what a step may cost the fund ----------------------------------------------


@pytest.mark.parametrize(
    ("price", "allowed", "size"),
    [("88", "5", "2.5"), ("88", "20", "10"), ("95", "0", "10"), ("88", "0", "0")],
)
def test_step_costs_the_fund_no_more_than_allowed(
    price: str, allowed: str, size: str
) -> None:
    step = {"type": "notional_cap", "max_insurance_loss": allowed}
    # The equity at the mark of 88 is -20: 2 a contract.
    case = planned(step, mark_price="88", events=[forced(1, price)])
    assert sizes(case) == [size]


def test_loss_of_the_fund_among_tiers_is_not_modelled() -> None:
    step = {"type": "notional_cap", "max_insurance_loss": "5"}
    tiers = [{"lower": "0", "rate": "0.01"}, {"lower": "500", "rate": "0.02"}]
    policy = {"maintenance": {"tiers": tiers}}
    fills = [forced(1, "88")]
    case = planned(step, mark_price="88", policy=policy, events=fills)
    answer = unsupported_key(**case)
    assert answer == "policy.reduction.step.max_insurance_loss among tiers"


# --- a level of maintenance margin ----------------------------------------------


def restored(**keys: Any) -> dict[str, Any]:
    """A step that restores maintenance margin; mark 100, equity 20, rate 5 %."""
    policy = {"margin_level": MAINTENANCE, **keys.pop("policy", {})}
    base: dict[str, Any] = {
        "mark_price": "100",
        "margin": "20",
        "maintenance_margin_rate": "0.05",
        "events": [forced(1, "100")],
        "reduction": {},
    }
    return planned({"type": "restore"}, **(base | keys), policy=policy)


@pytest.mark.parametrize(
    ("policy", "size"),
    [
        ({}, "6"),
        ({"trading_fee_rate": "0.01"}, "7.5"),
        (
            {
                "trading_fee_rate": "0.01",
                "liquidation_fee": {"rule": "rate_of_notional", "rate": "0.01"},
            },
            "10",
        ),
        (
            {
                "liquidation_fee": {
                    "rule": "in_price",
                    "liquidator_rate": "0.005",
                    "insurance_fund_rate": "0.005",
                }
            },
            "7.5",
        ),
        ({"trading_fee_rate": "0.06"}, "10"),
        ({"maintenance": {"buffer_rate": "0.05"}}, "8"),
        (
            {
                "margin_level": {
                    "convention": "maintenance_over_equity",
                    "trigger": "0.5",
                    "comparison": ">=",
                }
            },
            "8",
        ),
    ],
)
def test_restored_maintenance_margin_counts_every_fee(
    policy: dict[str, Any], size: str
) -> None:
    assert sizes(restored(policy=policy)) == [size]


@pytest.mark.parametrize("margin", ["50", "60"])
def test_nothing_is_closed_where_the_maintenance_margin_is_there(margin: str) -> None:
    assert sizes(restored(margin=margin)) == ["0"]


@pytest.mark.parametrize(
    ("mode", "unit", "margin", "size"),
    [
        ("marginal", "notional", "20", "3"),
        ("marginal", "notional", "10", "5"),
        ("marginal", "notional", "8", "6"),
        ("marginal", "qty", "20", "3"),
        ("marginal", "qty", "8", "6"),
        ("flat", "notional", "20", "5"),
        ("flat", "notional", "30", "4"),
        ("flat", "qty", "8", "6"),
        ("flat", "qty", "0", "10"),
    ],
)
def test_margin_per_contract_changes_from_tier_to_tier(
    mode: str, unit: str, margin: str, size: str
) -> None:
    bound = "500" if unit == "notional" else "5"
    tiers = [{"lower": "0", "rate": "0.02"}, {"lower": bound, "rate": "0.05"}]
    maintenance = {"mode": mode, "tier_unit": unit, "tiers": tiers}
    case = restored(margin=margin, policy={"maintenance": maintenance})
    assert sizes(case) == [size]


def test_other_positions_need_their_maintenance_margin_too() -> None:
    other = {
        "side": "long",
        "qty": "1",
        "entry_price": "100",
        "mark_price": "100",
        "maintenance_margin_rate": "0.05",
    }
    # 20 less 5 for the other one: 3 of 10 stay.
    assert sizes(restored(other_positions=[other])) == ["7"]


def test_other_positions_need_their_used_margin_too() -> None:
    other = {"side": "long", "qty": "1", "entry_price": "50", "mark_price": "50"}
    case = planned({"type": "restore"}, other_positions=[other], events=[forced(1)])
    # (0.5 x (100 + 5) - 20) / 5
    assert sizes(case) == ["6.5"]


def test_trigger_of_nothing_has_no_reciprocal() -> None:
    level = {"convention": "maintenance_over_equity", "trigger": "0"}
    field = refused_field(**restored(policy={"margin_level": level}))
    assert field == "policy.margin_level.trigger"


def test_given_size_of_maintenance_margin_is_restored_to_the_trigger() -> None:
    values = values_of(
        kind="reduction_size",
        equity="20",
        used_margin_per_unit="5",
        policy={
            "margin_level": MAINTENANCE,
            "reduction": {"step": {"type": "restore"}, "stop_rule": "at_threshold"},
        },
    )
    assert values["reduced_qty"] == "6"


# --- what every restoring size does ----------------------------------------------


@settings(max_examples=int(os.environ.get("PROPERTY_EXAMPLES", "100")), deadline=None)
@given(
    margin=st.decimals("0.1", "80", places=1),
    mode=st.sampled_from(["marginal", "flat"]),
    unit=st.sampled_from(["notional", "qty"]),
    fee=st.sampled_from(["0", "0.0005", "0.01"]),
)
def test_restored_maintenance_margin_is_there_and_not_exceeded(
    margin: Decimal, mode: str, unit: str, fee: str
) -> None:
    bounds = ("300", "600") if unit == "notional" else ("3", "6")
    rates = ("0.02", "0.05", "0.08")
    tiers = [
        {"lower": lower, "rate": rate}
        for lower, rate in zip(("0", *bounds), rates, strict=True)
    ]
    maintenance = {"mode": mode, "tier_unit": unit, "tiers": tiers}
    policy = {"maintenance": maintenance, "trading_fee_rate": fee}
    case = restored(margin=str(margin), policy=policy)
    values = values_of(**case)
    left, equity = Decimal(values["remaining_qty"]), Decimal(values["equity_after"])
    if not left:
        return
    level = {
        "kind": "margin_level",
        "qty": f"{left:f}",
        "margin": f"{equity:f}",
        "entry_price": "100",
        "mark_price": "100",
    }
    found = values_of(**(case | level | {"events": None}))
    ratio = Decimal(found["margin_level"])
    assert ratio >= 1 - Decimal("1e-20")
    is_reduced = Decimal(values["reduced_qty"]) > 0
    lies_inside = left * 100 not in (Decimal(300), Decimal(600))
    if is_reduced and lies_inside:
        assert ratio <= 1 + Decimal("1e-20")
