"""The automatic position reduction: what should happen, and what did.

`plan_reductions` says what a venue should have done along a path of marks;
`judge_reductions` holds recorded reductions against the policy, step by step.
Source: liquidation math, section 4.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from recovery.domain.case_errors import CaseUnsupportedError
from recovery.domain.margin_level import is_triggered, scope_level
from recovery.domain.money import exact
from recovery.domain.policy import Policy
from recovery.domain.reduction import STEP_PATH
from recovery.domain.settlement import apply_event
from recovery.domain.settlement_case import (
    Event,
    Fill,
    FillRole,
    MarkChange,
    Scope,
    SettlementCase,
)
from recovery.domain.settlement_planned import planned_qty
from recovery.domain.settlement_state import ScopeState

STEPS_MAX = 200


class Verdict(StrEnum):
    """What a recorded reduction did that the policy did not say."""

    TOO_EARLY = "too_early"  # The level had not triggered.
    TOO_LATE = "too_late"  # It had triggered at an earlier mark.
    TOO_MUCH = "too_much"
    TOO_LITTLE = "too_little"


class StepJudgement(NamedTuple):
    """One recorded reduction against the policy; no verdict: as it says.

    Levels are None where nothing was or is open.
    """

    event_index: int
    recorded_qty: Decimal
    planned_qty: Decimal
    level_before: Decimal | None
    level_after: Decimal | None
    verdicts: tuple[Verdict, ...]


def plan_reductions(
    scope: Scope, policy: Policy, marks: Sequence[Decimal]
) -> tuple[Event, ...]:
    """The marks, and the reductions that should follow each of them.

    Args:
        scope: the position and the money behind it.
        policy: level, trigger and step of the reduction.
        marks: prices in order; every fill is planned at the mark.

    Returns:
        Events with sizes, as a settlement takes them. At one mark steps follow
        each other as long as the level triggers.

    Raises:
        CaseUnsupportedError: the steps of one mark never end.
    """
    with exact():
        state = ScopeState(scope, policy)
        events: list[Event] = []
        for mark in marks:
            _apply(state, events, MarkChange(mark))
            _reduce(state, events, mark)
        return tuple(events)


def _reduce(state: ScopeState, events: list[Event], mark: Decimal) -> None:
    """Step after step at one mark, until the level holds or a step is nothing."""
    for _ in range(STEPS_MAX):
        if not (state.qty and is_triggered(state)):
            return
        fill = Fill(mark, role=FillRole.LIQUIDATION)
        qty = planned_qty(state, fill)
        if not qty:
            return
        _apply(state, events, fill._replace(qty=qty))
    raise CaseUnsupportedError(f"{STEP_PATH}.type", "that never restores the level")


def _apply(state: ScopeState, events: list[Event], event: Event) -> None:
    """Let an event happen and keep it."""
    state.event_index = len(events)
    apply_event(state, event)
    events.append(event)


def judge_reductions(case: SettlementCase) -> tuple[StepJudgement, ...]:
    """Hold every recorded forced fill against the policy.

    Args:
        case: marks and fills in the order in which they happened.

    Returns:
        One judgement per forced fill with a size.
    """
    with exact():
        state = ScopeState(case.scope, case.policy)
        is_late, judgements = False, []
        for index, event in enumerate(case.events):
            state.event_index = index
            if isinstance(event, MarkChange):
                is_late = _is_due(state)
            if _is_reduction(event) and state.qty:
                judgements.append(_judge(state, index, event, is_late=is_late))
                is_late = False
            else:
                apply_event(state, event)
        return tuple(judgements)


def _is_due(state: ScopeState) -> bool:
    """Whether a reduction is due at the mark that is about to change."""
    return state.mark is not None and bool(state.qty) and is_triggered(state)


def _is_reduction(event: Event) -> bool:
    """Whether an event is a forced fill of a stated size."""
    if not isinstance(event, Fill):
        return False
    return event.role is FillRole.LIQUIDATION and event.qty is not None


def _judge(
    state: ScopeState, index: int, event: Event, *, is_late: bool
) -> StepJudgement:
    """One reduction: when it came, how large it was, where it left the level."""
    fill = event if isinstance(event, Fill) else Fill()
    recorded = fill.qty or Decimal(0)
    level_before, triggered = scope_level(state), is_triggered(state)
    planned = planned_qty(state, fill)
    found = {
        Verdict.TOO_EARLY: not triggered,
        Verdict.TOO_LATE: is_late,
        Verdict.TOO_MUCH: triggered and recorded > planned,
        Verdict.TOO_LITTLE: triggered and recorded < planned,
    }
    apply_event(state, event)
    return StepJudgement(
        event_index=index,
        recorded_qty=recorded,
        planned_qty=planned,
        level_before=level_before,
        level_after=scope_level(state) if state.qty else None,
        verdicts=tuple(verdict for verdict, holds in found.items() if holds),
    )
