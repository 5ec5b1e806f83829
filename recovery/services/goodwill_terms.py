"""Terms of goodwill: budgets in force one after another, and reasons to choose from."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.db import transaction

from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.ledger import ZERO
from recovery.domain.money import format_amount
from recovery.models import (
    GoodwillBudget,
    GoodwillReason,
)
from recovery.services.actors import Actor, require_fresh_factor, require_staff
from recovery.services.audit import audit_write


@dataclass(frozen=True, slots=True)
class GoodwillLimits:
    """What a budget lets through.

    Attributes:
        two_above: Above it two people approve; None: the approval policy alone says.

    Units: the reporting currency.
    """

    currency: str
    month: Decimal
    each: Decimal
    customer: Decimal
    two_above: Decimal | None = None


@transaction.atomic
def goodwill_budget_change(
    actor: Actor,
    *,
    limits: GoodwillLimits,
    valid_from: datetime,
    terms_reference: str,
    now: datetime,
) -> GoodwillBudget:
    """Let a goodwill budget begin; the one in force ends where it begins.

    What was given in the month already counts against the new one.

    Raises:
        NotReadyError: In the past, no reference, limits that cannot hold, or another
            currency in the middle of a month.
        DutyMissingError, FreshFactorNeededError: As everywhere.
    """
    user = require_staff(actor, Duty.ACTIVATE_RULES)
    require_fresh_factor(actor, now=now)
    if not terms_reference.strip() or valid_from < now:
        raise NotReadyError("Name the house rule, and an instant that is not past.")
    _require_sense(limits)
    last = (
        GoodwillBudget.objects.select_for_update(no_key=True).order_by("version").last()
    )
    if last is not None:
        _end(last, limits.currency, valid_from)
    budget = GoodwillBudget.objects.create(
        period=(valid_from, None),
        version=last.version + 1 if last else 1,
        currency=limits.currency,
        month_amount=limits.month,
        each_amount=limits.each,
        customer_amount=limits.customer,
        two_above=limits.two_above,
        terms_reference=terms_reference.strip(),
        is_confirmed=True,
        created_by=user,
    )
    audit_write(
        actor,
        "goodwill.budget",
        str(budget),
        month=format_amount(limits.month),
        each=format_amount(limits.each),
        customer=format_amount(limits.customer),
        currency=limits.currency,
        valid_from=valid_from.isoformat(),
    )
    return budget


def _require_sense(limits: GoodwillLimits) -> None:
    amounts = (limits.month, limits.each, limits.customer)
    if min(amounts) <= ZERO or not limits.currency.strip():
        raise NotReadyError("Every limit is above 0, in a named currency.")
    if limits.two_above is not None and limits.two_above < ZERO:
        raise NotReadyError("Two people approve above 0 or more, never below.")


def _end(last: GoodwillBudget, currency: str, at: datetime) -> None:
    if last.period.lower >= at:
        raise NotReadyError("A later budget exists already: begin after it.")
    begins = at.astimezone(UTC)
    is_month = (begins.day, begins.hour, begins.minute, begins.second) == (1, 0, 0, 0)
    if last.currency != currency and not is_month:
        raise NotReadyError(
            f"A budget in {currency} begins with a month: what was given in this one "
            f"was counted in {last.currency}."
        )
    last.period = (last.period.lower, at)
    last.save(update_fields=["period"])


@transaction.atomic
def goodwill_reason_add(actor: Actor, *, code: str, told: str) -> GoodwillReason:
    """Add a reason to the list; the customer reads its words.

    Raises:
        NotReadyError: No words, or the code is taken.
        DutyMissingError: The actor activates no rules.
    """
    require_staff(actor, Duty.ACTIVATE_RULES)
    if not told.strip():
        raise NotReadyError("Write what the customer reads.")
    reason, is_new = GoodwillReason.objects.get_or_create(
        code=code, defaults={"told": told.strip()}
    )
    if not is_new:
        raise NotReadyError(f"The reason “{code}” exists already.")
    audit_write(actor, "goodwill.reason", f"goodwill reason {code}", told=told.strip())
    return reason


@transaction.atomic
def goodwill_reason_end(
    actor: Actor, reason: GoodwillReason, *, now: datetime
) -> GoodwillReason:
    """Use a reason no more; what was given for it keeps it.

    Raises:
        NotReadyError: It is ended already.
        DutyMissingError: The actor activates no rules.
    """
    require_staff(actor, Duty.ACTIVATE_RULES)
    reason = GoodwillReason.objects.select_for_update(no_key=True).get(pk=reason.pk)
    if reason.ended_at is not None:
        raise NotReadyError("This reason is ended already.")
    reason.ended_at = now
    reason.save(update_fields=["ended_at"])
    audit_write(actor, "goodwill.reason_end", f"goodwill reason {reason.code}")
    return reason
