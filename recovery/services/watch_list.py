"""The watch list: who watches what, and what happens when it is seen."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Destination, TradingAccount
from recovery.domain.duties import Duty
from recovery.domain.errors import NotReadyError
from recovery.domain.staff_news import StaffNews
from recovery.models import Event, LedgerEntry, SourceFile, WatchEntry, WatchKind
from recovery.services.actors import Actor, require_staff
from recovery.services.audit import audit_write
from recovery.services.clock import database_now
from recovery.services.staff_notices import notice_write
from recovery.venues.profile import LayoutKind

WATCHERS = (Duty.WORK_CASE, Duty.HOLD_PAYMENT, Duty.PROPOSE_DECISION)
LONGEST = timedelta(days=366)
# A file of more accounts is not searched for instruments: its events tell them.
ACCOUNTS_SEARCHED = 1_000
HEX_MARK = "0x"


@transaction.atomic
def watch_begin(  # noqa: PLR0913 - one line of the list, all of it named
    actor: Actor,
    *,
    kind: WatchKind,
    value: str,
    venue: str = "",
    reason: str,
    until: datetime,
    now: datetime,
) -> WatchEntry:
    """Watch an account, an address or an instrument for a time.

    Raises:
        NotReadyError: No value or reason, a time that is over or longer than a year, or
            it is watched already.
        DutyMissingError: The actor neither works cases nor holds payments.
    """
    user = require_staff(actor, *WATCHERS)
    if not value.strip() or not reason.strip():
        raise NotReadyError("Say what is to be watched, and why.")
    if not now < until <= now + LONGEST:
        raise NotReadyError("Watch until a day to come, within a year.")
    place = {"kind": kind, "venue": venue.strip(), "value": watched_text(kind, value)}
    known = WatchEntry.objects.select_for_update(no_key=True).filter(
        **place, ended_at=None
    )
    for one in known:
        if one.until > now:
            raise NotReadyError(
                f"{one} is watched already, until {one.until:%Y-%m-%d}."
            )
        one.ended_at = one.until  # It ran out; a new one takes its place.
        one.save(update_fields=["ended_at"])
    entry = WatchEntry.objects.create(
        **place, reason=reason.strip(), watched_by=user, watched_at=now, until=until
    )
    said = {"reason": entry.reason, "value": entry.value}
    subject = f"watch {entry.pk}"
    audit_write(actor, "watch.begin", subject, personal=said, kind=entry.kind)
    return entry


@transaction.atomic
def watch_end(actor: Actor, entry: WatchEntry, *, now: datetime) -> WatchEntry:
    """Watch it no more.

    Raises:
        NotReadyError: It ended already.
        DutyMissingError: The actor neither works cases nor holds payments.
    """
    user = require_staff(actor, *WATCHERS)
    entry = WatchEntry.objects.select_for_update(no_key=True).get(pk=entry.pk)
    if entry.ended_at is not None:
        raise NotReadyError("It is watched no more already.")
    entry.ended_by, entry.ended_at = user, now
    entry.save(update_fields=["ended_by", "ended_at"])
    audit_write(actor, "watch.end", f"watch {entry.pk}", kind=entry.kind)
    return entry


def watched_text(kind: WatchKind, value: str) -> str:
    """A value as it is compared: hexadecimal addresses in small letters."""
    text = value.strip()
    if kind is WatchKind.ADDRESS and text[:2].lower() == HEX_MARK:
        return text.lower()
    return text


def watch_file(source_file: SourceFile, account_ids: Collection[int]) -> int:
    """Tell that a loaded file holds rows of something watched.

    Returns:
        How many entries of the list it hit.
    """
    hits = list(_accounts_hit(account_ids, source_file.venue))
    has_rows = source_file.kind == LayoutKind.LEDGER and source_file.accepted
    if has_rows and len(account_ids) <= ACCOUNTS_SEARCHED:
        hits += _instruments_hit(source_file, account_ids)
    return _tell(hits, f"file {source_file.sha256[:12]}")


def watch_events(events: Iterable[Event]) -> None:
    """Tell that new events are of something watched."""
    for event in events:
        account = event.account
        watched = Q(kind=WatchKind.ACCOUNT, value=account.number)
        watched |= Q(kind=WatchKind.INSTRUMENT, value=event.instrument)
        entries = _live().filter(watched, venue__in=("", account.venue))
        _tell(entries, f"event {event.reference}")


def watch_destination(destination: Destination) -> None:
    """Tell that somebody proposed a watched address as a destination."""
    value = watched_text(WatchKind.ADDRESS, destination.address)
    entries = _live().filter(kind=WatchKind.ADDRESS, value=value)
    _tell(entries, f"destination {destination.pk}")


def _live() -> "QuerySet[WatchEntry]":
    return WatchEntry.objects.filter(ended_at=None, until__gt=database_now())


def _accounts_hit(account_ids: Collection[int], venue: str) -> Iterable[WatchEntry]:
    entries = list(_live().filter(kind=WatchKind.ACCOUNT, venue__in=("", venue)))
    if not entries:
        return []
    numbers = TradingAccount.objects.filter(
        venue=venue, number__in={one.value for one in entries}
    )
    touched = set(account_ids)
    rows = numbers.values_list("pk", "number")
    seen = {number for pk, number in rows if pk in touched}
    return [one for one in entries if one.value in seen]


def _instruments_hit(
    source_file: SourceFile, account_ids: Collection[int]
) -> list[WatchEntry]:
    entries = _live().filter(
        kind=WatchKind.INSTRUMENT, venue__in=("", source_file.venue)
    )
    return [
        one
        for one in entries
        if LedgerEntry.objects.filter(
            account__in=account_ids,
            occurred_at__gte=source_file.first_at,
            occurred_at__lte=source_file.last_at,
            instrument=one.value,
            source_file=source_file,
        ).exists()
    ]


def _tell(entries: Iterable[WatchEntry], seen: str) -> int:
    count = 0
    for entry in entries:
        count += 1
        # Whose account or address it is stands on the page, not in a mail.
        about = f"watched {entry.kind} in {seen}"
        notice_write(StaffNews.WATCH_HIT, entry, about, key=seen)
    return count
