"""The expected side of an event: the settlement engine under the policy in force.

What the records cannot prove is expected as it was recorded and marked so: an entry
or a balance nobody told, a mark that is missing, what the fund owes a scope in which
other positions are open.
Source: MATH §2 to §4; design §5.
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from recovery.domain import settlement_case as sc
from recovery.domain.assessment_draft import WHOLE, Draft
from recovery.domain.case_errors import CaseFieldError, CaseUnsupportedError
from recovery.domain.detection import EventWindow
from recovery.domain.instruments import PositionSide
from recovery.domain.ledger import ZERO
from recovery.domain.money import Rounding, RoundingMode, round_amount
from recovery.domain.opening import Holding, Opening
from recovery.domain.policy import TO_CUSTOMER, Policy
from recovery.domain.policy_words import FeeRule, SettlePer
from recovery.domain.rulebook import PolicyTerm, RuleBook
from recovery.domain.settlement import settle
from recovery.domain.words import Basis, EventKind

_BOOKED = Rounding(Decimal("1e-18"), RoundingMode.HALF_EVEN)
# Fees that do not depend on what is left of the whole scope.
_OF_FILLS = (FeeRule.NONE, FeeRule.RATE_OF_NOTIONAL, FeeRule.IN_PRICE)
_BY_OTHERS = ("surplus_taken", "cover_received")


class _Others(NamedTuple):
    """The other positions of the scope; not known where a price is missing."""

    positions: tuple[sc.OtherPosition, ...]
    is_known: bool


def expect_settlement(
    draft: Draft,
    window: EventWindow,
    opening: Opening,
    rules: RuleBook,
    policy: PolicyTerm,
) -> None:
    """What should have been booked, into the draft."""
    others = _others(draft, window, opening, rules)
    in_force = _policy_of(window, policy.policy)
    if others.positions or not others.is_known:
        draft.waits = True
    if not others.is_known:
        if in_force.takeover_at_bankruptcy:
            expect_as_recorded(draft, "other positions of the scope have no mark")
            return
        in_force = _without_the_whole(in_force)
    scope = _scope(draft, window, opening, rules)
    scope = scope._replace(other_positions=others.positions)
    try:
        outcome = settle(sc.SettlementCase(scope, tuple(draft.events), in_force))
    except (CaseFieldError, CaseUnsupportedError) as lacking:
        expect_as_recorded(draft, str(lacking))
        return
    taken_over = in_force.takeover_at_bankruptcy
    for line in outcome.lines:
        _expect_line(draft, line, taken_over=taken_over)
    deficit = outcome.values.get("deficit", ZERO)
    if others.is_known and isinstance(deficit, Decimal):
        draft.deficit = deficit
    if draft.waits:
        _leave_to_the_scope(draft, policy.policy, is_known=others.is_known)


def marks_needed(window: EventWindow, opening: Opening) -> dict[str, datetime]:
    """Which mark prices an assessment asks for, by instrument and instant.

    A scope of one position needs none: its rows say enough.
    """
    others = _others_after(window, opening)
    if not others:
        return {}
    at_end = dict.fromkeys(others, window.ended_at)
    return {**at_end, window.instrument: window.started_at}


def expect_as_recorded(draft: Draft, reason: str = "") -> None:
    """Nothing can be recomputed: say so on every line."""
    draft.expected.clear()
    for key, amount in draft.recorded.items():
        draft.expected[key] = amount
        draft.basis[key] = Basis.NOT_VERIFIABLE
        if reason:
            draft.notes[key] = reason


def _scope(
    draft: Draft, window: EventWindow, opening: Opening, rules: RuleBook
) -> sc.Scope:
    """Money and position before the event."""
    instrument = rules.instruments[window.instrument]
    product = rules.product_of(window.instrument)
    mark = rules.mark_at(window.instrument, window.started_at)
    if mark is None:
        stated = (entry.line.mark_price for entry in window.forced[0].entries)
        mark = next((price for price in stated if price), None)
    return sc.Scope(
        product=product,
        side=PositionSide.LONG if opening.size > ZERO else PositionSide.SHORT,
        qty=abs(opening.size),
        contract_size=instrument.contract_size,
        entry_price=opening.entry_by(product),
        margin=opening.balance,
        mark_price=mark,
        settle_asset=draft.asset,
    )


def _policy_of(window: EventWindow, policy: Policy) -> Policy:
    """A reduction leaves the position with the customer: nothing is taken over."""
    if policy.takeover_at_bankruptcy and window.kind == EventKind.POSITION_REDUCTION:
        return replace(policy, takeover_at_bankruptcy=False)
    return policy


def _others(
    draft: Draft, window: EventWindow, opening: Opening, rules: RuleBook
) -> _Others:
    """Positions in other instruments that settle in the same asset."""
    found, is_known = [], True
    own = rules.product_of(window.instrument)
    for name, held in _others_after(window, opening).items():
        term = rules.instruments.get(name)
        if term is None or term.settle_asset != draft.asset:
            continue
        product = rules.product_of(name)
        entry = held.entry_by(product)
        mark = rules.mark_at(name, window.ended_at)
        is_known = is_known and None not in (entry, mark) and product == own
        found.append(
            sc.OtherPosition(
                side=PositionSide.LONG if held.size > ZERO else PositionSide.SHORT,
                qty=abs(held.size),
                contract_size=term.contract_size,
                entry_price=entry,
                mark_price=mark,
                symbol=name,
            )
        )
    return _Others(tuple(found) if is_known else (), is_known)


def _others_after(window: EventWindow, opening: Opening) -> dict[str, Holding]:
    """The other positions when the event ends: some are traded while it runs."""
    held = {
        name: Holding(other.size, other.entry, other.inverse_entry)
        for name, other in opening.others.items()
    }
    for fill in window.fills:
        if fill.instrument != window.instrument:
            held.setdefault(fill.instrument, Holding()).take(fill)
    return {name: other for name, other in held.items() if other.size}


def _without_the_whole(policy: Policy) -> Policy:
    """Only what each fill says by itself: results, and fees of its own value."""
    fee = policy.liquidation_fee
    if fee.rule not in _OF_FILLS:
        fee = replace(fee, rule=FeeRule.NONE)
    return replace(
        policy,
        liquidation_fee=fee,
        settle_per=SettlePer.CLOSE,
        surplus_to=TO_CUSTOMER,
        insolvent_surplus_to=None,
        deficit_to=(),
    )


def _leave_to_the_scope(draft: Draft, policy: Policy, *, is_known: bool) -> None:
    """What others gave or took while positions are open stands as recorded."""
    unproved = [*_BY_OTHERS]
    if not is_known and policy.liquidation_fee.rule not in _OF_FILLS:
        unproved.append("liquidation_fee")
    for key, amount in draft.recorded.items():
        if key[0] in unproved:
            draft.expected[key] = amount
            draft.basis[key] = Basis.NOT_VERIFIABLE
            draft.notes[key] = "other positions of the scope are open"


def _expect_line(draft: Draft, line: sc.SettlementLine, *, taken_over: bool) -> None:
    label = line.label.value
    if line.asset != draft.asset or label in ("opening_balance", "closing_balance"):
        return
    place = line.event_index
    item = WHOLE if place is None else draft.item_of_event[place]
    amount = round_amount(line.amount, _BOOKED)
    if label == "transfer":
        return  # Already expected as recorded, under its own name.
    if label in _BY_OTHERS:
        item = WHOLE
    if label == "liquidation_fee" and ("liquidation_fee", item) not in draft.recorded:
        item = WHOLE if ("liquidation_fee", WHOLE) in draft.recorded else item
    if label == "takeover" or (taken_over and label == "realised_pnl"):
        label = "takeover" if ("takeover", item) in draft.recorded else label
    draft.expect(label, item, amount)
