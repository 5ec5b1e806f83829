"""The automatic position reduction: what should happen, and what did.

`plan_reductions` says what a venue should have done along a path of marks;
`judge_reductions` holds recorded reductions against the policy, step by step.
Source: liquidation math, section 4.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from recovery.domain.case_errors import CaseUnsupportedError
from recovery.domain.margin_level import is_triggered, scope_level
from recovery.domain.money import ONE, ZERO, exact
from recovery.domain.policy import Policy, ReductionPolicy
from recovery.domain.policy_words import LevelConvention, StepType, StopRule
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
from recovery.domain.settlement_cover import charge_liquidation_fee
from recovery.domain.settlement_planned import planned_qty, size_range
from recovery.domain.settlement_state import ScopeState

STEPS_MAX = 200


class Verdict(StrEnum):
    """What a recorded reduction did that the policy did not say."""

    TOO_EARLY = "too_early"  # Nothing was due, or the pause was not kept.
    TOO_LATE = "too_late"  # It was due at an earlier mark.
    TOO_MUCH = "too_much"
    TOO_LITTLE = "too_little"
    WRONG_FEE = "wrong_fee"


class StepJudgement(NamedTuple):
    """One recorded reduction against the policy; no verdict: as it says.

    Levels are None where nothing was or is open; fees are positive amounts of
    the settlement asset, trading and liquidation fee together, and the recorded
    one is None where no fee is recorded.
    """

    event_index: int
    recorded_qty: Decimal
    planned_qty: Decimal  # At most; least and most differ by few rules only.
    planned_qty_min: Decimal
    level_before: Decimal | None
    level_after: Decimal | None
    is_restored: bool  # The reduction may end here, by the stop rule.
    recorded_fee: Decimal | None
    expected_fee: Decimal
    verdicts: tuple[Verdict, ...]


def plan_reductions(
    scope: Scope,
    policy: Policy,
    marks: Sequence[Decimal | MarkChange],
    gap: Decimal = ZERO,
) -> tuple[Event, ...]:
    """The marks, and the reductions that should follow each of them.

    Args:
        scope: the position and the money behind it.
        policy: level, trigger, step and stop of the reduction.
        marks: prices in order, with their times where a step grows with time or
            a pause follows it; sizes are planned at the mark.
        gap: part of the mark by which every fill is worse than it.

    Returns:
        Events with sizes, as a settlement takes them. At one mark steps follow
        each other until the stop rule ends them, or until time must pass.

    Raises:
        CaseUnsupportedError: the steps of one mark never end.
    """
    with exact():
        state = ScopeState(scope, policy)
        events: list[Event] = []
        for mark in marks:
            change = mark if isinstance(mark, MarkChange) else MarkChange(mark)
            note_event(state, events, change)
            reduce_at_mark(state, events, gap)
        return tuple(events)


def note_event(state: ScopeState, events: list[Event], event: Event) -> None:
    """Let an event happen and keep it."""
    state.event_index = len(events)
    apply_event(state, event)
    events.append(event)


def reduce_at_mark(state: ScopeState, events: list[Event], gap: Decimal) -> None:
    """Step after step at one mark, until the stop rule holds or a step is nothing.

    A step that grows with time, or that a pause must follow, is taken once a mark.
    """
    mark, at = state.mark_required(), state.marked_at
    for _ in range(STEPS_MAX):
        if not _goes_on(state):
            return
        if not _has_time_come(state, at):
            return
        price = mark * (ONE - state.sign * gap)
        fill = Fill(price, role=FillRole.LIQUIDATION, occurred_at=at)
        qty = planned_qty(state, fill)
        if not qty:
            return
        note_event(state, events, fill._replace(qty=qty))
        state.is_reducing, state.reduced_at = True, at
    raise CaseUnsupportedError(f"{STEP_PATH}.type", "that never restores the level")


def _has_time_come(state: ScopeState, at: datetime | None) -> bool:
    """Whether the next step may be taken: the pause is over, a ramp has moved on.

    An unknown time counts as late enough.
    """
    reduction, last = state.policy.reduction, state.reduced_at
    if reduction is None or last is None or at is None:
        return True
    if reduction.step is not None and reduction.step.type is StepType.TIME_RAMP:
        return at > last
    return at - last >= _pause(reduction)


def _pause(reduction: ReductionPolicy) -> timedelta:
    """The pause between two steps."""
    return timedelta(microseconds=int(reduction.cooldown_seconds * 1_000_000))


def _goes_on(state: ScopeState) -> bool:
    """Whether a step is due; where none is, the reduction has ended."""
    due = _is_due(state, is_running=state.is_reducing)
    if not due:
        state.is_reducing, state.reducing_since = False, None
    return due


def _is_due(state: ScopeState, *, is_running: bool) -> bool:
    """Whether a step is due: triggered, or begun and not yet at its stop."""
    if not state.qty:
        return False
    return is_triggered(state) or (is_running and not _may_stop(state))


def _may_stop(state: ScopeState) -> bool:
    """Whether a reduction that has begun may end here, by its stop rule."""
    if not state.qty:
        return True
    reduction = state.policy.reduction
    if reduction is not None and reduction.stop_rule is StopRule.WHOLE_POSITION:
        return False
    if reduction is not None and _has_target(state, reduction):
        level = scope_level(state)
        return level is None or level >= (reduction.target or ZERO)
    return not is_triggered(state)


def _has_target(state: ScopeState, reduction: ReductionPolicy) -> bool:
    """Whether the reduction goes on to a level of its own."""
    level = state.policy.margin_level
    if level is None or level.convention is not LevelConvention.EQUITY_OVER_USED:
        return False
    at_target = reduction.stop_rule is StopRule.AT_TARGET
    return at_target and reduction.target is not None


def judge_reductions(
    case: SettlementCase, liquidation_fees: Mapping[int, Decimal] | None = None
) -> tuple[StepJudgement, ...]:
    """Hold every recorded forced fill against the policy.

    Args:
        case: marks and fills in the order in which they happened; a fill that
            carries its own fee is compared with the fee by the policy.
        liquidation_fees: recorded liquidation fee by the index of its fill,
            positive; a fill that is not named has none recorded.

    Returns:
        One judgement per forced fill with a size.
    """
    with exact():
        judge = _Judge(ScopeState(case.scope, case.policy), liquidation_fees or {})
        for index, event in enumerate(case.events):
            judge.state.event_index = index
            if isinstance(event, MarkChange):
                judge.note_mark()
            if isinstance(event, Fill) and _is_reduction(event) and judge.state.qty:
                judge.note_reduction(index, event)
            else:
                apply_event(judge.state, event)
        return tuple(judge.judgements)


def _is_reduction(fill: Fill) -> bool:
    """Whether a fill is a forced one of a stated size."""
    return fill.role is FillRole.LIQUIDATION and fill.qty is not None


class _Judge:
    """What must be remembered from one reduction to the next."""

    def __init__(self, state: ScopeState, liquidation_fees: Mapping[int, Decimal]):
        """Start where nothing is reduced yet."""
        self.state = state
        self.liquidation_fees = liquidation_fees
        self.judgements: list[StepJudgement] = []
        self.is_late = False

    def note_mark(self) -> None:
        """The mark is about to change: what is due now comes late from here."""
        state = self.state
        if state.mark is not None:
            self.is_late = _goes_on(state) and _has_time_come(state, state.marked_at)

    def note_reduction(self, index: int, fill: Fill) -> None:
        """One reduction: when it came, how large it was, what it cost and left."""
        state, recorded = self.state, fill.qty or ZERO
        due = _goes_on(state)
        paused = _has_time_come(state, fill.occurred_at)
        if not state.is_reducing:
            state.reducing_since = None
        level_before, planned = scope_level(state), size_range(state, fill)
        fees = self._apply(index, fill)
        found = {
            Verdict.TOO_EARLY: not due or not paused,
            Verdict.TOO_LATE: self.is_late,
            Verdict.TOO_MUCH: due and recorded > planned.highest,
            Verdict.TOO_LITTLE: due and recorded < planned.lowest,
            Verdict.WRONG_FEE: fees[0] is not None and fees[0] != fees[1],
        }
        self.is_late, state.is_reducing = False, due and not _may_stop(state)
        state.reduced_at = fill.occurred_at
        self.judgements.append(
            StepJudgement(
                event_index=index,
                recorded_qty=recorded,
                planned_qty=planned.highest,
                planned_qty_min=planned.lowest,
                level_before=level_before,
                level_after=scope_level(state) if state.qty else None,
                is_restored=_may_stop(state),
                recorded_fee=fees[0],
                expected_fee=fees[1],
                verdicts=tuple(verdict for verdict, holds in found.items() if holds),
            )
        )

    def _apply(self, index: int, fill: Fill) -> tuple[Decimal | None, Decimal]:
        """Let the fill happen as recorded; its recorded and its expected fee."""
        by_policy = deepcopy(self.state)
        before, fee_before = _charged(by_policy), by_policy.liquidation_fee
        apply_event(by_policy, fill._replace(fee=None, trading_fee_rate=None))
        expected = _charged(by_policy) - before
        apply_event(self.state, fill)
        recorded = _recorded_trading_fee(self.state, fill)
        liquidation_fee = self.liquidation_fees.get(index)
        if liquidation_fee is None:
            return recorded, expected
        # The level that follows is the one of the records, not of the plan.
        booked = self.state.liquidation_fee - fee_before
        more = liquidation_fee - booked
        charge_liquidation_fee(self.state, more, more)
        if recorded is None:
            recorded = _charged(by_policy) - before - booked
        return recorded + liquidation_fee, expected


def _charged(state: ScopeState) -> Decimal:
    """Fees charged so far, of trading and of the liquidation."""
    return state.trading_fee_booked + state.liquidation_fee


def _recorded_trading_fee(state: ScopeState, fill: Fill) -> Decimal | None:
    """The trading fee a fill carries, in the settlement asset; None without one."""
    fee = fill.fee
    if fee is not None and fee.amount is not None:
        own = fee.asset == state.scope.settle_asset
        price = ONE if own and fee.price is None else fee.price
        return None if price is None else -fee.amount * price
    rate = fill.trading_fee_rate if fee is None else fee.rate
    if rate is None or fill.price is None or fill.qty is None:
        return None
    return state.money(rate * state.fee_notional(fill.qty, fill.price))
