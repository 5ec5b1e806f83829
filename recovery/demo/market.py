"""One made-up market: instruments, mark prices, stress windows, funding rates.

Prices follow a path that is a pure function of seed and instant, kept in whole
hundredths of a dollar, so that no rounding is ever a matter of taste.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import NamedTuple

from recovery.demo.times import DAY_MS, HOUR_MS, MINUTE_MS, instant

STARTS_AT = instant("2026-09-20T00:00:00Z")
COMPLETE_UNTIL = instant("2026-11-16T00:00:00Z")
MAIN_CRASH_AT = instant("2026-10-10T16:00:00Z")
FUNDING_SLOT_MS = 8 * HOUR_MS

# What each underlying costs in quiet times, in hundredths, and how much wilder
# than the first it moves, in hundredths of a percent.
_QUIET_CENTS = {"BTC": 11_860_000, "ETH": 418_000, "SOL": 20_600}
_WILDER_BPS = {"BTC": 0, "ETH": 150, "SOL": 300}
_FALLING, _RISING = -1, 1


@dataclass(frozen=True, slots=True)
class Instrument:
    """A linear perpetual: where it trades, its settlement asset and its steps."""

    venue: str
    name: str
    underlying: str
    asset: str
    price_places: int
    quantity_places: int

    def price(self, cents: int) -> Decimal:
        """Hundredths as a price on the tick."""
        if self.price_places == 2:
            return Decimal(cents).scaleb(-2)
        ticks = cents // 10 ** (2 - self.price_places)
        return Decimal(ticks).scaleb(-self.price_places)

    def ticks(self, count: int) -> Decimal:
        """So many ticks as a price difference."""
        return Decimal(count).scaleb(-self.price_places)

    def quantity(self, steps: int) -> Decimal:
        """So many size steps as a quantity."""
        return Decimal(steps).scaleb(-self.quantity_places)

    def steps(self, quantity: Decimal) -> int:
        """A quantity as a number of size steps, any rest rounded up."""
        scaled = quantity.scaleb(self.quantity_places)
        whole = int(scaled)
        return whole + (scaled > whole)


INSTRUMENTS = (
    Instrument("house", "BTCUSDT", "BTC", "USDT", 1, 3),
    Instrument("house", "ETHUSDT", "ETH", "USDT", 2, 2),
    Instrument("house", "SOLUSDT", "SOL", "USDT", 2, 1),
    Instrument("kraken_futures", "PF_XBTUSD", "BTC", "USD", 0, 4),
    Instrument("kraken_futures", "PF_ETHUSD", "ETH", "USD", 1, 3),
    Instrument("bybit", "BTCUSDT", "BTC", "USDT", 1, 3),
    Instrument("bybit", "ETHUSDT", "ETH", "USDT", 2, 2),
)


class Window(NamedTuple):
    """A venue's bad hour, centred on a funding instant."""

    centre_ms: int
    direction: int  # -1: prices fall and longs are liquidated; +1 the reverse.
    move_bps: int  # Of the first underlying, over fifty minutes.

    @property
    def position_sign(self) -> int:
        """+1 when this window liquidates longs, -1 when shorts."""
        return -self.direction


def stress_windows(rng: Random, count: int) -> tuple[Window, ...]:
    """The main crash and others around it, 48 hours apart, oldest first."""
    earlier = min((count - 1) // 2, 4)
    windows = []
    for offset in range(-earlier, count - earlier):
        if offset == 0:
            windows.append(Window(MAIN_CRASH_AT, _FALLING, 1400))
            continue
        direction = _RISING if offset % 2 else _FALLING
        centre = MAIN_CRASH_AT + offset * 2 * DAY_MS
        windows.append(Window(centre, direction, rng.randint(1100, 1350)))
    return tuple(windows)


def _anchors(rng: Random, windows: tuple[Window, ...], name: str) -> list[list[int]]:
    """Turning points of one underlying: two lists, instants and hundredths."""
    quiet = _QUIET_CENTS[name]
    instants, levels = [STARTS_AT - DAY_MS], [quiet]
    for window in windows:
        before = quiet * (10_000 + rng.randint(-250, 250)) // 10_000
        move = window.direction * (window.move_bps + _WILDER_BPS[name])
        after = before * (10_000 + move) // 10_000
        instants += [
            window.centre_ms - 32 * HOUR_MS,
            window.centre_ms - 25 * MINUTE_MS,
            window.centre_ms + 25 * MINUTE_MS,
            window.centre_ms + 3 * HOUR_MS,
        ]
        levels += [before, before, after, (before + after) // 2]
    return [[*instants, COMPLETE_UNTIL + DAY_MS], [*levels, quiet]]


def _scatter(number: int, salt: int, spread: int) -> int:
    """A fixed whole number in -spread..spread for this number and salt."""
    mixed = (number * 2_654_435_761 + salt) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 15)) * 2_246_822_519) & 0xFFFFFFFF
    mixed ^= mixed >> 13
    return mixed % (2 * spread + 1) - spread


@dataclass(slots=True)
class Market:
    """Mark prices and funding rates at any instant.

    Args:
        rng: draws the turning points, then is not kept.
        windows: the bad hours, oldest first, at least 40 hours apart.
    """

    rng: Random
    windows: tuple[Window, ...]
    _paths: dict[str, list[list[int]]] = field(init=False)
    _salts: dict[str, int] = field(init=False)
    _minutes: dict[tuple[str, int], int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Draw the turning points."""
        self._paths = {n: _anchors(self.rng, self.windows, n) for n in _QUIET_CENTS}
        self._salts = {n: self.rng.getrandbits(31) for n in _QUIET_CENTS}

    def mark(self, instrument: Instrument, at_ms: int) -> Decimal:
        """The mark price of an instrument, on its tick."""
        return instrument.price(self.cents(instrument.underlying, at_ms))

    def cents(self, underlying: str, at_ms: int) -> int:
        """The price in hundredths, straight between whole minutes."""
        minute, rest = divmod(at_ms, MINUTE_MS)
        left = self._minute_cents(underlying, minute)
        if not rest:
            return left
        right = self._minute_cents(underlying, minute + 1)
        return left + (right - left) * rest // MINUTE_MS

    def _minute_cents(self, underlying: str, minute: int) -> int:
        key = (underlying, minute)
        known = self._minutes.get(key)
        if known is None:
            known = self._minutes[key] = self._draw_minute(underlying, minute)
        return known

    def _draw_minute(self, underlying: str, minute: int) -> int:
        instants, levels = self._paths[underlying]
        at_ms = minute * MINUTE_MS
        place = min(max(bisect_right(instants, at_ms), 1), len(instants) - 1)
        start, end = instants[place - 1], instants[place]
        low, high = levels[place - 1], levels[place]
        level = low + (high - low) * (at_ms - start) // (end - start)
        salt = self._salts[underlying]
        bucket, within = divmod(minute, 37)
        swell = _scatter(bucket, salt, 30) * (37 - within)
        swell += _scatter(bucket + 1, salt, 30) * within
        tremor = _scatter(minute, salt ^ 0x5BD1, 3) * 37
        return level + level * (swell + tremor) // 370_000

    def funding_units(self, underlying: str, slot_ms: int) -> int:
        """The funding rate of one 8-hour slot in units of 0.0001."""
        for window in self.windows:
            if window.centre_ms == slot_ms:
                salt = self._salts[underlying]
                size = 14 + _scatter(slot_ms // HOUR_MS, salt, 7)
                return window.position_sign * size
        drawn = _scatter(slot_ms // HOUR_MS, self._salts[underlying] ^ 0x77, 2)
        return drawn or 1

    def funding_rate(self, instrument: Instrument, slot_ms: int) -> Decimal:
        """The published rate of one 8-hour slot; positive: longs pay."""
        units = self.funding_units(instrument.underlying, slot_ms)
        return Decimal(units).scaleb(-4)

    def hourly_rate(self, instrument: Instrument, hour_ms: int) -> Decimal:
        """Money per contract and hour, as Kraken states it; positive: longs pay."""
        slot = hour_ms - hour_ms % FUNDING_SLOT_MS
        units = self.funding_units(instrument.underlying, slot)
        cents = self.cents(instrument.underlying, hour_ms)
        return Decimal(cents * units // 800).scaleb(-4)
