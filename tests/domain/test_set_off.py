"""Set-off: for whom, how much, and what is left of both sides."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.domain.deficit_shares import PROTECTED_CLASSES
from recovery.domain.set_off import (
    SetOffRefusedError,
    SetOffSides,
    set_off_left,
    set_off_require,
)

SIDES = SetOffSides(owed=Decimal(10), due=Decimal(4))
AMOUNTS = st.decimals("0.01", "100000", places=8)


def ask(amount: str, client_class: str, *allowed: str) -> None:
    set_off_require(SIDES, Decimal(amount), client_class=client_class, allowed=allowed)


@pytest.mark.parametrize("client_class", ["", *sorted(PROTECTED_CLASSES)])
def test_nobody_protected_or_unknown_is_set_off_whatever_a_policy_names(
    client_class: str,
) -> None:
    with pytest.raises(SetOffRefusedError, match="protected by class"):
        ask("1", client_class, client_class)


def test_a_class_the_policy_does_not_name_is_refused() -> None:
    with pytest.raises(SetOffRefusedError, match="does not name institutional"):
        ask("1", "institutional", "professional")


@pytest.mark.parametrize("amount", ["0", "-1", "4.00000001"])
def test_no_more_than_the_smaller_side_and_never_nothing(amount: str) -> None:
    with pytest.raises(SetOffRefusedError) as refused:
        ask(amount, "professional", "professional")
    assert refused.value.reason == (
        "At most 4 can be set off: 10 is owed to the customer, 4 by the customer."
    )


def test_up_to_the_smaller_side_is_allowed() -> None:
    ask("4", "professional", "professional")


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_both_sides_shrink_by_the_same_amount(
    owed: Decimal, due: Decimal, amount: Decimal
) -> None:
    left = set_off_left(SetOffSides(owed, due), amount)
    assert (owed - left.owed, due - left.due) == (amount, amount)
