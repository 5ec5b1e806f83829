"""What a case is refused for, with the exact path of the offending value."""

from typing import Any

import pytest

from recovery.domain.cases.document import assess_case
from tests.domain.builders import case_of, forced, refused_field, unsupported_key

SCHEDULE = [{"valid_from": "2024-06-01T00:00:00Z", "rate": "0.0005"}]


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        ("kind", {"kind": None}),
        ("kind", {"kind": "settlment"}),
        ("product", {"product": None}),
        ("product", {"product": "quanto"}),
        ("policy", {"policy": None}),
        ("policy", {"policy": []}),
        ("margin_mode", {"margin_mode": "both"}),
        ("side", {"side": "up"}),
        ("side", {"side": None}),
        ("qty", {"qty": None}),
        ("qty", {"qty": "-1"}),
        ("qty", {"qty": 1}),
        ("qty", {"qty": "1e3"}),
        ("qty", {"qty": "+1"}),
        ("qty", {"qty": "01"}),
        ("qty", {"qty": "1,000"}),
        ("qty", {"qty": "\u0661"}),
        ("qty", {"qty": "1."}),
        ("qty", {"qty": "1" * 121}),
        ("qty", {"qty": None, "policy": {}}),
        ("entry_price", {"entry_price": None}),
        ("entry_price", {"entry_price": "0"}),
        ("entry_price", {"entry_price": "-5"}),
        ("contract_size", {"contract_size": "0"}),
        ("mark_price", {"mark_price": "-1"}),
        ("margin", {"margin": None}),
        ("margin", {"margin": "NaN"}),
        ("leverage", {"leverage": "0"}),
        ("leverage", {"margin": None, "available_balance": "5"}),
        ("notional", {"notional": "999"}),
        ("entry_price", {"qty": None, "notional": "100", "entry_price": None}),
        ("quote_balance", {"quote_balance": "5"}),
        (
            "quote_balance",
            {"quote_balance": "5", "product": "inverse", "margin": None},
        ),
        (
            "mark_price",
            {"quote_balance": "5", "margin": None, "entry_price": None},
        ),
        ("settle_asset", {"settle_asset": ""}),
        ("margn", {"margn": "100"}),
        ("events", {"events": None}),
        ("events", {"events": {}}),
        ("events[0]", {"events": ["fill"]}),
        ("events[0].type", {"events": [{}]}),
        ("events[0].type", {"events": [{"type": "split"}]}),
        ("events[0].price", {"events": [{"type": "mark"}]}),
        ("events[0].price", {"events": [forced("10", "0")]}),
        ("events[0].price", {"events": [{"type": "fill", "qty": "10"}]}),
        ("events[0].qty", {"events": [forced("-10", "90")]}),
        ("events[0].qty", {"events": [{"type": "fill", "price": "90"}]}),
        ("events[0].notional", {"events": [forced("1", "90", notional="9")]}),
        ("events[0].side", {"events": [forced("1", "90", side="long")]}),
        ("events[0].role", {"events": [forced("1", "90", role="forced")]}),
        ("events[0].tyme", {"events": [forced("1", "90", tyme="now")]}),
        ("events[0].time", {"events": [forced("1", "90", time="2024-06-01")]}),
        (
            "events[0].time",
            {"events": [forced("1", "90", time="2024-02-30T00:00:00Z")]},
        ),
        ("events[1].side", {"events": [forced("10", "90"), forced("1", "90")]}),
        ("events[0].amount", {"events": [{"type": "transfer"}]}),
        ("events[0].amount", {"events": [{"type": "funding"}]}),
        (
            "events[0].reference_price",
            {"events": [{"type": "funding", "rate": "0.01"}]},
        ),
        ("events[0].fee.asset", {"events": [forced("1", "90", fee={})]}),
        (
            "events[0].fee.price",
            {"events": [forced("1", "90", fee={"asset": "BNB", "rate": "0.1"})]},
        ),
        (
            "events[0].fee.amount",
            {"events": [forced("1", "90", fee={"asset": "USDT"})]},
        ),
        (
            "events[1].type",
            {"events": [forced("10", "95"), {"type": "takeover"}]},
        ),
        (
            "events[1].qty",
            {"events": [{"type": "takeover"}, forced("11", "95")]},
        ),
        (
            "events[1].price",
            {
                "events": [
                    {"type": "takeover"},
                    {"type": "fill", "role": "liquidation", "qty": "1"},
                ]
            },
        ),
        (
            "margin",
            {"margin": "5000", "events": [{"type": "takeover"}]},
        ),
        (
            "events[0].price",
            {"margin": "5000", "events": [{"type": "fill", "role": "adl", "qty": "1"}]},
        ),
        (
            "events[0].price",
            {
                "events": [{"type": "fill", "role": "adl", "qty": "1"}],
                "policy": {"adl_price": "previous_mark"},
            },
        ),
        (
            "mark_price",
            {
                "events": [{"type": "fill", "role": "adl", "qty": "1"}],
                "policy": {"adl_price": "mark"},
            },
        ),
        (
            "mark_price",
            {"events": [forced("1", "90")], "policy": {"settle_per": "fill"}},
        ),
        (
            "events[0].time",
            {
                "events": [forced("1", "90")],
                "policy": {"trading_fee_schedule": SCHEDULE},
            },
        ),
        (
            "events[0].time",
            {
                "events": [forced("1", "90", time="2024-05-31T23:59:59Z")],
                "policy": {"trading_fee_schedule": SCHEDULE},
            },
        ),
        (
            "policy.liquidation_fee.rate",
            {
                "events": [forced("10", "95")],
                "policy": {"liquidation_fee": {"rule": "rate_of_notional"}},
            },
        ),
        (
            "policy.liquidation_fee.insurance_fund_rate",
            {
                "events": [forced("10", "95")],
                "policy": {"liquidation_fee": {"rule": "in_price"}},
            },
        ),
        (
            "policy.liquidation_fee.amount",
            {
                "events": [forced("10", "95")],
                "policy": {"liquidation_fee": {"rule": "fixed"}},
            },
        ),
        ("other_positions[0].qty", {"other_positions": [{"side": "long"}]}),
        (
            "other_positions[0].entry_price",
            {
                "other_positions": [{"side": "long", "qty": "1", "mark_price": "1"}],
                "events": [forced("10", "95")],
            },
        ),
        (
            "other_positions[0].mark_price",
            {
                "other_positions": [{"side": "long", "qty": "1", "entry_price": "1"}],
                "events": [forced("10", "95")],
            },
        ),
        (
            "other_positions[0].mark_price",
            {
                "other_positions": [{"side": "long", "qty": "1"}],
                "quote_balance": "5",
                "margin": None,
                "mark_price": "100",
            },
        ),
        ("collateral_asset.price", {"collateral_asset": {"asset": "BTC"}}),
        ("insurance_fund", {"insurance_fund": "-1"}),
        ("counterparty", {"kind": "adl"}),
    ],
)
def test_offending_field_of_a_case_is_named(field: str, keys: dict[str, Any]) -> None:
    assert refused_field(**keys) == field


@pytest.mark.parametrize(
    ("field", "policy"),
    [
        ("policy.surplus_too", {"surplus_too": "customer"}),
        ("policy.surplus_to", {"surplus_to": "nobody"}),
        ("policy.surplus_to", {"surplus_to": 1}),
        ("policy.surplus_to.share", {"surplus_to": {"share": {}}}),
        ("policy.surplus_to.split", {"surplus_to": {}}),
        ("policy.surplus_to.split", {"surplus_to": {"split": {"customer": "0.9"}}}),
        ("policy.surplus_to.split", {"surplus_to": {"split": {}}}),
        ("policy.surplus_to.split.me", {"surplus_to": {"split": {"me": "1"}}}),
        (
            "policy.surplus_to.split.customer",
            {"surplus_to": {"split": {"customer": "1.5"}}},
        ),
        ("policy.insolvent_surplus_to", {"insolvent_surplus_to": ""}),
        ("policy.deficit_to", {"deficit_to": "insurance_fund"}),
        ("policy.deficit_to[1]", {"deficit_to": ["adl", "god"]}),
        ("policy.settle_per", {"settle_per": "order"}),
        ("policy.cover_booked", {"cover_booked": "true"}),
        ("policy.trading_fee_rate", {"trading_fee_rate": "0.05%"}),
        (
            "policy.trading_fee_schedule[0].rate",
            {"trading_fee_schedule": [{"valid_from": "2024-01-01T00:00:00Z"}]},
        ),
        ("policy.liquidation_fee.rule", {"liquidation_fee": {"rule": "some"}}),
        ("policy.liquidation_fee.rat", {"liquidation_fee": {"rat": "1"}}),
        ("policy.maintenance.tiers", {"maintenance": {"tiers": []}}),
        ("policy.maintenance.tiers[0].lower", {"maintenance": {"tiers": [{}]}}),
        (
            "policy.maintenance.tiers[1].lower",
            {"maintenance": {"tiers": [{"lower": "5"}, {"lower": "5"}]}},
        ),
        (
            "policy.maintenance.tiers[1].lower",
            {"maintenance": {"tiers": [{"lower": "0", "upper": "9"}, {"lower": "5"}]}},
        ),
        ("policy.reduction.step.type", {"reduction": {"step": {}}}),
        (
            "policy.reduction.step.tiers",
            {"reduction": {"step": {"type": "tiers_down", "tiers": "1.5"}}},
        ),
        ("policy.rounding.cash", {"rounding": {"cash": {"decimals": "2"}}}),
        ("policy.rounding.money.decimals", {"rounding": {"money": {}}}),
        (
            "policy.rounding.money.decimals",
            {"rounding": {"money": {"decimals": "2", "step": "1"}}},
        ),
        ("policy.rounding.money.decimals", {"rounding": {"money": {"decimals": "61"}}}),
        ("policy.rounding.money.step", {"rounding": {"money": {"step": "0"}}}),
        (
            "policy.rounding.money.mode",
            {"rounding": {"money": {"decimals": "2", "mode": "nearest"}}},
        ),
        ("policy.valid_from", {"valid_from": "yesterday"}),
    ],
)
def test_offending_field_of_a_policy_is_named(
    field: str, policy: dict[str, Any]
) -> None:
    assert refused_field(policy=policy) == field


@pytest.mark.parametrize(
    ("answer", "policy"),
    [
        (
            "policy.liquidation_fee.base value_sold",
            {
                "liquidation_fee": {
                    "rule": "rate_of_notional",
                    "rate": "0.1",
                    "base": "value_sold",
                }
            },
        ),
        (
            "policy.liquidation_fee.base debt_repaid",
            {
                "liquidation_fee": {
                    "rule": "rate_of_notional",
                    "rate": "0.1",
                    "base": "debt_repaid",
                }
            },
        ),
    ],
)
def test_policy_not_modelled_is_named_and_not_answered(
    answer: str, policy: dict[str, Any]
) -> None:
    events = [forced("1", "95"), {"type": "fill", "price": "95"}]
    assert unsupported_key(events=events, policy=policy) == answer


def test_case_that_is_no_object_is_refused() -> None:
    assert "error" in assess_case(["case"])


def test_keys_for_people_are_ignored() -> None:
    entry = assess_case(case_of(note=5, expected={"residual": 7}, verified=None))
    assert "values" in entry
    assert "residual" not in entry["values"]
