"""The lifecycles: every pair of status and action is a known step or a refusal."""

from itertools import product

import pytest

from recovery.domain.duties import Duty
from recovery.domain.errors import TransitionRefusedError
from recovery.domain.lifecycle import (
    CASE_DECIDED,
    CASE_ENDED,
    CASE_STEPS,
    CASE_UNDECIDED,
    COLLECTION_ENDED,
    COLLECTION_STEPS,
    HELD_FROM,
    PAYMENT_PAID,
    PAYMENT_STEPS,
    PAYMENT_VOID,
    CaseAction,
    CaseStatus,
    ClockKind,
    CollectionAction,
    CollectionStatus,
    PaymentAction,
    PaymentStatus,
    Steps,
    case_actions,
    case_clock,
    case_step,
    collection_actions,
    collection_clock,
    collection_step,
    payment_actions,
    payment_clock,
    payment_step,
)


@pytest.mark.parametrize(("status", "action"), [*product(CaseStatus, CaseAction)])
def test_a_case_takes_known_steps_only(status: CaseStatus, action: CaseAction) -> None:
    if step := CASE_STEPS.get((status, action)):
        assert case_step(status, action) is step
        assert action in case_actions(status)
        return
    with pytest.raises(TransitionRefusedError) as refusal:
        case_step(status, action)
    assert (refusal.value.status, refusal.value.action) == (status, action)
    assert action not in case_actions(status)


@pytest.mark.parametrize(("status", "action"), [*product(PaymentStatus, PaymentAction)])
def test_a_payment_takes_known_steps_only(
    status: PaymentStatus, action: PaymentAction
) -> None:
    if step := PAYMENT_STEPS.get((status, action)):
        assert payment_step(status, action) is step
        assert action in payment_actions(status)
        return
    with pytest.raises(TransitionRefusedError):
        payment_step(status, action)
    assert action not in payment_actions(status)


def test_every_step_needs_a_duty_and_leads_to_a_status() -> None:
    for steps, statuses in ((CASE_STEPS, CaseStatus), (PAYMENT_STEPS, PaymentStatus)):
        for step in steps.values():
            assert step.duties
            assert step.to_status in set(statuses)


def test_every_approval_and_every_sending_needs_a_second_person() -> None:
    second = {
        *(key for key, step in CASE_STEPS.items() if step.needs_second_person),
        *(key for key, step in PAYMENT_STEPS.items() if step.needs_second_person),
        *(key for key, step in COLLECTION_STEPS.items() if step.needs_second_person),
    }
    assert second == {
        (CaseStatus.PROPOSED, CaseAction.APPROVE_OWED),
        (CaseStatus.PROPOSED, CaseAction.APPROVE_NOT_OWED),
        (CaseStatus.PROPOSED, CaseAction.APPROVE_DEFICIT),
        (PaymentStatus.PROPOSED, PaymentAction.APPROVE),
        (PaymentStatus.IN_BATCH, PaymentAction.SEND),
        (CollectionStatus.WRITE_OFF_PROPOSED, CollectionAction.APPROVE_WRITE_OFF),
    }


def test_no_approval_is_open_to_system_or_customer() -> None:
    every = {**CASE_STEPS, **PAYMENT_STEPS, **COLLECTION_STEPS}
    for (_, action), step in every.items():
        if str(action).startswith("approve") or action == PaymentAction.SEND:
            assert not step.duties & {Duty.BE_SYSTEM, Duty.BE_CUSTOMER}


def test_every_case_status_is_reached_and_only_reopening_leaves_an_end() -> None:
    reached = {step.to_status for step in CASE_STEPS.values()} | {CaseStatus.NEW}
    assert reached == set(CaseStatus)
    assert case_actions(CaseStatus.MERGED) == [CaseAction.UNMERGE]
    for status in CASE_ENDED - {CaseStatus.MERGED}:
        assert case_actions(status) == [CaseAction.REOPEN]
    for status in CASE_DECIDED:
        assert set(case_actions(status)) == {
            CaseAction.CLOSE,
            CaseAction.REOPEN,
            CaseAction.VOID_DECISION,
        }


def test_an_undecided_case_can_be_merged_and_taken_back_by_the_customer() -> None:
    for status in CaseStatus:
        is_open = status in CASE_UNDECIDED
        assert ((status, CaseAction.MERGE) in CASE_STEPS) is is_open
        assert ((status, CaseAction.WITHDRAW) in CASE_STEPS) is is_open
    assert set(CASE_UNDECIDED) | CASE_DECIDED | CASE_ENDED == set(CaseStatus)


def test_nothing_leaves_a_payment_that_is_paid_or_void() -> None:
    for status in PAYMENT_PAID | PAYMENT_VOID:
        assert payment_actions(status) == []
    for status in COLLECTION_ENDED - {CollectionStatus.SETTLED}:
        assert collection_actions(status) == []
    # What a set-off settled is owed again once it is reversed, by no person's own act.
    assert collection_actions(CollectionStatus.SETTLED) == [
        CollectionAction.REVERSE_SET_OFF
    ]


def test_every_payment_that_has_not_left_can_be_held_and_goes_back_there() -> None:
    held = {
        status for (status, action) in PAYMENT_STEPS if action == PaymentAction.HOLD
    }
    # One in a batch leaves the batch first.
    assert held == {
        PaymentStatus.PROPOSED,
        PaymentStatus.APPROVED,
        PaymentStatus.DESTINATION_NEEDED,
    }
    for status, back in HELD_FROM.items():
        assert PAYMENT_STEPS[PaymentStatus.HELD, back].to_status == status


def after(status: PaymentStatus, held_from: str) -> set[tuple[PaymentStatus, str]]:
    """Where one step leads, with what a hold remembers."""
    reached = set()
    for action in payment_actions(status):
        to = PaymentStatus(PAYMENT_STEPS[status, action].to_status)
        if status == PaymentStatus.HELD and to not in {
            held_from,
            PaymentStatus.CANCELLED,
        }:
            continue
        reached.add((to, status if to == PaymentStatus.HELD else ""))
    return reached


def test_what_was_sent_never_becomes_payable_again() -> None:
    """TRUST T14: from sent only an outcome, and from a return only a new payment."""
    seen: set[tuple[PaymentStatus, str]] = set()
    wave = {(PaymentStatus.SENT, "")}
    while wave:
        seen |= wave
        wave = {far for near in wave for far in after(*near)} - seen
    assert {status for status, _ in seen} == {
        PaymentStatus.SENT,
        PaymentStatus.POSTED,
        PaymentStatus.CONFIRMED,
        PaymentStatus.UNCERTAIN,
        PaymentStatus.RETURNED,
        PaymentStatus.DESTINATION_NEEDED,
        PaymentStatus.HELD,
        PaymentStatus.REPLACED,
        PaymentStatus.CANCELLED,
    }


def test_nobody_but_a_person_moves_an_uncertain_payment_back() -> None:
    ends = {
        PAYMENT_STEPS[PaymentStatus.UNCERTAIN, action].to_status
        for action in payment_actions(PaymentStatus.UNCERTAIN)
    }
    assert ends == {
        PaymentStatus.POSTED,
        PaymentStatus.CONFIRMED,
        PaymentStatus.RETURNED,
    }


@pytest.mark.parametrize(
    ("steps", "ends"),
    [
        (CASE_STEPS, CASE_ENDED),
        (PAYMENT_STEPS, PAYMENT_PAID | PAYMENT_VOID),
        (COLLECTION_STEPS, COLLECTION_ENDED),
    ],
)
def test_there_is_no_dead_end(steps: Steps, ends: frozenset[str]) -> None:
    """From every status somebody can bring the matter to an end."""
    goes: dict[str, set[str]] = {}
    for (status, _), step in steps.items():
        goes.setdefault(str(status), set()).add(step.to_status)
    statuses = set(goes) | {to for many in goes.values() for to in many}
    safe = {str(end) for end in ends}
    while grown := {one for one in statuses - safe if goes.get(one, set()) & safe}:
        safe |= grown
    assert safe == statuses


@pytest.mark.parametrize(
    ("status", "action"), [*product(CollectionStatus, CollectionAction)]
)
def test_a_collection_takes_known_steps_only(
    status: CollectionStatus, action: CollectionAction
) -> None:
    if step := COLLECTION_STEPS.get((status, action)):
        assert collection_step(status, action) is step
        assert action in collection_actions(status)
        return
    with pytest.raises(TransitionRefusedError):
        collection_step(status, action)


def test_every_status_has_a_clock_and_only_an_end_has_none() -> None:
    clocks = [
        *((one in CASE_ENDED, case_clock(one)) for one in CaseStatus),
        *((one in PAYMENT_VOID, payment_clock(one)) for one in PaymentStatus),
        *((one in COLLECTION_ENDED, collection_clock(one)) for one in CollectionStatus),
    ]
    for is_over, clock in clocks:
        assert (clock.kind == ClockKind.NONE) is is_over
        assert (clock.after is None) is is_over


def test_a_hold_does_not_pause_the_promise_to_the_customer() -> None:
    assert not payment_clock(PaymentStatus.HELD).is_paused
    assert payment_clock(PaymentStatus.HELD) == payment_clock(PaymentStatus.APPROVED)
