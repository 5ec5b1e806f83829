"""The lifecycles: every pair of status and action is a known step or a refusal."""

from itertools import product

import pytest

from recovery.domain.duties import Duty
from recovery.domain.errors import TransitionRefusedError
from recovery.domain.lifecycle import (
    CASE_DECIDED,
    CASE_ENDED,
    CASE_STEPS,
    PAYMENT_PAID,
    PAYMENT_STEPS,
    PAYMENT_VOID,
    CaseAction,
    CaseStatus,
    PaymentAction,
    PaymentStatus,
    case_actions,
    case_step,
    payment_actions,
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
    }
    assert second == {
        (CaseStatus.PROPOSED, CaseAction.APPROVE_OWED),
        (CaseStatus.PROPOSED, CaseAction.APPROVE_NOT_OWED),
        (CaseStatus.PROPOSED, CaseAction.APPROVE_DEFICIT),
        (PaymentStatus.PROPOSED, PaymentAction.APPROVE),
        (PaymentStatus.IN_BATCH, PaymentAction.SEND),
    }


def test_no_approval_is_open_to_system_or_customer() -> None:
    for (_, action), step in {**CASE_STEPS, **PAYMENT_STEPS}.items():
        if str(action).startswith("approve") or action == PaymentAction.SEND:
            assert not step.duties & {Duty.BE_SYSTEM, Duty.BE_CUSTOMER}


def test_every_case_status_is_reached_and_only_reopening_leaves_an_end() -> None:
    reached = {step.to_status for step in CASE_STEPS.values()} | {CaseStatus.NEW}
    assert reached == set(CaseStatus)
    for status in CASE_ENDED:
        assert case_actions(status) == [CaseAction.REOPEN]
    for status in CASE_DECIDED:
        assert set(case_actions(status)) == {CaseAction.CLOSE, CaseAction.REOPEN}


def test_nothing_leaves_a_payment_that_is_paid_or_void() -> None:
    for status in PAYMENT_PAID | PAYMENT_VOID:
        assert payment_actions(status) == []


def test_what_was_sent_never_becomes_payable_again() -> None:
    """TRUST T14: from sent only posted, confirmed, uncertain or returned."""
    seen, wave = set(), {PaymentStatus.SENT}
    while wave:
        seen |= wave
        wave = {
            PaymentStatus(PAYMENT_STEPS[status, action].to_status)
            for status in wave
            for action in payment_actions(status)
        } - seen
    assert seen == {
        PaymentStatus.SENT,
        PaymentStatus.POSTED,
        PaymentStatus.CONFIRMED,
        PaymentStatus.UNCERTAIN,
        PaymentStatus.RETURNED,
    }
