"""Limits of roles: the widest role counts, an unknown worth is above all of them."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.approval_rules import (
    SPANS,
    ApprovalLimitError,
    ApprovalTermsError,
    Limit,
    approval_rules_read,
)
from recovery.domain.role_limits import (
    NO_LIMIT,
    NOT_PRICED,
    NOTHING,
    narrower,
    require_known_worth,
    role_limit,
    widest,
)

TERMS: dict[str, Any] = {
    "currency": "USD",
    "roles": {
        "support": {"proposes_amount": {"each": "500", "day": "2000"}},
        "checker": {"approves": {"each": "20000"}},
    },
}
BOUNDS = st.none() | st.decimals(0, 10**9, places=2)
LIMITS = st.builds(Limit, BOUNDS, BOUNDS, BOUNDS)


@pytest.mark.parametrize(
    ("roles", "name"),
    [
        ([], "roles"),
        ({"support": []}, "roles.support"),
        ({"support": {"customer": {}}}, "roles.support.customer"),
        ({"support": {"approves": {"week": "1"}}}, "roles.support.approves"),
        ({"support": {"approves": {"day": "-1"}}}, "roles.support.approves.day"),
    ],
)
def test_limits_of_roles_that_cannot_be_read_are_refused_by_name(
    roles: object, name: str
) -> None:
    with pytest.raises(ApprovalTermsError) as refusal:
        approval_rules_read({**TERMS, "roles": roles}, 1)
    assert refusal.value.name == name


def test_a_role_has_the_limit_that_is_named_and_no_other() -> None:
    rules = approval_rules_read(TERMS, 1)

    assert role_limit(rules, "proposes_amount", "support") == Limit(
        Decimal(500), Decimal(2000), None
    )
    assert role_limit(rules, "approves", "support") == NO_LIMIT
    assert role_limit(rules, "approves", "analyst", unnamed=NOTHING) == NOTHING


@given(LIMITS, LIMITS)
def test_the_widest_of_two_roles_is_no_narrower_than_either(
    one: Limit, other: Limit
) -> None:
    both = widest([one, other])
    for span in SPANS:
        bound = getattr(both, span)
        each = [getattr(one, span), getattr(other, span)]
        if None in each:
            assert bound is None
        else:
            assert bound == max(each)


@given(LIMITS, LIMITS)
def test_of_two_limits_both_are_kept(one: Limit, other: Limit) -> None:
    both = narrower(one, other)
    for span in SPANS:
        known = [
            bound
            for bound in (getattr(one, span), getattr(other, span))
            if bound is not None
        ]
        assert getattr(both, span) == min(known, default=None)


def test_nobody_without_a_role_lets_anything_through() -> None:
    assert widest([]) == NOTHING
    with pytest.raises(ApprovalLimitError):
        require_known_worth("approves", NOTHING, Decimal(0))


def test_an_amount_without_a_price_is_above_every_limit_of_a_role() -> None:
    with pytest.raises(ApprovalLimitError) as refusal:
        require_known_worth("approves", Limit(month=Decimal(10**9)), None)
    assert (refusal.value.span, refusal.value.asked) == ("month", NOT_PRICED)
    require_known_worth("approves", NO_LIMIT, None)
    require_known_worth("approves", Limit(each=Decimal(1)), Decimal(1))
