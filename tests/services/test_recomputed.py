"""A later assessment: equal figures ask one click, others take the decision back."""

from decimal import Decimal

import pytest

from accounts.models import Destination
from recovery.domain.decision_ground import Ground
from recovery.domain.errors import (
    DutyMissingError,
    LimitExceededError,
    NotReadyError,
    SamePersonError,
    StaleError,
    TransitionRefusedError,
)
from recovery.domain.lifecycle import CaseStatus, PaymentStatus
from recovery.domain.words import DecisionStatus, PaymentKind
from recovery.models import (
    Adjustment,
    Assessment,
    AssessmentLine,
    AssessmentResult,
    Decision,
    Payment,
)
from recovery.services.adjustments import adjustment_close
from recovery.services.batches import batch_build, batch_drop, payment_stop
from recovery.services.decision_ground import decision_ground
from recovery.services.decisions import decision_approve
from recovery.services.payments import (
    payment_approve,
    payment_replace,
    payment_unhold,
)
from recovery.services.recomputed import decided_follow, decisions_follow
from recovery.services.reconfirmations import decision_reconfirm
from tests import factories
from tests.story import NOW, SHORT, HouseAccount, People, bring_in, write_ledger


def anew(decision: Decision) -> AssessmentResult:
    """The event assessed once more: another receipt, the same figures."""
    event = decision.case.event
    assert event is not None and event.active_assessment is not None
    old = event.active_assessment
    receipt = f'{{"again":{old.number}}}'
    fresh = Assessment.objects.create(
        event=event,
        number=old.number + 1,
        computed_at=NOW,
        input_digest=old.input_digest,
        receipt=receipt,
        digest=f"{old.number:064}",
        verified_share=old.verified_share,
    )
    result = old.results.get()
    result.pk, result.assessment, result._state.adding = None, fresh, True
    result.save()
    for line in old.lines.all():
        AssessmentLine.objects.create(
            **{
                field.name: getattr(line, field.name)
                for field in AssessmentLine._meta.fields
                if field.name not in {"id", "assessment"}
            },
            assessment=fresh,
        )
    event.active_assessment = fresh
    event.save(update_fields=["active_assessment"])
    return result


def late_row(people: People, amount: str, number: str = "A-1", **cells: str) -> None:
    """A row of the platform that nobody of the desk caused."""
    account = HouseAccount(number, [], second=60)
    account.add("credit", amount, event_id=f"EV-{number}", **cells)
    bring_in(write_ledger(people.folder / f"late-{amount}.csv", [account]))


def fresh(decision: Decision) -> Decision:
    return Decision.objects.select_related("case__event").get(pk=decision.pk)


def test_a_proposal_is_carried_over_to_equal_figures(people: People) -> None:
    from tests.story import short_ledger

    proposal = people.proposed(people.case(people.event(short_ledger("A-1"))))
    result = anew(proposal)
    decisions_follow([result], now=NOW)

    proposal.refresh_from_db()
    carried = proposal.case.decisions.get(status=DecisionStatus.PROPOSED)
    assert proposal.status == DecisionStatus.VOIDED
    assert (carried.amount, carried.proposer) == (proposal.amount, proposal.proposer)
    with pytest.raises(StaleError) as refusal:
        decision_approve(
            people.bea, carried, shown_digest=proposal.content_digest, now=NOW
        )
    assert [told.split(":")[0] for told in refusal.value.differences] == ["receipt"]
    decision_approve(people.bea, carried, shown_digest=carried.content_digest, now=NOW)


def test_equal_figures_stop_money_until_an_approver_confirms(people: People) -> None:
    decision = people.owed()
    payment = people.credit(decision)
    result = anew(decision)
    decided_follow([decision.case.event.account_id], now=NOW)  # type: ignore[union-attr]
    decision = fresh(decision)
    assert (decision.status, decision_ground(decision)) == (
        DecisionStatus.APPROVED,
        Ground.IMMATERIAL,
    )
    with pytest.raises(NotReadyError, match="confirm the decision first"):
        people.approved(payment)
    shown = result.assessment.digest
    with pytest.raises(DutyMissingError):
        decision_reconfirm(people.max_, decision, shown_receipt=shown, now=NOW)
    with pytest.raises(StaleError):
        decision_reconfirm(people.bea, decision, shown_receipt="older", now=NOW)
    decision_reconfirm(people.bea, decision, shown_receipt=shown, now=NOW)
    with pytest.raises(NotReadyError, match="nothing to confirm"):
        decision_reconfirm(people.lia, decision, shown_receipt=shown, now=NOW)
    assert people.approved(payment).status == PaymentStatus.APPROVED


def test_who_proposed_a_decision_does_not_confirm_it(people: People) -> None:
    from tests.services.test_four_eyes import every_role

    decision = people.owed()
    result = anew(decision)
    assert people.ada.user
    with pytest.raises(SamePersonError):
        decision_reconfirm(
            every_role(people.ada.user),
            fresh(decision),
            shown_receipt=result.assessment.digest,
            now=NOW,
        )


def test_other_figures_take_decision_and_unsent_payments_back(people: People) -> None:
    decision = people.owed()
    waiting = people.credit(decision, Decimal(1))
    built = people.approved(people.credit(decision, Decimal(4)))
    batch = batch_build(people.max_, PaymentKind.CREDIT, now=NOW)
    late_row(people, "1")

    for payment in (waiting, built):
        payment.refresh_from_db()
        assert payment.status == PaymentStatus.CANCELLED
    decision = fresh(decision)
    batch.refresh_from_db()
    assert batch.lines == 0
    assert (decision.status, decision.case.status) == (
        DecisionStatus.VOIDED,
        CaseStatus.INVESTIGATING,
    )
    assert not Adjustment.objects.exists()


def test_once_money_has_left_other_figures_open_an_adjustment(people: People) -> None:
    decision = people.owed()
    payment = people.approved(people.credit(decision))
    people.sent()
    late_row(people, "2")

    decision = fresh(decision)
    payment.refresh_from_db()
    assert (decision.status, payment.status) == (
        DecisionStatus.APPROVED,
        PaymentStatus.SENT,
    )
    adjustment = Adjustment.objects.get()
    assert adjustment.difference_amount == 2
    with pytest.raises(NotReadyError):
        adjustment_close(people.lia, adjustment, reason=" ", now=NOW)
    adjustment_close(people.lia, adjustment, reason="Taken back by finance.", now=NOW)
    with pytest.raises(NotReadyError, match="closed already"):
        adjustment_close(people.lia, adjustment, reason="Again.", now=NOW)


def test_a_decisions_own_credit_is_no_news_to_it(people: People) -> None:
    decision = people.owed()
    payment = people.approved(people.credit(decision))
    people.sent()
    late_row(people, "5", order_id=payment.reference)

    decision = fresh(decision)
    assert decision_ground(decision) == Ground.PAID
    assert decision.status == DecisionStatus.APPROVED
    assert not Adjustment.objects.exists()


def test_a_credit_from_outside_leaves_no_room_for_ours(people: People) -> None:
    decision = people.owed()
    Decision.objects.filter(pk=decision.pk)
    late_row(people, "3")

    with pytest.raises((NotReadyError, LimitExceededError)):
        people.credit(fresh(decision))
    assert not Payment.objects.exists()


# --- holds and returns --------------------------------------------------------------


@pytest.mark.parametrize("place", ["proposed", "approved", "in_batch"])
def test_a_payment_is_held_wherever_it_is_before_release(
    place: str, people: People
) -> None:
    payment = people.credit(people.owed())
    if place != "proposed":
        payment = people.approved(payment)
    if place == "in_batch":
        batch_build(people.max_, PaymentKind.CREDIT, now=NOW)
    with pytest.raises(NotReadyError):
        payment_stop(people.cora, payment, reason=" ", now=NOW)
    with pytest.raises(DutyMissingError):
        payment_stop(people.bea, payment, reason="x", now=NOW)

    held = payment_stop(people.cora, payment, reason="Screening hit.", now=NOW)
    assert held.status == PaymentStatus.HELD
    told = {step.reason for step in payment.transitions.all()}
    assert "Screening hit." not in told
    back = payment_unhold(people.cora, held, reason="", now=NOW)
    assert back.status == ("proposed" if place == "proposed" else "approved")


def test_a_released_payment_is_not_held_or_dropped(people: People) -> None:
    payment = people.approved(people.credit(people.owed()))
    people.sent()
    with pytest.raises(TransitionRefusedError):
        payment_stop(people.cora, payment, reason="x", now=NOW)
    with pytest.raises(TransitionRefusedError):
        batch_drop(people.max_, payment, reason="x", now=NOW)


def test_a_batch_without_lines_is_not_released(people: People) -> None:
    from recovery.services.batches import batch_release

    payment = people.approved(people.credit(people.owed()))
    batch = batch_build(people.max_, PaymentKind.CREDIT, now=NOW)
    batch_drop(people.max_, payment, reason="Not today.", now=NOW)
    with pytest.raises(NotReadyError, match="no payment any more"):
        batch_release(people.rio, batch, now=NOW)


def posted(people: People, amount: Decimal = SHORT) -> Decision:
    decision = people.owed()
    payment = people.approved(people.credit(decision, amount))
    people.sent()
    late_row(people, str(amount), order_id=payment.reference)
    return fresh(decision)


def destination(decision: Decision, address: str = "T1") -> Destination:
    return factories.destination(decision.case.customer, address=address)


def test_what_came_back_is_replaced_and_approved_anew(people: People) -> None:
    from recovery.services.batches import confirmations_read
    from recovery.services.payments import payment_propose

    decision = posted(people)
    first = payment_propose(
        people.max_,
        decision,
        kind=PaymentKind.WITHDRAWAL,
        amount=SHORT,
        now=NOW,
        destination=destination(decision),
        hold_reference="H-1",
    )
    people.approved(first)
    people.sent(PaymentKind.WITHDRAWAL)
    again = {
        "destination": destination(decision, "T2"),
        "hold_reference": "H-1",
        "reason": "The address was closed.",
        "now": NOW,
    }
    with pytest.raises(TransitionRefusedError):
        payment_replace(people.max_, first, **again)
    file = (
        "payment_reference,status,confirmation_reference,asset,amount\n"
        f"{first.reference},returned,,USDT,5\n"
    )
    confirmations_read(people.max_, file, now=NOW)
    first.refresh_from_db()
    assert first.status == PaymentStatus.DESTINATION_NEEDED
    with pytest.raises(LimitExceededError):
        payment_propose(
            people.max_,
            decision,
            kind=PaymentKind.WITHDRAWAL,
            amount=Decimal("0.01"),
            now=NOW,
            destination=destination(decision, "T3"),
            hold_reference="H-2",
        )
    second = payment_replace(people.max_, first, **again)
    first.refresh_from_db()
    assert (first.status, second.status) == ("replaced", "proposed")
    assert second.replaces == first
    with pytest.raises(TransitionRefusedError):
        payment_replace(people.max_, first, **again)
    payment_approve(people.bea, second, shown_digest=second.content_digest, now=NOW)
