"""The platform's own four files: ledger, engine log, mark prices, funding rates."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from recovery.demo.book import FORCED_KINDS, ZERO, Fact
from recovery.demo.episode import Episode
from recovery.demo.files import columns, write_house
from recovery.demo.market import (
    COMPLETE_UNTIL,
    FUNDING_SLOT_MS,
    INSTRUMENTS,
    STARTS_AT,
    Market,
)
from recovery.demo.plan import HOUSE, Account
from recovery.demo.text import plain
from recovery.demo.times import HOUR_MS, MINUTE_MS, iso_text
from recovery.demo.truth import Outcome

LEDGER_HEADER = columns(
    "account,row_id,time_utc,asset,amount,balance_after,type,instrument,side,"
    "quantity,price,order_id,position_after,event_id"
)
ENGINE_HEADER = columns(
    "event_id,account,instrument,time_utc,step,action,margin_mode,trigger_mark_price,"
    "margin_level,bankruptcy_price,takeover_price,side,quantity,fill_price,"
    "entry_price,position_after,fund_movement,asset"
)
MARKS_HEADER = ("time_utc", "instrument", "mark_price")
RATES_HEADER = ("time_utc", "instrument", "funding_rate")
_SIDES = {1: "buy", -1: "sell", 0: ""}
_ACTIONS = {"reduction": "reduce", "liquidation": "close", "insurance_cover": "cover"}

Row = tuple[str, ...]
_Named = tuple[str, Outcome, int]  # Account number, event, number of the step.


class Played(NamedTuple):
    """An account and the episodes it went through."""

    account: Account
    episodes: list[Episode]


class _Entry(NamedTuple):
    """A ledger row without its id; sorts by time, then account, then order."""

    at_ms: int
    account: str
    order: int
    cells: tuple[str, ...]
    asset: str
    amount: Decimal


def write_house_files(out: Path, played: Sequence[Played], market: Market) -> None:
    """Write the four files of the house."""
    _write_ledger(out, played)
    _write_engine_log(out, played)
    _write_marks(out, played, market)
    _write_rates(out, market)


def _write_ledger(out: Path, played: Iterable[Played]) -> None:
    entries = [entry for one in played for entry in _entries(one)]
    entries.sort(key=lambda entry: entry[:3])
    sums: dict[str, Decimal] = {}
    rows = []
    for place, entry in enumerate(entries):
        sums[entry.asset] = sums.get(entry.asset, ZERO) + entry.amount
        row_id, at = f"HL{place + 4_100_001:09d}", iso_text(entry.at_ms)
        rows.append((entry.account, row_id, at, *entry.cells))
    write_house(out / "house-ledger.csv", LEDGER_HEADER, rows, sums)


def _entries(played: Played) -> Iterator[_Entry]:
    balance, order = ZERO, 0
    number = played.account.number
    for episode in played.episodes:
        for fact in episode.facts:
            for kind, amount in _effects(fact):
                balance += amount
                order += 1
                cells = _cells(fact, kind, amount, balance)
                asset = fact.instrument.asset
                yield _Entry(fact.at_ms, number, order, cells, asset, amount)


def _effects(fact: Fact) -> list[tuple[str, Decimal]]:
    """The cash effects of a fact, one row each."""
    if fact.kind == "funding":
        return [("funding", fact.funding)]
    if not fact.side:
        return [(fact.kind, fact.other)]
    effects = [(fact.kind, fact.pnl), ("trading_fee", fact.fee)]
    if fact.kind in FORCED_KINDS:
        effects.append(("liquidation_fee", fact.liquidation_fee))
    return effects


def _cells(fact: Fact, kind: str, amount: Decimal, balance: Decimal) -> tuple[str, ...]:
    is_trading = bool(fact.quantity)
    return (
        fact.instrument.asset,
        plain(amount),
        plain(balance),
        kind,
        fact.instrument.name if is_trading else "",
        _SIDES[fact.side],
        plain(fact.quantity) if is_trading else "",
        plain(fact.price) if is_trading else "",
        fact.order_id,
        plain(fact.size_after) if is_trading else "",
        fact.event_id,
    )


class _Decision(NamedTuple):
    """What the engine saw when it acted."""

    level: str
    bankruptcy_price: str


def _decision(
    outcome: Outcome, size: Decimal, balance: Decimal, fact: Fact
) -> _Decision:
    if not size:
        return _Decision("", "")
    used = abs(size) * fact.entry / outcome.leverage
    level = (balance + size * (fact.mark - fact.entry)) / used
    bankruptcy = fact.entry - balance / size
    tick = fact.instrument.ticks(1)
    return _Decision(
        plain(level.quantize(Decimal("0.000001"))), plain(bankruptcy.quantize(tick))
    )


def _engine_rows(account: str, outcome: Outcome) -> Iterator[tuple[Row, Decimal]]:
    """The steps of one event with the fund movement of each."""
    balance, step = outcome.opening, 0
    swept = sum((f.other for f in outcome.facts if f.kind == "surplus_taken"), ZERO)
    last_fill = outcome.forced[-1]
    for fact in outcome.facts:
        if fact.kind in {"funding", "surplus_taken"}:
            balance += fact.amount
            continue
        step += 1
        movement = -fact.liquidation_fee - fact.other
        if fact is last_fill:
            movement -= swept
        decision = _decision(outcome, fact.size_before, balance, fact)
        balance += fact.amount
        yield _engine_row((account, outcome, step), fact, decision, movement), movement
    if last_fill.size_after:
        decision = _decision(outcome, last_fill.size_after, balance, last_fill)
        named = (account, outcome, step + 1)
        yield _restored_row(named, last_fill, decision), ZERO


def _engine_row(named: _Named, fact: Fact, decision: _Decision, moved: Decimal) -> Row:
    account, outcome, step = named
    is_fill = bool(fact.side)
    return (
        outcome.event_id,
        account,
        outcome.forced[0].instrument.name,
        iso_text(fact.at_ms),
        str(step),
        _ACTIONS[fact.kind],
        outcome.margin_mode,
        plain(fact.mark) if is_fill else "",
        decision.level,
        decision.bankruptcy_price,
        "",
        _SIDES[fact.side],
        plain(fact.quantity) if is_fill else "",
        plain(fact.price) if is_fill else "",
        plain(fact.entry) if is_fill else "",
        plain(fact.size_after),
        plain(moved),
        fact.instrument.asset,
    )


def _restored_row(named: _Named, fact: Fact, decision: _Decision) -> Row:
    account, outcome, step = named
    return (
        outcome.event_id,
        account,
        fact.instrument.name,
        iso_text(fact.at_ms + 5),
        str(step),
        "restored",
        outcome.margin_mode,
        plain(fact.mark),
        decision.level,
        decision.bankruptcy_price,
        *("",) * 4,
        plain(fact.entry),
        plain(fact.size_after),
        "0",
        fact.instrument.asset,
    )


def _write_engine_log(out: Path, played: Iterable[Played]) -> None:
    rows: list[Row] = []
    sums: dict[str, Decimal] = {}
    for one in played:
        for episode in one.episodes:
            for row, movement in _engine_rows(one.account.number, episode.outcome):
                rows.append(row)
                sums[row[-1]] = sums.get(row[-1], ZERO) + movement
    rows.sort(key=lambda row: (row[3], row[0], int(row[4])))
    write_house(out / "house-engine-log.csv", ENGINE_HEADER, rows, sums)


def _write_marks(out: Path, played: Iterable[Played], market: Market) -> None:
    """Every hour, every minute of the bad hours, and every trigger."""
    instants = set(range(STARTS_AT, COMPLETE_UNTIL, HOUR_MS))
    for window in market.windows:
        centre = window.centre_ms
        first, last = centre - HOUR_MS, centre + HOUR_MS + 1
        instants.update(range(first, last, MINUTE_MS))
    instruments = [i for i in INSTRUMENTS if i.venue == HOUSE]
    marks = {(at, i.name): market.mark(i, at) for at in instants for i in instruments}
    for one in played:
        for episode in one.episodes:
            for fact in episode.outcome.forced:
                marks[fact.at_ms, fact.instrument.name] = fact.mark
    rows = [(iso_text(at), name, plain(marks[at, name])) for at, name in sorted(marks)]
    write_house(out / "house-mark-prices.csv", MARKS_HEADER, rows, {})


def _write_rates(out: Path, market: Market) -> None:
    rows = [
        (iso_text(at), instrument.name, plain(market.funding_rate(instrument, at)))
        for at in range(STARTS_AT, COMPLETE_UNTIL, FUNDING_SLOT_MS)
        for instrument in INSTRUMENTS
        if instrument.venue == HOUSE
    ]
    write_house(out / "house-funding-rates.csv", RATES_HEADER, rows, {})
