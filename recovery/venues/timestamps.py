"""Written times to aware UTC instants, strictly in the forms a layout declares."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from recovery.domain.errors import RecoveryError
from recovery.venues.time_forms import (
    PLAIN_FORMS,
    Form,
    TimeUnreadableError,
    day_order,
    form_reader,
)

LATEST = datetime(2100, 1, 1, tzinfo=UTC)
TEXT_LENGTH = 40  # What is kept of a written time.
EARLIEST = datetime(2009, 1, 3, tzinfo=UTC)  # No venue is older than Bitcoin.


class ZoneUnknownError(RecoveryError):
    """No time zone of this name is known."""

    code = "zone_unknown"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"No time zone is called {name[:40]!r}: give an offset such as +02:00, or a "
            "name such as Europe/Berlin."
        )
        self.name = name


Reader = Callable[[str], datetime]
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?", re.ASCII)
_HOURS_MAX = 14
_MINUTES = re.compile(r"[\d./-]{6,10},? \d{1,2}:\d{2}(?: ?[AaPp][Mm])?", re.ASCII)
_SLASHED = re.compile(r"\d{1,2}/\d{1,2}/\d{2,4},? \d{1,2}:[\d:.]+(?: ?[AaPp][Mm])?")


def zone_named(name: str) -> tzinfo:
    """The zone called `name`: such as Europe/Berlin, +02:00 or UTC+8.

    Raises:
        ZoneUnknownError: there is none.
    """
    if name in ("UTC", "GMT"):
        return UTC
    offset = _OFFSET.fullmatch(name)
    if offset and int(offset[2]) <= _HOURS_MAX and int(offset[3] or 0) < 60:
        sign, hours, minutes = offset.groups()
        length = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-length if sign == "-" else length) if length else UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ZoneUnknownError(name) from error


def time_reader(forms: tuple[str, ...], zone: tzinfo) -> Reader:
    """A function from text to an aware UTC time.

    The function raises TimeUnreadableError; it remembers its last answer, since
    neighbouring rows often carry one time.
    """
    readers = [form_reader(form) for form in (*forms, *PLAIN_FORMS)]
    orders = {day_order(form) for form in forms} - {""}
    find = _only_found if len(orders) > 1 else _first_found
    last_text: str | None = None
    last_time = EARLIEST

    first = readers[0] if len(orders) < 2 else _no_form

    def read(text: str) -> datetime:
        nonlocal last_text, last_time
        if text == last_text:
            return last_time
        bare = text.strip()
        if len(text) > TEXT_LENGTH:
            raise TimeUnreadableError(text, _reason(bare))
        found = first(bare, zone) or find(bare, zone, readers)
        if found < EARLIEST:
            raise TimeUnreadableError(text, "lies before any venue existed")
        if found > LATEST:
            raise TimeUnreadableError(text, "lies in another century")
        last_text, last_time = text, found
        return found

    return read


def _no_form(_text: str, _zone: tzinfo) -> None:
    """Where forms may contradict each other, all of them are asked."""


def _reason(text: str) -> str:
    """Why a text is no time, with what to do where a spreadsheet spoilt it."""
    if _MINUTES.fullmatch(text):
        return "has lost its seconds in a spreadsheet: send the file as it was given"
    if _SLASHED.fullmatch(text):
        return "does not say which is the day: send the file as it was given"
    return "is not a time in the declared form"


def _first_found(text: str, zone: tzinfo, readers: Sequence[Form]) -> datetime:
    for reader in readers:
        found = reader(text, zone)
        if found is not None:
            return found
    raise TimeUnreadableError(text, _reason(text))


def _only_found(text: str, zone: tzinfo, readers: Sequence[Form]) -> datetime:
    """The one time all forms agree on; day and month are never guessed."""
    found, refusal = set(), None
    for reader in readers:
        try:
            time = reader(text, zone)
        except TimeUnreadableError as error:
            refusal = error
            continue
        if time is not None:
            found.add(time)
    if len(found) > 1:
        raise TimeUnreadableError(
            text, "is ambiguous: day and month cannot be told apart"
        )
    if not found:
        raise refusal or TimeUnreadableError(text, _reason(text))
    return found.pop()
