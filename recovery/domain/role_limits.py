"""What a role lets somebody through: the widest of their roles, within everybody's.

An agent proposes small amounts only as far as a policy names a limit for the role; an
analyst stands above it. An amount without a price is above every limit of a role.
Source: design §6 (agents propose up to a limit, analysts above it; no price = highest
level).
"""

from collections.abc import Iterable
from decimal import Decimal

from recovery.domain.approval_rules import (
    SPANS,
    ApprovalLimitError,
    ApprovalRules,
    Limit,
)
from recovery.domain.ledger import ZERO
from recovery.domain.money import format_amount

NO_LIMIT = Limit()
NOTHING = Limit(ZERO, ZERO, ZERO)
NOT_PRICED = "not priced"


def role_limit(
    rules: ApprovalRules, scope: str, role: str, *, unnamed: Limit = NO_LIMIT
) -> Limit:
    """The limit of one role, or `unnamed` where the policy says nothing of it."""
    return rules.role_limits.get(role, {}).get(scope, unnamed)


def widest(limits: Iterable[Limit]) -> Limit:
    """What somebody with several roles may do: of each span the widest.

    Returns:
        Nothing at all for somebody without any role.
    """
    found = list(limits)
    return Limit(*(_widest([getattr(one, span) for one in found]) for span in SPANS))


def _widest(bounds: list[Decimal | None]) -> Decimal | None:
    known = [bound for bound in bounds if bound is not None]
    return max(known, default=ZERO) if len(known) == len(bounds) else None


def narrower(one: Limit, other: Limit) -> Limit:
    """What both limits allow."""
    return Limit(
        *(_narrower(getattr(one, span), getattr(other, span)) for span in SPANS)
    )


def _narrower(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def require_known_worth(scope: str, limit: Limit, value: Decimal | None) -> None:
    """Refuse what a role with a limit may not judge: nothing named, or no price.

    Raises:
        ApprovalLimitError: Nothing is let through for these roles, or the amount has
            no price, so that it is not known to be within their limit.
    """
    if limit == NOTHING:
        raise ApprovalLimitError(scope, SPANS[0], "an amount", format_amount(ZERO))
    for span in SPANS:
        bound: Decimal | None = getattr(limit, span)
        if value is None and bound is not None:
            raise ApprovalLimitError(scope, span, NOT_PRICED, format_amount(bound))
