"""After money has left: the rest is paid, too much is recorded, nothing is edited."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.utils import IntegrityError

from accounts.models import RoleGrant, User
from accounts.roles import Role
from recovery.domain.errors import DutyMissingError, NotReadyError, SamePersonError
from recovery.domain.lifecycle import CaseStatus, PaymentStatus
from recovery.domain.words import Basis
from recovery.models import (
    Adjustment,
    AdjustmentOutcome,
    Decision,
    RecoveryCase,
    StaffNotice,
)
from recovery.services.adjustments import adjustment_close, adjustment_top_up
from recovery.services.recomputed import decided_follow
from tests import factories
from tests.faults.stories import posted
from tests.people import acting
from tests.story import NOW, SHORT, People


def changed(people: People, booked: str) -> Adjustment:
    """5 USDT are owed and paid; then a row turns up that changes what was short."""
    decision = posted(people).decision
    event = decision.case.event
    assert event
    lines = (
        ("opening_balance", "1000", "1000", Basis.RECORDED),
        ("trading_fee", "-1", booked, Basis.COMPUTED),
        ("credits", "0", "5", Basis.RECORDED),
    )
    factories.assess(event, lines, reason="FEE_VARIANCE")
    decided_follow([event.account_id], now=NOW)
    return Adjustment.objects.get(decision=decision)


def shorter(people: People) -> Adjustment:
    """The fee was 9 and not 6: short 8, of which 5 are paid."""
    return changed(people, "-9")


def test_nobody_but_a_lead_pays_the_rest(people: People) -> None:
    adjustment = shorter(people)
    for actor in (people.ada, people.bea, people.max_):
        with pytest.raises(DutyMissingError):
            adjustment_top_up(actor, adjustment, now=NOW)


def test_who_proposed_the_decision_closes_no_adjustment_of_it(people: People) -> None:
    adjustment = shorter(people)
    assert people.ada.user
    RoleGrant.objects.create(
        user=people.ada.user, role=Role.CHECKER, granted_at=NOW - timedelta(days=30)
    )
    ada = acting(User.objects.get(username="ada"), NOW)
    with pytest.raises(SamePersonError):
        adjustment_close(ada, adjustment, reason="Fine.", now=NOW)


def test_too_much_is_recorded_and_nothing_taken_back(people: People) -> None:
    adjustment = changed(people, "-4")
    assert adjustment.difference_amount == 2
    with pytest.raises(NotReadyError, match="no rest to pay"):
        adjustment_top_up(people.lia, adjustment, now=NOW)
    adjustment = adjustment_close(people.lia, adjustment, reason="Late row.", now=NOW)
    assert adjustment.outcome == AdjustmentOutcome.RECORDED
    payment = adjustment.decision.payments.get()
    assert (payment.status, payment.amount) == (PaymentStatus.POSTED, SHORT)


def test_an_older_figure_is_not_topped_up(people: People) -> None:
    adjustment = shorter(people)
    factories.assess(adjustment.event, factories.SHORT_LINES, reason="FEE_VARIANCE")
    with pytest.raises(NotReadyError, match="later assessment"):
        adjustment_top_up(people.lia, adjustment, now=NOW)


@pytest.mark.parametrize(("booked", "outcome"), [("-9", "recorded"), ("-4", "top_up")])
def test_the_database_knows_which_outcome_fits(
    booked: str, outcome: str, people: People
) -> None:
    adjustment = changed(people, booked)
    with pytest.raises(IntegrityError), transaction.atomic():
        Adjustment.objects.filter(pk=adjustment.pk).update(outcome=outcome)


def test_staff_are_told_of_it_by_its_own_name(people: People) -> None:
    adjustment = shorter(people)
    notice = StaffNotice.objects.get(news="adjustment.opened")
    assert (notice.subject_kind, notice.subject_id) == ("adjustment", adjustment.pk)


def test_the_rest_is_decided_and_paid_like_anything_owed(people: People) -> None:
    adjustment = shorter(people)
    assert adjustment.difference_amount == -3
    adjustment = adjustment_top_up(people.lia, adjustment, now=NOW)
    assert adjustment.outcome == AdjustmentOutcome.TOP_UP
    case = RecoveryCase.objects.get(pk=adjustment.decision.case_id)
    assert case.status == CaseStatus.INVESTIGATING
    first = Decision.objects.get(pk=adjustment.decision_id)
    assert first.status == "approved"  # What was paid keeps what it rests on.

    second = people.decided(case)
    assert second.amount == 3
    payment = people.approved(people.credit(second))
    assert (payment.status, payment.amount) == (PaymentStatus.APPROVED, Decimal(3))
    with pytest.raises(NotReadyError, match="closed already"):
        adjustment_top_up(people.lia, adjustment, now=NOW)
