"""Set-off: what is owed to a customer against what the customer owes, only by policy.

Both amounts stay to be seen, and so does what is left of each. Source: design §5
(never net without a policy), §6 (set-off), MATH §4.
"""

from collections.abc import Collection
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from recovery.domain.deficit_shares import PROTECTED_CLASSES
from recovery.domain.errors import RecoveryError
from recovery.domain.money import exact, format_amount


class SetOffStatus(StrEnum):
    """Where a set-off stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"  # Never approved.
    REVERSED = "reversed"  # Approved once; both sides stand again as before.


# Counted against both sides: what is proposed keeps its room.
SET_OFF_LIVE = frozenset({SetOffStatus.PROPOSED, SetOffStatus.APPROVED})


class SetOffRefusedError(RecoveryError):
    """Nothing is set off here."""

    code = "set_off_refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class SetOffSides(NamedTuple):
    """Both amounts a set-off takes from, as they stand before it."""

    owed: Decimal  # To the customer and not on its way.
    due: Decimal  # By the customer and not paid.


def set_off_require(
    sides: SetOffSides, amount: Decimal, *, client_class: str, allowed: Collection[str]
) -> None:
    """Go on when an amount may be set off for a customer of this class.

    Args:
        sides: Before the set-off.
        amount: Of both.
        client_class: Of the customer; empty when nobody is known.
        allowed: Classes the policy names.

    Raises:
        SetOffRefusedError: The class is protected or not named, or one side is less.
    """
    if not client_class or client_class in PROTECTED_CLASSES:
        raise SetOffRefusedError(
            "This customer is protected by class: nothing is set off, what is owed is "
            "paid in full."
        )
    if client_class not in allowed:
        raise SetOffRefusedError(f"The policy does not name {client_class} customers.")
    if not 0 < amount <= min(sides):
        raise SetOffRefusedError(
            f"At most {format_amount(max(min(sides), Decimal(0)))} can be set off: "
            f"{format_amount(sides.owed)} is owed to the customer, "
            f"{format_amount(sides.due)} by the customer."
        )


def set_off_left(sides: SetOffSides, amount: Decimal) -> SetOffSides:
    """What is left of both sides."""
    with exact():
        return SetOffSides(sides.owed - amount, sides.due - amount)
