"""Owed and not claimed: what stays a liability, by kind and age (design §6)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from recovery.domain.ledger import ZERO
from recovery.domain.money import exact
from recovery.domain.unclaimed import BANDS, OLDEST, UnclaimedKind, age_band
from recovery.selectors import unclaimed_sql as sql

_SHOWN_MAX = 500


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """One amount that lies still: since when, who was reached, whether released."""

    kind: UnclaimedKind
    case_id: int
    case_reference: str
    asset: str
    amount: Decimal
    since: datetime
    age_days: int
    attempts: int
    last_attempt_at: datetime | None
    release: str

    @property
    def band(self) -> str:
        """How old it is, roughly."""
        return age_band(self.age_days)


class UnclaimedTotal(NamedTuple):
    """All amounts of one kind, age and asset."""

    kind: UnclaimedKind
    band: str
    asset: str
    amounts: int
    amount: Decimal


def unclaimed_of(row: tuple[Any, ...]) -> Unclaimed:
    """A row of the query as a value."""
    return Unclaimed(UnclaimedKind(row[0]), *row[1:])


def unclaimed_money(now: datetime, *, shows_frozen: bool) -> list[Unclaimed]:
    """What is owed and lies still, the oldest first; bounded.

    Args:
        now: Ages are counted to it.
        shows_frozen: Whether the reader may know of holds.
    """
    return [unclaimed_of(row) for row in _asked(sql.ROWS, now, shows_frozen)]


def unclaimed_totals(now: datetime, *, shows_frozen: bool) -> list[UnclaimedTotal]:
    """Sums over all of it, by kind, age and asset: what the workbook adds up too."""
    return totals_by_band(_asked(sql.TOTALS, now, shows_frozen))


def totals_by_band(rows: list[tuple[Any, ...]]) -> list[UnclaimedTotal]:
    """Sums by kind, day and asset gathered into ages, in a steady order."""
    sums: dict[tuple[str, str, str], list[Any]] = defaultdict(lambda: [0, ZERO])
    with exact():
        for kind, days, asset, count, amount, _ in rows:
            total = sums[kind, age_band(days), asset]
            total[0] += count
            total[1] += amount
    order = [*(name for _, name in BANDS), OLDEST]
    kinds = [str(kind) for kind in UnclaimedKind]
    keys = sorted(sums, key=lambda key: (kinds.index(key[0]), order.index(key[1]), key))
    return [
        UnclaimedTotal(UnclaimedKind(kind), band, asset, *sums[kind, band, asset])
        for kind, band, asset in keys
    ]


def _asked(query: str, now: datetime, shows_frozen: bool) -> list[tuple[Any, ...]]:
    values: dict[str, Any] = {"as_of": now, "frozen": shows_frozen, "most": _SHOWN_MAX}
    with connection.cursor() as cursor:
        cursor.execute(query.format(payments=sql.AS_IT_STANDS), values)
        return list(cursor.fetchall())
