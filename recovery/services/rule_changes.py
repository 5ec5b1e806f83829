"""A rule changes: the old version ends where the new one begins, events follow.

Nothing is edited: a line in force keeps its content, only the open end of its period
is set. The database refuses two lines of one tier or product at one instant.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.models import TradingAccount
from recovery.domain.duties import Duty
from recovery.domain.policy_reading import parse_policy
from recovery.domain.staff_news import StaffNews
from recovery.models import FeeSchedule, LiquidationPolicy
from recovery.models.rules import InForce
from recovery.services.actors import Actor, require_staff
from recovery.services.audit import audit_write
from recovery.services.dated_lines import line_end
from recovery.services.due import assessments_make_due
from recovery.services.staff_notices import notice_write


@transaction.atomic
def fee_schedule_change(  # noqa: PLR0913 - one line of a schedule, all of it named
    actor: Actor,
    *,
    venue: str,
    tier: str,
    taker_rate: Decimal,
    maker_rate: Decimal,
    valid_from: datetime,
    terms_reference: str,
) -> FeeSchedule:
    """Let new rates of a tier begin; events of the venue are assessed anew.

    Args:
        actor: Somebody who activates rules.
        venue: Its code.
        tier: As in the memberships.
        taker_rate: Share of the notional, 0.0005 for 0.05 %.
        maker_rate: Likewise.
        valid_from: Aware UTC, inclusive.
        terms_reference: The clause the rates rest on.

    Raises:
        NotReadyError: No clause, or a line begins at or after the same instant.
        DutyMissingError: The actor activates no rules.
    """
    user = require_staff(actor, Duty.ACTIVATE_RULES)
    lines = FeeSchedule.objects.filter(venue=venue, tier=tier)
    version = line_end(lines, valid_from, terms_reference)
    line = FeeSchedule.objects.create(
        venue=venue,
        tier=tier,
        taker_rate=taker_rate,
        maker_rate=maker_rate,
        period=(valid_from, None),
        version=version,
        terms_reference=terms_reference.strip(),
        created_by=user,
    )
    _follow(actor, line, venue)
    return line


@transaction.atomic
def policy_change(
    actor: Actor,
    *,
    venue: str,
    terms: dict[str, Any],
    valid_from: datetime,
    terms_reference: str,
) -> LiquidationPolicy:
    """Let a new liquidation policy begin; events of the venue are assessed anew.

    Args:
        actor: Somebody who activates rules.
        venue: Its code.
        terms: In the policy grammar of the case format.
        valid_from: Aware UTC, inclusive.
        terms_reference: The clause it rests on.

    Raises:
        CaseFieldError: The terms are not understood; the field is named.
        NotReadyError, DutyMissingError: As for a fee schedule.
    """
    user = require_staff(actor, Duty.ACTIVATE_RULES)
    parse_policy(terms)
    lines = LiquidationPolicy.objects.filter(venue=venue, product="linear")
    version = line_end(lines, valid_from, terms_reference)
    line = LiquidationPolicy.objects.create(
        venue=venue,
        terms=terms,
        period=(valid_from, None),
        version=version,
        terms_reference=terms_reference.strip(),
        created_by=user,
    )
    _follow(actor, line, venue)
    return line


def _follow(actor: Actor, line: InForce, venue: str) -> None:
    audit_write(
        actor, "rule.activate", f"rule {line}", terms_reference=line.terms_reference
    )
    notice_write(StaffNews.RULES_CHANGED, line, f"rule {line}")
    accounts = TradingAccount.objects.filter(venue=venue, ledger_entries__isnull=False)
    ids = accounts.distinct().values_list("pk", flat=True)
    assessments_make_due(list(ids), f"rule-{type(line).__name__}-{line.pk}")
