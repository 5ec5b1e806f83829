"""Written times to aware UTC instants, strictly in the forms a layout declares."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from recovery.domain.errors import RecoveryError

EARLIEST = datetime(2009, 1, 3, tzinfo=UTC)  # No venue is older than Bitcoin.


class TimeUnreadableError(ValueError):
    """A text is not a time in any of the declared forms."""

    code = "time_unreadable"

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(reason)
        self.text = text
        self.reason = reason


class ZoneUnknownError(RecoveryError):
    """No time zone of this name is known."""

    code = "zone_unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"No time zone is called {name!r}.")
        self.name = name


Reader = Callable[[str], datetime]
_Form = Callable[[str, tzinfo], datetime | None]
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})", re.ASCII)
_DAY = r"(?:\d{4}-(?:0[1-9]|1[0-2])-\d{2})"
_CLOCK = r"(?:\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)"
_ISO_Z = re.compile(rf"{_DAY}T{_CLOCK}Z", re.ASCII)
_CALENDAR = re.compile(rf"{_DAY}[ T]{_CLOCK}", re.ASCII)
_EPOCH_MS = re.compile(r"\d{12,13}", re.ASCII)
_MINUTE_FIRST = re.compile(rf"(\d{{2}}:\d{{2}}) ({_DAY})", re.ASCII)


def zone_named(name: str) -> tzinfo:
    """The zone called `name`: a zone name such as Europe/Berlin, or +02:00.

    Raises:
        ZoneUnknownError: there is none.
    """
    if name == "UTC":
        return UTC
    offset = _OFFSET.fullmatch(name)
    if offset:
        sign, hours, minutes = offset.groups()
        length = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-length if sign == "-" else length)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ZoneUnknownError(name) from error


def time_reader(forms: tuple[str, ...], zone: tzinfo) -> Reader:
    """A function from text to an aware UTC time.

    The function raises TimeUnreadableError; it remembers its last answer, since
    neighbouring rows often carry one time.
    """
    first, *others = (_FORMS[form] for form in forms)
    last_text: str | None = None
    last_time = EARLIEST

    def read(text: str) -> datetime:
        nonlocal last_text, last_time
        if text == last_text:
            return last_time
        found = first(text, zone)
        if found is None:
            found = _first_found(text, zone, others)
        if found < EARLIEST:
            raise TimeUnreadableError(text, "lies before any venue existed")
        last_text, last_time = text, found
        return found

    return read


def _first_found(text: str, zone: tzinfo, readers: Iterable[_Form]) -> datetime:
    for reader in readers:
        found = reader(text, zone)
        if found is not None:
            return found
    raise TimeUnreadableError(text, "is not a time in the declared form")


def _iso_z(text: str, _zone: tzinfo) -> datetime | None:
    return _stamp(text) if _ISO_Z.fullmatch(text) else None


def _calendar(text: str, zone: tzinfo) -> datetime | None:
    return _placed(_stamp(text), zone, text) if _CALENDAR.fullmatch(text) else None


def _minute_first(text: str, zone: tzinfo) -> datetime | None:
    found = _MINUTE_FIRST.fullmatch(text)
    if not found:
        return None
    return _placed(_stamp(f"{found[2]} {found[1]}"), zone, text)


def _epoch_ms(text: str, _zone: tzinfo) -> datetime | None:
    if not _EPOCH_MS.fullmatch(text):
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(text))


def _stamp(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise TimeUnreadableError(text, "is not a day of the calendar") from error


def _placed(local: datetime, zone: tzinfo, text: str) -> datetime:
    if zone is UTC:
        return local.replace(tzinfo=UTC)
    here = local.replace(tzinfo=zone)
    if here.utcoffset() != here.replace(fold=1).utcoffset():
        raise TimeUnreadableError(text, "happens twice or never in this zone")
    return here.astimezone(UTC)


_FORMS: dict[str, _Form] = {
    "iso_z": _iso_z,
    "calendar": _calendar,
    "minute_first": _minute_first,
    "epoch_ms": _epoch_ms,
}
TIME_FORMS = tuple(_FORMS)
