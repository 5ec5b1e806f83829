"""How many people must look at a payment, and how much one person may let through.

A policy is data with dates. Without one in force a payment needs one second person, two
on rows that staff obtained, and no amount is limited: the page says so.
Source: design §6 (four eyes), TRUST §2.4 T12, T17.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from recovery.domain.errors import RecoveryError
from recovery.domain.money import AmountUnreadableError, format_amount, parse_amount

ONE, TWO = 1, 2
_TERMS = frozenset(
    {
        "currency",
        "headcount",
        "two_above",
        "two_for_staff_rows",
        "price_hours",
        "limits",
        "roles",
    }
)
SPANS = ("each", "day", "month")
# Whose amounts are counted. People by what they do: payments, and the amounts of
# decisions before them; the customer whom it reaches.
SCOPES = ("proposes", "approves", "customer", "proposes_amount", "approves_amount")
# What one person does: a role may have limits of its own for it.
PERSONAL_SCOPES = tuple(scope for scope in SCOPES if scope != "customer")


class Headcount(IntEnum):
    """How many different people a payment must pass."""

    THREE = 3  # Proposer of the amount, maker, checker; who releases is none of two.
    FIVE = 5  # And who approved the amount and who releases are two more.


class ApprovalTermsError(ValueError):
    """The terms of an approval policy cannot be read."""

    code = "approval_terms_refused"

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(f"{name}: {reason}")


class ApprovalLimitError(RecoveryError):
    """A person's limit, or the limit for a customer, is used up."""

    code = "approval_limit"

    def __init__(self, scope: str, span: str, asked: str, limit: str) -> None:
        self.scope, self.span, self.asked, self.limit = scope, span, asked, limit
        super().__init__(
            f"The limit “{scope}, {span}” is {limit}; with this it would be {asked}. "
            "Somebody with a higher limit must do this, or another day."
        )


@dataclass(frozen=True, slots=True)
class Limit:
    """How much in one payment, one day, one month; None: no limit."""

    each: Decimal | None = None
    day: Decimal | None = None
    month: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ApprovalRules:
    """What an approval policy says, read once.

    Units: every amount in `currency`.
    """

    currency: str = ""
    headcount: Headcount = Headcount.THREE
    two_above: Decimal | None = None
    two_for_staff_rows: bool = True
    price_hours: int = 24
    limits: Mapping[str, Limit] = field(default_factory=dict)
    role_limits: Mapping[str, Mapping[str, Limit]] = field(default_factory=dict)
    version: int = 0

    @property
    def is_set(self) -> bool:
        """Whether a policy is in force at all."""
        return self.version > 0


NO_RULES = ApprovalRules(limits=MappingProxyType({}), role_limits=MappingProxyType({}))


def approval_rules_read(terms: Mapping[str, Any], version: int) -> ApprovalRules:
    """The rules that the terms of a policy mean.

    Raises:
        ApprovalTermsError: A term is unknown, missing or cannot be read.
    """
    for name in terms:
        if name not in _TERMS:
            raise ApprovalTermsError(name, "this term is not known")
    currency = terms.get("currency")
    if not isinstance(currency, str) or not currency:
        raise ApprovalTermsError("currency", "name the reporting currency")
    headcount = terms.get("headcount", 3)
    if headcount not in set(Headcount):
        raise ApprovalTermsError("headcount", "3 or 5")
    hours = terms.get("price_hours", 24)
    if not isinstance(hours, int) or isinstance(hours, bool) or hours < 1:
        raise ApprovalTermsError("price_hours", "a whole number of hours above 0")
    return ApprovalRules(
        currency=currency,
        headcount=Headcount(headcount),
        two_above=_amount(terms, "two_above", "two_above"),
        two_for_staff_rows=terms.get("two_for_staff_rows", True) is not False,
        price_hours=hours,
        limits=MappingProxyType(_limits(terms.get("limits", {}), "limits", SCOPES)),
        role_limits=MappingProxyType(_role_limits(terms.get("roles", {}))),
        version=version,
    )


def _role_limits(told: object) -> dict[str, Mapping[str, Limit]]:
    if not isinstance(told, Mapping):
        raise ApprovalTermsError("roles", "one entry per role")
    return {
        str(role): MappingProxyType(_limits(scopes, f"roles.{role}", PERSONAL_SCOPES))
        for role, scopes in told.items()
    }


def _limits(told: object, path: str, scopes: tuple[str, ...]) -> dict[str, Limit]:
    if not isinstance(told, Mapping):
        raise ApprovalTermsError(path, "one entry per scope")
    for scope, spans in told.items():
        if scope not in scopes:
            raise ApprovalTermsError(f"{path}.{scope}", f"one of {', '.join(scopes)}")
        if not isinstance(spans, Mapping) or set(spans) - set(SPANS):
            raise ApprovalTermsError(f"{path}.{scope}", f"of {', '.join(SPANS)}")
    return {
        scope: Limit(
            *(_amount(spans, span, f"{path}.{scope}.{span}") for span in SPANS)
        )
        for scope, spans in told.items()
    }


def _amount(told: Mapping[str, Any], name: str, path: str) -> Decimal | None:
    if told.get(name) is None:
        return None
    try:
        amount = parse_amount(str(told[name]))
    except AmountUnreadableError as error:
        raise ApprovalTermsError(path, str(error)) from error
    if isinstance(told[name], float) or amount < 0:
        raise ApprovalTermsError(path, "a decimal string from 0 up")
    return amount


def approvals_needed(
    rules: ApprovalRules, value: Decimal | None, *, rests_on_staff_rows: bool = False
) -> int:
    """How many different people must approve a payment of this value.

    Args:
        rules: In force now.
        value: In the reporting currency; None when no price is known, which counts
            as the highest level.
        rests_on_staff_rows: Rows that staff obtained are among the evidence.
    """
    if rules.two_for_staff_rows and rests_on_staff_rows:
        return TWO
    if not rules.is_set or rules.two_above is None:
        return ONE
    return TWO if value is None or value > rules.two_above else ONE


def limit_keep(
    scope: str, limit: Limit, *, each: Decimal, day: Decimal, month: Decimal
) -> None:
    """Go on when an amount and the totals it makes stay within a limit.

    Raises:
        ApprovalLimitError: One of them would not.
    """
    for span, asked in zip(SPANS, (each, day, month), strict=True):
        allowed: Decimal | None = getattr(limit, span)
        if allowed is not None and asked > allowed:
            raise ApprovalLimitError(
                scope, span, format_amount(asked), format_amount(allowed)
            )
