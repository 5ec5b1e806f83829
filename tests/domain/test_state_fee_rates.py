"""Liquidation fees whose rate, or whose being due at all, depends on the state."""

from typing import Any

import pytest

from tests.domain.builders import forced, refused_field, values_of

SCALED = {
    "rule": "scaled_to_remaining",
    "liquidator_rate": "0.01",
    "max_rate": "0.02",
    "factor": "0.95",
    "base": "mark_notional",
    "in_addition_to_taker": False,
}
# Worked example 10 of the model, closed as a whole.
SCALED_CASE: dict[str, Any] = {
    "qty": "2",
    "margin": None,
    "entry_price": None,
    "quote_balance": "-195",
    "mark_price": "100",
    "maintenance_margin_rate": "0.05",
}
RAMPED = {
    "rule": "ramped",
    "rate": "0.001",
    "max_rate": "0.01",
    "increase_per_slot": "0.001",
    "grace_slots": "5",
}


@pytest.mark.parametrize(
    ("field", "fee"),
    [
        ("slots_elapsed", RAMPED),
        ("mark_price", SCALED),
        ("policy.liquidation_fee.factor", {"rule": "scaled_to_remaining"}),
    ],
)
def test_rate_that_lacks_a_part_is_refused(field: str, fee: dict[str, Any]) -> None:
    keys: dict[str, Any] = {"maintenance_margin_rate": "0.05"}
    if field != "mark_price":
        keys["mark_price"] = "100"
    policy = {"liquidation_fee": fee}
    assert refused_field(events=[forced("10", "95")], policy=policy, **keys) == field


@pytest.mark.parametrize(
    ("highest", "fills", "fee", "residual"),
    [
        ("0.01", [forced("2", "99")], "2", "1"),
        # 0.95 x (0.07 - 0.01 - 9 / 200) of 200
        ("0.02", [forced("2", "99")], "2.85", "0.15"),
        # Before the last fill 0.95 x (0.07 - 0.01 - 3 / 100), at most 0.02.
        ("0.02", [forced("1", "99"), forced("1", "99")], "4", "0"),
    ],
)
def test_scaled_fee_is_taken_once_by_the_state_before_the_last_fill(
    highest: str, fills: list[dict[str, Any]], fee: str, residual: str
) -> None:
    scaled = SCALED | {"max_rate": highest}
    policy = {"liquidation_fee": scaled, "maintenance": {"buffer_rate": "0.02"}}
    values = values_of(events=fills, policy=policy, **SCALED_CASE)
    assert values["liquidation_fee"] == fee
    assert values["residual"] == residual


def test_scaled_fee_of_each_fill_follows_its_own_state() -> None:
    policy = {
        "settle_per": "fill",
        "liquidation_fee": SCALED,
        "maintenance": {"buffer_rate": "0.02"},
    }
    fills = [forced("1", "99"), forced("1", "99")]
    values = values_of(events=fills, policy=policy, **SCALED_CASE)
    # 1.425 of 1.5; then 0.95 x (0.06 - (7 - 2.575) / 100) of 100, of 1.575.
    assert values["insurance_fund_delta_per_fill"] == ["1.425", "1.49625"]
    assert values["residual"] == "0.07875"


def test_scaled_fee_of_nothing_open_is_nothing() -> None:
    values = values_of(
        kind="settlement",
        qty="0",
        side=None,
        mark_price="100",
        events=[{"type": "fill", "role": "liquidation", "side": "buy", **ONE}],
        policy={"liquidation_fee": SCALED},
    )
    assert values["liquidation_fee"] == "0"


ONE = {"qty": "1", "price": "100"}


@pytest.mark.parametrize(
    ("slots", "fee"), [("4", "0.95"), ("7", "7.6"), ("9", "9.5"), ("90", "9.5")]
)
def test_ramped_fee_grows_with_the_slots(slots: str, fee: str) -> None:
    policy = {"liquidation_fee": RAMPED}
    values = values_of(events=[forced("10", "95")], policy=policy, slots_elapsed=slots)
    assert values["liquidation_fee"] == fee


@pytest.mark.parametrize(
    ("amount", "fee", "residual", "paid"),
    [
        ("10", "0", "10", {"customer": "10"}),
        ("15", "10", "0", {"liquidator": "10", "customer": "0"}),
    ],
)
def test_insolvent_fee_of_a_fill_is_at_most_what_the_fill_left(
    amount: str, fee: str, residual: str, paid: dict[str, str]
) -> None:
    policy = {
        "settle_per": "fill",
        "liquidation_fee": {
            "rule": "fixed",
            "amount": amount,
            "condition": "insolvent_only",
            "to": "liquidator",
        },
    }
    values = values_of(mark_price="92", events=[forced("10", "91")], policy=policy)
    assert values["liquidation_fee"] == fee
    assert values["residual"] == residual
    assert values["paid_to"] == paid
