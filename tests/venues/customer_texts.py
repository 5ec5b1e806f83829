"""Short files of several venues, and what they come to."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import RowProblem
from recovery.venues.interpretation import Interpreter
from recovery.venues.outcomes import Outcome
from tests.venues.reports import lines_of, sums_of, understood

HISTORY = "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark"
ROWS = (
    "71,2026-03-04 05:10:00,USD-M Futures,Fee,USDT,-0.8,",
    "71,2026-03-04 09:30:11,USD-M Futures,Realized Profit and Loss,USDT,-310.5,",
    "71,2026-03-04 09:30:11,USD-M Futures,Insurance Fund Compensation,USDT,-12.375,",
)
SUMS = {"USDT": {"FEE": "-0.8", "INS": "-12.375", "PNL": "-310.5"}}
TRADES = (
    "Uid,Time,Symbol,Side,Price,Quantity,Amount,Fee,Realized Profit,Buyer,Maker,"
    "Trade ID,Order ID"
)
TRADE = (
    "71,26-03-04 09:30:11,ETHUSDT,SELL,1689.5,1,1689.5,1.20USDT,-310.5,false,false,9,5"
)
OKX_ABOVE = "UID:5,Account Type:Main,Time Zone:UTC+3"
OKX_NAMES = (
    "id,Order id,Time,Trade Type,Symbol,Action,Amount,Trading Unit,Filled Price,PnL,Fee,"
    "Fee Unit,Position Change,Position Balance,Balance Change,Balance,Balance Unit"
)
LIQUIDATED = (
    "2,8,2026-03-04 17:00:05,Swap,ETH-USDT-SWAP,Liquidation long,10,cont,1790,-210,"
    "-0.895,USDT,-10,0,-210.895,289.105,USDT"
)
BROUGHT_IN = (
    "1,7,2026-03-04 08:00:00,Transfer,,Transfer in,0,cont,0E-8,0E-8,0E-8,USDT,0E-8,0E-8,"
    "500,500,USDT"
)
LOG_ID = "6e2f0d5a-1111-4222-8333-944444444444"


def text_of(*rows: str) -> str:
    return "".join(f"{row}\n" for row in rows)


def saved(folder: Path, text: str, name: str = "source.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def read(
    folder: Path, text: str, name: str = "source.csv", **given: str
) -> tuple[list[Outcome], Interpreter]:
    return understood(saved(folder, text, name), **given)


def sums(found: Iterable[Outcome]) -> dict[str, dict[str, str]]:
    return sums_of(lines_of(found))


def refusal(folder: Path, text: str, name: str = "source.csv", **given: str) -> str:
    with pytest.raises(RecoveryError) as refused:
        read(folder, text, name, **given)
    return str(refused.value)


def problems(found: Iterable[Outcome]) -> list[RowProblem]:
    return [one for one in found if isinstance(one, RowProblem)]


def answer(*rows: dict[str, object]) -> dict[str, object]:
    return {"retCode": 0, "result": {"list": list(rows)}, "retExtInfo": {}}


def closed(order: str) -> dict[str, object]:
    return {
        "symbol": "ETHUSDT", "orderId": order, "side": "Sell", "qty": "2",
        "execType": "BustTrade", "closedSize": "2", "avgEntryPrice": "2000",
        "avgExitPrice": "1795", "closedPnl": "-414", "updatedTime": "1772640000000",
    }  # fmt: skip
