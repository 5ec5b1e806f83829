"""Four eyes through the services: whoever tries to be both persons is refused.

Refusals are tried under every role and as superuser (TRUST T01, T05 to T08, T11, T16);
each leaves the proposal as it was and an entry in the audit.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import RoleGrant, User
from accounts.roles import Role
from recovery.domain.canonical import digest_text
from recovery.domain.errors import (
    DutyMissingError,
    LimitExceededError,
    NotReadyError,
    RecoveryError,
    SamePersonError,
    StaleError,
    TransitionRefusedError,
)
from recovery.domain.lifecycle import CaseStatus, PaymentStatus
from recovery.domain.words import DecisionKind, DecisionStatus, PaymentKind
from recovery.models import (
    Approval,
    AuditEntry,
    Decision,
    Event,
    JobKind,
    Payment,
    Provenance,
)
from recovery.services.actors import CUSTOMER, OPERATOR, SYSTEM, Actor
from recovery.services.assessments import event_recompute
from recovery.services.batches import batch_build, batch_release, payments_post
from recovery.services.cases import case_open, case_reopen
from recovery.services.decisions import decision_approve, decision_propose
from recovery.services.payments import (
    payment_approve,
    payment_cancel,
    payment_hold,
    payment_propose,
    payment_unhold,
)
from recovery.tasks import HANDLERS
from tests.people import acting
from tests.story import (
    NOW,
    REASON,
    SHORT,
    HouseAccount,
    People,
    bring_in,
    result_of,
    short_ledger,
    staff,
    write_ledger,
)

LONG_AGO = NOW - timedelta(days=30)
NOBODY = {"operator": OPERATOR, "system": SYSTEM, "customer": CUSTOMER}


def every_role(user: User, *, is_superuser: bool = False) -> Actor:
    """The same person with all roles there are."""
    for role in Role:
        RoleGrant.objects.get_or_create(
            user=user, role=role, revoked_at=None, defaults={"granted_at": LONG_AGO}
        )
    User.objects.filter(pk=user.pk).update(is_superuser=is_superuser)
    return acting(User.objects.get(pk=user.pk), NOW)


def approve_decision(actor: Actor, decision: Decision) -> Decision:
    return decision_approve(
        actor, decision, shown_digest=decision.content_digest, now=NOW
    )


def approve_payment(actor: Actor, payment: Payment) -> Payment:
    return payment_approve(actor, payment, shown_digest=payment.content_digest, now=NOW)


def is_unapproved(subject: Decision | Payment) -> bool:
    subject.refresh_from_db()
    return (
        subject.status in (DecisionStatus.PROPOSED, PaymentStatus.PROPOSED)
        and subject.approver is None
        and not Approval.objects.filter(**{subject._meta.model_name: subject}).exists()
    )


@pytest.fixture
def proposal(people: People) -> Decision:
    """Ada proposed that 5 are owed."""
    return people.proposed(people.case(people.event(short_ledger("A-1"))))


@pytest.fixture
def payment(people: People) -> Payment:
    """Max proposed to credit the 5 that Ada proposed and Bea approved."""
    return people.credit(people.owed())


# --- decisions --------------------------------------------------------------------


def test_the_analyst_holds_no_duty_to_approve(
    people: People, proposal: Decision
) -> None:
    with pytest.raises(DutyMissingError):
        approve_decision(people.ada, proposal)
    assert is_unapproved(proposal)


@pytest.mark.parametrize("is_superuser", [False, True])
def test_the_proposer_is_refused_with_every_role(
    people: People, proposal: Decision, is_superuser: bool
) -> None:
    assert people.ada.user
    ada = every_role(people.ada.user, is_superuser=is_superuser)

    with pytest.raises(SamePersonError):
        approve_decision(ada, proposal)

    assert is_unapproved(proposal)
    assert AuditEntry.objects.filter(
        action="approval.same_person", actor=people.ada.user
    ).exists()


@pytest.mark.parametrize("role", [*Role])
def test_the_proposer_is_refused_with_any_one_more_role(
    people: People, proposal: Decision, role: Role
) -> None:
    assert people.ada.user
    RoleGrant.objects.get_or_create(
        user=people.ada.user,
        role=role,
        revoked_at=None,
        defaults={"granted_at": LONG_AGO},
    )
    ada = acting(User.objects.get(pk=people.ada.user.pk), NOW)

    with pytest.raises((SamePersonError, DutyMissingError)):
        approve_decision(ada, proposal)
    assert is_unapproved(proposal)


@pytest.mark.parametrize("name", NOBODY)
def test_a_decision_is_not_approved_by(
    name: str, people: People, proposal: Decision
) -> None:
    with pytest.raises(DutyMissingError):
        approve_decision(NOBODY[name], proposal)
    assert is_unapproved(proposal)
    assert AuditEntry.objects.filter(action="approval.duty_missing").exists()


def test_an_actor_with_duties_but_without_a_person_is_refused(
    people: People, proposal: Decision
) -> None:
    forged = Actor(None, "shell", people.bea.duties, "checker")

    with pytest.raises((SamePersonError, DutyMissingError)):
        approve_decision(forged, proposal)
    assert is_unapproved(proposal)


def test_a_superuser_without_a_role_approves_nothing(people: People) -> None:
    ruth = acting(staff("ruth", is_superuser=True), NOW)
    proposal = people.proposed(people.case(people.event(short_ledger("A-1"))))
    payment = people.credit(people.owed("A-2"))

    for attempt in (
        lambda: approve_decision(ruth, proposal),
        lambda: approve_payment(ruth, payment),
    ):
        with pytest.raises(DutyMissingError):
            attempt()


def test_a_person_who_left_approves_nothing(people: People, proposal: Decision) -> None:
    User.objects.filter(username="bea").update(is_active=False)

    with pytest.raises(DutyMissingError):
        approve_decision(acting(User.objects.get(username="bea"), NOW), proposal)


def test_a_revoked_role_approves_nothing(people: People, proposal: Decision) -> None:
    RoleGrant.objects.filter(user=people.bea.user).update(revoked_at=NOW)

    with pytest.raises(DutyMissingError):
        approve_decision(acting(User.objects.get(username="bea"), NOW), proposal)


def test_a_page_that_showed_other_content_is_refused(
    people: People, proposal: Decision
) -> None:
    with pytest.raises(StaleError):
        decision_approve(
            people.bea, proposal, shown_digest=digest_text("older"), now=NOW
        )
    assert is_unapproved(proposal)


def test_a_proposal_is_approved_only_once(people: People, proposal: Decision) -> None:
    approve_decision(people.bea, proposal)

    with pytest.raises(NotReadyError):
        approve_decision(people.lia, proposal)
    assert Approval.objects.filter(decision=proposal).count() == 1


def test_a_proposal_with_a_seal_that_tells_another_amount_is_not_approved(
    people: People,
) -> None:
    case = people.case(people.event(short_ledger("A-1")))
    honest = people.proposed(case)
    sealed = honest.sealed.replace('"amount":"5"', '"amount":"1"')
    honest.status = DecisionStatus.RETURNED
    honest.save(update_fields=["status"])
    forged = Decision.objects.create(
        case=case,
        kind=DecisionKind.OWED,
        result=honest.result,
        asset="USDT",
        amount=SHORT,
        reason=REASON,
        sealed=sealed,
        content_digest=digest_text(sealed),
        proposer=honest.proposer,
        proposed_at=NOW,
    )

    with pytest.raises(StaleError):
        approve_decision(people.bea, forged)
    assert is_unapproved(forged)


def test_more_than_the_assessment_shows_is_not_proposed(people: People) -> None:
    case = people.case(people.event(short_ledger("A-1")))

    for amount in (SHORT + Decimal("1e-18"), Decimal(0), Decimal(-1)):
        with pytest.raises(LimitExceededError):
            decision_propose(
                people.ada,
                case,
                result=result_of(case),
                kind=DecisionKind.OWED,
                amount=amount,
                reason=REASON,
                now=NOW,
            )


def test_rows_of_a_customer_prove_no_amount(people: People) -> None:
    account = short_ledger("A-1")
    path = write_ledger(people.folder / "own.csv", [account])
    bring_in(path, Provenance.CUSTOMER_SUPPLIED)
    case = people.case(Event.objects.get(account__number="A-1"))

    with pytest.raises(NotReadyError, match="customer supplied"):
        people.proposed(case)


def test_a_recomputed_event_voids_the_proposal(
    people: People, proposal: Decision
) -> None:
    account = short_ledger("A-1")
    account.rows.clear()
    account.add("credit", "1", event_id="EV-A-1", order_id="goodwill")
    bring_in(write_ledger(people.folder / "later.csv", [account]))

    proposal.refresh_from_db()
    proposal.case.refresh_from_db()
    assert proposal.status == DecisionStatus.VOIDED
    assert proposal.case.status == CaseStatus.INVESTIGATING
    with pytest.raises(NotReadyError):
        approve_decision(people.bea, proposal)


def test_an_event_has_one_open_case(people: People) -> None:
    event = people.event(short_ledger("A-1"))
    case = people.case(event)

    again = case_open(SYSTEM, event=event, customer=None, origin="rule", now=NOW)
    assert again == case


# --- payments ---------------------------------------------------------------------


@pytest.mark.parametrize("is_superuser", [False, True])
def test_who_proposed_the_payment_is_refused_with_every_role(
    people: People, payment: Payment, is_superuser: bool
) -> None:
    assert people.max_.user
    maximal = every_role(people.max_.user, is_superuser=is_superuser)

    with pytest.raises(SamePersonError):
        approve_payment(maximal, payment)
    assert is_unapproved(payment)


@pytest.mark.parametrize("is_superuser", [False, True])
def test_who_proposed_the_amount_does_not_approve_its_payment(
    people: People, payment: Payment, is_superuser: bool
) -> None:
    assert people.ada.user
    ada = every_role(people.ada.user, is_superuser=is_superuser)

    with pytest.raises(SamePersonError, match="proposed the amount"):
        approve_payment(ada, payment)
    assert is_unapproved(payment)


@pytest.mark.parametrize("name", NOBODY)
def test_a_payment_is_not_approved_by(
    name: str, people: People, payment: Payment
) -> None:
    with pytest.raises(DutyMissingError):
        approve_payment(NOBODY[name], payment)
    assert is_unapproved(payment)


def test_a_payment_is_not_approved_by_its_maker_role_alone(
    people: People, payment: Payment
) -> None:
    with pytest.raises(DutyMissingError):
        approve_payment(people.max_, payment)
    assert is_unapproved(payment)


def test_a_payment_page_that_showed_other_content_is_refused(
    people: People, payment: Payment
) -> None:
    with pytest.raises(StaleError):
        payment_approve(people.bea, payment, shown_digest=digest_text("older"), now=NOW)
    assert is_unapproved(payment)


def test_payments_never_exceed_what_is_owed(people: People) -> None:
    decision = people.owed()
    people.credit(decision, Decimal(3))

    with pytest.raises(LimitExceededError):
        people.credit(decision, Decimal("2.000000000000000001"))
    people.credit(decision, Decimal(2))
    with pytest.raises(LimitExceededError):
        people.credit(decision, Decimal("0.000000000000000001"))


def test_a_cancelled_payment_gives_its_amount_back_once(people: People) -> None:
    decision = people.owed()
    first = people.credit(decision)
    payment_cancel(people.max_, first, reason="Wrong day.", now=NOW)
    people.credit(decision)

    with pytest.raises(LimitExceededError):
        people.credit(decision)


def test_a_sent_payment_cannot_be_cancelled(people: People) -> None:
    payment = people.approved(people.credit(people.owed()))
    people.sent()

    with pytest.raises(TransitionRefusedError):
        payment_cancel(people.max_, payment, reason="Too late.", now=NOW)


def test_a_withdrawal_needs_money_that_was_posted(people: People) -> None:
    decision = people.owed()
    people.approved(people.credit(decision))
    people.sent()

    with pytest.raises(LimitExceededError):
        people.credit(decision)
    with pytest.raises(LimitExceededError):
        withdrawal(people, decision)


def withdrawal(people: People, decision: Decision) -> Payment:
    return payment_propose(
        people.max_, decision, kind=PaymentKind.WITHDRAWAL, amount=SHORT, now=NOW
    )


def test_a_held_payment_leaves_in_no_batch(people: People) -> None:
    payment = people.approved(people.credit(people.owed()))
    payment_hold(people.cora, payment, reason="Screening hit.", now=NOW)

    with pytest.raises(NotReadyError):
        batch_build(people.max_, PaymentKind.CREDIT, now=NOW)


def test_a_case_with_a_payment_under_way_is_not_reopened(people: People) -> None:
    decision = people.owed()
    people.credit(decision)

    with pytest.raises(NotReadyError):
        case_reopen(people.lia, decision.case, reason="Look again.", now=NOW)


# --- batches ----------------------------------------------------------------------


@pytest.mark.parametrize("is_superuser", [False, True])
def test_who_built_a_batch_does_not_release_it(
    people: People, is_superuser: bool
) -> None:
    people.approved(people.credit(people.owed()))
    carl = staff("carl", Role.MAKER)
    batch = batch_build(acting(carl, NOW), PaymentKind.CREDIT, now=NOW)

    with pytest.raises(SamePersonError):
        batch_release(every_role(carl, is_superuser=is_superuser), batch, now=NOW)
    batch.refresh_from_db()
    assert batch.released_by is None


def test_who_proposed_a_line_does_not_release_its_batch(people: People) -> None:
    people.approved(people.credit(people.owed()))
    carl = acting(staff("carl", Role.MAKER), NOW)
    batch = batch_build(carl, PaymentKind.CREDIT, now=NOW)
    assert people.max_.user

    with pytest.raises(SamePersonError):
        batch_release(every_role(people.max_.user), batch, now=NOW)


@pytest.mark.parametrize("name", NOBODY)
def test_a_batch_is_not_released_by(name: str, people: People) -> None:
    people.approved(people.credit(people.owed()))
    batch = batch_build(people.max_, PaymentKind.CREDIT, now=NOW)

    with pytest.raises(DutyMissingError):
        batch_release(NOBODY[name], batch, now=NOW)


def test_a_batch_is_released_once(people: People) -> None:
    people.approved(people.credit(people.owed()))
    batch = people.sent()

    with pytest.raises(NotReadyError):
        batch_release(people.rio, batch, now=NOW)


# --- side doors -------------------------------------------------------------------


def test_no_task_approves_anything() -> None:
    assert set(HANDLERS) <= {
        JobKind.IMPORT,
        JobKind.ASSESS,
        JobKind.WORKBOOK,
        JobKind.MAIL,
        JobKind.AUDIT_HEAD,
        JobKind.AUDIT_PROOF,
        JobKind.MATCH,
        JobKind.INVARIANTS,
    }


def test_a_credit_row_of_a_customer_posts_no_payment(people: People) -> None:
    payment = people.approved(people.credit(people.owed()))
    people.sent()
    later = HouseAccount("A-1", [], second=60)
    later.add("credit", "5", order_id=payment.reference, event_id="EV-A-1")
    bring_in(
        write_ledger(people.folder / "mine.csv", [later]), Provenance.CUSTOMER_SUPPLIED
    )

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.SENT


@pytest.mark.parametrize(
    "cells",
    [
        {"amount": "4.999999999999999999"},
        {"amount": "5.000000000000000001"},
        {"amount": "5", "asset": "USDC"},
        {"amount": "5", "account": "A-9"},
    ],
)
def test_a_credit_row_of_another_account_asset_or_amount_posts_nothing(
    people: People, cells: dict[str, str]
) -> None:
    payment = people.approved(people.credit(people.owed()))
    people.sent()
    later = HouseAccount("A-1", [], second=60)
    later.add("credit", order_id=payment.reference, **cells)
    bring_in(write_ledger(people.folder / "next.csv", [later]))

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.SENT


def test_the_true_credit_row_posts_its_payment_once(people: People) -> None:
    decision = people.owed()
    payment = people.approved(people.credit(decision))
    people.sent()
    later = HouseAccount("A-1", [], second=60)
    later.add("credit", "5", order_id=payment.reference, event_id="EV-A-1")
    bring_in(write_ledger(people.folder / "next.csv", [later]))

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.POSTED
    assert payments_post(list(payment.event.account.ledger_entries.all()), now=NOW) == 0
    result = event_recompute(payment.event, now=NOW).active_assessment
    assert result is not None
    assert result.results.get().variance_amount == 0


REFUSED_OUT_OF_TURN: dict[str, Callable[[People, Payment], object]] = {
    "built into a batch": lambda people, _: batch_build(
        people.max_, PaymentKind.CREDIT, now=NOW
    ),
    "let go on": lambda people, payment: payment_unhold(
        people.cora, payment, reason="x", now=NOW
    ),
}


@pytest.mark.parametrize("act", REFUSED_OUT_OF_TURN)
def test_an_unapproved_payment_is_not(
    act: str, people: People, payment: Payment
) -> None:
    with pytest.raises(RecoveryError):
        REFUSED_OUT_OF_TURN[act](people, payment)
    assert is_unapproved(payment)
