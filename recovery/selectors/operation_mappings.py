"""Row types nobody knows, and what staff said they mean."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from django.db.models import Count, Max, Min, QuerySet, Sum
from django.db.models.functions import Abs

from recovery.domain.ledger import ZERO, EventMarker, LedgerRole
from recovery.domain.money import exact
from recovery.domain.rulebook import Period
from recovery.models import (
    LedgerEntry,
    MappingStatus,
    OperationMapping,
    SourceFile,
    SourceFileState,
)
from recovery.venues.operation_meanings import (
    OperationKey,
    OperationMeaning,
    OperationMeanings,
    operation_key,
)


class AssetMoney(NamedTuple):
    """What rows moved of one asset: their sum, and how much without signs."""

    asset: str
    amount: Decimal
    turnover: Decimal


@dataclass(slots=True)
class UnknownOperation:
    """A row type no profile knows, with what stands behind it.

    Attributes:
        names: As the files write it; letter case and spacing may differ.
        accounts: So many at least; the most that one spelling of it touches.
    """

    key: OperationKey
    names: list[str]
    rows: int
    accounts: int
    money: list[AssetMoney]
    first_at: datetime
    last_at: datetime


def meaning_of(mapping: OperationMapping) -> OperationMeaning:
    """A mapping as a value."""
    return OperationMeaning(
        OperationKey(mapping.venue, mapping.layout, mapping.operation),
        mapping.version,
        Period(mapping.period.lower, mapping.period.upper),
        LedgerRole(mapping.role),
        EventMarker(mapping.marker),
    )


def operation_meanings(*, of_venue: str = "") -> OperationMeanings:
    """Everything approved; nothing is asked further while there is nothing.

    Args:
        of_venue: Whose files are known too, although nothing is approved there.
    """
    approved = OperationMapping.objects.filter(status=MappingStatus.APPROVED)
    meanings = [meaning_of(one) for one in approved]
    venues = {one.key.venue for one in meanings} | {of_venue} - {""}
    if not venues:
        return OperationMeanings((), {})
    files = SourceFile.objects.filter(venue__in=venues)
    rows = files.values_list("sha256", "venue", "layout")
    return OperationMeanings(
        meanings, {sha256: (venue, layout) for sha256, venue, layout in rows}
    )


def role_read(entry: LedgerEntry, meanings: OperationMeanings) -> str:
    """The role an entry is read with: as stored, or as staff said of an unknown one."""
    if entry.role != LedgerRole.UNKNOWN:
        return str(entry.role)
    file, operation = entry.source_file, entry.operation
    found = meanings.meaning(file.sha256, operation, entry.occurred_at)
    return str(found.role if found else entry.role)


def unknown_entries() -> "QuerySet[LedgerEntry]":
    """Entries whose row type no profile knew, of files that count."""
    entries = LedgerEntry.objects.filter(role=LedgerRole.UNKNOWN)
    return entries.exclude(source_file__state=SourceFileState.UNDONE)


def entries_of_operation(key: OperationKey) -> "QuerySet[LedgerEntry]":
    """Unknown entries of one row type, however it is spelt."""
    own = unknown_entries().filter(source_file__venue=key.venue)
    spelt = own.values_list("source_file_id", "source_file__layout", "operation")
    files, names = set(), set()
    for file_id, layout, name in spelt.distinct():
        if operation_key(key.venue, layout, name) == key:
            files.add(file_id)
            names.add(name)
    return own.filter(source_file__in=files, operation__in=names)


_TYPE = ("source_file__venue", "source_file__layout", "operation")


def unknown_operations(key: OperationKey | None = None) -> list[UnknownOperation]:
    """Row types no profile knows, those with the most rows first.

    Args:
        key: Only this one.
    """
    entries = unknown_entries() if key is None else entries_of_operation(key)
    money = entries.values_list(*_TYPE, "asset").annotate(
        moved=Sum("amount"), turnover=Sum(Abs("amount"))
    )
    rows = entries.values_list(*_TYPE).annotate(
        Count("pk"),
        Count("account", distinct=True),
        Min("occurred_at"),
        Max("occurred_at"),
    )
    sums: dict[OperationKey, list[AssetMoney]] = defaultdict(list)
    for venue, layout, name, *parts in money.order_by("asset"):
        sums[operation_key(venue, layout, name)].append(AssetMoney(*parts))
    groups: dict[OperationKey, list[_Spelling]] = defaultdict(list)
    for venue, layout, name, *counts in rows.order_by("operation"):
        groups[operation_key(venue, layout, name)].append(_Spelling(name, *counts))
    found = [_gathered(one, spelt, sums[one]) for one, spelt in groups.items()]
    return sorted(found, key=lambda one: (-one.rows, one.key))


class _Spelling(NamedTuple):
    name: str
    rows: int
    accounts: int
    first_at: datetime
    last_at: datetime


def _gathered(
    key: OperationKey, spelt: list[_Spelling], money: list[AssetMoney]
) -> UnknownOperation:
    return UnknownOperation(
        key=key,
        names=list(dict.fromkeys(one.name for one in spelt)),
        rows=sum(one.rows for one in spelt),
        accounts=max(one.accounts for one in spelt),
        money=_summed(money),
        first_at=min(one.first_at for one in spelt),
        last_at=max(one.last_at for one in spelt),
    )


def _summed(money: list[AssetMoney]) -> list[AssetMoney]:
    with exact():
        return [
            AssetMoney(
                asset,
                sum((one.amount for one in same), ZERO),
                sum((one.turnover for one in same), ZERO),
            )
            for asset, same in (
                (asset, list(group))
                for asset, group in groupby(sorted(money), key=lambda one: one.asset)
            )
        ]
