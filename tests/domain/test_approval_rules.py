"""Approval policies: terms that cannot be read are refused; levels never drop."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.approval_rules import (
    NO_RULES,
    ApprovalLimitError,
    ApprovalTermsError,
    Headcount,
    Limit,
    approval_rules_read,
    approvals_needed,
    limit_keep,
)

TERMS: dict[str, Any] = {
    "currency": "USD",
    "headcount": 5,
    "two_above": "1000",
    "limits": {"approves": {"each": "5000", "day": "9000.5"}, "customer": {}},
}
AMOUNTS = st.decimals(0, 10**9, allow_nan=False, allow_infinity=False, places=6)


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"currency": ""}, "currency"),
        ({"currency": None}, "currency"),
        ({"headcount": 2}, "headcount"),
        ({"headcount": "3"}, "headcount"),
        ({"price_hours": 0}, "price_hours"),
        ({"price_hours": True}, "price_hours"),
        ({"two_above": "-1"}, "two_above"),
        ({"two_above": "NaN"}, "two_above"),
        ({"two_above": 0.1}, "two_above"),
        ({"limits": []}, "limits"),
        ({"limits": {"nobody": {}}}, "limits.nobody"),
        ({"limits": {"approves": {"week": "1"}}}, "limits.approves"),
        ({"limits": {"approves": "1"}}, "limits.approves"),
        ({"limits": {"approves": {"day": "much"}}}, "limits.approves.day"),
        ({"two_abvoe": "1"}, "two_abvoe"),
    ],
)
def test_terms_that_cannot_be_read_are_refused_by_name(
    changed: dict[str, Any], name: str
) -> None:
    with pytest.raises(ApprovalTermsError) as refusal:
        approval_rules_read({**TERMS, **changed}, 1)
    assert refusal.value.name == name


def test_terms_are_read_as_written() -> None:
    rules = approval_rules_read(TERMS, 4)

    assert (rules.currency, rules.headcount, rules.version) == (
        "USD",
        Headcount.FIVE,
        4,
    )
    assert rules.two_above == 1000
    assert rules.limits["approves"] == Limit(Decimal(5000), Decimal("9000.5"), None)
    assert rules.two_for_staff_rows


def test_without_a_policy_one_second_person_approves() -> None:
    assert approvals_needed(NO_RULES, None) == 1
    assert approvals_needed(NO_RULES, None, rests_on_staff_rows=True) == 2
    assert not NO_RULES.is_set


def test_a_missing_price_is_the_highest_level() -> None:
    assert approvals_needed(approval_rules_read(TERMS, 1), None) == 2


def test_rows_that_staff_obtained_need_two() -> None:
    rules = approval_rules_read(TERMS, 1)
    assert approvals_needed(rules, Decimal(1), rests_on_staff_rows=True) == 2
    lenient = approval_rules_read({**TERMS, "two_for_staff_rows": False}, 1)
    assert approvals_needed(lenient, Decimal(1), rests_on_staff_rows=True) == 1


@given(AMOUNTS, AMOUNTS)
def test_more_money_never_needs_fewer_people(one: Decimal, other: Decimal) -> None:
    rules = approval_rules_read(TERMS, 1)
    low, high = sorted((one, other))
    assert approvals_needed(rules, low) <= approvals_needed(rules, high)
    assert approvals_needed(rules, high) == (2 if high > 1000 else 1)


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_a_limit_is_kept_exactly(each: Decimal, day: Decimal, month: Decimal) -> None:
    limit = Limit(Decimal(100), Decimal(500), Decimal(2000))
    is_within = each <= 100 and day <= 500 and month <= 2000
    if is_within:
        limit_keep("approves", limit, each=each, day=day, month=month)
        return
    with pytest.raises(ApprovalLimitError) as refusal:
        limit_keep("approves", limit, each=each, day=day, month=month)
    assert refusal.value.scope == "approves"
