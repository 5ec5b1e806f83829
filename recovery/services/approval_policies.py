"""Approval policies and prices: the numbers under the levels, each with its source."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.roles import Role
from recovery.domain.approval_rules import ApprovalTermsError, approval_rules_read
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.ledger import ZERO
from recovery.domain.money import format_amount
from recovery.models import ApprovalPolicy, AssetPrice
from recovery.services.actors import Actor, require_fresh_factor, require_staff
from recovery.services.audit import audit_write


@transaction.atomic
def approval_policy_change(
    actor: Actor,
    *,
    terms: dict[str, Any],
    valid_from: datetime,
    terms_reference: str,
    now: datetime,
) -> ApprovalPolicy:
    """Let a new approval policy begin; the one in force ends where it begins.

    Payments that are proposed already keep the level they were sealed with.

    Args:
        actor: Somebody who activates rules and just proved a second factor.
        terms: As `domain.approval_rules` reads them.
        valid_from: Not before now: what was approved is not judged anew.
        terms_reference: The house rule it rests on.
        now: Aware UTC.

    Raises:
        NotReadyError: The terms cannot be read, no reference, or in the past.
        DutyMissingError, FreshFactorNeededError: As everywhere.
    """
    user = require_staff(actor, Duty.ACTIVATE_RULES)
    require_fresh_factor(actor, now=now)
    if not terms_reference.strip():
        raise NotReadyError("Name the house rule this policy rests on.")
    if valid_from < now:
        raise NotReadyError("An approval policy begins now or later, never earlier.")
    last = (
        ApprovalPolicy.objects.select_for_update(no_key=True).order_by("version").last()
    )
    version = last.version + 1 if last else 1
    try:
        rules = approval_rules_read(terms, version)
    except ApprovalTermsError as error:
        raise NotReadyError(f"The terms cannot be read: {error}.") from error
    for role in sorted(set(rules.role_limits) - set(Role)):
        raise NotReadyError(f"The terms cannot be read: there is no role “{role}”.")
    if last is not None:
        _end(last, valid_from)
    policy = ApprovalPolicy.objects.create(
        period=(valid_from, None),
        version=version,
        terms=terms,
        terms_reference=terms_reference.strip(),
        is_confirmed=True,
        created_by=user,
    )
    audit_write(
        actor,
        "rules.approval_policy",
        f"approval policy v{version}",
        terms=terms,
        valid_from=valid_from.isoformat(),
    )
    return policy


def _end(policy: ApprovalPolicy, at: datetime) -> None:
    begins = policy.period.lower
    if begins is not None and begins >= at:
        raise NotReadyError("A later policy exists already: begin after it.")
    policy.period = (begins, at)
    policy.save(update_fields=["period"])


@transaction.atomic
def asset_price_record(  # noqa: PLR0913 - one price, all of it named
    actor: Actor,
    *,
    asset: str,
    currency: str,
    price: Decimal,
    priced_at: datetime,
    source: str,
    now: datetime,
) -> AssetPrice:
    """Record what one unit of an asset was worth; never changed afterwards.

    Raises:
        NotReadyError: No source, no price above 0, or an instant to come.
        DutyMissingError: The actor activates no rules.
    """
    user = require_staff(actor, Duty.ACTIVATE_RULES)
    if not source.strip():
        raise NotReadyError("Say where the price comes from.")
    if price <= ZERO or priced_at > now:
        raise NotReadyError("A price is above 0 and of an instant that has passed.")
    recorded, _ = AssetPrice.objects.get_or_create(
        asset=asset.strip().upper(),
        currency=currency.strip().upper(),
        priced_at=priced_at,
        defaults={"price": price, "source": source.strip(), "recorded_by": user},
    )
    if recorded.price != price:
        raise NotReadyError(
            f"At this instant {recorded.asset} is {format_amount(recorded.price)} "
            f"already, by {recorded.source}."
        )
    audit_write(
        actor,
        "rules.asset_price",
        f"price {recorded.asset}/{recorded.currency}",
        price=format_amount(price),
    )
    return recorded
