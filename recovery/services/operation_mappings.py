"""Staff say what a row type means that no profile knows: proposed, seen, approved.

Entries are never rewritten. An approved version is looked up when rows are read, the
accounts are assessed anew, and receipts name the version. Undoing is one version more.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from recovery.domain.errors import NotReadyError
from recovery.domain.ledger import EventMarker, LedgerRole
from recovery.domain.rulebook import Period
from recovery.models import MappingStatus, OperationMapping
from recovery.selectors.operation_mappings import (
    UnknownOperation,
    entries_of_operation,
    meaning_of,
    operation_meanings,
    unknown_operations,
)
from recovery.services.actors import Actor, require_staff
from recovery.services.audit import refusal_recorded
from recovery.services.due import assessments_make_due
from recovery.services.mapping_shadow import shadow_run
from recovery.services.mapping_steps import (
    PROPOSERS,
    mapping_decide,
    mapping_locked,
    mapping_proposed,
    mapping_refuse,
    mapping_seal,
    mapping_withdraw,
    require_said,
    require_second,
)
from recovery.venues.operation_meanings import (
    OperationKey,
    OperationMeaning,
    operation_key,
)

_WHAT = "operation_mapping"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDraft:
    """What somebody says a row type means, and why.

    Attributes:
        operation: As any file writes it.
        role: UNKNOWN takes back what was said before.
        valid_from, valid_to: Rows from here on, up to and without; None is open.
        source: Where it was read.
    """

    venue: str
    layout: str
    operation: str
    role: LedgerRole
    marker: EventMarker = EventMarker.NONE
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    reason: str = ""
    source: str = ""

    @property
    def key(self) -> OperationKey:
        """What it is about."""
        return operation_key(self.venue, self.layout, self.operation)


@transaction.atomic
def operation_mapping_propose(
    actor: Actor, draft: OperationDraft, *, now: datetime
) -> OperationMapping:
    """Propose a meaning; what it would change is computed and kept with it.

    Raises:
        NotReadyError: Nothing says why or where it was read, no such rows, money under
            the role INFO, an empty period, nothing to take back, or another proposal
            for this row type waits.
        DutyMissingError: The actor proposes nothing.
    """
    user = require_staff(actor, *PROPOSERS)
    require_said(draft.reason, draft.source)
    key = draft.key
    versions = OperationMapping.objects.filter(**key._asdict())
    if versions.filter(status=MappingStatus.PROPOSED).exists():
        raise NotReadyError(
            "Another proposal for this row type waits: decide it first."
        )
    found = unknown_operations(key)
    _require_sense(draft, found[0] if found else None)
    if draft.role is LedgerRole.UNKNOWN:
        _require_approved(versions.filter(status=MappingStatus.APPROVED).exists())
    last = versions.aggregate(last=Max("version"))["last"] or 0
    mapping = OperationMapping(
        **key._asdict(),
        version=last + 1,
        role=draft.role,
        marker=draft.marker,
        period=(draft.valid_from, draft.valid_to),
        reason=draft.reason.strip(),
        source=draft.source.strip(),
        shadow=_shadow(draft, found[0], last + 1),
        proposed_by=user,
        proposed_at=now,
    )
    mapping_seal(
        mapping,
        draft=asdict(draft) | key._asdict(),
        version=mapping.version,
        shadow=mapping.shadow,
    )
    mapping.save()
    mapping_proposed(actor, mapping, _WHAT)
    return mapping


def _require_sense(draft: OperationDraft, found: UnknownOperation | None) -> None:
    """Refuse a draft that speaks of nothing, or says what cannot be."""
    if found is None:
        raise NotReadyError(
            f"No row of “{draft.operation}” at {draft.venue} {draft.layout} has an "
            "unknown meaning."
        )
    if draft.role is LedgerRole.INFO and any(one.turnover for one in found.money):
        raise NotReadyError("These rows move money: INFO has no cash effect.")
    start, end = draft.valid_from, draft.valid_to
    if start is not None and end is not None and start >= end:
        raise NotReadyError("The period is empty: it ends before it begins.")


def _require_approved(is_approved: bool) -> None:
    if not is_approved:
        raise NotReadyError("Nothing was said of it yet that could be taken back.")


def _shadow(
    draft: OperationDraft, found: UnknownOperation, version: int
) -> dict[str, Any]:
    known = operation_meanings(of_venue=draft.venue)
    period = Period(draft.valid_from, draft.valid_to)
    meaning = OperationMeaning(draft.key, version, period, draft.role, draft.marker)
    accounts = _accounts(draft.key)
    told = shadow_run(accounts, known, known.with_version(meaning))
    return {"rows": found.rows, **told}


def _accounts(key: OperationKey) -> list[int]:
    rows = entries_of_operation(key).values_list("account_id", flat=True)
    return list(rows.distinct())


@transaction.atomic
def operation_mapping_withdraw(
    actor: Actor, mapping: OperationMapping, *, now: datetime
) -> None:
    """Take the own proposal back.

    Raises:
        NotReadyError, DutyMissingError: Decided already, or somebody else's.
    """
    mapping_withdraw(actor, mapping, _WHAT, now)


@transaction.atomic
def operation_mapping_refuse(
    actor: Actor, mapping: OperationMapping, *, reason: str, now: datetime
) -> None:
    """Refuse a proposal as the second person.

    Raises:
        NotReadyError, SamePersonError, DutyMissingError: As `mapping_refuse`.
    """
    mapping_refuse(actor, mapping, _WHAT, reason, now)


def operation_mapping_approve(
    actor: Actor, mapping: OperationMapping, *, shown_digest: str, now: datetime
) -> OperationMapping:
    """Approve a meaning as the second person; the accounts are assessed anew.

    Raises:
        SamePersonError: The actor proposed it.
        FreshFactorNeededError: The last second factor is too long ago.
        StaleError: The page showed another content.
        NotReadyError: Decided already.
        DutyMissingError: The actor activates no rules.
    """
    with refusal_recorded(actor, str(mapping), mapping):
        return _approve(actor, mapping, shown_digest, now)


@transaction.atomic
def _approve(
    actor: Actor, mapping: OperationMapping, shown_digest: str, now: datetime
) -> OperationMapping:
    mapping = mapping_locked(mapping)
    require_second(actor, mapping, shown_digest, now=now)
    mapping_decide(actor, mapping, MappingStatus.APPROVED, what=_WHAT, now=now)
    accounts = _accounts(meaning_of(mapping).key)
    assessments_make_due(accounts, f"mapping-{mapping.pk}")
    return mapping
