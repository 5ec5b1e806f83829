"""A deficit run to an end: asked of nobody who is protected, written off by two."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Customer
from recovery.domain.errors import (
    DutyMissingError,
    FreshFactorNeededError,
    LimitExceededError,
    NotReadyError,
    SamePersonError,
    TransitionRefusedError,
)
from recovery.domain.lifecycle import CollectionStatus
from recovery.domain.policy_words import Bearer
from recovery.domain.words import DecisionKind
from recovery.models import (
    Collection,
    Decision,
    DeficitShare,
    LiquidationPolicy,
    OutboxMessage,
    StaffNotice,
)
from recovery.services.actors import staff_actor
from recovery.services.cases import case_reopen
from recovery.services.collections import (
    collection_arrange,
    collection_left,
    collection_notice,
    instalment_paid,
    instalments_missed,
    write_off_approve,
    write_off_propose,
    write_off_return,
)
from recovery.services.decisions import decision_approve, decision_propose
from tests import factories
from tests.services.test_four_eyes import every_role
from tests.story import NOW, People

TEN = Decimal(10)


def deficit(people: People, client_class: str = "professional") -> Collection:
    """A deficit of 10 decided by two, under a policy by which the customer owes."""
    LiquidationPolicy.objects.filter(venue="house").update(
        terms={"deficit_to": ["customer"]}
    )
    owner = factories.customer()
    Customer.objects.filter(pk=owner.pk).update(client_class=client_class)
    owner.refresh_from_db()
    event = factories.event(
        factories.account(owner), lines=(), reason="DEFICIT_OPEN", deficit="10"
    )
    case = people.case(event)
    assert event.active_assessment
    proposal = decision_propose(
        people.ada,
        case,
        result=event.active_assessment.results.get(),
        kind=DecisionKind.DEFICIT,
        amount=TEN,
        reason="The position closed beyond the bankruptcy price.",
        now=NOW,
    )
    decision_approve(
        people.bea, proposal, shown_digest=proposal.content_digest, now=NOW
    )
    return Collection.objects.get(decision=proposal)


@pytest.fixture
def collection(people: People) -> Collection:
    return deficit(people)


def test_a_protected_customer_is_asked_nothing(people: People) -> None:
    collection = deficit(people, "retail")

    assert collection.status == CollectionStatus.NOT_COLLECTED
    assert [share.bearer for share in collection.shares.all()] == [Bearer.VENUE]
    with pytest.raises(TransitionRefusedError):
        collection_notice(people.lia, collection, now=NOW)
    assert not OutboxMessage.objects.filter(event="deficit.notice").exists()


def test_who_bears_it_is_recorded_with_the_whole_amount(
    people: People, collection: Collection
) -> None:
    assert collection.status == CollectionStatus.DUE
    assert collection_left(collection) == TEN
    with pytest.raises(IntegrityError), transaction.atomic():
        DeficitShare.objects.filter(collection=collection).update(amount=9)


def forge_a_collection_without_shares(like: Collection) -> None:
    """Another decided deficit, and a collection of it that nobody bears."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        copy = Decision.objects.get(pk=like.decision_id)
        copy.pk, copy._state.adding = None, True
        copy.save()
        cursor.execute("SET LOCAL session_replication_role = origin")
        Collection.objects.create(
            reference="DC-FORGED",
            case=like.case,
            decision=copy,
            asset=like.asset,
            deficit_amount=TEN,
            status_since=NOW,
            opened_at=NOW,
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_shares_that_miss_the_deficit_are_refused_at_commit(
    collection: Collection,
) -> None:
    with pytest.raises(IntegrityError, match="miss it by 10"):
        forge_a_collection_without_shares(collection)


def test_nobody_is_asked_before_the_notice(
    people: People, collection: Collection
) -> None:
    parts = [(NOW.date() + timedelta(days=30), TEN)]
    with pytest.raises(TransitionRefusedError):
        collection_arrange(people.lia, collection, parts, reason="x", now=NOW)
    with pytest.raises(DutyMissingError):
        collection_notice(people.max_, collection, now=NOW)


def noticed(people: People, collection: Collection) -> Collection:
    return collection_notice(people.lia, collection, now=NOW)


def test_a_notice_is_one_mail_and_one_line_for_finance(
    people: People, collection: Collection
) -> None:
    noticed(people, collection)
    assert OutboxMessage.objects.filter(event="deficit.notice").count() == 1
    assert StaffNotice.objects.filter(event="deficit.notice").count() == 1


@pytest.mark.parametrize("amounts", [["9.99"], ["5", "5.01"], ["10", "0"], []])
def test_instalments_make_up_what_is_left_exactly(
    amounts: list[str], people: People, collection: Collection
) -> None:
    noticed(people, collection)
    parts = [
        (NOW.date() + timedelta(days=30 * number), Decimal(amount))
        for number, amount in enumerate(amounts, start=1)
    ]
    with pytest.raises((LimitExceededError, NotReadyError)):
        collection_arrange(people.lia, collection, parts, reason="x", now=NOW)


def arranged(people: People, collection: Collection) -> Collection:
    noticed(people, collection)
    parts = [
        (NOW.date() + timedelta(days=30), Decimal(4)),
        (NOW.date() + timedelta(days=60), Decimal(6)),
    ]
    return collection_arrange(people.lia, collection, parts, reason="Agreed.", now=NOW)


def test_the_last_instalment_settles(people: People, collection: Collection) -> None:
    collection = arranged(people, collection)
    first, second = collection.instalments.order_by("number")
    with pytest.raises(NotReadyError):
        instalment_paid(people.max_, first, reference=" ", now=NOW)
    with pytest.raises(DutyMissingError):
        instalment_paid(people.ada, first, reference="B-1", now=NOW)
    instalment_paid(people.max_, first, reference="B-1", now=NOW)
    with pytest.raises(NotReadyError):
        instalment_paid(people.max_, first, reference="B-2", now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        instalment_paid(people.max_, second, reference="B-1", now=NOW)
    instalment_paid(people.max_, second, reference="B-2", now=NOW)

    collection.refresh_from_db()
    assert collection.status == CollectionStatus.SETTLED
    assert collection_left(collection) == 0


def test_a_missed_day_takes_the_arrangement_back_once(
    people: People, collection: Collection
) -> None:
    arranged(people, collection)
    late = NOW + timedelta(days=31)
    assert instalments_missed(now=NOW) == 0
    assert (instalments_missed(now=late), instalments_missed(now=late)) == (1, 0)
    collection.refresh_from_db()
    assert collection.status == CollectionStatus.NOTICED
    parts = [(late.date() + timedelta(days=30), TEN)]
    collection_arrange(people.lia, collection, parts, reason="Once more.", now=late)
    assert set(collection.instalments.values_list("round", flat=True)) == {1, 2}


def test_a_deficit_is_written_off_by_two(
    people: People, collection: Collection
) -> None:
    noticed(people, collection)
    with pytest.raises(NotReadyError):
        write_off_propose(people.lia, collection, reason="", now=NOW)
    write_off_propose(people.lia, collection, reason="Cannot be found.", now=NOW)
    assert people.lia.user and people.rio.user
    with pytest.raises(SamePersonError):
        write_off_approve(every_role(people.lia.user), collection, now=NOW)
    with pytest.raises(DutyMissingError):
        write_off_approve(people.ada, collection, now=NOW)
    with pytest.raises(FreshFactorNeededError):
        write_off_approve(staff_actor(people.rio.user, now=NOW), collection, now=NOW)
    write_off_return(people.rio, collection, reason="Try once more.", now=NOW)
    write_off_propose(people.lia, collection, reason="Gone.", now=NOW)
    done = write_off_approve(people.rio, collection, now=NOW)
    assert done.status == CollectionStatus.WRITTEN_OFF


def test_opening_the_case_again_takes_the_collection_back(
    people: People, collection: Collection
) -> None:
    noticed(people, collection)
    case_reopen(people.lia, collection.case, reason="Disputed line.", now=NOW)
    collection.refresh_from_db()
    assert collection.status == CollectionStatus.TAKEN_BACK
    with pytest.raises(TransitionRefusedError):
        noticed(people, collection)
