"""Closing a position in several fills, and the wallet that goes with it."""

from decimal import Decimal
from typing import NamedTuple

from recovery.demo.book import ZERO, Charges, Fill
from recovery.demo.stage import CLOSE_AT_LEVEL, Stage, require
from recovery.demo.times import MINUTE_MS, SECOND_MS

LIQUIDATION, POSITION_REDUCTION = "liquidation", "position_reduction"


class Wrong(NamedTuple):
    """Rates charged instead of the published ones."""

    fee: Decimal | None = None
    liquidation: Decimal | None = None

    def charges(self, right: Charges) -> Charges:
        """The published charges with the wrong rate put in."""
        if self.fee is not None:
            right = right._replace(fee=self.fee)
        if self.liquidation is not None:
            right = right._replace(liquidation=self.liquidation)
        return right


_NOTHING_WRONG = Wrong()


def lots_of(stage: Stage, quantity: Decimal, count: int) -> list[Decimal]:
    """Cut a quantity into so many lots on the size step."""
    steps = stage.instrument.steps(quantity)
    require(steps >= 4 * count)
    weights = [stage.rng.randint(2, 5) for _ in range(count)]
    lots = [steps * weight // sum(weights) for weight in weights]
    lots[-1] += steps - sum(lots)
    return [stage.instrument.quantity(lot) for lot in lots]


def instants_from(stage: Stage, start_ms: int, count: int) -> list[int]:
    """So many instants within seconds of each other, as the venue books them."""
    instants, at_ms = [], start_ms
    for _ in range(count):
        instants.append(stage.moment(at_ms))
        at_ms += stage.rng.randint(180, 2600)
    return instants


def bad_minute(stage: Stage) -> int:
    """An instant in the worst of the window, away from the funding instant."""
    offset = stage.rng.randint(-4 * MINUTE_MS, 20 * MINUTE_MS)
    if abs(offset) < 15 * SECOND_MS:
        offset += 40 * SECOND_MS
    return stage.moment(stage.window.centre_ms + offset)


def straddling(stage: Stage, count: int) -> list[int]:
    """Instants on both sides of the funding instant."""
    centre = stage.window.centre_ms
    earlier = stage.rng.randint(1, count - 1)
    earlier_ms = centre - stage.rng.randint(12 * SECOND_MS, 50 * SECOND_MS)
    first = instants_from(stage, earlier_ms, earlier)
    later_ms = centre + stage.rng.randint(1500, 20_000)
    return first + instants_from(stage, later_ms, count - earlier)


class Ladder(NamedTuple):
    """A close in several fills, and what goes wrong with it."""

    instants: list[int]
    wrong: Wrong = _NOTHING_WRONG
    is_funding_wrong: bool = False
    away_bps: tuple[int, int] = (1, 8)


def close_all(stage: Stage, ladder: Ladder) -> None:
    """Close the whole position; the event must have begun."""
    original = stage.book.size
    lots = lots_of(stage, abs(original), len(ladder.instants))
    for at_ms, lot in zip(ladder.instants, lots, strict=True):
        charged = original if ladder.is_funding_wrong else None
        stage.book.fund_until(at_ms, charged)
        mark = stage.market.mark(stage.instrument, at_ms)
        price = stage.price_away(at_ms, stage.rng.randint(*ladder.away_bps))
        fill = Fill(at_ms, LIQUIDATION, 0, lot, price, mark)
        stage.forced_fill(fill, ladder.wrong.charges(stage.charges(at_ms)))


def liquidate(stage: Stage, ladder: Ladder) -> str:
    """Close everything so that a residual of some ten basis points is left."""
    stage.begin_event(ladder.instants[0])
    size, entry = abs(stage.book.size), stage.book.entry
    signed = stage.book.size
    close_all(stage, ladder)
    booked = sum((fact.amount for fact in stage.event_facts), ZERO)
    left = size * entry * stage.rng.randint(12, 60) / 10_000
    stage.fund_wallet(left - booked)
    lever(stage, size * entry)
    mark = stage.market.mark(stage.instrument, ladder.instants[0])
    equity = stage.wallet + signed * (mark - entry)
    require(0 < equity * stage.leverage <= CLOSE_AT_LEVEL * size * entry)
    return LIQUIDATION


def lever(stage: Stage, notional: Decimal) -> None:
    """The lowest whole leverage that this wallet can have opened with."""
    require(stage.wallet > 0)
    stage.leverage = int(notional / stage.wallet) + 1


def ladder_instants(stage: Stage) -> list[int]:
    """One to four instants; some ladders go on past the funding instant."""
    count = stage.rng.randint(1, 4)
    if count > 1 and stage.rng.randint(1, 3) == 1:
        return straddling(stage, count)
    return instants_from(stage, bad_minute(stage), count)
