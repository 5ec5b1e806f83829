"""The other side of an own transfer, and the file that tells it once more. For pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from accounts.models import TradingAccount
from recovery.domain.history import Entry
from recovery.domain.ledger import LedgerLine, LedgerRole
from recovery.domain.transfers import WINDOW, transfer_twins
from recovery.models import LedgerEntry, SourceFileState
from recovery.services.sightings import strength_of
from recovery.venues.transfers import transfer_pairs

WALLET = "/"


@dataclass(frozen=True, slots=True)
class TransferTold:
    """What is known of one transfer beside its own row.

    Attributes:
        other_side: The row of the owner's other wallet, if it is there.
        counts_by: The row of another file that counts instead of this one.
        told_again: Rows of other files that tell this one once more.
    """

    other_side: LedgerEntry | None = None
    counts_by: LedgerEntry | None = None
    told_again: tuple[LedgerEntry, ...] = ()


def transfers_told(entries: Iterable[LedgerEntry]) -> dict[int, TransferTold]:
    """What is known of the transfers among some entries of one account, by entry id."""
    own = [one for one in entries if one.role == LedgerRole.XFER]
    if not own:
        return {}
    account = TradingAccount.objects.get(pk=own[0].account_id)
    near = list(_near(own, account))
    sides = _other_sides(own, near)
    counts, again = _twins(account, near)
    return {
        one.pk: TransferTold(
            sides.get(one.pk), counts.get(one.pk), tuple(again.get(one.pk, ()))
        )
        for one in own
    }


def _near(
    own: Sequence[LedgerEntry], account: TradingAccount
) -> "QuerySet[LedgerEntry]":
    """Transfers of all wallets of the owner around some of one wallet."""
    first = min(one.occurred_at for one in own) - WINDOW
    last = max(one.occurred_at for one in own) + WINDOW
    wallets = TradingAccount.objects.filter(_owner(account))
    rows = LedgerEntry.objects.filter(
        account__in=wallets,
        role=LedgerRole.XFER,
        asset__in={one.asset for one in own},
        occurred_at__gte=first,
        occurred_at__lte=last,
    ).exclude(source_file__state=SourceFileState.UNDONE)
    return rows.select_related("account", "source_file").order_by("pk")


def _owner(account: TradingAccount) -> Q:
    """The owner's wallets: of one customer, or of one number at the venue."""
    number = account.number.partition(WALLET)[0]
    same = Q(venue=account.venue) & (
        Q(number=number) | Q(number__startswith=f"{number}{WALLET}")
    )
    if account.customer_id is None:
        return same
    return same | Q(customer=account.customer_id)


def _other_sides(
    own: Sequence[LedgerEntry], near: Sequence[LedgerEntry]
) -> dict[int, LedgerEntry]:
    by_id = {one.pk: one for one in near}
    ours = {one.pk for one in own}
    lines = [_line(one, number=one.pk) for one in near]
    pairs, _ = transfer_pairs(lines, WINDOW)
    sides = {}
    for pair in pairs:
        for one, other in ((pair.out, pair.into), (pair.into, pair.out)):
            if one.row_number in ours:
                sides[one.row_number] = by_id[other.row_number]
    return sides


def _line(entry: LedgerEntry, *, number: int) -> LedgerLine:
    return LedgerLine(
        row_number=number,
        account=str(entry.account_id),
        occurred_at=entry.occurred_at,
        asset=entry.asset,
        role=LedgerRole(entry.role),
        operation=entry.operation,
        amount=entry.amount,
        balance_after=entry.balance_after,
    )


def _twins(
    account: TradingAccount, near: Sequence[LedgerEntry]
) -> tuple[dict[int, LedgerEntry], dict[int, list[LedgerEntry]]]:
    """Rows that count by another one, and rows told again, by entry id."""
    mine = {one.pk: one for one in near if one.account_id == account.pk}
    values = [_entry(one) for one in mine.values()]
    if len({one.file for one in values}) < 2:
        return {}, {}
    counts: dict[int, LedgerEntry] = {}
    again: dict[int, list[LedgerEntry]] = {}
    for found in transfer_twins(values, strength_of):
        counts[found.twin.id] = mine[found.kept.id]
        again.setdefault(found.kept.id, []).append(mine[found.twin.id])
    return counts, again


def _entry(entry: LedgerEntry) -> Entry:
    file = entry.source_file
    line = _line(entry, number=entry.row_number)
    return Entry(entry.pk, file.sha256[:12], file.provenance, line)
