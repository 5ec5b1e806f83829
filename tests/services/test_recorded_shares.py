"""Shares by hand: where no log tells, by two people, never more than is missing."""

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
)
from recovery.domain.policy_words import Bearer
from recovery.domain.words import DecisionKind
from recovery.models import (
    Collection,
    EngineEntry,
    LiquidationPolicy,
    RecordedShare,
    RecoveryCase,
)
from recovery.services.actors import staff_actor
from recovery.services.collections import collection_left
from recovery.services.decisions import decision_approve, decision_propose
from recovery.services.recorded_shares import (
    share_confirm,
    share_record,
    share_withdraw,
)
from tests import factories
from tests.people import acting
from tests.story import NOW, People

TEN = Decimal(10)


@pytest.fixture
def case(people: People) -> RecoveryCase:
    """A case about a deficit of 10 that a professional customer would owe."""
    LiquidationPolicy.objects.filter(venue="house").update(
        terms={"deficit_to": ["customer"]}
    )
    owner = factories.customer()
    Customer.objects.filter(pk=owner.pk).update(client_class="professional")
    owner.refresh_from_db()
    event = factories.event(
        factories.account(owner), lines=(), reason="DEFICIT_OPEN", deficit="10"
    )
    return people.case(event)


def record(people: People, case: RecoveryCase, **changed: Any) -> RecordedShare:
    assert case.event
    told: dict[str, Any] = {
        "asset": "USDT",
        "bearer": Bearer.INSURANCE_FUND,
        "amount": Decimal(4),
        "evidence": "Letter of the venue, 20 November",
        **changed,
    }
    return share_record(people.ada, case.event, now=NOW, **told)


def decide(people: People, case: RecoveryCase) -> Collection:
    assert case.event and case.event.active_assessment
    proposal = decision_propose(
        people.ada,
        case,
        result=case.event.active_assessment.results.get(),
        kind=DecisionKind.DEFICIT,
        amount=TEN,
        reason="The position closed beyond the bankruptcy price.",
        now=NOW,
    )
    decision_approve(
        people.bea, proposal, shown_digest=proposal.content_digest, now=NOW
    )
    return Collection.objects.get(decision=proposal)


@pytest.mark.parametrize(
    "changed",
    [
        {"bearer": Bearer.CUSTOMER},
        {"amount": Decimal(0)},
        {"evidence": " "},
    ],
)
def test_a_share_that_says_nothing_is_refused(
    changed: dict[str, Any], people: People, case: RecoveryCase
) -> None:
    with pytest.raises(NotReadyError):
        record(people, case, **changed)


def test_more_than_is_missing_is_refused(people: People, case: RecoveryCase) -> None:
    with pytest.raises(LimitExceededError):
        record(people, case, amount=Decimal("10.01"))
    record(people, case, amount=Decimal(6))
    with pytest.raises(LimitExceededError):
        record(people, case, bearer=Bearer.ADL, amount=Decimal("4.01"))
    with pytest.raises(NotReadyError, match="recorded already"):
        record(people, case, amount=Decimal(1))


def test_where_the_engine_log_tells_nothing_is_added_by_hand(
    people: People, case: RecoveryCase
) -> None:
    assert case.event
    EngineEntry.objects.create(
        source_file=factories.source_file(),
        row_number=1,
        event_reference=case.event.source_reference,
        account=case.event.account,
        instrument="BTCUSDT",
        occurred_at=factories.AT,
        step=1,
        action="cover",
        asset="USDT",
        fund_movement=Decimal(-10),
    )
    with pytest.raises(NotReadyError, match="engine log tells"):
        record(people, case)


def test_who_wrote_it_down_does_not_confirm_it(
    people: People, case: RecoveryCase
) -> None:
    share = record(people, case)
    assert people.ada.user and people.bea.user
    RoleGrant.objects.create(
        user=people.ada.user, role=Role.CHECKER, granted_at=NOW - timedelta(days=30)
    )
    with pytest.raises(SamePersonError):
        share_confirm(acting(User.objects.get(username="ada"), NOW), share, now=NOW)
    with pytest.raises(DutyMissingError):
        share_confirm(people.max_, share, now=NOW)
    with pytest.raises(FreshFactorNeededError):
        share_confirm(staff_actor(people.bea.user, now=NOW), share, now=NOW)
    share_confirm(people.bea, share, now=NOW)
    with pytest.raises(NotReadyError, match="already"):
        share_confirm(people.lia, share, now=NOW)


def test_a_deficit_is_not_approved_while_a_share_waits(
    people: People, case: RecoveryCase
) -> None:
    share = record(people, case)
    with pytest.raises(NotReadyError, match="nobody confirmed"):
        decide(people, case)
    with pytest.raises(NotReadyError, match="Say why"):
        share_withdraw(people.ada, share, reason=" ", now=NOW)
    share_withdraw(people.ada, share, reason="Another event.", now=NOW)
    with pytest.raises(NotReadyError, match="withdrawn already"):
        share_confirm(people.bea, share, now=NOW)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE recovery_recordedshare SET amount = 5",
        "DELETE FROM recovery_recordedshare",
        """
        UPDATE recovery_recordedshare
        SET confirmed_by_id = recorded_by_id, confirmed_at = now()
        """,
        "UPDATE recovery_recordedshare SET bearer = 'customer'",
    ],
)
def test_the_database_keeps_what_was_written_down(
    statement: str, people: People, case: RecoveryCase
) -> None:
    record(people, case)
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_confirmed_shares_stand_with_the_deficit_and_the_rest_follows_the_policy(
    people: People, case: RecoveryCase
) -> None:
    share_confirm(people.lia, record(people, case), now=NOW)
    adl = record(people, case, bearer=Bearer.ADL, amount=Decimal(1))
    share_confirm(people.lia, adl, now=NOW)

    collection = decide(people, case)
    shares = {share.bearer: share for share in collection.shares.all()}
    assert {bearer: share.amount for bearer, share in shares.items()} == {
        "insurance_fund": 4,
        "adl": 1,
        "customer": 5,
    }
    assert shares["adl"].terms_reference.startswith("by hand: Letter of the venue")
    assert collection_left(collection) == 5
    with pytest.raises(NotReadyError, match="decided"):
        record(people, case, bearer=Bearer.POOL, amount=Decimal(1))
