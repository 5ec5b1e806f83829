"""Personal data taken out where only the fact must stay (TRUST T57)."""

from typing import NamedTuple

from django.db import connection, transaction

from accounts.models import Customer
from recovery.domain.duties import Duty
from recovery.domain.lifecycle import CASE_ENDED
from recovery.models import (
    AuditValue,
    Claim,
    Collection,
    OutboxMessage,
    OutboxState,
    Payment,
    RecoveryCase,
)
from recovery.services.actors import Actor, require_duty
from recovery.services.audit import audit_write, request_of

_WORDS = "SELECT desk_erase_words(%s, %s, %s, %s)"
_PERSON = "SELECT desk_erase_person(%s, %s, %s, %s)"
# What stands where words were; the database knows the same.
ERASED = "[erased]"


class Erased(NamedTuple):
    """What an erasure took out.

    Attributes:
        values: Beside the audit.
        words: Of cases that have ended.
        rows: About the person; None while something goes on and they must be reached.
    """

    values: int
    words: int
    rows: int | None


@transaction.atomic
def customer_erase(actor: Actor, customer: Customer) -> Erased:
    """Erase what was written about a customer where only the fact must stay.

    The audit's entries stay, and with them the chain: what they committed to can no
    longer be shown or guessed. Of cases that have ended, the words of steps, notes and
    claims go, and the text of mails that have left. Where no case, payment, deficit or
    change of mail goes on, the person goes too: name, mail, changes of it, reasons of
    looks, evidence and unused addresses of destinations, every mail to any of their
    addresses. Amounts, seals, receipts, the UID and addresses that were paid to stay.

    Raises:
        DutyMissingError: The actor does not administer people.
    """
    require_duty(actor, Duty.ADMINISTER_PEOPLE)
    subjects = _subjects(customer)
    values, _ = AuditValue.objects.filter(entry__subject__in=subjects).delete()
    words = _words_erase(actor, customer)
    audit_write(actor, "audit.values.erased", f"customer {customer.uid}", values=values)
    rows = _called(_PERSON, actor, customer)
    customer.refresh_from_db()
    return Erased(values, words or 0, rows)


def _subjects(customer: Customer) -> list[str]:
    """How the audit names a customer and everything of theirs."""
    cases = RecoveryCase.objects.filter(customer=customer)
    named = {
        "case": cases,
        "claim": Claim.objects.filter(customer=customer),
        "payment": Payment.objects.filter(case__in=cases),
        "collection": Collection.objects.filter(case__in=cases),
    }
    return [f"customer {customer.uid}"] + [
        f"{kind} {reference}"
        for kind, rows in named.items()
        for reference in rows.values_list("reference", flat=True)
    ]


def _words_erase(actor: Actor, customer: Customer) -> int:
    """Erase free text of ended cases; the database does it where rows only grow."""
    steps_and_notes = _called(_WORDS, actor, customer) or 0
    claims = Claim.objects.filter(
        customer=customer, case__status__in=CASE_ENDED
    ).exclude(message__in=["", ERASED])
    mails = OutboxMessage.objects.filter(
        recipient__iexact=customer.email,
        state__in=[OutboxState.DONE, OutboxState.UNKNOWN],
    ).exclude(body=ERASED)
    return steps_and_notes + claims.update(message=ERASED) + mails.update(body=ERASED)


def _called(function: str, actor: Actor, customer: Customer) -> int | None:
    by = [actor.user.pk if actor.user else None, actor.name, request_of(actor)]
    with connection.cursor() as cursor:
        cursor.execute(function, [customer.pk, *by])
        row: tuple[int | None] = cursor.fetchone()
    return row[0]
