"""Reductions planned along a path of marks, and recorded ones judged.

The usual case: long 10 at 100 with 100, used margin 10 per contract, trigger 50 %.
"""

import os
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.domain.case_errors import CaseFieldError, CaseUnsupportedError
from recovery.domain.instruments import PositionSide, Product
from recovery.domain.policy import Policy
from recovery.domain.policy_reading import parse_policy
from recovery.domain.reduction_replay import (
    Verdict,
    judge_reductions,
    plan_reductions,
)
from recovery.domain.settlement import (
    Event,
    Fill,
    FillRole,
    Funding,
    MarkChange,
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


@pytest.mark.parametrize(
    ("level", "key"),
    [
        ({"convention": "assets_over_debt"}, "policy.margin_level.convention"),
        (
            {"convention": "equity_over_maintenance", "includes_close_fee": True},
            "policy.margin_level.includes_close_fee",
        ),
    ],
)
def test_level_not_modelled_is_named(level: dict[str, Any], key: str) -> None:
    with pytest.raises(CaseUnsupportedError) as refusal:
        plan_reductions(SCOPE, rules(level=level), [Decimal(90)])
    assert refusal.value.key == key


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


@MANY
@given(
    st.lists(st.decimals(Decimal(88), Decimal(110), places=1), min_size=1, max_size=8),
    st.sampled_from(
        [
            RESTORE,
            {"step": {"type": "whole_position"}},
            {"step": {"type": "fraction", "fraction": "0.3"}, "size_step": "0.1"},
            {"step": {"type": "lots", "max_qty": "2"}},
        ]
    ),
)
def test_planned_reductions_are_judged_as_correct(
    marks: list[Decimal], reduction: dict[str, Any]
) -> None:
    policy = parse_policy({"margin_level": LEVEL, "reduction": reduction})
    events = plan_reductions(SCOPE, policy, marks)
    judgements = judge_reductions(SettlementCase(SCOPE, events, policy))
    assert all(judgement.verdicts == () for judgement in judgements)
    assert len(judgements) == sum(isinstance(event, Fill) for event in events)
