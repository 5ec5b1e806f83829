"""How a customer gets into the position: an earlier trade, the entry, an addition."""

from decimal import Decimal

from recovery.demo.book import Charges, Fill
from recovery.demo.plan import BYBIT, HOUSE, KRAKEN, MAKER_RATE
from recovery.demo.stage import Stage
from recovery.demo.times import HOUR_MS, MINUTE_MS

_HOURS_BEFORE = {HOUSE: (3, 29), KRAKEN: (2, 7), BYBIT: (3, 20)}

# First lot to added lot. The price of an addition is picked so that the average
# entry falls on the tick: no division is ever left unfinished.
_ADDITIONS = ((1, 1), (2, 1), (3, 1), (3, 2))


def open_position(stage: Stage, dollars: int) -> None:
    """Open about so many dollars' worth, some hours before the bad one."""
    rng = stage.rng
    earliest, latest = _HOURS_BEFORE[stage.account.venue]
    before_ms = rng.randint(earliest * HOUR_MS, latest * HOUR_MS)
    opened_at = stage.moment(stage.window.centre_ms - before_ms)
    stage.deposit_at = stage.moment(opened_at - rng.randint(60, 100) * MINUTE_MS)
    stage.book.fund_until(stage.deposit_at)
    if rng.randint(1, 4) == 1:
        _earlier_trade(stage, opened_at)
    _enter(stage, opened_at, _steps(stage, opened_at, dollars))


def _steps(stage: Stage, at_ms: int, dollars: int) -> int:
    cents = stage.market.cents(stage.instrument.underlying, at_ms)
    scale: int = 10**stage.instrument.quantity_places
    return dollars * 100 * scale // cents


def _own_fill(stage: Stage, at_ms: int, side: int, quantity: Decimal) -> None:
    price = stage.price_away(at_ms, stage.rng.randint(-1, 1))
    _trade(stage, Fill(at_ms, "trade", side, quantity, price))


def _trade(stage: Stage, fill: Fill) -> None:
    taker = stage.account.taker_rate(fill.at_ms)
    is_maker = stage.account.venue == HOUSE and stage.rng.randint(1, 3) == 1
    rate = MAKER_RATE if is_maker else taker
    mark = stage.market.mark(stage.instrument, fill.at_ms)
    stage.book.fill(
        fill._replace(mark=mark, order_id=stage.order_id()), Charges(rate, rate)
    )


def _earlier_trade(stage: Stage, opened_at: int) -> None:
    """A small harmless round trip before the position."""
    rng = stage.rng
    at_ms = stage.moment(opened_at - rng.randint(30, 50) * MINUTE_MS)
    back_at = stage.moment(at_ms + rng.randint(2, 25) * MINUTE_MS)
    quantity = stage.instrument.quantity(_steps(stage, at_ms, rng.randint(500, 2500)))
    side = rng.choice((1, -1))
    _own_fill(stage, at_ms, side, quantity)
    _own_fill(stage, back_at, -side, quantity)


def _enter(stage: Stage, opened_at: int, steps: int) -> None:
    instrument = stage.instrument
    if stage.rng.randint(1, 5) > 2:
        _own_fill(stage, opened_at, stage.sign, instrument.quantity(steps))
        return
    first, added = stage.rng.choice(_ADDITIONS)
    unit = steps // (first + added)
    _own_fill(stage, opened_at, stage.sign, instrument.quantity(unit * first))
    again_at = stage.moment(opened_at + stage.rng.randint(5, 60) * MINUTE_MS)
    apart = stage.market.mark(instrument, again_at) - stage.book.entry
    pace = int(apart / instrument.ticks(first + added))
    price = stage.book.entry + instrument.ticks(pace * (first + added))
    quantity = instrument.quantity(unit * added)
    _trade(stage, Fill(again_at, "trade", stage.sign, quantity, price))


def leave_position(stage: Stage, at_ms: int) -> None:
    """The customer closes what a reduction left, on the customer's own order."""
    price = stage.price_away(at_ms, 1)
    size = stage.book.size
    side = -1 if size > 0 else 1
    _trade(stage, Fill(at_ms, "trade", side, abs(size), price))
