"""Positions the platform states, held against what the ledger replays. Writes nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import TradingAccount
from recovery.domain.history import gather_items, in_booked_order
from recovery.domain.positions import PositionCheck, positions_checked
from recovery.models import Event, LedgerEntry, PositionEntry
from recovery.services.computing import entries_by_account

SHOWN = 50
# An account with more rows is not replayed while somebody waits for the page.
ROWS_MAX = 50_000
AROUND = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StatedPosition:
    """One stated position with its row, and the replay beside it.

    `check` is None where the account has too many rows to replay on a page.
    """

    entry: PositionEntry
    check: PositionCheck | None


def account_positions(account: TradingAccount) -> list[StatedPosition]:
    """The newest stated positions of an account, newest first."""
    rows = PositionEntry.objects.filter(account=account)
    newest = rows.select_related("source_file").order_by("-occurred_at", "-pk")
    return _compared(account.pk, list(newest[:SHOWN]))


def event_positions(event: Event) -> list[StatedPosition]:
    """Stated positions of the event's instrument from a day before to a day after."""
    rows = PositionEntry.objects.filter(
        account=event.account_id,
        instrument=event.instrument,
        occurred_at__gte=event.started_at - AROUND,
        occurred_at__lte=event.ended_at + AROUND,
    )
    near = rows.select_related("source_file").order_by("-occurred_at", "-pk")
    return _compared(event.account_id, list(near[:SHOWN]))


def _compared(account_id: int, entries: list[PositionEntry]) -> list[StatedPosition]:
    if not entries:
        return []
    until = max(entry.occurred_at for entry in entries)
    if _is_long(account_id, until):
        return [StatedPosition(entry, None) for entry in entries]
    items = [
        item
        for _, held in entries_by_account([account_id])
        for item in gather_items(in_booked_order(held))
    ]
    checks: dict[int, PositionCheck] = {}
    for instrument in {entry.instrument for entry in entries}:
        own = [entry for entry in entries[::-1] if entry.instrument == instrument]
        stated = [(entry.occurred_at, entry.position) for entry in own]
        found = positions_checked(items, instrument, stated)
        checks |= {e.pk: check for e, check in zip(own, found, strict=True)}
    return [StatedPosition(entry, checks[entry.pk]) for entry in entries]


def _is_long(account_id: int, until: datetime) -> bool:
    rows = LedgerEntry.objects.filter(account=account_id, occurred_at__lte=until)
    return rows[ROWS_MAX:].exists()
