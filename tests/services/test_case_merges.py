"""Merging and taking apart: one matter, two references, never more money."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from recovery.domain.errors import (
    DutyMissingError,
    NotReadyError,
    StaleError,
    TransitionRefusedError,
)
from recovery.domain.lifecycle import CaseStatus
from recovery.domain.words import DecisionStatus
from recovery.models import RecoveryCase
from recovery.services.actors import CUSTOMER
from recovery.services.case_merges import case_home, case_merge, case_unmerge
from recovery.services.cases import (
    case_ask_third_party,
    case_open,
    case_third_party_answer,
    case_withdraw,
)
from tests.story import NOW, People, customer_of, short_ledger


def unmatched(people: People, of: RecoveryCase) -> RecoveryCase:
    return case_open(
        people.ada, event=None, customer=of.customer, origin="claim", now=NOW
    )


@pytest.fixture
def kept(people: People) -> RecoveryCase:
    return people.case(people.event(short_ledger("A-1")))


def test_a_case_is_not_merged_into(people: People, kept: RecoveryCase) -> None:
    other = unmatched(people, kept)
    refusals: dict[str, Callable[[], object]] = {
        "itself": lambda: case_merge(people.ada, kept, kept, reason="x", now=NOW),
        "anything without a reason": lambda: case_merge(
            people.ada, other, kept, reason=" ", now=NOW
        ),
    }
    for refused in refusals.values():
        with pytest.raises(NotReadyError):
            refused()
    with pytest.raises(DutyMissingError):
        case_merge(people.max_, other, kept, reason="x", now=NOW)
    with pytest.raises(StaleError):
        case_merge(people.ada, other, kept, reason="x", now=NOW, shown_version=9)
    case_withdraw(CUSTOMER, kept, now=NOW)
    with pytest.raises(NotReadyError, match="withdrawn"):
        case_merge(people.ada, other, kept, reason="x", now=NOW)


def test_cases_of_two_customers_are_not_merged(
    people: People, kept: RecoveryCase
) -> None:
    stranger = case_open(
        people.ada, event=None, customer=customer_of("A-9"), origin="claim", now=NOW
    )
    with pytest.raises(NotReadyError, match="two customers"):
        case_merge(people.ada, stranger, kept, reason="x", now=NOW)


def test_a_decided_case_is_not_merged(people: People) -> None:
    decision = people.owed()
    other = unmatched(people, decision.case)
    with pytest.raises(TransitionRefusedError):
        case_merge(people.ada, decision.case, other, reason="x", now=NOW)


def test_a_merge_voids_the_proposal_and_keeps_both_references(
    people: People, kept: RecoveryCase
) -> None:
    proposal = people.proposed(kept)
    kept = unmatched(people, kept)
    case = case_merge(people.ada, proposal.case, kept, reason="Same matter.", now=NOW)

    proposal.refresh_from_db()
    assert proposal.status == DecisionStatus.VOIDED
    assert (case.status, case_home(case).pk) == (CaseStatus.MERGED, kept.pk)


def test_a_merged_case_is_taken_out_unless_its_event_has_another(
    people: People, kept: RecoveryCase
) -> None:
    other = unmatched(people, kept)
    case_merge(people.ada, other, kept, reason="Same matter.", now=NOW)
    with pytest.raises(NotReadyError):
        case_unmerge(people.lia, other, reason="", now=NOW)
    with pytest.raises(DutyMissingError):
        case_unmerge(people.ada, other, reason="Not the same.", now=NOW)
    out = case_unmerge(people.lia, other, reason="Not the same.", now=NOW)
    assert (out.status, out.merged_into) == (CaseStatus.INVESTIGATING, None)

    event = kept.event
    case_merge(people.ada, kept, other, reason="After all.", now=NOW)
    again = case_open(people.ada, event=event, customer=None, origin="agent", now=NOW)
    assert again != kept
    with pytest.raises(NotReadyError, match="open for the same event"):
        case_unmerge(people.lia, kept, reason="Mine.", now=NOW)


def test_a_case_waits_for_a_third_party_and_goes_on(
    people: People, kept: RecoveryCase
) -> None:
    with pytest.raises(NotReadyError):
        case_ask_third_party(people.ada, kept, " ", now=NOW)
    with pytest.raises(TransitionRefusedError):
        case_third_party_answer(people.ada, kept, "Yes.", now=NOW)
    case = case_ask_third_party(people.ada, kept, "The venue: fills?", now=NOW)
    assert case.status == CaseStatus.AWAITING_THIRD_PARTY
    with pytest.raises(NotReadyError):
        case_third_party_answer(people.ada, kept, "", now=NOW)
    case = case_third_party_answer(
        people.ada, kept, "Sent.", now=NOW + timedelta(days=2)
    )
    assert case.status == CaseStatus.INVESTIGATING


def test_the_customer_takes_a_proposed_claim_back(people: People) -> None:
    proposal = people.proposed(people.case(people.event(short_ledger("A-1"))))
    case = case_withdraw(CUSTOMER, proposal.case, now=NOW)

    proposal.refresh_from_db()
    assert (case.status, proposal.status) == (
        CaseStatus.WITHDRAWN,
        DecisionStatus.VOIDED,
    )
