"""Account logs of Kraken Futures and Bybit, newest row first, one per account."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random

from recovery.demo.book import ZERO, Fact
from recovery.demo.files import Row, columns, write_rows
from recovery.demo.house_files import Played
from recovery.demo.market import COMPLETE_UNTIL, STARTS_AT
from recovery.demo.text import booking_uid, plain, trailing_dot, twenty_places
from recovery.demo.times import SECOND_MS, day_text, second_text

KRAKEN_HEADER = columns(
    "uid,dateTime,account,type,symbol,contract,change,new balance,"
    "new average entry price,trade price,mark price,funding rate,realized pnl,fee,"
    "realized funding,collateral,conversion spread percentage,liquidation fee,"
    "position uid,exchange rate,exchange rate from,conversion fee"
)
BYBIT_U2_HEADER = columns(
    "Uid,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,"
    "Fee Paid,Cash Flow,Change,Wallet Balance,Action,Time(UTC)"
)
BYBIT_U1_HEADER = columns(
    "Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,"
    "Fee Paid,Cash Flow,Change,Wallet Balance,Action,OrderId,TradeId,Time"
)
_KRAKEN_TYPES = {"trade": "futures trade", "liquidation": "futures liquidation"}
_BYBIT_TYPES = {
    "deposit": "TRANSFER_IN",
    "transfer_in": "TRANSFER_IN",
    "withdrawal": "TRANSFER_OUT",
    "transfer_out": "TRANSFER_OUT",
    "trade": "TRADE",
    "liquidation": "LIQUIDATION",
    "funding": "SETTLEMENT",
}
_NOTHING = twenty_places(ZERO)


def _with_balances(played: Played) -> Iterator[tuple[Fact, Decimal]]:
    """The account's facts, oldest first, with the cash balance after each."""
    balance = ZERO
    for episode in played.episodes:
        for fact in episode.facts:
            balance += fact.amount
            yield fact, balance


def write_kraken(out: Path, played: Played, rng: Random) -> Path:
    """Write one Kraken Futures account log.

    Returns:
        the path of the file, relative to `out`.
    """
    rows = [
        row
        for fact, balance in _with_balances(played)
        for row in _kraken_rows(fact, balance, rng)
    ]
    written_at = COMPLETE_UNTIL // SECOND_MS
    name = f"account_log_{booking_uid(rng)}_{written_at}.csv"
    path = Path("kraken_futures") / played.account.number / name
    write_rows(out / path, KRAKEN_HEADER, reversed(rows))
    return path


def _kraken_rows(fact: Fact, balance: Decimal, rng: Random) -> Iterator[Row]:
    """The legs of a fact as they were booked: the position before the cash."""
    contract = fact.instrument.name.lower() if fact.quantity else ""
    kind = _KRAKEN_TYPES.get(fact.kind, "cross-exchange transfer")
    if fact.kind == "funding":
        kind = "funding rate change"
    start = {"dateTime": second_text(fact.at_ms), "account": "flex", "type": kind}
    start["contract"] = contract
    if fact.side:
        yield _kraken_cells(rng, start | _kraken_position_leg(fact))
    cash = {
        "symbol": fact.instrument.asset.lower(),
        "change": trailing_dot(fact.amount),
        "new balance": trailing_dot(balance),
    }
    yield _kraken_cells(rng, start | cash | _kraken_cash_parts(fact))


def _kraken_cells(rng: Random, named: dict[str, str]) -> Row:
    return [booking_uid(rng), *(named.get(name, "") for name in KRAKEN_HEADER[1:])]


def _kraken_position_leg(fact: Fact) -> dict[str, str]:
    return {
        "symbol": fact.instrument.name.lower(),
        "change": trailing_dot(fact.side * fact.quantity),
        "new balance": trailing_dot(fact.size_after),
        "new average entry price": trailing_dot(fact.entry),
        "trade price": plain(fact.price),
        "mark price": plain(fact.mark),
    }


def _kraken_cash_parts(fact: Fact) -> dict[str, str]:
    if fact.kind == "funding":
        rate, funding = trailing_dot(fact.rate), trailing_dot(fact.funding)
        return {"funding rate": rate, "realized funding": funding, "fee": "0."}
    if not fact.side:
        return {}
    return {
        "trade price": plain(fact.price),
        "mark price": plain(fact.mark),
        "realized pnl": trailing_dot(fact.pnl),
        "fee": trailing_dot(-fact.fee),
        "realized funding": trailing_dot(fact.funding),
    }


def write_bybit(out: Path, played: Played, rng: Random) -> Path:
    """Write one Bybit transaction log in the account's generation.

    Returns:
        the path of the file, relative to `out`.
    """
    number = played.account.number
    facts = list(_with_balances(played))
    if played.account.layout == "U2":
        rows: list[Row] = [
            [number, *_bybit_cells(fact, balance), second_text(fact.at_ms)]
            for fact, balance in facts
        ]
        period = f"{day_text(STARTS_AT)}_{day_text(COMPLETE_UNTIL)}".replace("-", "")
        path = Path("bybit") / f"AssetChangeDetails_uta_{number}_{period}_0.csv"
        preamble = f"UID: {number},Company Name: ,Country: "
        write_rows(out / path, BYBIT_U2_HEADER, reversed(rows), preamble)
        return path
    rows = [
        [*_bybit_cells(fact, balance), *_bybit_ids(fact, rng), _milliseconds(fact)]
        for fact, balance in facts
    ]
    first, last = facts[0][0].at_ms // SECOND_MS, COMPLETE_UNTIL // SECOND_MS
    path = Path("bybit") / number / f"Bybit-UM-TransactionLog-{first}-{last}.csv"
    write_rows(out / path, BYBIT_U1_HEADER, reversed(rows))
    return path


def _milliseconds(fact: Fact) -> str:
    return f"{second_text(fact.at_ms)}.{fact.at_ms % SECOND_MS:03d}"


def _bybit_ids(fact: Fact, rng: Random) -> list[str]:
    return [fact.order_id or booking_uid(rng), booking_uid(rng)]


def _bybit_cells(fact: Fact, balance: Decimal) -> list[str]:
    is_funding, is_fill = fact.kind == "funding", bool(fact.side)
    direction, action = "--", "--"
    if is_funding:
        direction, action = ("BUY" if fact.size_after > 0 else "SELL"), "SETTLEMENT"
    elif is_fill:
        direction = "BUY" if fact.side > 0 else "SELL"
        action = "CLOSE" if fact.pnl or fact.kind == "liquidation" else "OPEN"
    return [
        fact.instrument.asset,
        fact.instrument.name if is_fill or is_funding else "",
        _BYBIT_TYPES[fact.kind],
        direction,
        "--" if is_funding else twenty_places(fact.quantity),
        twenty_places(fact.size_after),
        "--" if is_funding else twenty_places(fact.price),
        twenty_places(fact.funding) if is_funding else _NOTHING,
        twenty_places(fact.fee) if is_fill else _NOTHING,
        twenty_places(fact.pnl + fact.other),
        twenty_places(fact.amount),
        twenty_places(balance),
        action,
    ]
