"""What would have been left, had something been otherwise.

Pure: a frozen supposition goes in, a frozen outcome comes out. Along a path of
marks the stop-loss of the customer comes first, then the reductions of the
policy; a policy without steps closes everything once it triggers.
Source: liquidation math, sections 2.5, 2.6, 3 and 4.
"""

import dataclasses
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.bankruptcy import scope_bankruptcy_price
from recovery.domain.case_errors import CaseFieldError
from recovery.domain.instruments import notional_of
from recovery.domain.liquidation_price import scope_liquidation_price
from recovery.domain.money import ONE, ZERO, divide, exact
from recovery.domain.policy import Policy, ReductionPolicy, ReductionStep
from recovery.domain.policy_words import StepType
from recovery.domain.reduction_replay import note_event, reduce_at_mark
from recovery.domain.settlement import settle
from recovery.domain.settlement_case import (
    Event,
    Fill,
    FillRole,
    MarkChange,
    Scope,
    Settlement,
    SettlementCase,
)
from recovery.domain.settlement_state import ScopeState


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Supposition:
    """What is supposed to be otherwise; None leaves it as it is.

    Attributes:
        qty: contracts of the opening position.
        leverage: sets the margin to entry notional / leverage, and the initial
            margin rate to its reciprocal.
        margin: money in the scope; goes before what the leverage would give.
        stop_loss: the customer closes everything once the mark is there.
        trading_fee_rate: of another fee tier, at all times.
        gap: part of the mark by which every fill is worse than it.
    """

    qty: Decimal | None = None
    leverage: Decimal | None = None
    margin: Decimal | None = None
    stop_loss: Decimal | None = None
    trading_fee_rate: Decimal | None = None
    gap: Decimal = ZERO


AS_IT_WAS = Supposition()


class Outcome(NamedTuple):
    """What a supposition comes to; prices are None where there is none."""

    events: tuple[Event, ...]
    settlement: Settlement
    liquidation_price: Decimal | None
    bankruptcy_price: Decimal | None
    is_stopped: bool  # The stop-loss closed the position.
    reductions: int  # Forced fills.


def what_if(
    scope: Scope,
    policy: Policy,
    marks: Sequence[Decimal],
    supposition: Supposition = AS_IT_WAS,
) -> Outcome:
    """What would have happened along a path of marks.

    Args:
        scope: the position and the money behind it, as they were.
        policy: the rules in force, with a margin level that triggers.
        marks: prices in order.
        supposition: what is supposed to be otherwise.

    Returns:
        The events that follow, and their settlement by the one engine.

    Raises:
        CaseFieldError: the scope or the policy lacks what is needed.
        CaseUnsupportedError: a policy that is known but not modelled.
    """
    with exact():
        opened = supposed_scope(scope, supposition)
        rules = supposed_policy(policy, supposition)
        events = _follow(ScopeState(opened, rules), marks, supposition)
        fills = [event for event in events if isinstance(event, Fill)]
        start = ScopeState(opened, rules)
        return Outcome(
            events=events,
            settlement=settle(SettlementCase(opened, events, rules)),
            liquidation_price=_known(scope_liquidation_price, start),
            bankruptcy_price=_known(scope_bankruptcy_price, start),
            is_stopped=any(fill.role is FillRole.ORDER for fill in fills),
            reductions=sum(fill.role is FillRole.LIQUIDATION for fill in fills),
        )


def supposed_scope(scope: Scope, supposition: Supposition) -> Scope:
    """The scope with another size, leverage or margin."""
    qty = scope.qty if supposition.qty is None else supposition.qty
    margin, rate = scope.margin, scope.initial_margin_rate
    if supposition.leverage is not None:
        if scope.entry_price is None:
            raise CaseFieldError("entry_price", "missing")
        units = qty * scope.contract_size
        notional = notional_of(scope.product, units, scope.entry_price)
        margin = divide(notional, supposition.leverage)
        rate = divide(ONE, supposition.leverage)
    if supposition.margin is not None:
        margin = supposition.margin
    return scope._replace(qty=qty, margin=margin, initial_margin_rate=rate)


def supposed_policy(policy: Policy, supposition: Supposition) -> Policy:
    """The policy with another fee tier, and with a step to take."""
    if supposition.trading_fee_rate is not None:
        policy = dataclasses.replace(
            policy,
            trading_fee_rate=supposition.trading_fee_rate,
            trading_fee_schedule=(),
        )
    reduction = policy.reduction or ReductionPolicy()
    if reduction.step is None:
        whole = ReductionStep(type=StepType.WHOLE_POSITION)
        reduction = dataclasses.replace(reduction, step=whole)
    return dataclasses.replace(policy, reduction=reduction)


def _follow(
    state: ScopeState, marks: Sequence[Decimal], supposition: Supposition
) -> tuple[Event, ...]:
    """The events along the path: every mark, and what it sets off."""
    events: list[Event] = []
    for mark in marks:
        note_event(state, events, MarkChange(mark))
        if state.qty and _is_stopped(state, mark, supposition.stop_loss):
            price = mark * (ONE - state.sign * supposition.gap)
            note_event(state, events, Fill(price, state.qty))
        elif state.qty:
            reduce_at_mark(state, events, supposition.gap)
    return tuple(events)


def _is_stopped(state: ScopeState, mark: Decimal, stop_loss: Decimal | None) -> bool:
    """Whether the mark is at the stop-loss or beyond it."""
    return stop_loss is not None and state.sign * (mark - stop_loss) <= 0


def _known(
    find: Callable[[ScopeState], Decimal | None], state: ScopeState
) -> Decimal | None:
    """A price, or None where the scope does not say what it needs."""
    try:
        return find(state)
    except CaseFieldError:
        return None
