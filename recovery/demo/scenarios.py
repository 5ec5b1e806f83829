"""What can happen to a position: one function for each scenario.

Each plays the event on a stage and returns its kind. A defect is booked through
the charges or through the size that funding is charged on; nothing else differs
from a clean event.
"""

from collections.abc import Callable
from decimal import Decimal

from recovery.demo.book import ZERO, Fill
from recovery.demo.ladders import (
    LIQUIDATION,
    POSITION_REDUCTION,
    Ladder,
    Wrong,
    bad_minute,
    close_all,
    instants_from,
    ladder_instants,
    lever,
    liquidate,
    lots_of,
    straddling,
)
from recovery.demo.plan import (
    BASE,
    HOUSE,
    TAKER_RATES,
    VIP1,
    Planned,
)
from recovery.demo.stage import (
    CLOSE_AT_LEVEL,
    REDUCE_AT_LEVEL,
    Stage,
    UnlikelyDrawError,
    require,
)
from recovery.demo.times import MINUTE_MS, SECOND_MS

_DOUBLE_LIQUIDATION_RATE = Decimal("0.01")
_UNPUBLISHED_FEE_RATES = (Decimal("0.0006"), Decimal("0.00075"))
_PART_LEAST = Decimal("0.25")  # A smaller variance might pass as tolerance.


def _wrong_rate(stage: Stage) -> Wrong:
    """A rate that is certainly wrong for this account."""
    tier = stage.account.tier_at(stage.window.centre_ms)
    if tier == VIP1 and stage.rng.randint(1, 3) > 1:
        return Wrong(fee=TAKER_RATES[HOUSE, BASE])
    if stage.account.venue == HOUSE and stage.rng.randint(1, 2) == 1:
        return Wrong(liquidation=_DOUBLE_LIQUIDATION_RATE)
    return Wrong(fee=stage.rng.choice(_UNPUBLISHED_FEE_RATES))


def _require_parts(stage: Stage) -> None:
    """Every part of the variance is large enough to be called one."""
    facts = stage.event_facts
    fee = sum((f.fee + f.liquidation_fee for f in facts), ZERO)
    fee -= sum((f.fee_due + f.liquidation_fee_due for f in facts), ZERO)
    funding = sum((f.funding - f.funding_due for f in facts), ZERO)
    require(not 0 < abs(fee) < _PART_LEAST)
    require(not 0 < abs(funding) < _PART_LEAST)
    require(fee != funding)


def clean(stage: Stage) -> str:
    """Closed, charged rightly; the residual stays in the wallet."""
    return liquidate(stage, Ladder(ladder_instants(stage)))


def fee_wrong(stage: Stage) -> str:
    """A trading or liquidation fee at another rate than published."""
    kind = liquidate(stage, Ladder(ladder_instants(stage), _wrong_rate(stage)))
    _require_parts(stage)
    return kind


def funding_wrong(stage: Stage) -> str:
    """Funding charged on the original size after part of it was closed."""
    instants = straddling(stage, stage.rng.randint(2, 4))
    kind = liquidate(stage, Ladder(instants, is_funding_wrong=True))
    _require_parts(stage)
    return kind


def fee_and_funding(stage: Stage) -> str:
    """Both defects in one event."""
    instants = straddling(stage, stage.rng.randint(2, 4))
    wrong = _wrong_rate(stage)
    kind = liquidate(stage, Ladder(instants, wrong, is_funding_wrong=True))
    _require_parts(stage)
    return kind


def missing(stage: Stage) -> str:
    """The residual is swept into the fund although policy returns it."""
    kind = clean(stage)
    left = stage.wallet + sum((fact.amount for fact in stage.event_facts), ZERO)
    require(left > 5)
    _fund_row(stage, "surplus_taken", -left)
    return kind


def deficit_covered(stage: Stage) -> str:
    """The fills gap through the bankruptcy price; the fund pays the rest."""
    instants = instants_from(stage, bad_minute(stage), stage.rng.randint(1, 3))
    stage.begin_event(instants[0])
    notional = abs(stage.book.size) * stage.book.entry
    mark = stage.market.mark(stage.instrument, instants[0])
    equity = notional * stage.rng.randint(40, 120) / 10_000
    stage.fund_wallet(equity - stage.book.size * (mark - stage.book.entry))
    lever(stage, notional)
    require(stage.level(stage.wallet, mark) <= CLOSE_AT_LEVEL)
    close_all(stage, Ladder(instants, away_bps=(130, 420)))
    left = stage.wallet + sum((fact.amount for fact in stage.event_facts), ZERO)
    require(left < -5)
    _fund_row(stage, "insurance_cover", -left)
    return LIQUIDATION


def _fund_row(stage: Stage, kind: str, amount: Decimal) -> None:
    """A movement between the wallet and the insurance fund, moments later."""
    at_ms = stage.event_facts[-1].at_ms + stage.rng.randint(120, 2400)
    stage.book.move(at_ms, kind, amount, ("", stage.event_id))


def to_fund(stage: Stage) -> str:
    """The venue takes the position over at the bankruptcy price; nothing is left."""
    at_ms = bad_minute(stage)
    stage.begin_event(at_ms)
    size, entry = stage.book.size, stage.book.entry
    mark = stage.market.mark(stage.instrument, at_ms)
    price = stage.price_away(at_ms, stage.rng.randint(35, 95))
    count = 1 if stage.rng.randint(1, 3) > 1 else 2
    for lot in lots_of(stage, abs(size), count):
        stage.forced_fill(Fill(at_ms, LIQUIDATION, 0, lot, price, mark))
    booked = sum((fact.amount for fact in stage.event_facts), ZERO)
    stage.fund_wallet(-booked, to_the_cent=False)
    lever(stage, abs(size) * entry)
    require(stage.leverage <= 50)
    return LIQUIDATION


def _reduce(stage: Stage, at_ms: int, leverage: int) -> None:
    """Close just as much as brings the level back to one."""
    stage.begin_event(at_ms)
    book, rng = stage.book, stage.rng
    size, unit_margin = abs(book.size), book.entry / leverage
    mark = stage.market.mark(stage.instrument, at_ms)
    price = stage.price_away(at_ms, rng.randint(1, 6))
    wanted = REDUCE_AT_LEVEL * rng.randint(90, 99) / 100
    loss = book.size * (mark - book.entry)
    stage.fund_wallet(wanted * size * unit_margin - loss)
    stage.leverage = leverage
    equity = stage.wallet + loss
    require(equity < REDUCE_AT_LEVEL * size * unit_margin)
    require(stage.wallet >= size * unit_margin)
    if rng.randint(1, 3) == 1 and stage.wallet >= size * unit_margin * 3 / 2:
        earlier_ms = at_ms - rng.randint(5 * MINUTE_MS, 40 * MINUTE_MS)
        stage.add_margin_later(rng.randint(8, 25), earlier_ms)
    charges = stage.charges(at_ms)
    cost = price * (charges.fee + charges.liquidation) + abs(mark - price)
    require(unit_margin > 2 * cost)
    exact = (size * unit_margin - equity) / (unit_margin - cost)
    quantity = stage.instrument.quantity(stage.instrument.steps(exact))
    require(quantity < size)
    count = rng.randint(1, 2)
    lots = lots_of(stage, quantity, count)
    for lot, when in zip(lots, instants_from(stage, at_ms, count), strict=True):
        stage.forced_fill(Fill(when, "reduction", 0, lot, price, mark))


def reduction_saved(stage: Stage) -> str:
    """A reduction near the turn of the market brings the level back."""
    offset = stage.rng.randint(20 * MINUTE_MS, 24 * MINUTE_MS)
    _reduce(stage, stage.window.centre_ms + offset, stage.rng.randint(7, 12))
    return POSITION_REDUCTION


def reduction_failed(stage: Stage) -> str:
    """A reduction, funding on what is left, then the close of the rest."""
    centre = stage.window.centre_ms
    at_ms = centre - stage.rng.randint(25 * SECOND_MS, 100 * SECOND_MS)
    _reduce(stage, at_ms, stage.rng.randint(25, 31))
    stage.book.fund_until(centre)
    close_at = _fall_through(stage, centre + MINUTE_MS)
    instants = instants_from(stage, close_at, stage.rng.randint(1, 3))
    close_all(stage, Ladder(instants, away_bps=(1, 4)))
    left = stage.wallet + sum((fact.amount for fact in stage.event_facts), ZERO)
    require(left > 5)
    return LIQUIDATION


def _fall_through(stage: Stage, from_ms: int) -> int:
    """The first instant, on a grid, at which the rest is to be closed."""
    wallet = stage.wallet + sum((fact.amount for fact in stage.event_facts), ZERO)
    book = stage.book
    margin = CLOSE_AT_LEVEL * abs(book.size) * book.entry / stage.leverage
    threshold = book.entry + (margin - wallet) / book.size
    last_ms = stage.window.centre_ms + 24 * MINUTE_MS
    for at_ms in range(from_ms, last_ms, 4 * SECOND_MS):
        mark = stage.market.mark(stage.instrument, at_ms)
        if stage.sign * (mark - threshold) <= 0:
            return at_ms + stage.rng.randint(0, 900)
    raise UnlikelyDrawError


SCENARIOS: dict[str, Callable[[Stage], str]] = {
    "clean": clean,
    "fee_wrong": fee_wrong,
    "to_fund": to_fund,
    "deficit_covered": deficit_covered,
    "reduction_saved": reduction_saved,
    "reduction_failed": reduction_failed,
    "funding_wrong": funding_wrong,
    "fee_and_funding": fee_and_funding,
    "missing": missing,
    "over": clean,
}


def dollars_wanted(stage: Stage, planned: Planned) -> int:
    """About how large the position of a scenario is."""
    if planned.scenario.startswith("reduction"):
        return stage.rng.randint(600, 2400) * 100
    return stage.rng.randint(70, 520) * 100
