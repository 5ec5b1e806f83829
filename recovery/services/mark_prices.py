"""Mark prices that were told near an instant, for scopes of several positions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Exists, OuterRef, Q

from recovery.domain.rulebook import MarkAt, RuleBook
from recovery.models import Event, LedgerEntry, MarkPriceEntry, Provenance

MARK_AGE = timedelta(minutes=1)  # An older one is no price of that instant.
_AT_ONCE = 200

_Needed = Mapping[str, datetime]


def rules_marked(
    rules: RuleBook, venue: str, needed: Sequence[_Needed]
) -> list[RuleBook]:
    """The rules with the marks of each event, and no others.

    Args:
        needed: Of each event, the instant by instrument; most need none.
    """
    told = _told(venue, {pair for one in needed for pair in one.items()})
    return [_with_marks(rules, one, told) for one in needed]


def accounts_waiting_for_marks(
    venue: str, first_at: datetime | None, last_at: datetime | None
) -> list[int]:
    """Accounts with events of that time that hold more than the event's instrument."""
    if first_at is None or last_at is None:
        return []
    others = LedgerEntry.objects.filter(account=OuterRef("account")).exclude(
        instrument__in=["", OuterRef("instrument")]
    )
    events = Event.objects.filter(
        Exists(others),
        account__venue=venue,
        active_assessment__isnull=False,
        started_at__lte=last_at + MARK_AGE,
        ended_at__gte=first_at,
    )
    return sorted(set(events.values_list("account_id", flat=True)))


def _with_marks(
    rules: RuleBook, needed: _Needed, told: Mapping[str, Sequence[MarkAt]]
) -> RuleBook:
    marks = {}
    for name, at in needed.items():
        near = [one for one in told.get(name, ()) if at - MARK_AGE <= one.at <= at]
        if near:
            marks[name] = near[-1:]
    return replace(rules, marks=marks) if marks else rules


def _told(venue: str, pairs: Iterable[tuple[str, datetime]]) -> dict[str, list[MarkAt]]:
    """What was told within the age of these instants, oldest first."""
    wanted = sorted(pairs)
    known = MarkPriceEntry.objects.filter(venue=venue).exclude(
        source_file__provenance=Provenance.CUSTOMER_SUPPLIED
    )
    found: dict[str, set[MarkAt]] = defaultdict(set)
    for start in range(0, len(wanted), _AT_ONCE):
        near = [
            Q(instrument=name, occurred_at__range=(at - MARK_AGE, at))
            for name, at in wanted[start : start + _AT_ONCE]
        ]
        rows = known.filter(reduce(or_, near))
        for name, at, price in rows.values_list(
            "instrument", "occurred_at", "mark_price"
        ):
            found[name].add(MarkAt(at, price))
    return {name: sorted(marks) for name, marks in found.items()}
