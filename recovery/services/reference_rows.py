"""Rows of reference data take effect: each by one rule, again without effect.

A row that cannot be taken is a row problem like any other. What needs more than
bringing files in, needs it of whoever brought the file: rates and prices are taken from
somebody who activates rules only.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.models import Customer, TradingAccount
from accounts.roles import AccountKind, ClientClass
from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import ReferenceRow, RowProblem
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
from recovery.services.margin_tier_rows import (
    MARGIN_TIERS,
    margin_tiers_take,
    tier_tables,
)
from recovery.services.reference_cells import (
    RowRefusedError,
    Values,
    amount_of,
    day_of,
    instant_of,
    needed_text,
    word_of,
)
from recovery.services.rule_changes import fee_schedule_change


@dataclass(frozen=True, slots=True)
class Taken:
    """What a row did.

    Attributes:
        is_new: Whether anything changed.
        accounts: Accounts whose events it can change.
    """

    is_new: bool
    accounts: tuple[int, ...] = ()


_Take = Callable[[Actor, Sequence[ReferenceRow]], Taken]


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
        rows = [ReferenceRow(*json.loads(line)) for line in lines]
        together = _TOGETHER.get(self.kind, _alone)
        changed = sum(self._take(actor, group) for group in together(rows))
        audit_write(
            actor,
            "reference_data.load",
            f"source file {self.source_file.sha256[:12]}",
            kind=self.kind,
            rows=len(lines),
            changed=changed,
        )
        return changed

    def _take(self, actor: Actor, group: Sequence[ReferenceRow]) -> int:
        """Take rows that stand or fall together; say how many changed anything."""
        try:
            with transaction.atomic():
                taken = _TAKES[self.kind](actor, group)
        except RowRefusedError as error:
            self._refuse(group, error.column, error.reason)
        except RecoveryError as error:
            self._refuse(group, "", str(error))
        except IntegrityError as error:
            why = getattr(getattr(error.__cause__, "diag", None), "message_primary", "")
            self._refuse(group, "", f"the database refuses it: {why}")
        else:
            self.accounts.update(taken.accounts)
            return len(group) if taken.is_new else 0
        return 0

    def _refuse(self, group: Sequence[ReferenceRow], column: str, reason: str) -> None:
        self.problems += [
            RowProblem(row.row_number, column, row.values.get(column, ""), reason)
            for row in group
        ]


def _alone(rows: Sequence[ReferenceRow]) -> list[Sequence[ReferenceRow]]:
    return [(row,) for row in rows]


def _each(take: Callable[[Actor, Values], Taken]) -> _Take:
    """Take a row by itself."""

    def take_one(actor: Actor, group: Sequence[ReferenceRow]) -> Taken:
        (row,) = group
        return take(actor, row.values)

    return take_one


def _customer(actor: Actor, said: Values) -> Taken:
    mail = said["mail"]
    try:
        validate_email(mail)
    except ValidationError as error:
        raise RowRefusedError("mail", "is no address of mail") from error
    fields = {
        "full_name": needed_text(said, "full_name"),
        "client_class": word_of(said, "client_class", ClientClass),
        "language": needed_text(said, "language")[:8],
        "jurisdiction": _country(said),
    }
    customer, is_new = Customer.objects.select_for_update(no_key=True).get_or_create(
        uid=needed_text(said, "uid"), defaults={**fields, "email": mail}
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


def _account(_actor: Actor, said: Values) -> Taken:
    customer = _known_customer(said)
    account, is_new = _known_account(said)
    if account.customer_id not in (None, customer.pk):
        raise RowRefusedError("account", "belongs to another customer")
    fields: dict[str, object] = {"customer": customer}
    if said.get("account_kind"):
        fields["kind"] = word_of(said, "account_kind", AccountKind)
    return Taken(_set(account, fields) or is_new)


def _client_class(actor: Actor, said: Values) -> Taken:
    customer = _known_customer(said)
    before = customer.client_class
    word = word_of(said, "client_class", ClientClass)
    if not _set(customer, {"client_class": word}):
        return Taken(False)
    subject = f"customer {customer.uid}"
    audit_write(actor, "customer.client_class", subject, before=before, after=word)
    return Taken(True)


def _fee_tier(_actor: Actor, said: Values) -> Taken:
    account, _ = _known_account(said)
    start = day_of(said, "valid_from")
    end = day_of(said, "valid_to") if said["valid_to"] else None
    if end is not None and end <= start:
        raise RowRefusedError("valid_to", "is not after valid_from")
    period = (start, end)
    tier = needed_text(said, "tier")
    rows = FeeTierMembership.objects.filter(account=account)
    if rows.filter(tier=tier, period=period).exists():
        return Taken(False)
    if rows.filter(period__overlap=period).exists():
        raise RowRefusedError(
            "valid_from", "overlaps another membership of the account"
        )
    FeeTierMembership.objects.create(account=account, tier=tier, period=period)
    return Taken(True, (account.pk,))


def _fee_schedule(actor: Actor, said: Values) -> Taken:
    line: dict[str, Any] = {
        "venue": needed_text(said, "venue"),
        "tier": needed_text(said, "tier"),
        "taker_rate": amount_of(said, "taker_rate"),
        "maker_rate": amount_of(said, "maker_rate"),
        "terms_reference": needed_text(said, "terms_reference"),
    }
    start = day_of(said, "valid_from")
    if FeeSchedule.objects.filter(**line, period__startswith=start).exists():
        return Taken(False)
    fee_schedule_change(actor, **line, valid_from=start)
    return Taken(True)


def _asset_price(actor: Actor, said: Values) -> Taken:
    line: dict[str, Any] = {
        "asset": needed_text(said, "asset").upper(),
        "currency": needed_text(said, "currency").upper(),
        "price": amount_of(said, "price"),
        "priced_at": instant_of(said, "priced_at"),
    }
    if AssetPrice.objects.filter(**line).exists():
        return Taken(False)
    source = needed_text(said, "source")
    asset_price_record(actor, **line, source=source, now=database_now())
    return Taken(True)


def _margin_tiers(actor: Actor, group: Sequence[ReferenceRow]) -> Taken:
    return Taken(margin_tiers_take(actor, group))


_TAKES: dict[str, _Take] = {
    "house-customers": _each(_customer),
    "house-accounts": _each(_account),
    "house-client-classes": _each(_client_class),
    "house-fee-tiers": _each(_fee_tier),
    "house-fee-schedules": _each(_fee_schedule),
    "house-asset-prices": _each(_asset_price),
    MARGIN_TIERS: _margin_tiers,
}
# Rows that stand or fall together; others are taken one by one.
_TOGETHER = {MARGIN_TIERS: tier_tables}


def _country(said: Values) -> str:
    text = said["jurisdiction"]
    if not (len(text) == 2 and text.isascii() and text.isupper()):
        raise RowRefusedError("jurisdiction", "write two capital letters, as DE")
    return text


def _known_customer(said: Values) -> Customer:
    uid = needed_text(said, "uid")
    customer = Customer.objects.select_for_update(no_key=True).filter(uid=uid).first()
    if customer is None:
        raise RowRefusedError("uid", "nobody has this UID: send the customers first")
    return customer


def _known_account(said: Values) -> tuple[TradingAccount, bool]:
    return TradingAccount.objects.select_for_update(
        of=("self",), no_key=True
    ).get_or_create(
        venue=needed_text(said, "venue"), number=needed_text(said, "account")
    )
