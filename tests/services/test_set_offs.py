"""Set-off: only by a policy, never of the protected, both amounts shown, reversible."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from accounts.models import Customer, RoleGrant, User
from accounts.roles import Role
from recovery.domain.errors import (
    DutyMissingError,
    FreshFactorNeededError,
    LimitExceededError,
    NotReadyError,
    SamePersonError,
    StaleError,
)
from recovery.domain.lifecycle import CollectionStatus
from recovery.domain.set_off import SetOffRefusedError, SetOffStatus
from recovery.domain.words import DecisionKind, PaymentKind
from recovery.models import (
    Collection,
    Decision,
    LiquidationPolicy,
    OutboxMessage,
    RecoveryCase,
    SetOff,
    SetOffPolicy,
)
from recovery.selectors.claims import status_view
from recovery.selectors.invariants import invariants_broken
from recovery.services.actors import Actor, staff_actor
from recovery.services.cases import case_reopen
from recovery.services.collections import collection_left, collection_notice
from recovery.services.decisions import decision_approve, decision_propose
from recovery.services.payments import payment_headroom
from recovery.services.recomputed import decided_follow
from recovery.services.set_off_ends import set_off_reverse, set_off_withdraw
from recovery.services.set_off_policies import set_off_policy_change
from recovery.services.set_offs import set_off_approve, set_off_propose
from tests import factories
from tests.people import acting
from tests.story import NOW, SHORT, People

REASON = "You agreed to it in writing on 20 November."


def policy(people: People, *classes: str) -> SetOffPolicy:
    return set_off_policy_change(
        people.lia,
        venue="house",
        client_classes=classes or ("professional",),
        valid_from=NOW,
        terms_reference="Clause 12.3",
        now=NOW,
    )


def both_sides(
    people: People, *, deficit: str = "10", client_class: str = "professional"
) -> tuple[Decision, Collection]:
    """5 USDT owed to a customer who owes a deficit and was told of it."""
    LiquidationPolicy.objects.filter(venue="house").update(
        terms={**_terms(), "deficit_to": ["customer"]}
    )
    decision = people.owed()
    owner = decision.case.customer
    assert owner
    Customer.objects.filter(pk=owner.pk).update(client_class=client_class)
    event = factories.event(
        factories.account(Customer.objects.get(pk=owner.pk)),
        lines=(),
        reason="DEFICIT_OPEN",
        deficit=deficit,
    )
    case = people.case(event)
    assert event.active_assessment
    proposal = decision_propose(
        people.ada,
        case,
        result=event.active_assessment.results.get(),
        kind=DecisionKind.DEFICIT,
        amount=Decimal(deficit),
        reason="The position closed beyond the bankruptcy price.",
        now=NOW,
    )
    decision_approve(
        people.bea, proposal, shown_digest=proposal.content_digest, now=NOW
    )
    collection = Collection.objects.get(decision=proposal)
    if collection.status == CollectionStatus.DUE:
        collection_notice(people.lia, collection, now=NOW)
    return decision, Collection.objects.get(pk=collection.pk)


def _terms() -> dict[str, Any]:
    terms: dict[str, Any] = LiquidationPolicy.objects.filter(venue="house")[0].terms
    return terms


def propose(
    people: People,
    sides: tuple[Decision, Collection],
    amount: str = "3",
    actor: Actor | None = None,
) -> SetOff:
    return set_off_propose(
        actor or people.max_, *sides, amount=Decimal(amount), reason=REASON, now=NOW
    )


def approve(actor: Actor, set_off: SetOff) -> SetOff:
    return set_off_approve(actor, set_off, shown_digest=set_off.content_digest, now=NOW)


# --- refusals -------------------------------------------------------------------------


def test_without_a_policy_nothing_is_set_off(people: People) -> None:
    sides = both_sides(people)
    with pytest.raises(SetOffRefusedError, match="No policy in force at house"):
        propose(people, sides)


def test_a_policy_that_has_ended_allows_nothing(people: People) -> None:
    sides = both_sides(people)
    made = policy(people)
    SetOffPolicy.objects.filter(pk=made.pk).update(
        period=(NOW, NOW + timedelta(minutes=1))
    )
    with pytest.raises(SetOffRefusedError, match="No policy"):
        set_off_propose(
            people.max_,
            *sides,
            amount=Decimal(1),
            reason=REASON,
            now=NOW + timedelta(minutes=1),
        )


def test_a_policy_never_names_a_protected_class(people: People) -> None:
    with pytest.raises(SetOffRefusedError):
        policy(people, "professional", "retail")
    with pytest.raises(IntegrityError), transaction.atomic():
        SetOffPolicy.objects.create(
            period=(NOW, None),
            venue="house",
            client_classes=["retail"],
            terms_reference="x",
        )


@pytest.mark.parametrize("client_class", ["retail", "institutional"])
def test_a_class_that_is_protected_or_not_named_is_refused(
    client_class: str, people: People
) -> None:
    policy(people)
    decision, collection = both_sides(people)
    Customer.objects.filter(pk=decision.case.customer_id).update(
        client_class=client_class
    )
    with pytest.raises(SetOffRefusedError):
        propose(people, (decision, collection))


def test_only_a_lead_with_a_fresh_factor_allows_it(people: People) -> None:
    wanted: dict[str, Any] = {
        "venue": "house",
        "client_classes": ["professional"],
        "valid_from": NOW,
        "terms_reference": "x",
        "now": NOW,
    }
    with pytest.raises(DutyMissingError):
        set_off_policy_change(people.max_, **wanted)
    assert people.lia.user
    with pytest.raises(FreshFactorNeededError):
        set_off_policy_change(staff_actor(people.lia.user, now=NOW), **wanted)
    for changed in (
        {"terms_reference": " "},
        {"client_classes": []},
        {"valid_from": NOW - timedelta(seconds=1)},
    ):
        with pytest.raises(NotReadyError):
            set_off_policy_change(people.lia, **{**wanted, **changed})


@pytest.mark.parametrize("amount", ["0", "-1", "5.01"])
def test_more_than_either_side_holds_is_refused(amount: str, people: People) -> None:
    policy(people)
    sides = both_sides(people)
    with pytest.raises(SetOffRefusedError, match="5 is owed to the customer, 10 by"):
        propose(people, sides, amount)


def test_two_customers_are_never_set_off(people: People) -> None:
    policy(people)
    sides = both_sides(people)
    other = people.owed("A-2")
    with pytest.raises(NotReadyError, match="one customer's"):
        propose(people, (other, sides[1]))


def test_a_deficit_nobody_was_told_of_is_not_set_off(people: People) -> None:
    policy(people)
    decision, collection = both_sides(people, client_class="retail")
    assert collection.status == CollectionStatus.NOT_COLLECTED
    with pytest.raises(NotReadyError, match="was told of"):
        propose(people, (decision, collection))


def test_who_proposed_an_amount_neither_proposes_nor_approves(people: People) -> None:
    policy(people)
    sides = both_sides(people)
    assert people.ada.user and people.max_.user
    for role in (Role.MAKER, Role.CHECKER):
        RoleGrant.objects.create(
            user=people.ada.user, role=role, granted_at=NOW - timedelta(days=30)
        )
    ada = acting(User.objects.get(username="ada"), NOW)
    with pytest.raises(SamePersonError):
        propose(people, sides, actor=ada)
    set_off = propose(people, sides)
    with pytest.raises(SamePersonError, match="proposed the deficit"):
        approve(ada, set_off)
    RoleGrant.objects.create(
        user=people.max_.user, role=Role.CHECKER, granted_at=NOW - timedelta(days=30)
    )
    with pytest.raises(SamePersonError, match="proposed this set-off"):
        approve(acting(User.objects.get(username="max"), NOW), set_off)


def test_a_page_that_showed_something_else_is_refused(people: People) -> None:
    policy(people)
    set_off = propose(people, both_sides(people))
    with pytest.raises(StaleError):
        set_off_approve(people.bea, set_off, shown_digest="0" * 64, now=NOW)
    assert people.bea.user
    with pytest.raises(FreshFactorNeededError):
        approve(staff_actor(people.bea.user, now=NOW), set_off)


def test_neither_side_is_reopened_from_under_a_set_off(people: People) -> None:
    policy(people)
    decision, collection = both_sides(people)
    propose(people, (decision, collection))
    for case in (decision.case, collection.case):
        with pytest.raises(NotReadyError, match="reverse it first"):
            case_reopen(people.lia, case, reason="Again.", now=NOW)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE recovery_setoff SET amount = 4", "sealed"),
        ("UPDATE recovery_setoff SET status = 'reversed'", "cannot go from"),
        ("DELETE FROM recovery_setoff", "written once"),
        ("UPDATE recovery_setoffpolicy SET client_classes = '{}'", "does not change"),
        (
            "UPDATE recovery_decision SET status = 'voided' WHERE kind = 'owed'",
            "with a set-off",
        ),
        (
            """
            UPDATE recovery_setoff SET status = 'approved', approved_at = now(),
              approver_id = (SELECT proposer_id FROM recovery_decision LIMIT 1)
            """,
            "approves no set-off",
        ),
    ],
)
def test_the_database_keeps_a_set_off_as_it_was_sealed(
    statement: str, says: str, people: People
) -> None:
    policy(people)
    propose(people, both_sides(people))
    with (
        pytest.raises(IntegrityError, match=says),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("amount", "policy_id", "says"),
    [
        ("5.01", "policy_id", "within what is owed|within_both"),
        ("2.01", "policy_id", "within what is owed"),
        ("1", "policy_id + 1", "no policy in force"),
    ],
)
def test_the_database_refuses_a_set_off_beyond_either_side(
    amount: str, policy_id: str, says: str, people: People
) -> None:
    policy(people)
    set_off = propose(people, both_sides(people))
    with (
        pytest.raises(IntegrityError, match=says),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            f"""
            INSERT INTO recovery_setoff (reference, policy_id, decision_id,
              collection_id, asset, amount, owed_before_amount, due_before_amount,
              status, reason, sealed, content_digest, proposer_id, proposed_at,
              ended_reason)
            SELECT 'SO-X', {policy_id}, decision_id, collection_id, asset, {amount},
              owed_before_amount, due_before_amount, 'proposed', reason, sealed,
              content_digest, proposer_id, proposed_at, ''
            FROM recovery_setoff WHERE id = %s
            """,
            [set_off.pk],
        )


# --- what it does ---------------------------------------------------------------------


def test_it_takes_from_both_sides_and_tells_both(people: People) -> None:
    policy(people)
    decision, collection = both_sides(people)
    set_off = propose(people, (decision, collection))
    assert payment_headroom(decision, PaymentKind.CREDIT) == SHORT - 3
    set_off = approve(people.bea, set_off)

    assert set_off.status == SetOffStatus.APPROVED
    assert collection_left(collection) == 7
    with pytest.raises(LimitExceededError):
        people.credit(decision, Decimal("2.01"))
    people.credit(decision, Decimal(2))
    told = OutboxMessage.objects.filter(event="set_off.approved")
    assert told.count() == 2
    for case_id in (decision.case_id, collection.case_id):
        view = status_view(RecoveryCase.objects.get(pk=case_id), now=NOW)
        (line,) = view.set_offs
        assert line.amount == "3 USDT"
        assert line.owed == "5 USDT owed to you, 2 USDT left to pay"
        assert line.due == "10 USDT owed by you, 7 USDT left to pay"
        assert line.terms_reference == "Clause 12.3"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    # The file behind the made-up deficit counts rows it does not have.
    assert {one.invariant for one in invariants_broken()} <= {"I1"}


def test_covering_all_of_a_deficit_settles_it_and_reversing_opens_it(
    people: People,
) -> None:
    policy(people)
    decision, collection = both_sides(people, deficit="4")
    set_off = approve(people.bea, propose(people, (decision, collection), "4"))
    collection.refresh_from_db()
    assert collection.status == CollectionStatus.SETTLED

    for actor in (people.bea, people.max_):
        with pytest.raises((SamePersonError, DutyMissingError)):
            set_off_reverse(actor, set_off, reason="Wrong.", now=NOW)
    with pytest.raises(NotReadyError):
        set_off_reverse(people.rio, set_off, reason=" ", now=NOW)
    set_off_reverse(people.rio, set_off, reason="Disputed, rightly.", now=NOW)
    collection.refresh_from_db()
    assert collection.status == CollectionStatus.NOTICED
    assert collection_left(collection) == 4
    assert payment_headroom(decision, PaymentKind.CREDIT) == SHORT
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    # The file behind the made-up deficit counts rows it does not have.
    assert {one.invariant for one in invariants_broken()} <= {"I1"}


def test_what_waits_can_be_withdrawn_and_gives_its_room_back(people: People) -> None:
    policy(people)
    sides = both_sides(people)
    set_off = propose(people, sides, "5")
    with pytest.raises(SetOffRefusedError):
        propose(people, sides, "1")
    with pytest.raises(NotReadyError):
        set_off_withdraw(people.max_, set_off, reason=" ", now=NOW)
    set_off_withdraw(people.max_, set_off, reason="Wrong clause.", now=NOW)
    assert propose(people, sides, "1").status == SetOffStatus.PROPOSED
    with pytest.raises(NotReadyError):
        approve(people.bea, set_off)


def test_other_figures_withdraw_what_waits_and_keep_what_was_approved(
    people: People,
) -> None:
    policy(people)
    decision, collection = both_sides(people)
    kept = approve(people.bea, propose(people, (decision, collection), "1"))
    waits = propose(people, (decision, collection), "1")
    event = decision.case.event
    assert event
    factories.assess(event, factories.SHORT_LINES, reason="FEE_VARIANCE")
    decided_follow([event.account_id], now=NOW)

    kept.refresh_from_db()
    waits.refresh_from_db()
    decision.refresh_from_db()
    assert (kept.status, waits.status) == (
        SetOffStatus.APPROVED,
        SetOffStatus.WITHDRAWN,
    )
    assert decision.status == "approved"
    assert decision.adjustments.count() == 1
