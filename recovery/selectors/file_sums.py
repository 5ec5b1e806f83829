"""Sums of a source file by asset and role, with what staff said of its row types."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from django.db.models import F, Q, Sum

from recovery.domain.ledger import ZERO, LedgerRole
from recovery.domain.money import exact, format_amount, parse_amount
from recovery.models import LedgerEntry, Sighting, SourceFile
from recovery.selectors.operation_mappings import operation_meanings
from recovery.venues.operation_meanings import OperationMeaning, OperationMeanings

Sums = Mapping[str, Mapping[str, str]]
_JUST_BEFORE = timedelta(microseconds=1)


class _Moved(NamedTuple):
    """Money of one row type that counts under a role instead of UNKNOWN."""

    asset: str
    role: str
    amount: Decimal


def sums_read(source: SourceFile) -> Sums:
    """The sums of a file's rows, each under the role it is read with.

    Row types no layout knows count under what staff approved for them, as everywhere
    else; the stored sums keep what the file alone says.
    """
    if not _has_unknown(source.sums) or source.first_at is None:
        return dict(source.sums)
    meanings = operation_meanings()
    if not meanings:
        return dict(source.sums)
    return _under_roles(source.sums, _moved(source, meanings, source.first_at))


def preview_meanings(facts: Mapping[str, Any]) -> OperationMeanings:
    """What staff approved for the row types of a file that was only looked into."""
    layout = f"{facts['layout']} {facts['generation']}"
    return operation_meanings().of_file("", facts["venue"], layout)


def preview_meaning(
    facts: Mapping[str, Any], meanings: OperationMeanings, operation: str
) -> OperationMeaning | None:
    """What a row type of a preview means; None where that changes inside the file."""
    ends = [facts["first_at"], facts["last_at"]]
    if not all(ends):
        return None
    first, last = (
        meanings.meaning("", operation, datetime.fromisoformat(at)) for at in ends
    )
    return first if first == last else None


def preview_sums(facts: Mapping[str, Any], meanings: OperationMeanings) -> Sums:
    """The sums of a preview, each under the role its rows are read with."""
    moved = [
        _Moved(asset, found.role, parse_amount(text))
        for operation, sums in facts.get("unknown_sums", {}).items()
        if (found := preview_meaning(facts, meanings, operation)) is not None
        for asset, text in sums.items()
    ]
    return _under_roles(facts["sums"], moved)


def _has_unknown(sums: Sums) -> bool:
    return any(LedgerRole.UNKNOWN in roles for roles in sums.values())


def _under_roles(sums: Sums, moved: Iterable[_Moved]) -> Sums:
    """Sums with some money taken from UNKNOWN to another role."""
    found = {
        asset: {role: parse_amount(text) for role, text in roles.items()}
        for asset, roles in sums.items()
    }
    with exact():
        for one in moved:
            roles = found.setdefault(one.asset, {})
            roles[one.role] = roles.get(one.role, ZERO) + one.amount
            roles[LedgerRole.UNKNOWN] = roles.get(LedgerRole.UNKNOWN, ZERO) - one.amount
            if not roles[LedgerRole.UNKNOWN]:
                del roles[LedgerRole.UNKNOWN]
    return {
        asset: {role: format_amount(amount) for role, amount in sorted(roles.items())}
        for asset, roles in found.items()
    }


def _moved(
    source: SourceFile, meanings: OperationMeanings, first_at: datetime
) -> list[_Moved]:
    """What the file's unknown rows moved, by the role they have between two changes."""
    seen = Sighting.objects.filter(source_file=source).values("entry")
    rows = LedgerEntry.objects.filter(
        Q(source_file=source) | Q(pk__in=seen), role=LedgerRole.UNKNOWN
    )
    known = meanings.of_file(source.sha256, source.venue, source.layout)
    changes = known.instants(source.venue, source.layout)
    told = []
    for start, end in pairwise([None, *changes, None]):
        within = rows
        within = within.filter(occurred_at__gte=start) if start else within
        within = within.filter(occurred_at__lt=end) if end else within
        at = start or (end - _JUST_BEFORE if end else first_at)
        sums = within.values_list("operation", "asset").annotate(moved=Sum(_PRINCIPAL))
        told += [
            _Moved(asset, found.role, amount)
            for operation, asset, amount in sums.order_by()
            if (found := known.meaning(source.sha256, operation, at)) is not None
        ]
    return told


_PRINCIPAL = (
    F("amount") - F("fee_amount") - F("funding_amount") - F("liquidation_fee_amount")
)
