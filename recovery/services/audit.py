"""The one writer of the audit."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Model

from accounts.models import Customer
from recovery.domain.audit_chain import commitment_of
from recovery.domain.duties import Duty
from recovery.domain.errors import DutyMissingError, SamePersonError
from recovery.domain.lifecycle import CASE_ENDED
from recovery.domain.staff_news import StaffNews
from recovery.models import (
    AuditValue,
    Claim,
    OutboxMessage,
    OutboxState,
    RecoveryCase,
)
from recovery.services.actors import Actor, require_duty
from recovery.services.clock import database_now
from recovery.services.request_ids import current_request_id
from recovery.services.staff_notices import notice_write

_WRITE = "SELECT desk_audit_write(%s, %s, %s, %s, %s, %s::jsonb, %s)"
_ERASE = "SELECT desk_erase_words(%s, %s, %s, %s)"
_SALT_BYTES = 32
# What stands where words were; the database knows the same.
ERASED = "[erased]"


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
        _request_of(actor),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, arguments)
        row: tuple[int] = cursor.fetchone()
    return row[0]


def _request_of(actor: Actor) -> str:
    return (actor.request_id or current_request_id())[:40]


class Erased(NamedTuple):
    """What an erasure took out."""

    values: int
    words: int


@transaction.atomic
def audit_values_erase(actor: Actor, customer: Customer) -> Erased:
    """Erase what was written about a customer where only the fact must stay.

    The audit's entries stay, and with them the chain: what they committed to can no
    longer be shown or guessed. Of cases that have ended, the words of steps, notes and
    claims go, and the text of mails that have left. Amounts, seals, receipts and cases
    that go on stay as they are.

    Raises:
        DutyMissingError: The actor does not administer people.
    """
    require_duty(actor, Duty.ADMINISTER_PEOPLE)
    own = f"customer {customer.uid}"
    cases = RecoveryCase.objects.filter(customer=customer)
    subjects = [
        own,
        *(f"case {one}" for one in cases.values_list("reference", flat=True)),
    ]
    values, _ = AuditValue.objects.filter(entry__subject__in=subjects).delete()
    words = _words_erase(actor, customer)
    audit_write(actor, "audit.values.erased", own, values=values)
    return Erased(values, words)


def _words_erase(actor: Actor, customer: Customer) -> int:
    """Erase free text of ended cases; the database does it where rows only grow."""
    by = [actor.user.pk if actor.user else None, actor.name, _request_of(actor)]
    with connection.cursor() as cursor:
        cursor.execute(_ERASE, [customer.pk, *by])
        row: tuple[int] = cursor.fetchone()
    claims = Claim.objects.filter(
        customer=customer, case__status__in=CASE_ENDED
    ).exclude(message__in=["", ERASED])
    mails = OutboxMessage.objects.filter(
        recipient__iexact=customer.email,
        state__in=[OutboxState.DONE, OutboxState.UNKNOWN],
    ).exclude(body=ERASED)
    return row[0] + claims.update(message=ERASED) + mails.update(body=ERASED)


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
