"""What holds of every settlement, whatever the numbers."""

import dataclasses
import os
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recovery.domain.instruments import PositionSide, Product
from recovery.domain.money import Rounding, exact
from recovery.domain.policy import (
    TO_CUSTOMER,
    LiquidationFeePolicy,
    Policy,
    RoundingRules,
)
from recovery.domain.policy_words import (
    Bearer,
    FeeBase,
    FeeRule,
    SettlePer,
    SurplusReceiver,
)
from recovery.domain.settlement import (
    Fill,
    FillRole,
    Funding,
    InterestCharge,
    LineLabel,
    Scope,
    Settlement,
    SettlementCase,
    Transfer,
    settle,
)

# PROPERTY_EXAMPLES=5000 makes a long run of it.
MANY = settings(
    max_examples=int(os.environ.get("PROPERTY_EXAMPLES", "100")), deadline=None
)
FORCED = FillRole.LIQUIDATION


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(low), Decimal(high), places=places)


prices = decimals("50", "150", 2)
sizes = decimals("0.01", "100", 2)
margins = decimals("0", "2000", 2)
rates = decimals("0", "0.02", 4)
sides = st.sampled_from(PositionSide)
linear = st.just(Product.LINEAR)
products = st.sampled_from([Product.LINEAR, Product.INVERSE])
splits = st.sampled_from(
    [
        TO_CUSTOMER,
        ((SurplusReceiver.INSURANCE_FUND, Decimal(1)),),
        (
            (SurplusReceiver.INSURANCE_FUND, Decimal("0.2")),
            (SurplusReceiver.LIQUIDATOR, Decimal("0.3")),
            (SurplusReceiver.CUSTOMER, Decimal("0.5")),
        ),
    ]
)
fee_policies = st.builds(
    LiquidationFeePolicy,
    rule=st.sampled_from(
        [
            FeeRule.NONE,
            FeeRule.RATE_OF_NOTIONAL,
            FeeRule.RATE_CAPPED_TO_SURPLUS,
            FeeRule.FIXED,
            FeeRule.ALL_SURPLUS,
        ]
    ),
    rate=rates,
    amount=decimals("0", "50", 2),
    base=st.sampled_from([FeeBase.FILL_NOTIONAL, FeeBase.ENTRY_NOTIONAL]),
    in_addition_to_taker=st.booleans(),
)
policies = st.builds(
    Policy,
    trading_fee_rate=rates,
    liquidation_fee=fee_policies,
    surplus_to=splits,
    deficit_to=st.sampled_from(
        [
            (Bearer.INSURANCE_FUND,),
            (Bearer.INSURANCE_FUND, Bearer.SOCIALISED),
            (Bearer.CUSTOMER,),
        ]
    ),
    settle_per=st.sampled_from(SettlePer),
    rounding=st.sampled_from(
        [RoundingRules(), RoundingRules(money=Rounding(Decimal("0.01")))]
    ),
)


at_the_close = policies.map(
    lambda policy: dataclasses.replace(policy, settle_per=SettlePer.CLOSE)
)
unrounded = policies.map(
    lambda policy: dataclasses.replace(policy, rounding=RoundingRules())
)
unrounded_at_the_close = at_the_close.map(
    lambda policy: dataclasses.replace(policy, rounding=RoundingRules())
)


@st.composite
def cases(
    draw: st.DrawFn,
    product: st.SearchStrategy[Product] = products,
    policy: st.SearchStrategy[Policy] = policies,
) -> SettlementCase:
    """A position that is closed in one to four forced fills."""
    parts = draw(st.lists(sizes, min_size=1, max_size=4))
    scope = Scope(
        product=draw(product),
        side=draw(sides),
        qty=sum(parts, Decimal(0)),
        contract_size=draw(st.sampled_from([Decimal(1), Decimal("0.1")])),
        entry_price=draw(prices),
        margin=draw(margins),
        mark_price=draw(prices),
        settle_asset="USDT",
        insurance_fund=draw(st.none() | decimals("0", "100", 2)),
    )
    events = tuple(Fill(draw(prices), part, FORCED) for part in parts)
    return SettlementCase(scope, events, draw(policy))


def value(settlement: Settlement, name: str) -> Decimal:
    """A figure of a settlement."""
    found = settlement.values[name]
    assert isinstance(found, Decimal)
    return found


def total(settlement: Settlement, label: LineLabel) -> Decimal:
    """Sum of the lines of one label."""
    with exact():
        lines = (line.amount for line in settlement.lines if line.label is label)
        return sum(lines, Decimal(0))


@MANY
@given(cases())
def test_opening_and_all_others_give_the_closing_balance(case: SettlementCase) -> None:
    lines = settle(case).lines
    with exact():
        moved = sum((line.amount for line in lines[1:-1]), lines[0].amount)
    assert lines[0].label is LineLabel.OPENING_BALANCE
    assert lines[-1].label is LineLabel.CLOSING_BALANCE
    assert moved == lines[-1].amount


@MANY
@given(cases(products, at_the_close))
def test_residual_and_deficit_are_never_negative_nor_both_above_zero(
    case: SettlementCase,
) -> None:
    done = settle(case)
    residual, deficit = value(done, "residual"), value(done, "deficit")
    assert residual >= 0
    assert deficit >= 0
    assert not (residual and deficit)


@MANY
@given(cases())
def test_customer_fund_receivers_and_fees_sum_to_the_market_result(
    case: SettlementCase,
) -> None:
    done = settle(case)
    paid = done.values["paid_to"]
    borne = done.values["deficit_borne_by"]
    assert isinstance(paid, dict)
    assert isinstance(borne, dict)
    customer = str(SurplusReceiver.CUSTOMER)
    with exact():
        others = sum(
            (part for who, part in paid.items() if who != customer), Decimal(0)
        )
        covers = sum(
            (part for who, part in borne.items() if who != customer), Decimal(0)
        )
        change = value(done, "wallet_balance_after") - done.lines[0].amount
        fees = value(done, "trading_fee") + value(done, "liquidation_fee")
        assert change + fees + others - covers == value(done, "pnl")


@MANY
@given(cases(linear, unrounded_at_the_close), st.data())
def test_splitting_a_fill_changes_nothing_without_rounding(
    case: SettlementCase, data: st.DataObject
) -> None:
    first = case.events[0]
    assert isinstance(first, Fill)
    assert first.qty is not None
    part = data.draw(st.sampled_from(["0.25", "0.5", "0.9"]).map(Decimal))
    with exact():
        halves = (
            first._replace(qty=first.qty * part),
            first._replace(qty=first.qty * (1 - part)),
        )
    whole, divided = (
        settle(case),
        settle(case._replace(events=(*halves, *case.events[1:]))),
    )
    for name in ("residual", "deficit", "pnl", "trading_fee", "liquidation_fee"):
        assert value(whole, name) == value(divided, name)


@MANY
@given(cases(linear, at_the_close), st.data())
def test_splitting_a_fill_moves_the_money_by_declared_rounding_only(
    case: SettlementCase, data: st.DataObject
) -> None:
    cent = Decimal("0.01")
    rules = RoundingRules(money=Rounding(cent))
    rounded = case._replace(policy=dataclasses.replace(case.policy, rounding=rules))
    first = case.events[0]
    assert isinstance(first, Fill)
    assert first.qty is not None
    part = data.draw(st.sampled_from(["0.25", "0.5", "0.9"]).map(Decimal))
    with exact():
        halves = (
            first._replace(qty=first.qty * part),
            first._replace(qty=first.qty * (1 - part)),
        )
    divided = settle(rounded._replace(events=(*halves, *case.events[1:])))
    whole = settle(rounded)
    with exact():
        # Two amounts are rounded instead of one: at most three halves of a cent.
        for name in ("pnl", "trading_fee"):
            assert abs(value(whole, name) - value(divided, name)) <= cent * 3 / 2


no_trading_fee = st.builds(
    Policy,
    trading_fee_rate=st.just(Decimal(0)),
    liquidation_fee=st.builds(
        LiquidationFeePolicy,
        rule=st.sampled_from([FeeRule.NONE, FeeRule.RATE_CAPPED_TO_SURPLUS]),
        rate=rates,
        base=st.just(FeeBase.ENTRY_NOTIONAL),
    ),
    surplus_to=splits,
)


@MANY
@given(cases(linear, no_trading_fee))
def test_long_and_short_mirror(case: SettlementCase) -> None:
    scope, entry = case.scope, case.scope.entry_price
    assert entry is not None
    other = PositionSide.SHORT if scope.side is PositionSide.LONG else PositionSide.LONG
    with exact():
        mirrored = tuple(
            Fill(2 * entry - event.price, event.qty, FORCED)
            for event in case.events
            if isinstance(event, Fill) and event.price is not None
        )
    assume(all(event.price is not None and event.price > 0 for event in mirrored))
    one = settle(case)
    two = settle(case._replace(scope=scope._replace(side=other), events=mirrored))
    for name in ("residual", "deficit", "pnl", "liquidation_fee"):
        assert value(one, name) == value(two, name)


@MANY
@given(cases(products, at_the_close), decimals("0.01", "20", 2))
def test_more_slippage_never_raises_the_residual(
    case: SettlementCase, slippage: Decimal
) -> None:
    # A fee on the fill's value falls with the price; it may not outrun the loss.
    last = case.events[-1]
    assert isinstance(last, Fill)
    assert last.price is not None
    worse = -slippage if case.scope.side is PositionSide.LONG else slippage
    with exact():
        slipped = last._replace(price=last.price + worse)
    moved = case._replace(events=(*case.events[:-1], slipped))
    assert value(settle(moved), "residual") <= value(settle(case), "residual")


@MANY
@given(cases(), st.data())
def test_takeover_residual_is_independent_of_the_market_fill(
    case: SettlementCase, data: st.DataObject
) -> None:
    policy = Policy(takeover_at_bankruptcy=True)
    scope = case.scope._replace(product=Product.LINEAR, margin=Decimal("0.04"))
    taken = SettlementCase(scope, case.events, policy)
    other = tuple(
        event._replace(price=data.draw(prices))
        for event in case.events
        if isinstance(event, Fill)
    )
    one, two = settle(taken), settle(taken._replace(events=other))
    assert value(one, "residual") == value(two, "residual") == 0
    assert value(one, "booked_pnl") == value(two, "booked_pnl") == Decimal("-0.04")
    assert one.lines == two.lines


@MANY
@given(
    cases(linear, unrounded),
    st.sampled_from(["2", "10", "0.5", "1000"]).map(Decimal),
)
def test_size_and_price_scale_against_each_other(
    case: SettlementCase, factor: Decimal
) -> None:
    scope = case.scope
    assert scope.entry_price is not None
    assert scope.mark_price is not None
    with exact():
        scaled = SettlementCase(
            scope._replace(
                contract_size=scope.contract_size / factor,
                entry_price=scope.entry_price * factor,
                mark_price=scope.mark_price * factor,
            ),
            tuple(
                event._replace(price=event.price * factor)
                for event in case.events
                if isinstance(event, Fill) and event.price is not None
            ),
            case.policy,
        )
    one, two = settle(case), settle(scaled)
    for name in ("residual", "deficit", "pnl", "liquidation_fee", "trading_fee"):
        with exact():
            assert abs(value(one, name) - value(two, name)) <= Decimal("1e-40")


independent = st.lists(
    st.one_of(
        st.builds(Transfer, decimals("-20", "20", 2)),
        st.builds(InterestCharge, decimals("-5", "0", 2)),
        st.builds(Funding, decimals("-5", "5", 2)),
    ),
    min_size=2,
    max_size=5,
)


@MANY
@given(cases(), independent, st.randoms(use_true_random=False))
def test_order_of_simultaneous_independent_rows_does_not_matter(
    case: SettlementCase, rows: list[Transfer], random: object
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one = settle(case._replace(events=(*rows, *case.events)))
    two = settle(case._replace(events=(*shuffled, *case.events)))
    assert one.values == two.values


@MANY
@given(cases())
def test_lines_add_up_to_the_figures(case: SettlementCase) -> None:
    done = settle(case)
    with exact():
        assert total(done, LineLabel.REALISED_PNL) == value(done, "pnl")
        assert -total(done, LineLabel.TRADING_FEE) == value(done, "trading_fee")
        fee = value(done, "liquidation_fee")
        assert -total(done, LineLabel.LIQUIDATION_FEE) == fee


@pytest.mark.parametrize("product", [Product.LINEAR, Product.INVERSE])
def test_result_is_a_pure_function_of_the_case(product: Product) -> None:
    scope = Scope(
        product=product,
        side=PositionSide.LONG,
        qty=Decimal(10),
        entry_price=Decimal(100),
        margin=Decimal(100),
        settle_asset="USDT",
    )
    case = SettlementCase(scope, (Fill(Decimal(95), Decimal(10), FORCED),), Policy())
    assert settle(case) == settle(case)
