"""Maintenance margin, margin level and interest."""

from typing import Any

import pytest

from tests.domain.builders import refused_field, values_of

TIERS = [
    {"lower": "0", "upper": "1000", "rate": "0.01"},
    {"lower": "1000", "upper": "2000", "rate": "0.02"},
]


def maintenance(**keys: Any) -> dict[str, Any]:
    """The values of a maintenance margin case without a position."""
    bare: dict[str, Any] = {
        "kind": "maintenance_margin",
        "margin": None,
        "events": None,
    }
    return values_of(**bare, **keys)


def level(policy: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    """The values of a margin level case."""
    rule = {"convention": "equity_over_used", "trigger": "0.5", "comparison": "<="}
    return values_of(
        kind="margin_level",
        policy={"margin_level": rule | (policy or {})},
        **keys,
    )


def test_size_outside_every_tier_is_refused() -> None:
    keys: dict[str, Any] = {
        "kind": "maintenance_margin",
        "policy": {"maintenance": {"tiers": TIERS}},
    }
    assert refused_field(**keys, notional="2000.01") == "policy.maintenance.tiers"
    gap = [{"lower": "5", "rate": "0.1"}]
    keys["policy"] = {"maintenance": {"tiers": gap}}
    assert refused_field(**keys, notional="5") == "policy.maintenance.tiers"


def test_tier_without_a_rate_is_refused() -> None:
    field = refused_field(
        kind="maintenance_margin",
        notional="5",
        policy={"maintenance": {"tiers": [{"lower": "0"}]}},
    )
    assert field == "policy.maintenance.tiers[0].rate"


def test_bounds_in_contracts_need_the_size() -> None:
    policy = {"maintenance": {"tiers": TIERS, "tier_unit": "qty"}}
    keys: dict[str, Any] = {"kind": "maintenance_margin", "policy": policy}
    assert refused_field(**keys, qty=None, notional="5") == "qty"


def test_missing_rate_or_price_is_refused() -> None:
    keys: dict[str, Any] = {"kind": "maintenance_margin"}
    assert refused_field(**keys, notional="5") == "maintenance_margin_rate"
    assert refused_field(**keys, entry_price=None) == "mark_price"
    assert refused_field(**keys, qty=None) == "qty"


@pytest.mark.parametrize(
    ("notional", "margin"), [("0", "0"), ("1000", "10"), ("1000.01", "10.0002")]
)
def test_upper_bound_belongs_to_its_tier(notional: str, margin: str) -> None:
    policy = {"maintenance": {"tiers": TIERS}}
    answer = maintenance(notional=notional, policy=policy)
    assert answer["maintenance_margin"] == margin


@pytest.mark.parametrize(("basis", "notional"), [("mark", "1100"), ("entry", "1000")])
def test_notional_is_taken_at_the_policys_basis(basis: str, notional: str) -> None:
    values = maintenance(
        mark_price="110",
        maintenance_margin_rate="0.02",
        maintenance_amount="3",
        policy={"maintenance": {"basis": basis}},
    )
    assert values["notional"] == notional
    assert values["maintenance_amount"] == "3"


def test_other_price_stands_in_where_the_basis_is_not_given() -> None:
    assert maintenance(maintenance_margin_rate="0.02")["maintenance_margin"] == "20"


def test_bounds_in_contracts_deduct_at_the_price() -> None:
    tiers = [{"lower": "0", "rate": "0.01"}, {"lower": "5", "rate": "0.02"}]
    values = maintenance(
        mark_price="100", policy={"maintenance": {"tiers": tiers, "tier_unit": "qty"}}
    )
    assert values["maintenance_margin"] == "15"
    assert values["maintenance_amount"] == "5"


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        ("policy.margin_level", {"policy": {}}),
        ("equity", {"qty": None, "margin": None}),
        ("equity", {"qty": None}),
        ("used_margin", {"equity": "5"}),
        ("used_margin", {"equity": "5", "qty": None, "leverage": "5"}),
        (
            "used_margin",
            {
                "equity": "5",
                "initial_margin_rate": "0.2",
                "leverage": None,
                "qty": None,
            },
        ),
        (
            "other_positions[0].entry_price",
            {
                "equity": "5",
                "leverage": "5",
                "other_positions": [{"side": "long", "qty": "1"}],
            },
        ),
        (
            "mark_price",
            {
                "equity": "5",
                "leverage": "5",
                "policy": {"margin_level": {"used_basis": "mark"}},
            },
        ),
        ("mark_price", {"leverage": "5"}),
        (
            "policy.margin_level.close_fee_rate",
            {
                "equity": "5",
                "maintenance_margin": "5",
                "policy": {
                    "margin_level": {
                        "convention": "equity_over_maintenance",
                        "includes_close_fee": True,
                    }
                },
            },
        ),
        (
            "collateral",
            {"policy": {"margin_level": {"convention": "assets_over_debt"}}},
        ),
        (
            "debts",
            {
                "asset_value": "5",
                "policy": {"margin_level": {"convention": "assets_over_debt"}},
            },
        ),
        (
            "collateral[0].price",
            {
                "collateral": [{"asset": "BTC", "qty": "1"}],
                "policy": {"margin_level": {"convention": "assets_over_debt"}},
            },
        ),
        (
            "policy.liquidation_fee.rate",
            {
                "equity": "5",
                "policy": {
                    "margin_level": {"convention": "equity_over_liquidation_fee"}
                },
            },
        ),
    ],
)
def test_level_that_lacks_a_part_is_refused(field: str, keys: dict[str, Any]) -> None:
    rule = {"policy": {"margin_level": {"trigger": "0.5"}}}
    assert refused_field(kind="margin_level", **(rule | keys)) == field


@pytest.mark.parametrize(
    ("comparison", "triggered"),
    [("<", False), ("<=", True), (">", False), (">=", True)],
)
def test_level_at_the_trigger_depends_on_the_comparison(
    comparison: str, triggered: bool
) -> None:
    values = level({"comparison": comparison}, equity="5", used_margin="10")
    assert values["triggered"] is triggered
    assert values["trigger_equity"] == "5"


def test_level_without_a_trigger_says_nothing_about_it() -> None:
    values = values_of(
        kind="margin_level",
        equity="5",
        used_margin="10",
        policy={"margin_level": {}},
    )
    assert values["margin_level"] == "0.5"
    assert not values.keys() & {"triggered", "trigger_equity"}


@pytest.mark.parametrize(("basis", "used"), [("entry", "200"), ("mark", "180")])
def test_used_margin_is_taken_at_the_policys_basis(basis: str, used: str) -> None:
    values = level({"used_basis": basis}, mark_price="90", leverage="5")
    assert values["used_margin"] == used
    assert values["equity"] == "0"


def test_closing_fee_may_be_inside_the_level() -> None:
    values = level(
        {
            "convention": "equity_over_maintenance",
            "includes_close_fee": True,
            "close_fee_rate": "0.01",
        },
        mark_price="100",
        maintenance_margin_rate="0.04",
    )
    assert values["margin_level"] == "2"


def test_closing_fee_rate_of_the_maintenance_stands_in() -> None:
    values = values_of(
        kind="margin_level",
        equity="100",
        mark_price="100",
        maintenance_margin="40",
        policy={
            "maintenance": {"close_fee_rate": "0.01"},
            "margin_level": {
                "convention": "equity_over_maintenance",
                "includes_close_fee": True,
            },
        },
    )
    assert values["margin_level"] == "2"


def test_equity_below_nothing_is_past_every_maintenance_level() -> None:
    rule = {"convention": "maintenance_over_equity", "comparison": ">=", "trigger": "1"}
    values = level(rule, equity="-5", maintenance_margin="10")
    assert values["triggered"] is True
    assert level(rule, equity="0", maintenance_margin="10")["margin_level"] == "none"


def test_liquidation_fee_may_be_the_denominator() -> None:
    rule = {"convention": "equity_over_liquidation_fee", "trigger": "1"}
    policy = {"margin_level": rule, "liquidation_fee": {"rule": "fixed", "amount": "5"}}
    values = values_of(kind="margin_level", equity="4", policy=policy)
    assert values["margin_level"] == "0.8"
    assert values["triggered"] is True
    policy["liquidation_fee"] = {"rule": "rate_of_notional", "rate": "0.01"}
    values = values_of(kind="margin_level", equity="4", mark_price="100", policy=policy)
    assert values["margin_level"] == "0.4"


def test_assets_over_debt_may_be_given_as_totals() -> None:
    values = level(
        {"convention": "assets_over_debt", "trigger": "1.1"},
        asset_value="120",
        debt="100",
        collateral_ratio="0.5",
    )
    assert values["margin_level"] == "1.2"
    assert values["collateral_level"] == "0.6"
    assert values["equity"] == "20"
    values = level({"convention": "assets_over_debt"}, asset_value="1", debt="0")
    assert values["margin_level"] == "none"
    assert values["triggered"] is False


def test_settlement_asset_is_worth_itself() -> None:
    values = level(
        {"convention": "assets_over_debt"},
        collateral=[{"asset": "USDT", "qty": "5", "haircut": "0.2"}],
        debts=[],
    )
    assert values["margin_level"] == "none"
    assert values["collateral_level"] == "none"


def test_debt_may_hold_maintenance_and_closing_fee() -> None:
    values = level(
        {
            "convention": "assets_over_debt",
            "includes_close_fee": True,
            "close_fee_rate": "0.25",
        },
        asset_value="150",
        debt="100",
        maintenance_margin_rate="0.2",
    )
    assert values["margin_level"] == "1"


def interest(rule: str, hours: str, **keys: Any) -> str:
    """The interest of 1000 at 0.24 % a day."""
    policy = {"interest": {"rule": rule, "rate": "0.0024", "period_hours": "24"}}
    answer: str = values_of(
        kind="interest", borrowed="1000", hours=hours, policy=policy | keys
    )["interest"]
    return answer


@pytest.mark.parametrize(
    ("rule", "hours", "due"),
    [
        ("per_started_hour", "0", "0"),
        ("per_started_hour", "1.01", "0.2"),
        ("per_started_period", "24", "2.4"),
        ("per_started_period", "24.01", "4.8"),
        ("opening_plus_rollover", "0", "2.4"),
        ("opening_plus_rollover", "25", "7.2"),
    ],
)
def test_started_time_counts_in_full(rule: str, hours: str, due: str) -> None:
    assert interest(rule, hours) == due


def test_interest_is_rounded_as_money() -> None:
    rounding = {"money": {"decimals": "0", "mode": "up"}}
    assert interest("per_started_hour", "1", rounding=rounding) == "1"


@pytest.mark.parametrize(
    ("field", "policy"),
    [
        ("policy.interest", {}),
        ("policy.interest.rate", {"interest": {"period_hours": "1"}}),
        ("policy.interest.period_hours", {"interest": {"rate": "1"}}),
    ],
)
def test_interest_without_its_rule_is_refused(
    field: str, policy: dict[str, Any]
) -> None:
    keys: dict[str, Any] = {"kind": "interest", "borrowed": "1", "hours": "1"}
    assert refused_field(**keys, policy=policy) == field


def test_venue_and_symbol_are_labels_only() -> None:
    keys: dict[str, Any] = {"equity": "5", "used_margin": "10"}
    assert level(venue="binance", symbol="X", **keys) == level(**keys)


# --- several positions, collateral in kind, the closing fee inside the level -------


@pytest.mark.parametrize(("basis", "used"), [("entry", "210"), ("mark", "200")])
def test_used_margin_is_that_of_every_position(basis: str, used: str) -> None:
    other = {"side": "long", "qty": "1", "entry_price": "50", "mark_price": "40"}
    values = values_of(
        kind="margin_level",
        equity="105",
        leverage="5",
        mark_price="96",
        other_positions=[other, other | {"qty": "0"}],
        policy={"margin_level": {"used_basis": basis, "trigger": "0.5"}},
    )
    assert values["used_margin"] == used
    assert values["trigger_equity"] == str(int(used) // 2)


KINDS = [
    {"asset": "BTC", "qty": "1", "price": "100", "haircut": "0.1"},
    {"asset": "USDT", "qty": "30"},
]


@pytest.mark.parametrize(
    ("keys", "equity"),
    [
        ({"collateral": KINDS, "unrealised_pnl": "-20", "qty": None}, "100"),
        ({"collateral": KINDS, "qty": None}, "120"),
        ({"collateral": KINDS, "mark_price": "95"}, "70"),
        ({"collateral": KINDS, "debt": "10", "qty": None}, "110"),
        (
            {
                "collateral": KINDS,
                "debts": [{"asset": "USDT", "principal": "9", "interest": "1"}],
                "qty": None,
            },
            "110",
        ),
        ({"asset_value": "200", "qty": None}, "200"),
        ({"asset_value": "200", "collateral_ratio": "0.5", "qty": None}, "100"),
    ],
)
def test_collateral_counts_after_its_haircuts(
    keys: dict[str, object], equity: str
) -> None:
    values = values_of(
        kind="margin_level",
        margin=None,
        maintenance_margin="50",
        policy={"margin_level": {"convention": "equity_over_maintenance"}},
        **keys,
    )
    assert values["equity"] == equity


@pytest.mark.parametrize(
    ("basis", "margin", "level"),
    [
        ("mark", "100", "1.0101010101"),  # 50 / (40 + 0.01 x 950)
        ("entry", "100", "0"),
        ("bankruptcy", "110", "0.2044989775"),  # 10 / (40 + 0.01 x 890)
        ("bankruptcy", "1001", "22.525"),  # It has no bankruptcy price.
    ],
)
def test_closing_fee_inside_the_level_is_taken_at_its_own_price(
    basis: str, margin: str, level: str
) -> None:
    policy = {
        "maintenance": {"close_fee_basis": basis, "close_fee_rate": "0.01"},
        "margin_level": {
            "convention": "equity_over_maintenance",
            "includes_close_fee": True,
        },
    }
    values = values_of(
        kind="margin_level",
        margin=margin,
        mark_price="95" if basis == "mark" else "90",
        maintenance_margin="40",
        policy=policy,
    )
    assert values["margin_level"][: len(level)] == level
