"""Reference data by file: customers with their accounts, fee-tier memberships.

Both layouts are the house's own CSV. A file is taken whole or not at all; taking it
again changes nothing.
"""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from uuid import uuid4

from django.db import transaction

from accounts.models import Customer, TradingAccount
from accounts.roles import ClientClass
from recovery.domain.duties import Duty
from recovery.domain.errors import FileRejectedError
from recovery.models import FeeTierMembership
from recovery.services.actors import Actor, require_duty
from recovery.services.audit import audit_write
from recovery.services.clock import database_now
from recovery.services.contacts import contact_change_note
from recovery.services.due import assessments_make_due

_Row = dict[str, str]


@transaction.atomic
def reference_data_load(actor: Actor, text: str, name: str) -> int:
    """Take a file of customers or of fee-tier memberships, told by its header.

    Returns:
        How many rows it held.

    Raises:
        FileRejectedError: The header is neither, or a row cannot be taken; file,
            row, column, value and remedy are named.
        DutyMissingError: The actor imports nothing.
    """
    require_duty(actor, Duty.IMPORT_FILES)
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), strict=True)
    take = _LAYOUTS.get(tuple(reader.fieldnames or ()))
    if take is None:
        known = " or ".join(",".join(header) for header in _LAYOUTS)
        raise FileRejectedError(f"{name}: the header is not {known}.")
    count = 0
    touched: list[int] = []
    for number, row in enumerate(reader, start=2):
        try:
            touched += take(actor, row)
        except (ValueError, KeyError) as error:
            raise FileRejectedError(f"{name}, row {number}: {error}") from error
        count += 1
    assessments_make_due(touched, f"reference-{uuid4()}")
    audit_write(actor, "reference_data.load", f"file {name}", rows=count)
    return count


def _take_customer(actor: Actor, row: _Row) -> list[int]:
    uid, mail = row["uid"].strip(), row["mail"].strip()
    said = {
        "full_name": row["full_name"].strip(),
        "client_class": ClientClass(row["client_class"].strip()),
        "language": row["language"].strip(),
        "jurisdiction": row["jurisdiction"].strip(),
    }
    customer, _ = Customer.objects.update_or_create(
        uid=uid, defaults=said, create_defaults={**said, "email": mail}
    )
    if customer.email.lower() != mail.lower():
        # One person's file moves no codes: another person looks at it first.
        contact_change_note(actor, customer, mail, now=database_now())
    for pair in filter(None, row["accounts"].split(";")):
        venue, _, number = pair.partition(":")
        account, _ = TradingAccount.objects.get_or_create(venue=venue, number=number)
        if account.customer_id not in (None, customer.pk):
            raise ValueError(f"accounts “{pair}”: it belongs to another customer.")
        account.customer = customer
        account.save(update_fields=["customer"])
    return []


def _take_membership(_actor: Actor, row: _Row) -> list[int]:
    account, _ = TradingAccount.objects.get_or_create(
        venue=row["venue"].strip(), number=row["account"].strip()
    )
    start = _day(row["valid_from"], "valid_from")
    end = _day(row["valid_to"], "valid_to") if row["valid_to"].strip() else None
    _, is_new = FeeTierMembership.objects.get_or_create(
        account=account, tier=row["tier"].strip(), period=(start, end)
    )
    return [account.pk] if is_new else []


def _day(text: str, column: str) -> datetime:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(f"{column} “{text}”: write a date as 2026-01-31.") from error
    return datetime.combine(day, time.min, UTC)


# Each takes one row and gives the accounts whose events it can change.
_LAYOUTS: dict[tuple[str, ...], Callable[[Actor, _Row], list[int]]] = {
    (
        "uid",
        "full_name",
        "mail",
        "client_class",
        "language",
        "jurisdiction",
        "accounts",
    ): _take_customer,
    ("venue", "account", "tier", "valid_from", "valid_to"): _take_membership,
}
