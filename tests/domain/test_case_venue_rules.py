"""Optional kinds: rules of single venues."""

from typing import Any

import pytest

from tests.domain.builders import refused_field, values_of

MULTIPLIERS: dict[str, Any] = {
    "asset_weight": "0.8",
    "liability_weight": "1.2",
    "asset_liquidation_multiplier": "1",
    "liability_liquidation_multiplier": "1",
}
SCALED = {
    "rule": "scaled_to_remaining",
    "liquidator_rate": "0.01",
    "max_rate": "0.01",
    "factor": "0.95",
}


def fee_rate(fee: dict[str, str], **keys: Any) -> dict[str, Any]:
    """The values of a fee rate."""
    policy = {"liquidation_fee": fee, **keys.pop("policy", {})}
    return values_of(kind="fee_rate", policy=policy, **keys)


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        ("policy.order_limit", {"kind": "order_limit_price"}),
        (
            "maintenance_margin_rate",
            {
                "kind": "order_limit_price",
                "mark_price": "95",
                "maintenance_margin_rate": "0",
                "policy": {
                    "order_limit": {
                        "bankruptcy_adjustment": "1",
                        "spread_to_maintenance_ratio": "1",
                    }
                },
            },
        ),
        ("policy.liquidation_fee.rule", {"kind": "fee_rate"}),
        (
            "qty",
            {
                "kind": "fee_rate",
                "qty": "0",
                "mark_price": "1",
                "maintenance_margin_rate": "0.1",
                "policy": {"liquidation_fee": SCALED},
            },
        ),
        (
            "liability_qty",
            {
                "kind": "fee_rate",
                "liability_qty": "0",
                "liability_price": "1",
                "policy": {"liquidation_fee": SCALED},
                **MULTIPLIERS,
            },
        ),
        (
            "liability_price",
            {"kind": "spot_transfer", "asset_price": "1", **MULTIPLIERS},
        ),
        (
            "liability_weight",
            {
                "kind": "spot_transfer",
                "margin_shortage": "1",
                "liability_price": "1",
                **MULTIPLIERS,
                "asset_weight": "2",
            },
        ),
        (
            "total_deposits",
            {
                "kind": "deposit_index_loss",
                "loss": "1",
                "total_deposits": "0",
                "deposit_index": "1",
            },
        ),
    ],
)
def test_rule_that_lacks_a_part_is_refused(field: str, keys: dict[str, Any]) -> None:
    assert refused_field(**keys) == field


@pytest.mark.parametrize(
    ("slots", "rate"), [("4", "0.01"), ("5", "0.015"), ("30", "0.03")]
)
def test_ramped_rate_grows_after_the_grace(slots: str, rate: str) -> None:
    fee = {
        "rule": "ramped",
        "rate": "0.01",
        "max_rate": "0.03",
        "increase_per_slot": "0.001",
        "grace_slots": "5",
    }
    answer = fee_rate(fee, slots_elapsed=slots)
    assert answer == {"liquidation_fee_rate": rate}


@pytest.mark.parametrize(
    ("shortage", "rate", "reduced"),
    [
        ("90", "0", "10"),
        ("30", "0.0095", "9.83606557377049180327868852"),
        ("3", "0.01", "1"),
        ("0", "0.01", "0"),
        ("-5", "0.01", "0"),
    ],
)
def test_scaled_rate_leaves_what_the_shortage_allows(
    shortage: str, rate: str, reduced: str
) -> None:
    # 0.95 x (5 % - 1 % - shortage / 1000), then shortage / (100 x what is freed).
    values = fee_rate(
        SCALED,
        mark_price="100",
        maintenance_margin_rate="0.02",
        margin_shortage=shortage,
        policy={
            "maintenance": {"buffer_rate": "0.03"},
            "reduction": {"step": {"type": "restore"}},
        },
    )
    assert values["insurance_fund_fee_rate"] == rate
    assert values["reduced_qty"].startswith(reduced)


def test_scaled_rate_may_be_told_of_a_fill() -> None:
    fill = {"type": "fill", "role": "liquidation", "qty": "2", "price": "100"}
    values = fee_rate(
        SCALED,
        mark_price="100",
        maintenance_margin_rate="0.05",
        events=[fill],
    )
    # Equity 100 against 50 needed: a shortage of -50, so the cap.
    assert values == {"insurance_fund_fee_rate": "0.01", "insurance_fund_delta": "2"}
    assert fee_rate(
        SCALED, mark_price="100", maintenance_margin_rate="0.05"
    ).keys() == {"insurance_fund_fee_rate"}


def test_costly_liquidator_leaves_nothing_to_restore_with() -> None:
    values = fee_rate(
        SCALED | {"liquidator_rate": "0.05"},
        mark_price="100",
        maintenance_margin_rate="0.05",
        margin_shortage="5",
        policy={"reduction": {"step": {"type": "restore"}}},
    )
    assert values["reduced_qty"] == "10"
    assert values["insurance_fund_delta"] == "0"


def test_spot_rate_is_what_the_liability_leaves() -> None:
    values = fee_rate(
        SCALED,
        margin_shortage="39.4",
        liability_qty="10",
        liability_price="10",
        **MULTIPLIERS,
    )
    # (100 x 0.4 - 39.4) / 120.
    assert values == {"insurance_fund_fee_rate": "0.005"}


def test_transfer_by_shortage_asset_or_liability() -> None:
    values = values_of(
        kind="spot_transfer", margin_shortage="8", liability_price="10", **MULTIPLIERS
    )
    assert values == {"liability_transfer": "2"}
    prices = {"asset_price": "20", "liability_price": "10"}
    values = values_of(kind="spot_transfer", asset_amount="3", **prices, **MULTIPLIERS)
    assert values == {"liability_transfer": "6"}
    for available, moved in (("9", "3"), ("1", "1")):
        values = values_of(
            kind="spot_transfer",
            liability_amount="6",
            asset_available=available,
            **prices,
            **MULTIPLIERS,
        )
        assert values == {"asset_transfer": moved}


def test_loss_beyond_the_fund_lowers_the_deposit_index() -> None:
    values = values_of(
        kind="deposit_index_loss",
        loss="30",
        insurance_fund="10",
        total_deposits="1000",
        deposit_index="1.5",
    )
    assert values["deficit"] == "20"
    assert values["index_decrease"] == "0.03"
    assert values["deposit_index_after"] == "1.47"
    assert values["deposits_after"] == "980"
    assert values["customer_debt_after"] == "0"


PARTIAL: dict[str, Any] = {
    "kind": "spot_partial_liquidation",
    "asset": {"symbol": "SOL", "qty": "10", "price": "100", "multiplier": "1.1"},
    "liability": {
        "symbol": "USDC",
        "qty": "900",
        "price": "1",
        "weight": "1.2",
        "multiplier": "1",
    },
    "liability_transfer": "500",
    "policy": {
        "liquidation_fee": {"rule": "in_price", "insurance_fund_rate": "0.01"},
        "maintenance": {"buffer_rate": "0.02"},
    },
}


def test_partial_transfer_leaves_asset_liability_and_requirement() -> None:
    values = values_of(**PARTIAL)
    assert values == {
        "asset_transfer": "5.5",
        "asset_after": "4.5",
        "insurance_fund_delta_in_liability_asset": "5",
        "liability_after": "405",
        "maintenance_requirement_after": "486",
        "requirement_with_buffer_after": "494.1",
    }


def test_partial_transfer_takes_at_most_the_asset_there_is() -> None:
    values = values_of(**(PARTIAL | {"liability_transfer": "1000", "policy": {}}))
    assert values["asset_transfer"] == "10"
    assert values["asset_after"] == "0"
    assert values["insurance_fund_delta_in_liability_asset"] == "0"


@pytest.mark.parametrize(
    ("side", "key"),
    [
        *(("asset", key) for key in ("qty", "price", "multiplier")),
        *(("liability", key) for key in ("qty", "price", "weight", "multiplier")),
    ],
)
def test_partial_transfer_that_lacks_a_part_is_refused(side: str, key: str) -> None:
    part = {name: text for name, text in PARTIAL[side].items() if name != key}
    assert refused_field(**(PARTIAL | {side: part})) == f"{side}.{key}"
