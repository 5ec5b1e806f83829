"""What moved the money: every part by itself, and all of them together."""

from decimal import Decimal

import pytest
from hypothesis import given

from recovery.domain.attribution import Cause, attribute
from recovery.domain.instruments import PositionSide, Product
from recovery.domain.money import exact
from recovery.domain.policy import Policy
from recovery.domain.policy_reading import parse_policy
from recovery.domain.settlement import (
    FeeRow,
    Fill,
    FillRole,
    Funding,
    MarkChange,
    OtherPosition,
    Scope,
    SettlementCase,
    settle,
)
from tests.domain.test_settlement_properties import MANY, cases

FORCED = FillRole.LIQUIDATION
SCOPE = Scope(
    product=Product.LINEAR,
    side=PositionSide.LONG,
    qty=Decimal(10),
    entry_price=Decimal(100),
    margin=Decimal(100),
    settle_asset="USDT",
)


def test_slippage_is_what_the_fill_lost_against_the_mark() -> None:
    policy = parse_policy(
        {
            "trading_fee_rate": "0.001",
            "liquidation_fee": {"rule": "rate_of_notional", "rate": "0.01"},
        }
    )
    events = (
        Fill(Decimal(97), Decimal(2), FORCED),
        MarkChange(Decimal(95)),
        Funding(Decimal(-1)),
        FeeRow(Decimal(-1), "BNB", Decimal(300)),
        Fill(Decimal(94), Decimal(8), FORCED),
    )
    parts = attribute(SettlementCase(SCOPE, events, policy))
    assert parts[Cause.PRICE] == -46
    assert parts[Cause.SLIPPAGE] == -8
    assert parts[Cause.FUNDING] == -1
    assert parts[Cause.TRADING_FEE] == Decimal("-0.946")
    assert parts[Cause.LIQUIDATION_FEE] == Decimal("-9.46")
    assert parts[Cause.TAKEOVER] == 0


@pytest.mark.parametrize(
    ("side", "marked", "price", "within", "beyond"),
    [
        (PositionSide.LONG, "95", "91", "-40", "0"),
        (PositionSide.LONG, "95", "90", "-50", "0"),
        (PositionSide.LONG, "95", "88", "-50", "-20"),
        (PositionSide.LONG, "89", "88", "0", "-10"),
        (PositionSide.LONG, "87", "88", "10", "0"),
        (PositionSide.SHORT, "105", "112", "-50", "-20"),
        (PositionSide.SHORT, "111", "112", "0", "-10"),
    ],
)
def test_slippage_beyond_bankruptcy_is_told_apart(
    side: PositionSide, marked: str, price: str, within: str, beyond: str
) -> None:
    events = (MarkChange(Decimal(marked)), Fill(Decimal(price), Decimal(10), FORCED))
    scope = SCOPE._replace(side=side)
    parts = attribute(SettlementCase(scope, events, Policy()))
    assert parts[Cause.SLIPPAGE] == Decimal(within)
    assert parts[Cause.SLIPPAGE_BEYOND_BANKRUPTCY] == Decimal(beyond)


def test_own_orders_know_no_bankruptcy_price() -> None:
    events = (MarkChange(Decimal(95)), Fill(Decimal(88), Decimal(10)))
    parts = attribute(SettlementCase(SCOPE, events, Policy()))
    assert parts[Cause.SLIPPAGE] == -70
    assert parts[Cause.SLIPPAGE_BEYOND_BANKRUPTCY] == 0


def test_bankruptcy_price_that_cannot_be_known_tells_nothing_apart() -> None:
    other = OtherPosition(
        PositionSide.LONG,
        Decimal(1),
        entry_price=Decimal(5),
        mark_price=Decimal(5),
    )
    scope = SCOPE._replace(other_positions=(other,))
    policy = parse_policy({"bankruptcy_allocation": "pro_rata_maintenance"})
    events = (MarkChange(Decimal(95)), Fill(Decimal(80), Decimal(10), FORCED))
    parts = attribute(SettlementCase(scope, events, policy))
    assert parts[Cause.SLIPPAGE] == -150


def test_conversion_of_what_is_paid_out_is_a_part() -> None:
    rounding = {"collateral_asset": {"decimals": "2", "mode": "down"}}
    scope = SCOPE._replace(collateral_asset_price=Decimal(300))
    fill = Fill(Decimal(95), Decimal(10), FORCED)
    case = SettlementCase(scope, (fill,), parse_policy({"rounding": rounding}))
    # 50 / 300 = 0.1666..: 0.16 is paid, worth 48.
    assert attribute(case)[Cause.CONVERSION] == -2
    assert attribute(case._replace(policy=Policy()))[Cause.CONVERSION] == 0


def test_fills_of_the_venue_are_not_the_customers_slippage() -> None:
    policy = Policy(takeover_at_bankruptcy=True)
    events = (MarkChange(Decimal(95)), Fill(Decimal(94), Decimal(10), FORCED))
    parts = attribute(SettlementCase(SCOPE, events, policy))
    assert parts[Cause.TAKEOVER] == -100
    assert parts[Cause.SLIPPAGE] == parts[Cause.PRICE] == 0


@MANY
@given(cases())
def test_parts_sum_to_the_change_of_the_balance(case: SettlementCase) -> None:
    lines = settle(case).lines
    with exact():
        change = lines[-1].amount - lines[0].amount
        assert sum(attribute(case).values()) == change
