"""Limits of roles: agents propose small amounts, analysts above; checkers have theirs."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.models import RoleGrant
from accounts.roles import Role
from recovery.domain.approval_rules import ApprovalLimitError
from recovery.domain.errors import DutyMissingError, NotReadyError
from recovery.domain.lifecycle import PaymentStatus
from recovery.domain.words import DecisionKind
from recovery.models import Decision, Payment, SpendCounter
from recovery.services.actors import Actor
from recovery.services.amount_limits import may_propose_amounts
from recovery.services.approval_limits import (
    approval_rules_at,
    spend_left,
    spender_of,
)
from recovery.services.decisions import decision_approve, decision_propose
from tests.people import acting
from tests.services.test_approval_policy import approve, checker, policy, price
from tests.story import NOW, People, result_of, short_ledger, staff


def agent(*roles: Role) -> Actor:
    return acting(staff("sam", Role.SUPPORT, *roles), NOW)


def propose(people: People, actor: Actor) -> Decision:
    """Propose the 5 USDT that the customer of the story is short."""
    return people.proposed(people.case(people.event(short_ledger("A-1"))), actor)


def roles(**limits: dict[str, Any]) -> dict[str, Any]:
    return {"roles": limits}


AGENTS = {"proposes_amount": {"each": "10"}}


def test_without_a_policy_an_agent_proposes_nothing(people: People) -> None:
    sam = agent()
    assert not may_propose_amounts(sam, now=NOW)
    with pytest.raises(ApprovalLimitError):
        propose(people, sam)


def test_an_agent_whose_role_no_policy_names_proposes_nothing(people: People) -> None:
    policy(people, **roles(checker={"approves": {"each": "1"}}))
    price(people, "2")
    with pytest.raises(ApprovalLimitError):
        propose(people, agent())


def test_above_the_limit_an_agent_is_refused_and_an_analyst_proposes(
    people: People,
) -> None:
    policy(people, **roles(support=AGENTS))
    price(people, "2.01")  # 5 USDT at 2.01 are 10.05 USD.
    case = people.case(people.event(short_ledger("A-1")))
    with pytest.raises(ApprovalLimitError) as refusal:
        people.proposed(case, agent())
    assert (refusal.value.scope, refusal.value.span) == ("proposes_amount", "each")
    assert not SpendCounter.objects.filter(total_amount__gt=0).exists()

    assert people.proposed(case).proposer == people.ada.user


def test_up_to_the_limit_an_agent_proposes(people: People) -> None:
    policy(people, **roles(support=AGENTS))
    price(people, "2")
    sam = agent()
    assert may_propose_amounts(sam, now=NOW)
    assert propose(people, sam).proposer == sam.user


def test_an_agent_who_is_an_analyst_too_has_the_wider_limit(people: People) -> None:
    policy(people, **roles(support=AGENTS))
    price(people, "100")
    assert propose(people, agent(Role.ANALYST)).amount == 5


def test_an_amount_without_a_price_is_no_agents(people: People) -> None:
    policy(people, **roles(support=AGENTS))
    with pytest.raises(ApprovalLimitError, match="not priced"):
        propose(people, agent())


def test_many_small_amounts_of_one_agent_are_counted_together(people: People) -> None:
    limit = {"proposes_amount": {"each": "10", "day": "15"}}
    policy(people, **roles(support=limit))
    price(people, "2")
    sam = agent()
    propose(people, sam)
    with pytest.raises(ApprovalLimitError) as refusal:
        people.proposed(people.case(people.event(short_ledger("A-2"))), sam)
    assert refusal.value.span == "day"


def test_a_lead_approves_no_amount_above_the_limit_of_leads(people: People) -> None:
    policy(people, **roles(lead={"approves_amount": {"each": "9.99"}}))
    price(people, "2")
    decision = propose(people, people.ada)
    from_lia = replace(people, bea=people.lia)
    with pytest.raises(ApprovalLimitError):
        approve_amount(from_lia, decision)
    assert approve_amount(people, decision).approver == people.bea.user


def approve_amount(people: People, decision: Decision) -> Decision:
    return decision_approve(
        people.bea, decision, shown_digest=decision.content_digest, now=NOW
    )


def test_a_checker_has_the_limit_of_checkers(people: People) -> None:
    policy(people, **roles(checker={"approves": {"each": "9.99"}}))
    price(people, "2")
    payment = people.credit(people.owed())
    with pytest.raises(ApprovalLimitError):
        approve(people.bea, payment)


def test_an_unpriced_payment_passes_no_checker_with_a_limit(people: People) -> None:
    policy(people, two_above="1", **roles(checker={"approves": {"day": "100000"}}))
    payment = people.credit(people.owed())
    with pytest.raises(ApprovalLimitError, match="not priced"):
        approve(people.bea, payment)


def test_a_role_that_was_just_granted_widens_nothing(people: People) -> None:
    """Lia is lead for a month and checker since a moment: the lead's limit holds."""
    policy(people, **roles(lead={"approves_amount": {"each": "1"}}))
    price(people, "2")
    decision = propose(people, people.ada)
    assert people.lia.user
    RoleGrant.objects.create(user=people.lia.user, role=Role.CHECKER, granted_at=NOW)
    from_lia = replace(people, bea=acting(people.lia.user, NOW))
    with pytest.raises(ApprovalLimitError):
        approve_amount(from_lia, decision)


def test_terms_that_name_an_unknown_role_are_refused(people: People) -> None:
    with pytest.raises(NotReadyError, match="intern"):
        policy(people, **roles(intern={"approves": {"each": "1"}}))


def test_what_has_no_price_stands_beside_the_total_and_never_as_nothing(
    people: People,
) -> None:
    policy(people, two_above="1", limits={"approves": {"day": "100"}})
    payment = people.credit(people.owed())
    approve(people.bea, payment)
    payment = approve(checker("cleo"), payment)
    assert payment.status == PaymentStatus.APPROVED

    rules = approval_rules_at(NOW)
    today, month = spend_left(rules, spender_of(rules, people.bea, "approves"), at=NOW)

    assert (today.amount, today.unpriced) == (100, 1)
    assert (month.amount, month.unpriced) == (None, 1)
    counted = SpendCounter.objects.filter(scope__startswith="approves:")
    assert {one.unpriced_count for one in counted} == {1}
    with pytest.raises(IntegrityError):
        counted.update(unpriced_count=0)


def test_who_may_do_nothing_has_no_limit_to_ask_for(people: People) -> None:
    with pytest.raises(DutyMissingError):
        spender_of(approval_rules_at(NOW), people.max_, "approves")
    assert not Payment.objects.exists()


def test_refusing_money_is_as_large_as_owing_it(people: People) -> None:
    policy(people, **roles(support={"proposes_amount": {"each": "1"}}))
    price(people, "2")
    case = people.case(people.event(short_ledger("A-1")))
    with pytest.raises(ApprovalLimitError):
        decision_propose(
            agent(),
            case,
            result=result_of(case),
            kind=DecisionKind.NOT_OWED,
            amount=Decimal(0),
            reason="Nothing is owed.",
            now=NOW,
        )
