"""Reductions planned along a path of marks, and recorded ones judged.

The usual case: long 10 at 100 with 100, used margin 10 per contract, trigger 50 %.
"""

import dataclasses
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.domain.case_errors import CaseFieldError, CaseUnsupportedError
from recovery.domain.instruments import PositionSide, Product
from recovery.domain.money import divide
from recovery.domain.policy import Policy
from recovery.domain.policy_reading import parse_policy
from recovery.domain.reduction_replay import (
    StepJudgement,
    Verdict,
    judge_reductions,
    plan_reductions,
)
from recovery.domain.settlement import (
    Event,
    Fill,
    FillFee,
    FillRole,
    Funding,
    MarkChange,
    OtherPosition,
    Scope,
    SettlementCase,
    Takeover,
)

MANY = settings(
    max_examples=int(os.environ.get("PROPERTY_EXAMPLES", "100")), deadline=None
)
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
RESTORE: dict[str, Any] = {
    "step": {"type": "restore"},
    "target": "1",
    "size_step": "0.1",
}
LEVEL = {"trigger": "0.5", "comparison": "<="}


def rules(
    reduction: dict[str, Any] | None = None, level: dict[str, Any] | None = None
) -> Policy:
    """A policy that reduces at half of the used margin, back to all of it."""
    return parse_policy(
        {
            "trading_fee_rate": "0.001",
            "margin_level": LEVEL | (level or {}),
            "reduction": RESTORE | (reduction or {}),
        }
    )


def forced(price: str, qty: str) -> Fill:
    """A recorded reduction."""
    return Fill(Decimal(price), Decimal(qty), FillRole.LIQUIDATION)


def mark(price: str) -> MarkChange:
    """A mark."""
    return MarkChange(Decimal(price))


def verdicts(*events: Event, policy: Policy | None = None) -> list[tuple[Verdict, ...]]:
    """What is said of each recorded reduction."""
    case = SettlementCase(SCOPE, events, policy or rules())
    return [judgement.verdicts for judgement in judge_reductions(case)]


def test_level_without_a_policy_or_trigger_is_refused() -> None:
    policy = parse_policy({"reduction": RESTORE})
    with pytest.raises(CaseFieldError) as refusal:
        plan_reductions(SCOPE, policy, [Decimal(90)])
    assert refusal.value.field == "policy.margin_level"
    policy = parse_policy({"reduction": RESTORE, "margin_level": {}})
    with pytest.raises(CaseFieldError) as refusal:
        plan_reductions(SCOPE, policy, [Decimal(90)])
    assert refusal.value.field == "policy.margin_level.trigger"


def test_level_not_modelled_is_named() -> None:
    policy = rules(level={"convention": "assets_over_debt"})
    with pytest.raises(CaseUnsupportedError) as refusal:
        plan_reductions(SCOPE, policy, [Decimal(90)])
    assert refusal.value.key == "policy.margin_level.convention"
    assert refusal.value.value == "assets_over_debt"


def test_equity_below_nothing_is_due_though_its_ratio_is_negative() -> None:
    level = {
        "convention": "maintenance_over_equity",
        "comparison": ">=",
        "trigger": "1",
    }
    policy = rules({"step": {"type": "whole_position"}}, level)
    events = plan_reductions(SCOPE, policy, [Decimal(80)])
    assert events == (mark("80"), forced("80", "10"))


def test_closing_fee_inside_the_level_needs_its_rate() -> None:
    level = {"convention": "equity_over_maintenance", "includes_close_fee": True}
    with pytest.raises(CaseFieldError) as refusal:
        plan_reductions(SCOPE, rules(level=level), [Decimal(90)])
    assert refusal.value.field == "policy.margin_level.close_fee_rate"


@pytest.mark.parametrize(
    ("level", "fee", "before"),
    [
        ({"convention": "equity_over_used"}, {}, "0.49"),
        ({"convention": "equity_over_used", "used_basis": "mark"}, {}, "49/94.9"),
        ({"convention": "equity_over_maintenance"}, {}, "49/47.45"),
        ({"convention": "maintenance_over_equity"}, {}, "47.45/49"),
        (
            {
                "convention": "equity_over_maintenance",
                "includes_close_fee": True,
                "close_fee_rate": "0.01",
            },
            {},
            "49/56.94",
        ),
        (
            {
                "convention": "maintenance_over_equity",
                "includes_close_fee": True,
                "close_fee_rate": "0.01",
            },
            {},
            "56.94/49",
        ),
        (
            {"convention": "equity_over_liquidation_fee"},
            {"rule": "rate_of_notional", "rate": "0.01"},
            "49/9.49",
        ),
        (
            {"convention": "equity_over_liquidation_fee"},
            {"rule": "fixed", "amount": "7"},
            "7",
        ),
    ],
)
def test_level_before_a_step_is_of_the_policys_convention(
    level: dict[str, Any], fee: dict[str, Any], before: str
) -> None:
    policy = parse_policy(
        {
            "margin_level": {"trigger": "1"} | level,
            "reduction": {"step": {"type": "whole_position"}},
            "liquidation_fee": fee,
        }
    )
    case = SettlementCase(SCOPE, (mark("94.9"), forced("94.9", "10")), policy)
    (judgement,) = judge_reductions(case)
    top, _, bottom = before.partition("/")
    assert judgement.level_before == divide(Decimal(top), Decimal(bottom or "1"))
    assert judgement.level_after is None
    assert judgement.is_restored


def test_closing_fee_inside_the_level_is_of_the_whole_scope() -> None:
    level = {
        "convention": "equity_over_maintenance",
        "includes_close_fee": True,
        "close_fee_rate": "0.01",
    }
    other = OtherPosition(
        PositionSide.SHORT,
        Decimal(1),
        entry_price=Decimal(50),
        mark_price=Decimal(51),
        maintenance_margin_rate=Decimal("0.1"),
    )
    scope = SCOPE._replace(other_positions=(other,))
    case = SettlementCase(
        scope, (mark("94.9"), forced("94.9", "1")), rules(None, level)
    )
    (judgement,) = judge_reductions(case)
    # 49 - 1 over 47.45 + 5.1 + 1 % of (949 + 51).
    assert judgement.level_before == divide(Decimal(48), Decimal("62.55"))


def test_steps_that_never_restore_the_level_are_refused() -> None:
    step = {"type": "fraction", "fraction": "0.1", "then": "fraction"}
    policy = parse_policy({"margin_level": LEVEL, "reduction": {"step": step}})
    with pytest.raises(CaseUnsupportedError):
        plan_reductions(SCOPE, policy, [Decimal(80)])


def test_nothing_is_planned_above_the_trigger() -> None:
    assert plan_reductions(SCOPE, rules(), [Decimal(96)]) == (mark("96"),)


def test_plan_reduces_when_the_level_triggers() -> None:
    events = plan_reductions(SCOPE, rules(), [Decimal(96), Decimal("94.9")])
    assert events == (mark("96"), mark("94.9"), forced("94.9", "5.2"))


def test_step_of_nothing_ends_the_plan() -> None:
    policy = rules({"step": {"type": "none"}})
    assert plan_reductions(SCOPE, policy, [Decimal(90)]) == (mark("90"),)


@pytest.mark.parametrize(
    ("convention", "trigger", "comparison"),
    [
        ("equity_over_maintenance", "1", "<"),
        ("maintenance_over_equity", "1", ">="),
    ],
)
def test_level_may_be_of_maintenance_margin(
    convention: str, trigger: str, comparison: str
) -> None:
    level = {"convention": convention, "trigger": trigger, "comparison": comparison}
    policy = rules({"step": {"type": "whole_position"}}, level)
    # Maintenance 5 % of 940 is 47 against an equity of 40.
    events = plan_reductions(SCOPE, policy, [Decimal(96), Decimal(94)])
    assert events == (mark("96"), mark("94"), forced("94", "10"))


def test_level_of_a_position_without_used_margin_never_triggers() -> None:
    scope = SCOPE._replace(initial_margin_rate=Decimal(0))
    assert plan_reductions(scope, rules(), [Decimal(50)]) == (mark("50"),)
    case = SettlementCase(scope, (mark("50"), forced("50", "1")), rules())
    assert judge_reductions(case)[0].level_before is None


def test_reduction_as_planned_has_no_verdict() -> None:
    case = SettlementCase(SCOPE, (mark("94.9"), forced("94.9", "5.2")), rules())
    (judgement,) = judge_reductions(case)
    assert judgement.verdicts == ()
    assert judgement.planned_qty == judgement.recorded_qty == Decimal("5.2")
    assert judgement.level_before == Decimal("0.49")
    assert judgement.level_after is not None
    assert judgement.level_after > 1


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ((mark("96"), forced("96", "5.2")), Verdict.TOO_EARLY),
        ((mark("94.9"), forced("94.9", "5.3")), Verdict.TOO_MUCH),
        ((mark("94.9"), forced("94.9", "5.1")), Verdict.TOO_LITTLE),
    ],
)
def test_reduction_off_the_policy_is_named(
    events: tuple[Event, ...], verdict: Verdict
) -> None:
    assert verdicts(*events) == [(verdict,)]


def test_reduction_after_the_mark_moved_on_is_late() -> None:
    found = verdicts(mark("94.9"), mark("94.8"), forced("94.8", "5.3"))
    assert found[0][0] is Verdict.TOO_LATE


def test_other_rows_are_not_judged() -> None:
    order = Fill(Decimal(95), Decimal(1))
    planned = Fill(Decimal(95), role=FillRole.LIQUIDATION)
    rows = (mark("95"), Funding(Decimal(-1)), order, planned, mark("90"))
    assert verdicts(*rows) == []
    assert verdicts(mark("95"), Takeover(), forced("95", "10")) == []


def judged(
    *events: Event, policy: Policy | None = None, fees: dict[int, Decimal] | None = None
) -> list[StepJudgement]:
    """The judgements of recorded reductions."""
    return list(
        judge_reductions(SettlementCase(SCOPE, events, policy or rules()), fees)
    )


@pytest.mark.parametrize(
    ("paid", "found"), [("0.49348", ()), ("0.4935", (Verdict.WRONG_FEE,))]
)
def test_recorded_trading_fee_is_held_against_the_policy(
    paid: str, found: tuple[Verdict, ...]
) -> None:
    fee = FillFee("USDT", amount=-Decimal(paid))
    fill = forced("94.9", "5.2")._replace(fee=fee)
    (judgement,) = judged(mark("94.9"), fill)
    assert judgement.verdicts == found
    assert judgement.recorded_fee == Decimal(paid)
    assert judgement.expected_fee == Decimal("0.49348")


@pytest.mark.parametrize(
    ("fee", "rate", "recorded"),
    [
        (FillFee("BNB", Decimal(300), amount=Decimal("-0.01")), None, "3"),
        (FillFee("BNB", amount=Decimal("-0.01"), price=None), None, None),
        (FillFee("BNB", Decimal(300), rate=Decimal("0.002")), None, "0.98696"),
        (None, "0.002", "0.98696"),
        (None, None, None),
    ],
)
def test_recorded_fee_may_be_in_another_asset_or_a_rate(
    fee: FillFee | None, rate: str | None, recorded: str | None
) -> None:
    fill = forced("94.9", "5.2")._replace(
        fee=fee, trading_fee_rate=None if rate is None else Decimal(rate)
    )
    if fee is not None and fee.price is None:
        with pytest.raises(CaseFieldError):
            judged(mark("94.9"), fill)
        return
    (judgement,) = judged(mark("94.9"), fill)
    assert judgement.recorded_fee == (None if recorded is None else Decimal(recorded))
    is_wrong = recorded is not None
    assert (Verdict.WRONG_FEE in judgement.verdicts) is is_wrong


@pytest.mark.parametrize(
    ("paid", "found", "level"),
    [
        ("4.9348", (), "4357172/4800000"),
        ("5.9348", (Verdict.WRONG_FEE,), "4257172/4800000"),
    ],
)
def test_recorded_liquidation_fee_is_judged_and_moves_the_level(
    paid: str, found: tuple[Verdict, ...], level: str
) -> None:
    policy = parse_policy(
        {
            "trading_fee_rate": "0.001",
            "margin_level": LEVEL,
            "reduction": RESTORE,
            "liquidation_fee": {"rule": "rate_of_notional", "rate": "0.01"},
        }
    )
    (judgement,) = judged(
        mark("94.9"), forced("94.9", "5.2"), policy=policy, fees={1: Decimal(paid)}
    )
    assert judgement.verdicts == found
    assert judgement.expected_fee == Decimal("5.42828")
    assert judgement.recorded_fee == Decimal(paid) + Decimal("0.49348")
    top, _, bottom = level.partition("/")
    assert judgement.level_after == divide(Decimal(top), Decimal(bottom))


def test_fees_of_each_step_are_its_own() -> None:
    policy = parse_policy(
        {
            "trading_fee_rate": "0.01",
            "margin_level": {"trigger": "2"},
            "reduction": {"step": {"type": "lots", "max_qty": "1"}},
            "liquidation_fee": {"rule": "rate_of_notional", "rate": "0.02"},
        }
    )
    one = forced("100", "1")
    two = one._replace(fee=FillFee("USDT", amount=Decimal(-1)))
    events = (mark("100"), one, one, two, two)
    fees = {2: Decimal(2), 3: Decimal(2), 4: Decimal(3)}
    found = judged(*events, policy=policy, fees=fees)
    assert [one.expected_fee for one in found] == [3, 3, 3, 3]
    assert [one.recorded_fee for one in found] == [None, 3, 3, 4]
    assert [Verdict.WRONG_FEE in one.verdicts for one in found] == [False] * 3 + [True]


def test_level_at_the_target_is_restored() -> None:
    policy = parse_policy(
        {
            "margin_level": {"trigger": "0.5", "comparison": "<="},
            "reduction": {
                "step": {"type": "restore"},
                "stop_rule": "at_target",
                "target": "1",
            },
        }
    )
    # Equity 50 carries exactly 5 contracts of 10 each.
    (judgement,) = judged(mark("95"), forced("95", "5"), policy=policy)
    assert judgement.level_after == 1
    assert judgement.is_restored


@pytest.mark.parametrize(
    ("step", "qty", "found"),
    [
        ({"type": "lots", "min_qty": "2", "max_qty": "4"}, "1", Verdict.TOO_LITTLE),
        ({"type": "lots", "min_qty": "2", "max_qty": "4"}, "2", None),
        ({"type": "lots", "min_qty": "2", "max_qty": "4"}, "4", None),
        ({"type": "lots", "min_qty": "2", "max_qty": "4"}, "5", Verdict.TOO_MUCH),
        ({"type": "lots", "max_qty": "4"}, "3", Verdict.TOO_LITTLE),
        ({"type": "lots", "max_qty": "40"}, "10", None),
        ({"type": "lots", "min_qty": "20", "max_qty": "40"}, "10", None),
        (
            {"type": "notional_cap", "max_notional": "188", "notional_basis": "fill"},
            "2",
            Verdict.TOO_MUCH,
        ),
        (
            {"type": "notional_cap", "max_portion": "0.5", "min_notional": "189.8"},
            "1.9",
            Verdict.TOO_LITTLE,
        ),
        (
            {"type": "notional_cap", "max_portion": "0.5", "min_notional": "189.8"},
            "2",
            None,
        ),
        ({"type": "notional_cap", "max_portion": "0.5"}, "5", None),
        ({"type": "notional_cap", "max_portion": "0.5"}, "5.1", Verdict.TOO_MUCH),
        (
            {
                "type": "notional_cap",
                "max_portion": "0.5",
                "min_notional": "900",
                "max_notional": "94.9",
            },
            "1",
            None,
        ),
    ],
)
def test_step_that_leaves_a_choice_is_judged_by_its_limits(
    step: dict[str, str], qty: str, found: Verdict | None
) -> None:
    policy = parse_policy({"margin_level": LEVEL, "reduction": {"step": step}})
    (judgement,) = judged(mark("94.9"), forced("94.9", qty), policy=policy)
    assert judgement.verdicts == (() if found is None else (found,))
    assert judgement.planned_qty_min <= judgement.planned_qty


@pytest.mark.parametrize(("second", "found"), [(29, (Verdict.TOO_EARLY,)), (30, ())])
def test_pause_between_steps_is_kept(second: int, found: tuple[Verdict, ...]) -> None:
    policy = parse_policy(
        {
            "margin_level": LEVEL,
            "reduction": {
                "step": {"type": "lots", "max_qty": "1"},
                "cooldown_seconds": "30",
            },
        }
    )
    start = datetime(2026, 9, 1, tzinfo=UTC)
    one = forced("90", "1")._replace(occurred_at=start)
    two = one._replace(occurred_at=start + timedelta(seconds=second))
    assert [one.verdicts for one in judged(mark("90"), one, two, policy=policy)] == [
        (),
        found,
    ]


def test_reduction_goes_on_to_its_target_though_the_trigger_is_left() -> None:
    # At 94.9 the level is 0.49; a lot of 2 gives 0.6125, of 4 0.8167, of 5 0.98.
    policy = rules({"step": {"type": "lots", "max_qty": "1"}, "stop_rule": "at_target"})
    policy = dataclasses.replace(policy, trading_fee_rate=Decimal(0))
    events = plan_reductions(SCOPE, policy, [Decimal("94.9")])
    assert len(events) == 1 + 6
    assert [one.verdicts for one in judged(*events, policy=policy)] == [()] * 6
    restored = [one.is_restored for one in judged(*events, policy=policy)]
    assert restored == [False] * 5 + [True]
    late = judged(*events[:3], mark("94.9"), *events[3:], policy=policy)
    assert late[2].verdicts == (Verdict.TOO_LATE,)
    again = judged(*events, forced("94.9", "1"), policy=policy)
    assert again[6].verdicts == (Verdict.TOO_EARLY,)


def test_reduction_at_the_threshold_ends_where_the_trigger_is_left() -> None:
    policy = rules({"step": {"type": "lots", "max_qty": "1"}})
    events = plan_reductions(SCOPE, policy, [Decimal("94.9")])
    assert len(events) == 1 + 1
    (judgement,) = judged(*events, policy=policy)
    assert judgement.is_restored


def test_reduction_of_the_whole_position_ends_with_it() -> None:
    step = {"type": "lots", "max_qty": "4"}
    policy = rules({"step": step, "stop_rule": "whole_position"})
    events = plan_reductions(SCOPE, policy, [Decimal("94.9")])
    assert [one.qty for one in events if isinstance(one, Fill)] == [4, 4, 2]
    judgements = judged(*events, policy=policy)
    assert [one.is_restored for one in judgements] == [False, False, True]


def test_gap_makes_every_fill_worse() -> None:
    long = plan_reductions(SCOPE, rules(), [Decimal("94.9")], Decimal("0.01"))
    assert long[1] == forced("93.951", "5.2")
    scope = SCOPE._replace(side=PositionSide.SHORT)
    short = plan_reductions(scope, rules(), [Decimal("105.1")], Decimal("0.01"))
    assert isinstance(short[1], Fill)
    assert short[1].price == Decimal("106.151")


RAMP = {"type": "time_ramp", "initial_fraction": "0.25", "duration_seconds": "60"}


def timed(*prices: str, apart: int = 30) -> list[MarkChange]:
    """Marks so many seconds apart."""
    start = datetime(2026, 10, 10, 12, tzinfo=UTC)
    return [
        MarkChange(Decimal(price), start + timedelta(seconds=apart * place))
        for place, price in enumerate(prices)
    ]


def sizes(events: Sequence[Event]) -> list[Decimal | None]:
    """What the fills of a plan close."""
    return [event.qty for event in events if isinstance(event, Fill)]


def test_ramp_is_planned_by_the_time_of_the_marks() -> None:
    level = {"trigger": "0.5", "comparison": "<"}
    policy = rules({"step": RAMP, "target": "0.5", "size_step": "0.01"}, level)
    events = plan_reductions(SCOPE, policy, timed("92", "92", "92"))
    # 0.25, then 0.75 of what restores, then all of it; the fee is 0.092 a contract.
    assert sizes(events) == [Decimal("1.53"), Decimal("3.44"), Decimal("1.15")]
    assert judge_reductions(SettlementCase(SCOPE, events, policy))[0].verdicts == ()


def test_ramp_begins_anew_with_every_reduction() -> None:
    policy = rules({"step": RAMP, "target": "0.5", "stop_rule": "at_target"})
    marks = timed("92", "92", "92", "100", "80")
    events = plan_reductions(SCOPE, policy, marks)
    last = judge_reductions(SettlementCase(SCOPE, events, policy))[-1]
    assert last.verdicts == ()
    # A quarter only of what would restore, since the first reduction had ended.
    assert last.is_restored is False


@pytest.mark.parametrize(("apart", "fills"), [(10, 1), (30, 2), (60, 2)])
def test_plan_waits_until_the_pause_is_over(apart: int, fills: int) -> None:
    step = {"type": "fraction", "fraction": "0.1", "then": "fraction"}
    policy = rules({"step": step, "cooldown_seconds": "30", "size_step": "0.001"})
    events = plan_reductions(SCOPE, policy, timed("92", "92", apart=apart))
    assert len(sizes(events)) == fills
    found = judge_reductions(SettlementCase(SCOPE, events, policy))
    assert [judgement.verdicts for judgement in found] == [()] * fills


@MANY
@given(
    st.lists(st.decimals(Decimal(88), Decimal(110), places=1), min_size=1, max_size=8),
    st.sampled_from(
        [
            RESTORE,
            {"step": {"type": "whole_position"}},
            {"step": {"type": "fraction", "fraction": "0.3"}, "size_step": "0.1"},
            {"step": {"type": "lots", "max_qty": "2"}},
            {"step": {"type": "lots", "min_qty": "1", "max_qty": "3"}, "target": "0.7"},
            {"step": RAMP, "target": "0.7", "size_step": "0.01"},
            {
                "step": {"type": "lots", "max_qty": "1"},
                "cooldown_seconds": "45.5",
                "stop_rule": "at_target",
                "target": "1",
            },
        ]
    ),
    st.sampled_from([None, 0, 20, 60]),
)
def test_planned_reductions_are_judged_as_correct(
    marks: list[Decimal], reduction: dict[str, Any], apart: int | None
) -> None:
    policy = parse_policy({"margin_level": LEVEL, "reduction": reduction})
    path: Sequence[Decimal | MarkChange] = marks
    if apart is not None or reduction["step"] is RAMP:
        path = timed(*map(str, marks), apart=apart or 0)
    events = plan_reductions(SCOPE, policy, path)
    judgements = judge_reductions(SettlementCase(SCOPE, events, policy))
    assert all(judgement.verdicts == () for judgement in judgements)
    assert len(judgements) == sum(isinstance(event, Fill) for event in events)
