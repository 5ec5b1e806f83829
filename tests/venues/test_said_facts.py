"""What the venues' documents say of their rows, fact by fact, in the smallest file."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.venues.reports import lines_of, report, understood

DERIBIT = (
    "ID,UserSeq,Date,Instrument,Type,Side,Amount,Base Amount,Position,Price,Mark Price,"
    "Index Price,Cash Flow,Funding,Fee Rate,Fee Charged,Fee Balance,Change,Balance,"
    "Equity,Trade ID,Order ID,Info,Note"
)
DERIBIT_NAME = "transaction_log-31-ETH-20260501-20260502.csv"
BITMEX = (
    '"transactTime","symbol","execType","side","lastQty","lastPx","execCost",'
    '"commission","execComm","ordType","orderQty","leavesQty","price","text","orderID"'
)


def told(folder: Path, name: str, text: str, **given: str) -> dict[str, Any]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return report(path, **given)


def deribit(*rows: str) -> str:
    return "\n".join((DERIBIT, *rows, ""))


def trade(flow: str, change: str, *, info: str = "", note: str = "") -> str:
    return (
        "4,9,2026-05-01 08:00:00,ETH-PERPETUAL,trade,close sell,10,10,0,1900,1900,1900,"
        f"{flow},0,0.0005,0.0003,0.4,{change},1,1,T,O,{info},{note}"
    )


def answered(folder: Path, rows: object, **given: str) -> dict[str, Any]:
    return told(folder, "answer.json", json.dumps(rows), account="31", **given)


@pytest.mark.parametrize("flow", ["-0.05", "0"])
def test_a_fee_taken_from_the_fee_balance_is_none_of_this_wallet(
    tmp_path: Path, flow: str
) -> None:
    came_to = told(tmp_path, DERIBIT_NAME, deribit(trade(flow, flow)))
    assert came_to["sums"] == ({"ETH": {"PNL": flow}} if flow != "0" else {})


@pytest.mark.parametrize(("flow", "change"), [("-0.05", "-0.0503"), ("0", "-0.0003")])
def test_a_fee_inside_the_change_is_told_apart(
    tmp_path: Path, flow: str, change: str
) -> None:
    came_to = told(tmp_path, DERIBIT_NAME, deribit(trade(flow, change)))
    result = {} if flow == "0" else {"PNL": flow}
    assert came_to["sums"] == {"ETH": {"FEE": "-0.0003", **result}}


@pytest.mark.parametrize("at", ["info", "note"])
@pytest.mark.parametrize("word", ["Liquidation order", "liquidated"])
def test_info_and_note_may_name_a_liquidation(
    tmp_path: Path, at: str, word: str
) -> None:
    came_to = told(tmp_path, DERIBIT_NAME, deribit(trade("0", "-0.0003", **{at: word})))
    assert [one["kind"] for one in came_to["events"]] == ["liquidation"]


def test_rows_of_one_second_follow_the_users_sequence_and_not_their_ids(
    tmp_path: Path,
) -> None:
    rows = [
        f"{own},{sequence},2026-05-01 08:00:00,-,transfer,-,-,-,-,-,-,-,-,-,-,-,-,"
        f"{change},{balance},{balance},-,-,,"
        for own, sequence, change, balance in (
            (7, 22, "-3", "7"),
            (9, 21, "10", "10"),
            (5, 23, "1", "8"),
        )
    ]
    assert told(tmp_path, DERIBIT_NAME, deribit(*rows))["gaps"] == []


@pytest.mark.parametrize("text", ["Liquidated", "Bankruptcy", "Liquidation"])
def test_a_trade_at_bitmex_is_forced_by_any_of_these_words(
    tmp_path: Path, text: str
) -> None:
    cells = (
        "1/26/2020, 6:32:04 PM",
        "XBTUSD",
        "Trade",
        "Sell",
        "100",
        "8500",
        "1176500",
        "0.00075",
        "882",
        "Limit",
        "100",
        "0",
        "8500",
        text,
        "O",
    )
    row = ",".join(f'"{cell}"' for cell in cells)
    came_to = told(
        tmp_path, "trades.csv", f"{BITMEX}\n{row}\n", account="31", zone="UTC"
    )
    assert [one["kind"] for one in came_to["events"]] == ["liquidation"]


@pytest.mark.parametrize(
    ("sentence", "role"),
    [
        ("Position #7 (0.1 BTC) closed @ 59000 on wallet margin", "PNL"),
        ("Position #7 funding cost on wallet margin", "INT"),
        ("Used Margin Funding Charge on wallet margin", "INT"),
        ("Margin Funding Payment on wallet margin", "INT"),
        ("Funding Event on wallet margin", "FUND"),
        ("Position claim fee on wallet margin", "FEE"),
        ("Withdrawal fee on wallet margin", "FEE"),
        ("Liquidation fee on wallet margin", "LIQFEE"),
    ],
)
def test_sentences_of_a_ledger_name_their_role(
    tmp_path: Path, sentence: str, role: str
) -> None:
    text = (
        "#,DESCRIPTION,CURRENCY,AMOUNT,BALANCE,DATE,WALLET\n"
        f"1,{sentence},USD,-10,90,31-05-26 10:00:00,margin\n"
    )
    came_to = told(tmp_path, "ledger.csv", text, account="31", zone="UTC")
    assert came_to["sums"] == {"USD": {role: "-10"}}
    assert came_to["unknown"] == {}


def test_margin_moved_to_a_position_is_no_money_of_the_account(tmp_path: Path) -> None:
    bills = [
        {"billId": "2", "symbol": "ETHUSDT", "amount": "-10", "fee": "0",
         "feeByCoupon": "", "businessType": "append_margin", "coin": "USDT",
         "balance": "100", "cTime": "1777600002000"},
        {"billId": "1", "symbol": "", "amount": "100", "fee": "0",
         "feeByCoupon": "", "businessType": "trans_from_exchange", "coin": "USDT",
         "balance": "100", "cTime": "1777600001000"},
    ]  # fmt: skip
    came_to = answered(tmp_path, {"code": "00000", "data": {"bills": bills}})
    assert came_to["sums"] == {"USDT": {"XFER": "100"}}
    assert (came_to["accepted"], came_to["gaps"]) == (2, [])


def test_every_offsetting_is_a_deleveraging(tmp_path: Path) -> None:
    row = {
        "id": "1", "symbol": "ETHUSDT", "marginCoin": "USDT", "amount": "-10",
        "futureTaxType": "OFFSET_BUY_SSM", "fee": "0", "ts": "1777600001000",
    }  # fmt: skip
    came_to = answered(tmp_path, {"code": "00000", "data": [row]})
    assert came_to["sums"] == {"USDT": {"ADL": "-10"}}


def test_a_suborder_of_a_slow_order_is_an_ordinary_fill(tmp_path: Path) -> None:
    fill = {
        "id": "a", "side": "SELL", "liquidity": "TAKER", "type": "TWAP_SUBORDER",
        "market": "ETH-USD", "price": "2000", "size": "1", "fee": "1", "orderId": "o",
        "createdAt": "2026-05-01T10:00:00.000Z", "subaccountNumber": 0,
    }  # fmt: skip
    came_to = answered(tmp_path, {"fills": [fill]})
    assert (came_to["unknown"], came_to["events"]) == ({}, [])


def test_an_order_that_was_never_filled_is_left_out(tmp_path: Path) -> None:
    header = (
        "UID,Time(UTC+08:00),Futures Trading Pair,Direction,Leverage,Order Type,"
        "Order Qty (Cont.),Filled Qty (Cont.),Order Qty (Crypto),Filled Qty (Crypto),"
        "Order Qty (Amount),Filled Qty (Amount),Order Price,Average Filled Price,"
        "Closing PNL,Trading Fee,Fee-payment Crypto,Status"
    )
    row = (
        "7,2026-05-01 10:00:00,ETHUSDT,sell long,10,limit,10,{},0.1,0,200,0,2000,--,"
        "{},{},{},{}"
    )
    rows = (
        row.format("0", "--", "--", "--", "Cancelled"),
        row.format("4", "-3", "0.5", "USDT", "Cancelled"),
    )
    came_to = told(tmp_path, "orders.csv", "\n".join((header, *rows, "")))
    assert (came_to["ignored"], came_to["rejected"]) == (1, 0)
    assert came_to["sums"] == {"USDT": {"FEE": "-0.5", "PNL": "-3"}}


def test_own_ids_of_deribit_name_the_row_and_its_place(tmp_path: Path) -> None:
    path = tmp_path / DERIBIT_NAME
    path.write_text(deribit(trade("0", "-0.0003")), encoding="utf-8")
    (line,) = lines_of(understood(path)[0])
    assert line.source_id == "4:9"


@pytest.mark.parametrize(
    ("way", "kinds"),
    [
        ("Liquidated Isolated Short", ["liquidation"]),
        ("Market Order Liquidation: Close Long", ["liquidation"]),
        ("Auto Deleveraging", ["adl"]),
        ("Close Long", []),
    ],
)
def test_the_way_of_a_fill_at_hyperliquid_names_what_forced_it(
    tmp_path: Path, way: str, kinds: list[str]
) -> None:
    text = (
        "time,coin,dir,px,sz,ntl,fee,closedPnl\n"
        f"3/14/2026 - 09:10:11,ETH,{way},2000,1,2000,0.9,-50.9\n"
    )
    came_to = told(tmp_path, "trades.csv", text, account="0xaa", zone="UTC")
    assert [one["kind"] for one in came_to["events"]] == kinds
    assert came_to["unknown"] == {}
