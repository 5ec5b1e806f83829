"""What staff are told, and whom."""

from recovery.domain.duties import Duty
from recovery.domain.lifecycle import CaseAction, PaymentAction
from recovery.domain.staff_news import (
    CASE_STEP_NEWS,
    PAYMENT_STEP_NEWS,
    STAFF_NEWS,
    StaffNews,
)

NOT_STAFF = {Duty.BE_CUSTOMER, Duty.BE_SYSTEM}


def test_every_piece_of_news_says_something_to_somebody() -> None:
    assert set(STAFF_NEWS) == set(StaffNews)
    for rule in STAFF_NEWS.values():
        assert rule.says
        assert rule.duties
        assert not rule.duties & NOT_STAFF


def test_steps_that_stop_money_are_news() -> None:
    assert {PaymentAction.MARK_UNCERTAIN, PaymentAction.MARK_RETURNED} <= set(
        PAYMENT_STEP_NEWS
    )
    assert CaseAction.VOID_PROPOSAL in CASE_STEP_NEWS
