"""Bankruptcy and liquidation prices, linear, inverse and of loans."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.cases.document import assess_case
from tests.domain.builders import case_of, refused_field, unsupported_key, values_of

TIERS = [
    {"lower": "0", "upper": "1000", "rate": "0.01"},
    {"lower": "1000", "upper": "2000", "rate": "0.02"},
    {"lower": "2000", "rate": "0.05"},
]
OTHER = {
    "side": "short",
    "qty": "2",
    "entry_price": "50",
    "mark_price": "40",
    "maintenance_margin_rate": "0.1",
    "maintenance_amount": "3",
}


def liquidation_price(**keys: Any) -> str:
    """The liquidation price of a case."""
    price: str = values_of(kind="liquidation_price", **keys)["liquidation_price"]
    return price


def bankruptcy(**keys: Any) -> dict[str, Any]:
    """The values of a bankruptcy case."""
    return values_of(kind="bankruptcy_price", **keys)


def marginal(**keys: Any) -> dict[str, Any]:
    """A policy with three marginal tiers."""
    return {"maintenance": {"tiers": TIERS, **keys}}


def test_price_of_nothing_does_not_exist() -> None:
    assert bankruptcy(qty="0", side=None)["bankruptcy_price"] == "none"
    keys = {"qty": "0", "side": None, "maintenance_margin_rate": "0.01"}
    assert liquidation_price(**keys) == "none"


def test_closing_more_than_is_open_is_refused() -> None:
    assert refused_field(kind="bankruptcy_price", close_qty="11") == "close_qty"


def test_missing_maintenance_rate_is_refused() -> None:
    assert refused_field(kind="liquidation_price") == "maintenance_margin_rate"
    field = refused_field(
        kind="liquidation_price",
        maintenance_margin_rate="0.01",
        other_positions=[OTHER | {"mark_price": "1", "maintenance_margin_rate": "x"}],
    )
    assert field == "other_positions[0].maintenance_margin_rate"
    other = {key: value for key, value in OTHER.items() if "maintenance" not in key}
    field = refused_field(
        kind="liquidation_price",
        maintenance_margin_rate="0.01",
        other_positions=[other],
    )
    assert field == "other_positions[0].maintenance_margin_rate"


def test_missing_close_fee_rate_is_refused() -> None:
    field = refused_field(
        kind="liquidation_price",
        maintenance_margin_rate="0.01",
        policy={"maintenance": {"includes_close_fee": True}},
    )
    assert field == "policy.maintenance.close_fee_rate"


def test_transfers_come_before_the_price() -> None:
    assert (
        bankruptcy(events=[{"type": "transfer", "amount": "50"}])["bankruptcy_price"]
        == "85"
    )


def test_profit_of_other_positions_backs_the_price() -> None:
    assert bankruptcy(other_positions=[OTHER])["bankruptcy_price"] == "88"


def test_part_of_a_tiered_position_has_its_own_cash() -> None:
    # Mark 150: equity 600. Margin of 1500 is 20 and of 900 is 9: the part frees 11.
    values = bankruptcy(
        mark_price="150",
        close_qty="4",
        policy=marginal() | {"bankruptcy_allocation": "pro_rata_maintenance"},
    )
    assert values["bankruptcy_cash_flow"] == "270"
    assert values["bankruptcy_price"] == "67.5"


def test_cash_of_a_close_shares_the_scope_by_maintenance() -> None:
    # Own 0.05 x 900 = 45 beside 0.1 x 80 - 3 = 5; equity 20 of which 0.9 backs it.
    values = bankruptcy(
        mark_price="90",
        maintenance_margin_rate="0.05",
        other_positions=[OTHER],
        policy={"bankruptcy_allocation": "pro_rata_maintenance"},
    )
    assert values["bankruptcy_cash_flow"] == "882"
    assert values["bankruptcy_price"] == "88.2"


def test_entry_basis_shares_other_positions_at_their_entry() -> None:
    # Own 0.05 x 1000 = 50 beside 0.1 x 100 - 3 = 7; equity 20.
    values = bankruptcy(
        mark_price="90",
        maintenance_margin_rate="0.05",
        other_positions=[OTHER],
        policy={
            "bankruptcy_allocation": "pro_rata_maintenance",
            "maintenance": {"basis": "entry"},
        },
    )
    assert values["bankruptcy_cash_flow"].startswith("882.456140350877192982456140")


def test_other_position_without_a_rate_is_in_the_tiers() -> None:
    other = {key: value for key, value in OTHER.items() if "maintenance" not in key}
    values = bankruptcy(
        mark_price="90",
        other_positions=[other],
        policy=marginal() | {"bankruptcy_allocation": "pro_rata_maintenance"},
    )
    # Own 9 beside 0.8; equity 20.
    assert values["bankruptcy_cash_flow"].startswith("881.632653061224489795918367")


@pytest.mark.parametrize(
    ("maintenance", "price"),
    [
        ({"basis": "entry"}, "91"),
        (
            {"basis": "entry", "includes_close_fee": True, "close_fee_rate": "0.01"},
            "91.919191919191919191919191",
        ),
    ],
)
def test_maintenance_at_the_entry_is_fixed(
    maintenance: dict[str, Any], price: str
) -> None:
    policy = {"maintenance": maintenance}
    answer = liquidation_price(maintenance_margin_rate="0.01", policy=policy)
    assert answer.startswith(price)


@pytest.mark.parametrize(("basis", "price"), [("entry", "92"), ("bankruptcy", "91.9")])
def test_closing_fee_may_be_fixed_as_well(basis: str, price: str) -> None:
    maintenance = {
        "basis": "entry",
        "includes_close_fee": True,
        "close_fee_rate": "0.01",
        "close_fee_basis": basis,
    }
    policy = {"maintenance": maintenance}
    assert liquidation_price(maintenance_margin_rate="0.01", policy=policy) == price


def test_closing_fee_without_a_bankruptcy_price_is_nothing() -> None:
    maintenance = {
        "basis": "entry",
        "includes_close_fee": True,
        "close_fee_rate": "0.01",
        "close_fee_basis": "bankruptcy",
    }
    answer = liquidation_price(
        margin="1000",
        maintenance_margin_rate="0.01",
        policy={"maintenance": maintenance},
    )
    assert answer == "1"


def test_price_at_or_below_nothing_does_not_exist() -> None:
    assert liquidation_price(margin="1000", maintenance_margin_rate="0") == "none"
    answer = liquidation_price(
        side="long", margin="5", maintenance_margin_rate="1", policy={}
    )
    assert answer == "none"


@pytest.mark.parametrize(
    ("qty", "margin", "price"),
    [
        # Tier 1: (1000 - 100) / (10 x 0.99).
        ("10", "100", "90.909090909090909090909090"),
        # Tier 2: 2000 - 200 - 10 = 1790 of 20 x 0.98.
        ("20", "200", "91.326530612244897959183673"),
        # Tier 3: 3000 - 300 - 70 = 2630 of 30 x 0.95.
        ("30", "300", "92.280701754385964912280701"),
    ],
)
def test_price_lies_in_the_tier_whose_rate_gives_it(
    qty: str, margin: str, price: str
) -> None:
    answer = liquidation_price(qty=qty, margin=margin, policy=marginal())
    assert answer.startswith(price)


def test_flat_tier_may_be_left_on_the_way_down() -> None:
    # At 100 in tier 2 (2 %); solved in tier 1: 1010 - 101 over 10.1 x 0.99.
    answer = liquidation_price(qty="10.1", margin="101", policy=marginal(mode="flat"))
    assert answer.startswith("90.909090909090909090")


def test_flat_tier_that_jumps_over_the_equity_has_its_price_at_the_bound() -> None:
    # Short 10, margin 115, flat 1 % to 1100 of value, then 20 %: at 110 equity 15.
    tiers = [
        {"lower": "0", "upper": "1100", "rate": "0.01"},
        {"lower": "1100", "rate": "0.2"},
    ]
    maintenance = {"mode": "flat", "tiers": tiers}
    answer = liquidation_price(
        side="short", margin="115", policy={"maintenance": maintenance}
    )
    assert answer == "110"


def test_flat_tiers_of_an_inverse_position_jump_by_value_too() -> None:
    tiers = [
        {"lower": "0", "upper": "0.125", "rate": "0.01"},
        {"lower": "0.125", "rate": "0.3"},
    ]
    # Long 1000 at 10000 is worth 0.1 coin, and 0.125 at 8000.
    answer = liquidation_price(
        product="inverse",
        qty="1000",
        entry_price="10000",
        margin="0.03",
        policy={"maintenance": {"mode": "flat", "tiers": tiers}},
    )
    assert answer == "8000"


def test_position_that_no_tier_can_liquidate_has_no_price() -> None:
    answer = liquidation_price(margin="2000", policy=marginal(mode="flat"))
    assert answer == "none"
    assert liquidation_price(margin="2000", policy=marginal()) == "none"


@pytest.mark.parametrize("mode", ["marginal", "flat"])
def test_tiers_in_contracts_scale_with_the_price(mode: str) -> None:
    tiers = [
        {"lower": "0", "upper": "5", "rate": "0.01"},
        {"lower": "5", "rate": "0.02"},
    ]
    maintenance = {"tiers": tiers, "tier_unit": "qty", "mode": mode}
    answer = liquidation_price(policy={"maintenance": maintenance})
    # Half of 10 contracts at 1 % and half at 2 %, or all at 2 %.
    wanted = {"marginal": "91.370558375634517766", "flat": "91.836734693877551020"}
    assert answer.startswith(wanted[mode])


def test_published_deduction_counts_instead_of_the_computed() -> None:
    tiers = [{"lower": "0", "rate": "0.02", "amount": "2"}]
    maintenance = {"tiers": tiers, "tier_unit": "qty"}
    answer = liquidation_price(policy={"maintenance": maintenance})
    assert answer.startswith("91.632653061224489795")


def test_initial_margin_and_sustainable_loss_are_told() -> None:
    values = values_of(
        kind="liquidation_price",
        margin=None,
        leverage="10",
        maintenance_margin_rate="0.01",
    )
    assert values["initial_margin"] == "100"
    assert values["maintenance_margin"] == "10"
    assert values["sustainable_loss"] == "90"


def test_margin_may_be_what_was_available_and_the_initial_margin() -> None:
    keys: dict[str, Any] = {"margin": None, "available_balance": "20"}
    assert bankruptcy(**keys, leverage="10")["bankruptcy_price"] == "88"
    assert bankruptcy(**keys, initial_margin_rate="0.1")["bankruptcy_price"] == "88"


def test_short_loan_is_liquidated_when_the_price_rises() -> None:
    answer = liquidation_price(
        product="spot_margin",
        side="short",
        debt="1",
        assets="3150",
        maintenance_margin_rate="0.05",
        qty=None,
    )
    assert answer == "3000"


@pytest.mark.parametrize(
    ("side", "debt", "assets"),
    [("long", "5", "0"), ("short", "0", "5"), ("long", "0", "5")],
)
def test_loan_without_debt_or_assets_has_no_price(
    side: str, debt: str, assets: str
) -> None:
    answer = liquidation_price(
        product="spot_margin",
        side=side,
        debt=debt,
        assets=assets,
        maintenance_margin_rate="0.05",
    )
    assert answer == "none"


def test_tiers_of_a_loan_are_not_modelled() -> None:
    answer = unsupported_key(
        kind="liquidation_price",
        product="spot_margin",
        debt="1",
        assets="1",
        maintenance_margin_rate="0.05",
        policy=marginal(),
    )
    assert answer == "policy.maintenance.tiers of a loan"


positive = st.decimals(Decimal("0.01"), Decimal(1000), places=2)


@given(
    st.sampled_from(["linear", "inverse"]),
    st.sampled_from(["long", "short"]),
    positive,
    positive,
    st.decimals(Decimal(0), Decimal("0.05"), places=4),
)
def test_closing_at_the_bankruptcy_price_leaves_nothing(
    product: str, side: str, entry: Decimal, margin: Decimal, rate: Decimal
) -> None:
    keys: dict[str, Any] = {
        "product": product,
        "side": side,
        "entry_price": format(entry, "f"),
        "margin": format(margin, "f"),
    }
    policy = {"bankruptcy_fee_rate": format(rate, "f")}
    price = bankruptcy(**keys, policy=policy)["bankruptcy_price"]
    if price == "none":
        return
    closing = {"type": "fill", "role": "liquidation", "qty": "10", "price": price[:115]}
    entry_of = assess_case(
        case_of(
            **keys, events=[closing], policy={"trading_fee_rate": format(rate, "f")}
        )
    )["values"]
    left = Decimal(entry_of["surplus"]) + Decimal(entry_of["deficit"])
    assert left < Decimal("1e-30")
