"""What would have been left: size, leverage, margin, stop, fee tier, path, gap.

The usual case: long 10 at 100 with 100, everything closed at half the used margin.
"""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.case_errors import CaseFieldError
from recovery.domain.instruments import PositionSide, Product
from recovery.domain.money import exact
from recovery.domain.policy_reading import parse_policy
from recovery.domain.settlement import (
    Fill,
    FillRole,
    MarkChange,
    OtherPosition,
    Scope,
)
from recovery.domain.what_if import Outcome, Supposition, what_if
from tests.domain.test_settlement_properties import MANY

SCOPE = Scope(
    product=Product.LINEAR,
    side=PositionSide.LONG,
    qty=Decimal(10),
    entry_price=Decimal(100),
    margin=Decimal(100),
    initial_margin_rate=Decimal("0.1"),
    maintenance_margin_rate=Decimal("0.05"),
    settle_asset="USDT",
)
POLICY = parse_policy(
    {
        "trading_fee_rate": "0.001",
        "trading_fee_schedule": [],
        "margin_level": {"trigger": "0.5", "comparison": "<="},
    }
)
PATH = [Decimal(97), Decimal(95), Decimal(92)]


def test_leverage_without_an_entry_is_refused() -> None:
    scope = SCOPE._replace(entry_price=None, bankruptcy_price=Decimal(90))
    with pytest.raises(CaseFieldError) as refusal:
        what_if(scope, POLICY, PATH, Supposition(leverage=Decimal(5)))
    assert refusal.value.field == "entry_price"


def test_as_it_was_closes_everything_at_the_trigger() -> None:
    outcome = what_if(SCOPE, POLICY, PATH)
    assert outcome.events == (
        MarkChange(Decimal(97)),
        MarkChange(Decimal(95)),
        Fill(Decimal(95), Decimal(10), FillRole.LIQUIDATION),
        MarkChange(Decimal(92)),
    )
    assert outcome.settlement.values["residual"] == Decimal("49.05")
    assert (outcome.reductions, outcome.is_stopped) == (1, False)
    assert outcome.bankruptcy_price == 90
    assert outcome.liquidation_price is not None
    with exact():
        # At the liquidation price the equity is the maintenance margin.
        price = outcome.liquidation_price
        gap = 100 + 10 * (price - 100) - Decimal("0.05") * 10 * price
        assert abs(gap) < Decimal("1e-40")


@pytest.mark.parametrize(
    ("supposition", "left"),
    [
        (Supposition(qty=Decimal(5)), None),
        (Supposition(leverage=Decimal(5)), None),
        (Supposition(leverage=Decimal(20)), "19.03"),
        (Supposition(margin=Decimal(110)), "29.08"),
        (Supposition(leverage=Decimal(20), margin=Decimal(60)), "9.05"),
        (Supposition(stop_loss=Decimal(97)), "69.03"),
        (Supposition(stop_loss=Decimal(94)), "49.05"),
        (Supposition(trading_fee_rate=Decimal("0.0004")), "49.62"),
        (Supposition(gap=Decimal("0.02")), "30.069"),
        (Supposition(stop_loss=Decimal(98), gap=Decimal("0.01")), "59.3397"),
    ],
)
def test_supposition_changes_what_is_left(
    supposition: Supposition, left: str | None
) -> None:
    outcome = what_if(SCOPE, POLICY, PATH, supposition)
    if left is None:
        assert "residual" not in outcome.settlement.values
        assert outcome.reductions == 0
    else:
        assert outcome.settlement.values["residual"] == Decimal(left)


def test_stop_of_a_short_is_above_the_price() -> None:
    scope = SCOPE._replace(side=PositionSide.SHORT)
    path = [Decimal(102), Decimal(104)]
    stop = Supposition(stop_loss=Decimal(103), gap=Decimal("0.5"))
    outcome = what_if(scope, POLICY, path, stop)
    assert outcome.is_stopped
    assert outcome.events[2] == Fill(Decimal(156), Decimal(10))
    assert outcome.reductions == 0


def test_steps_of_the_policy_are_followed() -> None:
    policy = parse_policy(
        {
            "margin_level": {"trigger": "0.5", "comparison": "<="},
            "reduction": {"step": {"type": "fraction", "fraction": "0.2"}},
        }
    )
    outcome = what_if(SCOPE, policy, PATH)
    assert outcome.reductions == 2
    assert outcome.settlement.values["pnl"] == -10 - 64


def test_prices_that_cannot_be_known_are_left_out() -> None:
    other = OtherPosition(
        PositionSide.LONG, Decimal(1), entry_price=Decimal(5), mark_price=Decimal(5)
    )
    scope = SCOPE._replace(other_positions=(other,))
    outcome = what_if(scope, POLICY, PATH)
    assert outcome.liquidation_price is None
    assert outcome.bankruptcy_price == 90


@MANY
@given(
    st.decimals(Decimal(80), Decimal(120), places=1),
    st.decimals(Decimal(0), Decimal("0.1"), places=3),
    st.decimals(Decimal(0), Decimal("0.1"), places=3),
)
def test_a_wider_gap_never_leaves_more(
    price: Decimal, gap: Decimal, more: Decimal
) -> None:
    def left(by: Decimal) -> Outcome:
        return what_if(SCOPE, POLICY, [price], Supposition(gap=by))

    one, two = left(min(gap, more)), left(max(gap, more))
    assert one.reductions == two.reductions
    first = one.settlement.values["equity_after"]
    second = two.settlement.values["equity_after"]
    assert isinstance(first, Decimal)
    assert isinstance(second, Decimal)
    assert second <= first
