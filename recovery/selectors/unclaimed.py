"""Owed and not claimed: what stays a liability, by kind and age (design §6)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from recovery.domain.ledger import ZERO
from recovery.domain.lifecycle import PAYMENT_VOID, PaymentStatus
from recovery.domain.money import exact
from recovery.domain.words import DecisionKind, DecisionStatus, PaymentKind
from recovery.models import Decision, Payment
from recovery.models.fields import amount_field

_SHOWN_MAX = 500
_BANDS = ((30, "up to 30 days"), (90, "31 to 90 days"), (180, "91 to 180 days"))
_OLDEST = "over 180 days"


class UnclaimedKind(StrEnum):
    """Why money that is owed lies still."""

    NOT_PAID = "not_paid"  # Decided, and no payment of it is on its way.
    CAME_BACK = "came_back"  # Returned; nobody said where to.
    FROZEN = "frozen"  # Held by compliance; shown to them only.


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """One amount that lies still, since when."""

    kind: UnclaimedKind
    case_id: int
    case_reference: str
    asset: str
    amount: Decimal
    since: datetime
    age_days: int

    @property
    def band(self) -> str:
        """How old it is, roughly."""
        return next((name for most, name in _BANDS if self.age_days <= most), _OLDEST)


def unclaimed_money(now: datetime, *, shows_frozen: bool) -> list[Unclaimed]:
    """What is owed and lies still, the oldest first; bounded.

    Args:
        now: Ages are counted to it.
        shows_frozen: Whether the reader may know of holds.
    """
    rows = [*_not_paid(now), *_payments(now, PaymentStatus.DESTINATION_NEEDED)]
    if shows_frozen:
        rows += _payments(now, PaymentStatus.HELD)
    return sorted(rows, key=lambda row: row.since)[:_SHOWN_MAX]


def unclaimed_totals(rows: list[Unclaimed]) -> list[tuple[str, str, Decimal]]:
    """Sums by age band and asset, in the order of the rows."""
    totals: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    with exact():
        for row in rows:
            totals[row.band, row.asset] += row.amount
    return [(band, asset, total) for (band, asset), total in totals.items()]


def _not_paid(now: datetime) -> Iterator[Unclaimed]:
    live = (
        Payment.objects.filter(decision=OuterRef("pk"), kind=PaymentKind.CREDIT)
        .exclude(status__in=PAYMENT_VOID)
        .order_by()
        .values("decision")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    taken = Coalesce(Subquery(live), Value(ZERO), output_field=amount_field())
    rows: QuerySet[Decision] = (
        Decision.objects.filter(kind=DecisionKind.OWED, status=DecisionStatus.APPROVED)
        .annotate(taken=taken)
        .filter(taken__lt=F("amount"))
        .select_related("case")
        .order_by("ended_at")[:_SHOWN_MAX]
    )
    for row in rows:
        since = row.ended_at or row.proposed_at
        taken_amount: Decimal = getattr(row, "taken", ZERO)
        with exact():
            left = row.amount - taken_amount
        yield Unclaimed(
            UnclaimedKind.NOT_PAID,
            row.case_id,
            row.case.reference,
            row.asset,
            left,
            since,
            (now - since).days,
        )


def _payments(now: datetime, status: PaymentStatus) -> Iterator[Unclaimed]:
    is_held = status == PaymentStatus.HELD
    kind = UnclaimedKind.FROZEN if is_held else UnclaimedKind.CAME_BACK
    rows = Payment.objects.filter(status=status).select_related("case")
    for row in rows.order_by("status_since")[:_SHOWN_MAX]:
        yield Unclaimed(
            kind,
            row.case_id,
            row.case.reference,
            row.asset,
            row.amount,
            row.status_since,
            (now - row.status_since).days,
        )
