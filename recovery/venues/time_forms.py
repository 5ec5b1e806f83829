"""Written forms of times: a name, or a pattern such as `%d/%m/%Y, %I:%M:%S %p`.

Patterns are strict: `%d` is two digits, `%-d` one or two. `%y` is a year of this
century. Nothing is guessed: a text either has the form or it has not.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo

from recovery.venues.browser_times import (
    day_first,
    month_first,
    year_first,
    year_first_whole,
)

NO_DAY = "is no day and hour of the calendar"
Form = Callable[[str, tzinfo], datetime | None]
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun",
          "jul", "aug", "sep", "oct", "nov", "dec")  # fmt: skip
_DAY = r"(?:\d{4}-(?:0[1-9]|1[0-2])-\d{2})"
_CLOCK = r"(?:\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)"
_ISO_Z = re.compile(rf"{_DAY}T{_CLOCK}Z", re.ASCII)
_ISO_OFFSET = re.compile(rf"{_DAY}[ T]{_CLOCK}[+-]\d{{2}}:?\d{{2}}", re.ASCII)
_CALENDAR = re.compile(rf"{_DAY}[ T]{_CLOCK}", re.ASCII)
# Programs that hold times as numbers put a point behind: 1772359200123.0.
_EPOCH_MS = re.compile(r"(\d{12,13})(?:\.0*)?", re.ASCII)
_EPOCH_S = re.compile(r"(\d{9,10})(?:\.(\d{1,6}))?", re.ASCII)
_MINUTE_FIRST = re.compile(rf"(\d{{2}}:\d{{2}}) ({_DAY})", re.ASCII)
_EPOCH = datetime.fromtimestamp(0, UTC)
_DIRECTIVES = {
    "%Y": r"(?P<Y>\d{4})",
    "%y": r"(?P<y>\d{2})",
    "%m": r"(?P<m>\d{2})",
    "%-m": r"(?P<m>\d{1,2})",
    "%b": r"(?P<b>[A-Za-z]{3})[a-z]*",
    "%d": r"(?P<d>\d{2})",
    "%-d": r"(?P<d>\d{1,2})",
    "%H": r"(?P<H>\d{2})",
    "%-H": r"(?P<H>\d{1,2})",
    "%I": r"(?P<I>\d{1,2})",
    "%M": r"(?P<M>\d{2})",
    "%S": r"(?P<S>\d{2})",
    "%f": r"(?P<f>\d{1,6})",
    "%p": r"(?P<p>[AaPp])\.?[Mm]\.?",
}
# Forms that mean one thing wherever they stand: a stated zone, the year first.
PLAIN_FORMS = (
    "iso_z", "iso_offset", "calendar", "%Y-%-m-%-d %-H:%M:%S", "%Y/%-m/%-d %-H:%M:%S",
    "%Y.%-m.%-d %-H:%M:%S", "%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S Z",
    # Nobody writes the month first with points.
    "%-d.%-m.%Y %-H:%M:%S", "%-d.%-m.%Y, %-H:%M:%S",
    # A spreadsheet drops seconds: without them no row is the same as in the first file.
    "year_first_whole",
)  # fmt: skip
# Forms that say their zone themselves: nobody has to be asked for it.
OWN_ZONE_FORMS = (
    "iso_z", "iso_offset", "%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S Z",
    "epoch_ms", "epoch_s",
)  # fmt: skip
_ORDERS = {"day_first": "day", "month_first": "month"}
_DIRECTIVE = re.compile(r"%-?[A-Za-z]")
# What browsers put before AM and PM in newer versions.
_BLANKS = str.maketrans({"\u202f": " ", "\u00a0": " "})


class TimeUnreadableError(ValueError):
    """A text is not a time in any of the declared forms."""

    code = "time_unreadable"

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(reason)
        self.text = text
        self.reason = reason


def form_problem(form: str) -> str:
    """Why a text is no written form; empty when it is one."""
    if form in _FORMS:
        return ""
    directives = _DIRECTIVE.findall(form)
    unknown = sorted(set(directives) - _DIRECTIVES.keys())
    if unknown or not directives:
        return f"unknown form {unknown or form!r}"
    return ""


def form_reader(form: str) -> Form:
    """The reader of one form; it gives None for a text of another form."""
    return _FORMS.get(form) or _pattern_reader(form)


def day_order(form: str) -> str:
    """`day` or `month`, whichever is written first before the year, or empty."""
    if form in _ORDERS:
        return _ORDERS[form]
    places = {name: form.find(name) for name in ("d", "m", "Y", "y")}
    if form in _FORMS or "%b" in form or min(places["d"], places["m"]) < 0:
        return ""
    year = max(places["Y"], places["y"])
    if year < places["d"] and year < places["m"]:
        return ""
    return "day" if places["d"] < places["m"] else "month"


def forms_fitting(forms: tuple[str, ...], texts: Iterable[str]) -> tuple[str, ...]:
    """The forms without those of a day order that the first decisive text contradicts.

    All forms stay when no text tells the orders apart.
    """
    orders = {day_order(form) for form in forms} - {""}
    if len(orders) < 2:
        return forms
    readers = [(day_order(form), form_reader(form)) for form in forms]
    possible = set(orders)
    for text in texts:
        found = {order for order, read in readers if _is_read(read, text)}
        if found:
            possible &= found | ({*orders} if "" in found else set())
        if len(possible) < 2:
            break
    return tuple(form for form in forms if day_order(form) in {"", *possible})


def all_say_their_zone(forms: tuple[str, ...], texts: Iterable[str]) -> bool:
    """Whether every written time says its zone itself; what is no time has no say.

    Args:
        forms: the forms of the layout.
        texts: the cells where times stand.
    """
    own = [form_reader(form) for form in OWN_ZONE_FORMS]
    local = [form_reader(form) for form in {*forms, *PLAIN_FORMS} - {*OWN_ZONE_FORMS}]
    is_said = False
    for text in texts:
        if any(_is_read(read, text) for read in own):
            is_said = True
        elif any(_is_read(read, text) for read in local):
            return False
    return is_said


def _is_read(read: Form, text: str) -> bool:
    try:
        return read(text, UTC) is not None
    except TimeUnreadableError:
        return False


def _iso_z(text: str, _zone: tzinfo) -> datetime | None:
    return _stamp(text) if _ISO_Z.fullmatch(text) else None


def _iso_offset(text: str, _zone: tzinfo) -> datetime | None:
    return _in_utc(_stamp(text), text) if _ISO_OFFSET.fullmatch(text) else None


def _calendar(text: str, zone: tzinfo) -> datetime | None:
    return placed(_stamp(text), zone, text) if _CALENDAR.fullmatch(text) else None


def _minute_first(text: str, zone: tzinfo) -> datetime | None:
    found = _MINUTE_FIRST.fullmatch(text)
    if not found:
        return None
    return placed(_stamp(f"{found[2]} {found[1]}"), zone, text)


def _epoch_ms(text: str, _zone: tzinfo) -> datetime | None:
    found = _EPOCH_MS.fullmatch(text)
    return _EPOCH + timedelta(milliseconds=int(found[1])) if found else None


def _epoch_s(text: str, _zone: tzinfo) -> datetime | None:
    found = _EPOCH_S.fullmatch(text)
    if not found:
        return None
    fraction = timedelta(microseconds=int((found[2] or "").ljust(6, "0")))
    return _EPOCH + timedelta(seconds=int(found[1])) + fraction


def _stamp(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise TimeUnreadableError(text, NO_DAY) from error


def _in_utc(at: datetime, text: str) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:  # The first or the last day there is.
        raise TimeUnreadableError(text, NO_DAY) from error


def placed(local: datetime, zone: tzinfo, text: str) -> datetime:
    """The UTC instant of a local time.

    Raises:
        TimeUnreadableError: the time happens twice or never in the zone.
    """
    if zone is UTC:
        return local.replace(tzinfo=UTC)
    here = local.replace(tzinfo=zone)
    if here.utcoffset() != here.replace(fold=1).utcoffset():
        raise TimeUnreadableError(
            text,
            "happens twice or never in this zone: send the file with its times in UTC",
        )
    return _in_utc(here, text)


def _pattern_reader(form: str) -> Form:
    pattern, end = "", 0
    for directive in _DIRECTIVE.finditer(form):
        pattern += re.escape(form[end : directive.start()])
        pattern += _DIRECTIVES[directive[0]]
        end = directive.end()
    fits = re.compile(pattern + re.escape(form[end:]), re.ASCII).fullmatch

    def read(text: str, zone: tzinfo) -> datetime | None:
        found = fits(text.translate(_BLANKS))
        if found is None:
            return None
        return placed(_local(text, found.groupdict()), zone, text)

    return read


def _of_browsers(read: Callable[[str], datetime | None]) -> Form:
    def placed_time(text: str, zone: tzinfo) -> datetime | None:
        try:
            local = read(text.translate(_BLANKS))
        except ValueError as error:
            raise TimeUnreadableError(text, NO_DAY) from error
        return None if local is None else placed(local, zone, text)

    return placed_time


def _local(text: str, parts: dict[str, str]) -> datetime:
    try:
        return datetime(  # noqa: DTZ001 - the zone is put beside it by the caller
            int(parts["Y"]) if "Y" in parts else 2000 + int(parts["y"]),
            _month(parts),
            int(parts["d"]),
            _hour(parts),
            int(parts.get("M", "0")),
            int(parts.get("S", "0")),
            int(parts.get("f", "").ljust(6, "0")),
        )
    except ValueError as error:
        raise TimeUnreadableError(text, NO_DAY) from error


def _month(parts: dict[str, str]) -> int:
    if "b" in parts:
        return MONTHS.index(parts["b"].lower()) + 1
    return int(parts["m"])


def _hour(parts: dict[str, str]) -> int:
    if "p" not in parts:
        return int(parts.get("H", "0"))
    hour = int(parts["I"])
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if parts["p"].lower() == "p" else 0)


_FORMS: dict[str, Form] = {
    "iso_z": _iso_z,
    "iso_offset": _iso_offset,
    "calendar": _calendar,
    "minute_first": _minute_first,
    "epoch_ms": _epoch_ms,
    "epoch_s": _epoch_s,
    "day_first": _of_browsers(day_first),
    "month_first": _of_browsers(month_first),
    "year_first": _of_browsers(year_first),
    "year_first_whole": _of_browsers(year_first_whole),
}
