"""What moved the money: every part by itself, and all of them together."""

from decimal import Decimal

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
