"""One transfer told by two files of the same account must not move money twice.

Files of one wallet may name the same transfer by different ids, a few seconds apart.
Rows of one file are never one, and rows that state different balances after them are
two transfers, however near they lie.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.history import Entry
from recovery.domain.ledger import LedgerRole

WINDOW = timedelta(seconds=5)  # Files book both within moments.


class TransferTwin(NamedTuple):
    """A transfer that counts, and the row of another file that tells it once more."""

    kept: Entry
    twin: Entry


def transfer_twins(
    transfers: Iterable[Entry], strength: Callable[[str], int]
) -> list[TransferTwin]:
    """Transfers that another file of the account tells once more.

    Args:
        transfers: Of one account.
        strength: Of a provenance; the strongest row is the one that counts.
    """
    alike: dict[tuple[str, Decimal], list[Entry]] = defaultdict(list)
    for entry in transfers:
        alike[entry.line.asset, entry.line.amount].append(entry)
    return [
        twin
        for entries in alike.values()
        if len({entry.file for entry in entries}) > 1
        for twin in _twins(entries, strength)
    ]


def _twins(
    entries: Sequence[Entry], strength: Callable[[str], int]
) -> list[TransferTwin]:
    ranked = sorted(
        entries, key=lambda one: (-strength(one.provenance), one.line.occurred_at)
    )
    kept: list[Entry] = []
    told: set[tuple[int, str]] = set()
    twins = []
    for entry in ranked:
        near = [
            one
            for one in kept
            if (one.id, entry.file) not in told and _is_same(one, entry)
        ]
        if not near:
            kept.append(entry)
            continue
        best = min(near, key=lambda one: abs(_apart(one, entry)))
        told.add((best.id, entry.file))
        twins.append(TransferTwin(best, entry))
    return twins


def _apart(one: Entry, other: Entry) -> timedelta:
    return one.line.occurred_at - other.line.occurred_at


def _is_same(one: Entry, other: Entry) -> bool:
    balances = {one.line.balance_after, other.line.balance_after} - {None}
    return (
        one.file != other.file
        and abs(_apart(one, other)) <= WINDOW
        and len(balances) < 2
    )


def without_twins(
    entries: Sequence[Entry], strength: Callable[[str], int]
) -> list[Entry]:
    """Entries of one account with every transfer told once.

    Args:
        entries: In any order; the order stays.
        strength: Of a provenance.
    """
    transfers = [entry for entry in entries if entry.line.role == LedgerRole.XFER]
    if len({entry.file for entry in transfers}) < 2:
        return list(entries)
    found = transfer_twins(transfers, strength)
    twins = {one.twin.id for one in found}
    return [entry for entry in entries if entry.id not in twins]
