"""Rows of reference data take effect: each by one rule, again without effect.

A row that cannot be taken is a row problem like any other. What needs more than
bringing files in, needs it of whoever brought the file: rates and prices are taken from
somebody who activates rules only.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.models import Customer, TradingAccount
from accounts.roles import AccountKind, ClientClass
from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import ReferenceRow, RowProblem
from recovery.domain.money import AmountUnreadableError, parse_amount
from recovery.models import (
    AssetPrice,
    FeeSchedule,
    FeeTierMembership,
    SourceFile,
)
from recovery.services.actors import OPERATOR, Actor, staff_actor
from recovery.services.approval_policies import asset_price_record
from recovery.services.audit import audit_write
from recovery.services.clock import database_now
from recovery.services.contacts import contact_change_note
from recovery.services.rule_changes import fee_schedule_change

_Word = TypeVar("_Word", bound=StrEnum)
_Values = Mapping[str, str]


class RowRefusedError(Exception):
    """A row of reference data cannot be taken; column and reason are told."""

    code = "row_refused"

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Taken:
    """What a row did.

    Attributes:
        is_new: Whether anything changed.
        accounts: Accounts whose events it can change.
    """

    is_new: bool
    accounts: tuple[int, ...] = ()


_Take = Callable[[Actor, _Values], Taken]


@dataclass(slots=True)
class ReferenceWriter:
    """Takes the rows of one file, in the transaction of each chunk.

    Attributes:
        problems: Rows of the last chunk that could not be taken.
        accounts: Accounts whose events the file can change.
        contradicted: Always empty: a later row of reference data replaces.
    """

    source_file: SourceFile
    kind: str
    problems: list[RowProblem] = field(default_factory=list)
    accounts: set[int] = field(default_factory=set)
    contradicted: list[tuple[Any, ...]] = field(default_factory=list)

    def write(self, lines: Sequence[bytes]) -> int:
        """Take rows as the reading process wrote them.

        Returns:
            How many changed anything.
        """
        user = self.source_file.received_by
        actor = staff_actor(user) if user is not None else OPERATOR
        self.problems = []
        changed = sum(self._take(actor, line) for line in lines)
        audit_write(
            actor,
            "reference_data.load",
            f"source file {self.source_file.sha256[:12]}",
            kind=self.kind,
            rows=len(lines),
            changed=changed,
        )
        return changed

    def _take(self, actor: Actor, line: bytes) -> bool:
        row = ReferenceRow(*json.loads(line))
        try:
            with transaction.atomic():
                taken = _TAKES[self.kind](actor, row.values)
        except RowRefusedError as error:
            self._refuse(row, error.column, error.reason)
        except RecoveryError as error:
            self._refuse(row, "", str(error))
        except IntegrityError as error:
            why = getattr(getattr(error.__cause__, "diag", None), "message_primary", "")
            self._refuse(row, "", f"the database refuses it: {why}")
        else:
            self.accounts.update(taken.accounts)
            return taken.is_new
        return False

    def _refuse(self, row: ReferenceRow, column: str, reason: str) -> None:
        value = row.values.get(column, "")
        self.problems.append(RowProblem(row.row_number, column, value, reason))


def _customer(actor: Actor, said: _Values) -> Taken:
    mail = said["mail"]
    try:
        validate_email(mail)
    except ValidationError as error:
        raise RowRefusedError("mail", "is no address of mail") from error
    fields = {
        "full_name": _needed(said, "full_name"),
        "client_class": _word(said, "client_class", ClientClass),
        "language": _needed(said, "language")[:8],
        "jurisdiction": _country(said),
    }
    customer, is_new = Customer.objects.select_for_update(no_key=True).get_or_create(
        uid=_needed(said, "uid"), defaults={**fields, "email": mail}
    )
    changed = is_new or _set(customer, fields)
    if customer.email.lower() != mail.lower():
        # One person's file moves no codes: another person looks at it first.
        before = customer.contact_changes.count()
        contact_change_note(actor, customer, mail, now=database_now())
        changed = changed or customer.contact_changes.count() > before
    return Taken(changed)


def _set(row: Customer | TradingAccount, fields: Mapping[str, object]) -> bool:
    """Set what differs; say whether anything did."""
    differing = {k: v for k, v in fields.items() if getattr(row, k) != v}
    for name, value in differing.items():
        setattr(row, name, value)
    if differing:
        row.save(update_fields=list(differing))
    return bool(differing)


def _account(_actor: Actor, said: _Values) -> Taken:
    customer = _known_customer(said)
    account, is_new = _known_account(said)
    if account.customer_id not in (None, customer.pk):
        raise RowRefusedError("account", "belongs to another customer")
    fields: dict[str, object] = {"customer": customer}
    if said.get("account_kind"):
        fields["kind"] = _word(said, "account_kind", AccountKind)
    return Taken(_set(account, fields) or is_new)


def _client_class(actor: Actor, said: _Values) -> Taken:
    customer = _known_customer(said)
    before = customer.client_class
    word = _word(said, "client_class", ClientClass)
    if not _set(customer, {"client_class": word}):
        return Taken(False)
    subject = f"customer {customer.uid}"
    audit_write(actor, "customer.client_class", subject, before=before, after=word)
    return Taken(True)


def _fee_tier(_actor: Actor, said: _Values) -> Taken:
    account, _ = _known_account(said)
    start = _day(said, "valid_from")
    end = _day(said, "valid_to") if said["valid_to"] else None
    if end is not None and end <= start:
        raise RowRefusedError("valid_to", "is not after valid_from")
    period = (start, end)
    tier = _needed(said, "tier")
    rows = FeeTierMembership.objects.filter(account=account)
    if rows.filter(tier=tier, period=period).exists():
        return Taken(False)
    if rows.filter(period__overlap=period).exists():
        raise RowRefusedError(
            "valid_from", "overlaps another membership of the account"
        )
    FeeTierMembership.objects.create(account=account, tier=tier, period=period)
    return Taken(True, (account.pk,))


def _fee_schedule(actor: Actor, said: _Values) -> Taken:
    line: dict[str, Any] = {
        "venue": _needed(said, "venue"),
        "tier": _needed(said, "tier"),
        "taker_rate": _amount(said, "taker_rate"),
        "maker_rate": _amount(said, "maker_rate"),
        "terms_reference": _needed(said, "terms_reference"),
    }
    start = _day(said, "valid_from")
    if FeeSchedule.objects.filter(**line, period__startswith=start).exists():
        return Taken(False)
    fee_schedule_change(actor, **line, valid_from=start)
    return Taken(True)


def _asset_price(actor: Actor, said: _Values) -> Taken:
    line: dict[str, Any] = {
        "asset": _needed(said, "asset").upper(),
        "currency": _needed(said, "currency").upper(),
        "price": _amount(said, "price"),
        "priced_at": _instant(said, "priced_at"),
    }
    if AssetPrice.objects.filter(**line).exists():
        return Taken(False)
    source = _needed(said, "source")
    asset_price_record(actor, **line, source=source, now=database_now())
    return Taken(True)


_TAKES: dict[str, _Take] = {
    "house-customers": _customer,
    "house-accounts": _account,
    "house-client-classes": _client_class,
    "house-fee-tiers": _fee_tier,
    "house-fee-schedules": _fee_schedule,
    "house-asset-prices": _asset_price,
}


def _needed(said: _Values, column: str) -> str:
    if not said[column]:
        raise RowRefusedError(column, "is missing")
    return said[column]


def _word(said: _Values, column: str, words: type[_Word]) -> _Word:
    try:
        return words(said[column])
    except ValueError as error:
        known = ", ".join(word.value for word in words)
        raise RowRefusedError(column, f"is none of {known}") from error


def _country(said: _Values) -> str:
    text = said["jurisdiction"]
    if not (len(text) == 2 and text.isascii() and text.isupper()):
        raise RowRefusedError("jurisdiction", "write two capital letters, as DE")
    return text


def _known_customer(said: _Values) -> Customer:
    uid = _needed(said, "uid")
    customer = Customer.objects.select_for_update(no_key=True).filter(uid=uid).first()
    if customer is None:
        raise RowRefusedError("uid", "nobody has this UID: send the customers first")
    return customer


def _known_account(said: _Values) -> tuple[TradingAccount, bool]:
    return TradingAccount.objects.select_for_update(
        of=("self",), no_key=True
    ).get_or_create(venue=_needed(said, "venue"), number=_needed(said, "account"))


def _amount(said: _Values, column: str) -> Decimal:
    try:
        return parse_amount(said[column])
    except AmountUnreadableError as error:
        raise RowRefusedError(column, "is not a number") from error


def _day(said: _Values, column: str) -> datetime:
    try:
        day = date.fromisoformat(said[column])
    except ValueError as error:
        raise RowRefusedError(column, "write a date as 2026-01-31") from error
    return datetime.combine(day, time.min, UTC)


def _instant(said: _Values, column: str) -> datetime:
    try:
        at = datetime.fromisoformat(said[column])
    except ValueError as error:
        raise RowRefusedError(column, "write it as 2026-01-31T12:00:00Z") from error
    if at.tzinfo is None:
        raise RowRefusedError(column, "does not say its zone: end it with Z")
    return at.astimezone(UTC)
