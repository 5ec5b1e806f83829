"""Who bears a deficit: by the policy in force and the class of the customer.

A protected customer is never asked: what the policy would let them owe, the venue
bears. Source: design §6 (deficits), MATH §4.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from recovery.domain.ledger import ZERO
from recovery.domain.money import exact
from recovery.domain.policy_words import Bearer

# By their class these customers never owe what their account fell below zero.
PROTECTED_CLASSES = frozenset({"retail"})

# Who may have taken a part that somebody writes down by hand: never the customer.
RECORDED_BEARERS = frozenset(Bearer) - {Bearer.CUSTOMER}


class SharesError(ValueError):
    """The recorded shares of a deficit do not fit into it."""

    code = "shares_refused"


def deficit_shares(
    deficit: Decimal,
    bearers: Sequence[Bearer],
    *,
    client_class: str,
    recorded: Mapping[Bearer, Decimal] | None = None,
) -> dict[Bearer, Decimal]:
    """Split a deficit: what is recorded of each bearer first, then the policy.

    Args:
        deficit: Above 0.
        bearers: As the policy names them, in order.
        client_class: Of the customer; empty when nobody is known, who owes nothing.
        recorded: What fund, ADL or a socialised loss took by the records.

    Returns:
        Shares above 0 that sum to the deficit exactly.

    Raises:
        SharesError: More is recorded than is missing, or less than nothing.
    """
    shares = {bearer: part for bearer, part in (recorded or {}).items() if part}
    with exact():
        rest = deficit - sum(shares.values(), ZERO)
        if rest < ZERO or any(part < ZERO for part in shares.values()):
            raise SharesError("more is recorded than is missing")
        if rest > ZERO:
            bearer = _next_bearer(bearers, shares, client_class)
            shares[bearer] = shares.get(bearer, ZERO) + rest
    return shares


def _next_bearer(
    bearers: Sequence[Bearer], taken: Mapping[Bearer, Decimal], client_class: str
) -> Bearer:
    """The first bearer of the policy that took nothing yet and may be asked."""
    left = [bearer for bearer in bearers if bearer not in taken]
    bearer = left[0] if left else Bearer.VENUE
    if bearer is not Bearer.CUSTOMER:
        return bearer
    is_protected = not client_class or client_class in PROTECTED_CLASSES
    return Bearer.VENUE if is_protected else Bearer.CUSTOMER
