"""Times as browsers write them for people: one venue page, a hundred countries.

Pages that build their file in the browser write `3/2/2026, 3:00:01 AM`, `2.3.2026,
03:00:01` or `2026/3/2 \u4e0a\u53483:00:01`, whichever the visitor's settings say. The parts
stand in one of three orders; dots and dashes are never written by those who put the
month first.
"""

import re
from datetime import datetime

_MORNING = "\u4e0a\u5348|\u5348\u524d|\uc624\uc804"
_AFTERNOON = "\u4e0b\u5348|\u5348\u5f8c|\uc624\ud6c4"
_CLOCK = (
    rf"(?:(?P<before>{_MORNING}|{_AFTERNOON}) ?)?"
    r"(?P<H>\d{1,2})[:.](?P<M>\d{2})(?:[:.](?P<S>\d{2})(?:\.(?P<f>\d{1,6}))?)?"
    r"(?: ?(?P<after>[ap])\.? ?m\.?)?"
)
_BETWEEN = r",? (?:- )?"
_YEAR_LAST = re.compile(
    r"(?P<one>\d{1,2})(?P<mark>[/.-]) ?(?P<two>\d{1,2})(?P=mark) ?(?P<Y>\d{4}|\d{2})"
    rf"{_BETWEEN}{_CLOCK}",
    re.ASCII | re.IGNORECASE,
)
_YEAR_FIRST = re.compile(
    r"(?P<Y>\d{4})(?P<mark>[/.-]) ?(?P<one>\d{1,2})(?P=mark) ?(?P<two>\d{1,2})\.?"
    rf"{_BETWEEN}{_CLOCK}",
    re.ASCII | re.IGNORECASE,
)
_MARKS_OF_DAY_FIRST = ".-"


def day_first(text: str) -> datetime | None:
    """The local time of `2.3.2026, 03:00:01`, the second of March.

    Returns:
        None for a text of another form.

    Raises:
        ValueError: there is no such day or hour.
    """
    found = _YEAR_LAST.fullmatch(text)
    return _time(found, day="one", month="two") if found else None


def month_first(text: str) -> datetime | None:
    """The local time of `3/2/2026, 3:00:01 AM`, the second of March; else as above."""
    found = _YEAR_LAST.fullmatch(text)
    if found is None or found["mark"] in _MARKS_OF_DAY_FIRST:
        return None
    return _time(found, day="two", month="one")


def year_first(text: str) -> datetime | None:
    """The local time of `2026/3/2 3:00:01`, the second of March; else as above."""
    found = _YEAR_FIRST.fullmatch(text)
    return _time(found, day="two", month="one") if found else None


def year_first_whole(text: str) -> datetime | None:
    """The same where the seconds are there, as in every file that a venue wrote."""
    found = _YEAR_FIRST.fullmatch(text)
    return _time(found, day="two", month="one") if found and found["S"] else None


def _time(found: re.Match[str], *, day: str, month: str) -> datetime:
    year = int(found["Y"])
    return datetime(  # noqa: DTZ001 - the zone is put beside it by the caller
        year if year > 99 else 2000 + year,
        int(found[month]),
        int(found[day]),
        _hour(found),
        int(found["M"]),
        int(found["S"] or 0),
        int((found["f"] or "").ljust(6, "0")),
    )


def _hour(found: re.Match[str]) -> int:
    hour, said = int(found["H"]), found["before"] or found["after"]
    if not said:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    is_late = said in _AFTERNOON or said in "pP"
    return hour % 12 + (12 if is_late else 0)
