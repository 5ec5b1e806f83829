"""Policies that allow a set-off, one in force after another."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from recovery.domain.deficit_shares import PROTECTED_CLASSES
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.set_off import (
    SetOffRefusedError,
)
from recovery.models import (
    SetOffPolicy,
)
from recovery.services.actors import (
    Actor,
    require_fresh_factor,
    require_staff,
)
from recovery.services.audit import audit_write
from recovery.services.dated_lines import line_end


@transaction.atomic
def set_off_policy_change(
    actor: Actor,
    *,
    venue: str,
    client_classes: Sequence[str],
    valid_from: datetime,
    terms_reference: str,
    now: datetime,
) -> SetOffPolicy:
    """Let set-off be allowed at a venue for client classes, by a clause of the terms.

    Raises:
        SetOffRefusedError: A protected class is among them.
        NotReadyError: No class, no clause, or in the past.
        DutyMissingError, FreshFactorNeededError: As everywhere.
    """
    user = require_staff(actor, Duty.ACTIVATE_RULES)
    require_fresh_factor(actor, now=now)
    classes = sorted(set(client_classes))
    if PROTECTED_CLASSES.intersection(classes):
        raise SetOffRefusedError("Protected classes are never set off against.")
    if not classes or not venue.strip() or valid_from < now:
        raise NotReadyError("Name venue and classes, and an instant that is not past.")
    lines = SetOffPolicy.objects.filter(venue=venue.strip())
    policy = SetOffPolicy.objects.create(
        version=line_end(lines, valid_from, terms_reference),
        period=(valid_from, None),
        venue=venue.strip(),
        client_classes=classes,
        terms_reference=terms_reference.strip(),
        is_confirmed=True,
        created_by=user,
    )
    audit_write(
        actor,
        "rules.set_off",
        str(policy),
        classes=classes,
        terms_reference=policy.terms_reference,
        valid_from=valid_from.isoformat(),
    )
    return policy
