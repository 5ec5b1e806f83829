"""Steps every mapping made by staff goes through: sealed, withdrawn, decided.

The proposer sees what it would change before anybody approves it; whoever approves
is somebody else and approves what the page showed.
"""

from datetime import datetime
from typing import Any, TypeVar

from recovery.domain.canonical import canonical_json, digest_text
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError, SamePersonError, StaleError
from recovery.domain.staff_news import StaffNews
from recovery.models import MappingStatus
from recovery.models.mappings import StaffMapping
from recovery.services.actors import Actor, require_fresh_factor, require_staff
from recovery.services.audit import audit_write
from recovery.services.staff_notices import notice_write

PROPOSERS = (Duty.PROPOSE_DECISION, Duty.DRAFT_RULES)
APPROVER = Duty.ACTIVATE_RULES
_Mapping = TypeVar("_Mapping", bound=StaffMapping)


def require_said(reason: str, source: str) -> None:
    """Go on when it is said why, and where it was read.

    Raises:
        NotReadyError: One of the two is missing.
    """
    if not reason.strip():
        raise NotReadyError("Say why you think so.")
    if not source.strip():
        raise NotReadyError("Say where it was read: a page, a ticket, a document.")


def mapping_seal(mapping: StaffMapping, **content: Any) -> None:
    """Give a mapping the digest of everything it says.

    Args:
        content: Its fields as plain values of canonical JSON.
    """
    mapping.content_digest = digest_text(canonical_json(content))


def mapping_proposed(actor: Actor, mapping: StaffMapping, what: str) -> None:
    """Record a proposal and tell who may approve it."""
    audit_write(
        actor,
        f"{what}.propose",
        str(mapping),
        personal={"reason": mapping.reason},
        digest=mapping.content_digest,
    )
    notice_write(StaffNews.APPROVAL_WAITING, mapping, _about(what, mapping))


def mapping_locked(mapping: _Mapping) -> _Mapping:
    """The row as it is now, locked.

    Raises:
        NotReadyError: It is decided already.
    """
    rows = type(mapping)._default_manager  # noqa: SLF001 - Django's public corner
    found: _Mapping = rows.select_for_update(no_key=True).get(pk=mapping.pk)
    if found.status != MappingStatus.PROPOSED:
        raise NotReadyError(f"This proposal is {found.status} already.")
    return found


def require_second(
    actor: Actor, mapping: StaffMapping, shown_digest: str, *, now: datetime
) -> None:
    """Go on when this is the second person, confirmed, looking at the same content.

    Raises:
        SamePersonError, FreshFactorNeededError, StaleError, DutyMissingError: No.
    """
    user = require_staff(actor, APPROVER)
    if user.pk == mapping.proposed_by_id:
        raise SamePersonError(actor.name, "proposed this mapping")
    require_fresh_factor(actor, now=now)
    if shown_digest != mapping.content_digest:
        raise StaleError("The proposal", shown_digest[:12], mapping.content_digest[:12])


def mapping_decide(
    actor: Actor,
    mapping: StaffMapping,
    status: MappingStatus,
    *,
    what: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Write the decision; the database lets nothing else be changed."""
    mapping.status = status
    mapping.decided_by = actor.user
    mapping.decided_at = now
    mapping.decision_reason = reason.strip()
    mapping.save(
        update_fields=["status", "decided_by", "decided_at", "decision_reason"]
    )
    audit_write(
        actor,
        f"{what}.{status}",
        str(mapping),
        personal={"reason": mapping.decision_reason},
        digest=mapping.content_digest,
    )
    if status == MappingStatus.APPROVED:
        notice_write(StaffNews.RULES_CHANGED, mapping, _about(what, mapping))


def mapping_withdraw(actor: Actor, mapping: _Mapping, what: str, now: datetime) -> None:
    """Take the own proposal back.

    Raises:
        NotReadyError: Decided already, or somebody else's.
        DutyMissingError: The actor proposes nothing.
    """
    user = require_staff(actor, *PROPOSERS)
    mapping = mapping_locked(mapping)
    if user.pk != mapping.proposed_by_id:
        raise NotReadyError("Only who proposed it takes it back; refuse it instead.")
    mapping_decide(actor, mapping, MappingStatus.WITHDRAWN, what=what, now=now)


def mapping_refuse(
    actor: Actor, mapping: _Mapping, what: str, reason: str, now: datetime
) -> None:
    """Refuse a proposal as the second person.

    Raises:
        NotReadyError: No reason, or decided already.
        SamePersonError: The actor proposed it.
        DutyMissingError: The actor activates no rules.
    """
    user = require_staff(actor, APPROVER)
    mapping = mapping_locked(mapping)
    if not reason.strip():
        raise NotReadyError("Say why it is refused.")
    if user.pk == mapping.proposed_by_id:
        raise SamePersonError(actor.name, "proposed this mapping")
    mapping_decide(
        actor, mapping, MappingStatus.REFUSED, what=what, now=now, reason=reason
    )


def _about(what: str, mapping: StaffMapping) -> str:
    return f"{what.replace('_', ' ')} {mapping}"
