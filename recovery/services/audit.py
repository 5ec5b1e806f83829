"""The one writer of the audit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from recovery.domain.errors import DutyMissingError, SamePersonError
from recovery.models import AuditEntry
from recovery.services.actors import Actor


def audit_write(actor: Actor, action: str, subject: str, **detail: Any) -> None:
    """Record an act, in the transaction of the act.

    Args:
        actor: Who acted.
        action: `subject.act`, words apart by dots.
        subject: Kind and reference of what was acted upon.
        detail: Plain JSON values; no personal data, no amounts as floats.
    """
    AuditEntry.objects.create(
        actor=actor.user,
        actor_name=actor.name,
        action=action,
        subject=subject,
        detail=detail,
        request_id=actor.request_id,
    )


@contextmanager
def refusal_recorded(actor: Actor, subject: str) -> Iterator[None]:
    """Record a refused approval, outside the transaction that the refusal undoes."""
    try:
        yield
    except (SamePersonError, DutyMissingError) as error:
        audit_write(actor, f"approval.{error.code}", subject, why=str(error))
        raise
