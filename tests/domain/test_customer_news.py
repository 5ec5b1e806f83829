"""What customers are told of, step by step, and what they are not told of."""

import pytest

from recovery.domain.customer_news import (
    COLLECTION_STEP_MAIL,
    CustomerNews,
    Silence,
    collection_step_mail,
    payment_step_mail,
)
from recovery.domain.lifecycle import CollectionAction, PaymentAction
from recovery.domain.messages import case_messages, silent_steps, steps_told
from recovery.domain.words import PaymentKind

_HOLDS = [one for one in PaymentAction if "hold" in one.value]


@pytest.mark.parametrize("kind", list(PaymentKind))
@pytest.mark.parametrize("action", _HOLDS)
def test_a_hold_tells_nothing_whatever_is_held(
    kind: PaymentKind, action: PaymentAction
) -> None:
    assert payment_step_mail(kind, action) is Silence.HOLD


@pytest.mark.parametrize("kind", [PaymentKind.CREDIT, PaymentKind.GOODWILL])
@pytest.mark.parametrize("action", [PaymentAction.CANCEL, PaymentAction.VOID_APPROVAL])
def test_what_was_never_approved_is_taken_back_in_silence(
    kind: PaymentKind, action: PaymentAction
) -> None:
    assert payment_step_mail(kind, action, was_approved=False) is Silence.NEVER_TOLD
    assert payment_step_mail(kind, action) is CustomerNews.PAYMENT_STOPPED


def test_a_withdrawal_is_declined_aloud_also_before_its_approval() -> None:
    told = payment_step_mail(
        PaymentKind.WITHDRAWAL, PaymentAction.CANCEL, was_approved=False
    )
    assert told is CustomerNews.WITHDRAWAL_DECLINED


def test_goodwill_is_never_called_what_is_owed() -> None:
    told = {payment_step_mail(PaymentKind.GOODWILL, one) for one in PaymentAction}
    assert {CustomerNews.GOODWILL_APPROVED, CustomerNews.GOODWILL_POSTED} <= told
    assert not told & {CustomerNews.AMOUNT_APPROVED, CustomerNews.CREDIT_POSTED}


def test_a_deficit_without_a_notice_is_taken_back_in_silence() -> None:
    action = CollectionAction.TAKE_BACK
    assert collection_step_mail(action, was_noticed=False) is Silence.NEVER_TOLD
    assert collection_step_mail(action) is CustomerNews.DEFICIT_TAKEN_BACK


def test_every_other_step_of_a_deficit_tells_what_its_table_says() -> None:
    for action in set(CollectionAction) - {CollectionAction.TAKE_BACK}:
        told = collection_step_mail(action, was_noticed=False)
        assert told is COLLECTION_STEP_MAIL[action]


def test_every_mail_has_a_cause() -> None:
    messages = case_messages()
    assert [one.event for one in messages] == [news.value for news in CustomerNews]
    assert [one.event for one in messages if not one.causes] == []


def test_every_step_is_told_or_has_its_reason_for_silence() -> None:
    told = dict(steps_told())
    silent = [step for steps in silent_steps().values() for step in steps]
    aloud = {step for step, what in told.items() if isinstance(what, CustomerNews)}
    assert aloud | set(silent) >= set(told)
    assert not aloud & set(silent)
    assert "credit: hold" in silent_steps()[Silence.HOLD]
