"""The one writer of the audit."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from recovery.domain.audit_chain import commitment_of
from recovery.domain.errors import DutyMissingError, SamePersonError
from recovery.domain.staff_news import StaffNews
from recovery.models import (
    AuditValue,
)
from recovery.services.actors import Actor
from recovery.services.clock import database_now
from recovery.services.request_ids import current_request_id
from recovery.services.staff_notices import notice_write

_WRITE = "SELECT desk_audit_write(%s, %s, %s, %s, %s, %s::jsonb, %s)"
_SALT_BYTES = 32


def audit_write(
    actor: Actor,
    action: str,
    subject: str,
    *,
    personal: Mapping[str, str] | None = None,
    **detail: Any,
) -> None:
    """Record an act, in the transaction of the act.

    Args:
        actor: Who acted.
        action: `subject.act`, words apart by dots.
        subject: Kind and reference of what was acted upon.
        personal: Values about a person by name. The entry holds a salted commitment
            to each; the value lies in a table of its own and can be erased.
        detail: Plain JSON values; no personal data, no amounts as floats.
    """
    said = {name: value for name, value in (personal or {}).items() if value}
    salts = {name: secrets.token_hex(_SALT_BYTES) for name in said}
    committed = {
        name: {"commitment": commitment_of(salts[name], name, value)}
        for name, value in said.items()
    }
    with transaction.atomic(savepoint=False):
        entry_id = _entry_write(actor, action, subject, {**detail, **committed})
        AuditValue.objects.bulk_create(
            AuditValue(entry_id=entry_id, name=name, salt=salts[name], value=value)
            for name, value in said.items()
        )


def _entry_write(
    actor: Actor, action: str, subject: str, detail: Mapping[str, Any]
) -> int:
    arguments = [
        actor.user.pk if actor.user else None,
        actor.name,
        str(actor.role),
        action,
        subject,
        json.dumps(detail, allow_nan=False),
        request_of(actor),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, arguments)
        row: tuple[int] = cursor.fetchone()
    return row[0]


def request_of(actor: Actor) -> str:
    """The request an act came by, as the audit keeps it."""
    return (actor.request_id or current_request_id())[:40]


@contextmanager
def refusal_recorded(actor: Actor, subject: str, about: Model) -> Iterator[None]:
    """Record a refused approval, outside the transaction that the refusal undoes.

    Somebody who tries to be the own second person is told of, once a subject and day.

    Args:
        actor: Who tries.
        subject: Kind and reference, as the audit names it.
        about: The row whose page on the desk shows it.
    """
    try:
        yield
    except (SamePersonError, DutyMissingError) as error:
        audit_write(actor, f"approval.{error.code}", subject, why=str(error))
        if isinstance(error, SamePersonError) and actor.user is not None:
            key = f"{actor.user.pk}-{database_now():%Y%m%d}"
            notice_write(StaffNews.APPROVAL_SELF_REFUSED, about, subject, key=key)
        raise
