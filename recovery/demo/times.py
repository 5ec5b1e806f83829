"""Instants as whole milliseconds since 1970 UTC, and their texts."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(text: str) -> int:
    """Milliseconds of an ISO text such as `2026-10-10T16:00:00Z`."""
    elapsed = datetime.fromisoformat(text) - _EPOCH
    return elapsed // timedelta(milliseconds=1)


@lru_cache(maxsize=4096)
def _day_text(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def day_text(at_ms: int) -> str:
    """The UTC date, `2026-10-10`."""
    return _day_text(at_ms // DAY_MS)


def clock_text(at_ms: int) -> str:
    """The UTC time of day to the second, `16:00:00`."""
    minutes, second = divmod(at_ms % DAY_MS // SECOND_MS, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}"


def iso_text(at_ms: int) -> str:
    """The house's form, `2026-10-10T16:00:00.000Z`."""
    return f"{day_text(at_ms)}T{clock_text(at_ms)}.{at_ms % SECOND_MS:03d}Z"


def second_text(at_ms: int) -> str:
    """The venues' form to the second, `2026-10-10 16:00:00`."""
    return f"{day_text(at_ms)} {clock_text(at_ms)}"


def whole_second(at_ms: int) -> int:
    """The instant cut to its second, as venues without milliseconds book it."""
    return at_ms - at_ms % SECOND_MS
