"""Answers of interfaces and lists of pages, as customers save them."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import EventMarker, LedgerLine, LedgerRole
from recovery.reading.read_file import ZONE_ASSUMED, warnings_told
from recovery.sheets.open_source import open_source
from recovery.venues.headerless import with_header
from recovery.venues.recognition import recognise
from tests.venues.customer_texts import (
    HISTORY,
    LIQUIDATED,
    OKX_ABOVE,
    OKX_NAMES,
    ROWS,
    SUMS,
    TRADE,
    TRADES,
    answer,
    closed,
    read,
    refusal,
    saved,
    sums,
    text_of,
)
from tests.venues.reports import lines_of, understood

# --- answers of interfaces ------------------------------------------------------------------


@pytest.mark.parametrize("between", ["", "\n", " ,\n\n", "list"])
def test_pages_of_an_answer_are_one_table(between: str, tmp_path: Path) -> None:
    pages = [answer(closed("o1"), closed("o2")), answer(closed("o3"))]
    text = (
        json.dumps(pages) if between == "list" else between.join(map(json.dumps, pages))
    )
    lines = lines_of(read(tmp_path, text, "pages.json", account="9")[0])
    assert [one.order_id for one in lines] == ["o1", "o2", "o3"]


def test_one_trade_under_its_id_is_a_row(tmp_path: Path) -> None:
    trade = {
        "ordertxid": "O2", "pair": "XETHZUSD", "time": 1772640000.5, "type": "sell",
        "ordertype": "market", "price": "1795", "cost": "3590", "fee": "1.7",
        "vol": "2", "margin": "0", "misc": "liquidated", "ledgers": ["L4", "L5"],
    }  # fmt: skip
    text = json.dumps({"error": [], "result": {"trades": {"T2": trade}, "count": 1}})
    (line,) = lines_of(read(tmp_path, text, "trades.json", account="3")[0])
    assert (line.source_id, line.marker) == ("T2", EventMarker.LIQUIDATION)


def test_fee_in_another_asset_stays_out_of_a_trade_of_the_interface(
    tmp_path: Path,
) -> None:
    trade = {
        "symbol": "ETHUSDT", "id": 9, "orderId": 5, "side": "SELL", "price": "1689.5",
        "qty": "1", "realizedPnl": "-310.5", "commission": "0.002",
        "commissionAsset": "BNB", "time": 1772640000000, "positionSide": "LONG",
        "quoteQty": "1689.5", "buyer": False, "maker": False,
    }  # fmt: skip
    text = json.dumps([trade])
    found, interpreter = read(tmp_path, text, "trades.json", account="7")
    assert sums(found) == {"USDT": {"PNL": "-310.5"}}
    assert interpreter.notices.left_out == {"commission in BNB": 1}


# --- files in the language of the page --------------------------------------------------------


def test_closed_positions_of_a_dutch_page_are_read(tmp_path: Path) -> None:
    text = text_of(
        "ID,Positie geopend,Positie gesloten,Paar,Zij,Openingskoers,Slotkoers,"
        "Hoeveelheid,W&V,W&V Unit",
        "x-3,1772640000123,1772658005000,PF_BTCUSD,Short,90000,91000,0.01,-10.0000,USD",
    )
    (line,) = lines_of(read(tmp_path, text, account="3")[0])
    assert (line.asset, line.amount, line.side) == ("USD", Decimal(-10), "buy")
    assert line.instrument == "PF_XBTUSD"
    assert line.role is LedgerRole.PNL


def test_trades_of_a_dutch_page_are_evidence_without_money(tmp_path: Path) -> None:
    text = text_of(
        "ID,Datum,Paar,Zij,Koers,Hoeveelheid,Kosten",
        "x-1,1772640000123,PF_ETHUSD,Koop,2000,2,2.0",
    )
    (line,) = lines_of(read(tmp_path, text, account="3")[0])
    assert (line.amount, line.side, line.role) == (0, "buy", LedgerRole.INFO)


def test_ledger_of_a_dutch_page_is_answered_with_the_account_log(
    tmp_path: Path,
) -> None:
    text = text_of(
        "ID,Datum,Type,Asset,Hoeveelheid,Kosten,Tegoed",
        "b-8,2026-03-04T17:00:05.000Z,Liquidation,USD,-210,0.8,85.8",
    )
    assert "ask for the account log" in refusal(tmp_path, text, account="3")


def test_older_closed_positions_are_net_of_what_they_do_not_tell(
    tmp_path: Path,
) -> None:
    text = text_of(
        "Contracts,Closing Direction,Qty,Entry Price,Exit Price,Closed P&L,Exit Type,"
        "Trade Time(UTC+0),Order No.,Create Time",
        "ETHUSDT,Close Long,2,2000,1795,-414.5,Liquidation,2026-03-04 17:00:00,o5,"
        "2026-03-04 17:00:00",
    )
    (line,) = lines_of(read(tmp_path, text, account="9")[0])
    assert (line.amount, line.side) == (Decimal("-414.5"), "sell")
    assert line.marker is EventMarker.LIQUIDATION


OTHER_FILES = {
    "Date(UTC),Market,Type,Price,Amount,Total,Fee,Fee Coin": "spot trade history",
    "Order ID,Trade ID,Trade Time,Instrument,Symbol,Side,Filled Price,Filled Amount,"
    "Filled Amount Unit,Trading Volume,PnL,Fee,Fee Unit,taker/maker": "list of fills",
    "Time,Crypto,Deposit address,Network,Transaction ID,Amount,Status": "deposit history",
}


@pytest.mark.parametrize("names", OTHER_FILES)
def test_a_file_of_no_use_is_named_with_what_to_ask_for(
    names: str, tmp_path: Path
) -> None:
    told = refusal(tmp_path, text_of(names, names.replace(" ", "")), account="7")
    assert OTHER_FILES[names] in told
    assert "Ask for" in told


def test_everyday_rows_of_all_wallets_are_known(tmp_path: Path) -> None:
    types = (
        "Airdrop Assets", "Binance Card Spending", "Simple Earn Locked Rewards",
        "Buy Crypto With Fiat", "Transfer Between UM Futures and Funding",
        "Main and Funding Account Transfer", "Savings purchase", "Commission History",
    )  # fmt: skip
    rows = [ROWS[0].replace("Fee", name) for name in types]
    found, interpreter = read(tmp_path, text_of(HISTORY, *rows))
    assert not interpreter.notices.unknown_operations
    assert all(isinstance(one, LedgerLine) for one in found)


# --- what is assumed, and what stands elsewhere ---------------------------------------------


def test_an_isolated_position_moves_no_money_of_the_account(tmp_path: Path) -> None:
    bill = {
        "billId": "1", "ts": "1772640000000", "ccy": "USDT", "balChg": "0", "bal": "400",
        "type": "5", "subType": "104", "instId": "ETH-USDT-SWAP", "pnl": "-90",
        "fee": "-1", "posBalChg": "-91", "posBal": "9", "sz": "10", "px": "1790",
        "mgnMode": "isolated", "instType": "SWAP",
    }  # fmt: skip
    text = json.dumps({"code": "0", "data": [bill]})
    found, interpreter = read(tmp_path, text, "bills.json", account="5")
    assert sums(found) == {}
    assert lines_of(found)[0].marker is EventMarker.LIQUIDATION
    (warning,) = interpreter.notices.warnings
    assert warning.gap == 91


@pytest.mark.parametrize(
    ("name", "given", "is_assumed"),
    [
        ("trades.csv", "", True),
        ("trades.csv", "UTC", False),
        ("trades (UTC+0).csv", "", False),
    ],
)
def test_a_zone_nobody_stated_is_told_as_assumed(
    name: str, given: str, is_assumed: bool, tmp_path: Path
) -> None:
    path = saved(tmp_path, text_of(TRADES, TRADE), name)
    _, interpreter = understood(path, zone=given)
    told = warnings_told(open_source(path), interpreter)
    assert (ZONE_ASSUMED in told) is is_assumed
    assert interpreter.zone == "UTC"


def test_amounts_without_a_sign_are_not_taken(tmp_path: Path) -> None:
    row = {
        "id": 1, "tranId": 2, "timestamp": 1772640000000, "asset": "USDT",
        "symbol": "BTCUSDT", "type": "REPAY", "amount": "101",
    }  # fmt: skip
    assert "carry no sign" in refusal(tmp_path, json.dumps([row]), "flow.json")


def test_lists_of_one_fill_have_ids_of_their_own(tmp_path: Path) -> None:
    trades = text_of(
        "ID,Datum,Paar,Zij,Koers,Hoeveelheid,Kosten",
        "x-1,1772640000123,PF_ETHUSD,Koop,2000,2,2.0",
    )
    fill = {
        "fill_id": "x-1", "order_id": "o1", "symbol": "PF_ETHUSD", "side": "buy",
        "size": 2, "price": 2000, "fillTime": "2026-03-04T16:00:00.123Z",
        "fillType": "liquidation", "realized_pnl": -210,
    }  # fmt: skip
    found = [
        *read(tmp_path, trades, account="3")[0],
        *read(tmp_path, json.dumps({"fills": [fill]}), "f.json", account="3")[0],
    ]
    assert len({one.source_id for one in lines_of(found)}) == 2


# --- refusals that say what came ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "told"),
    [
        ({"code": -2015, "msg": "Invalid API-key."}, "It says: Invalid API-key."),
        ({"code": "50111", "data": [], "msg": "Invalid key"}, "It says: Invalid key."),
        ({"error": ["EAPI:Invalid nonce"]}, "It says: EAPI:Invalid nonce."),
        ({"retCode": 0, "retMsg": "OK", "result": {"list": []}}, "another period"),
        ([], "holds no rows"),
    ],
)
def test_an_answer_without_rows_is_refused_with_what_it_says(
    answered: object, told: str, tmp_path: Path
) -> None:
    assert told in refusal(tmp_path, json.dumps(answered), "answer.json")


def test_a_file_of_another_venue_than_said_is_named(tmp_path: Path) -> None:
    source = open_source(saved(tmp_path, text_of(OKX_ABOVE, OKX_NAMES, LIQUIDATED)))
    with pytest.raises(RecoveryError, match=r"looks like okx .* not like binance"):
        recognise(source, venue="binance")
    nothing = open_source(saved(tmp_path, text_of("one,two", "x,y")))
    with pytest.raises(RecoveryError, match="No known layout"):
        recognise(nothing, venue="binance")


def test_rows_in_one_cell_of_a_workbook_are_named(tmp_path: Path) -> None:
    path = tmp_path / "lines.xlsx"
    book = Workbook()
    for line in (HISTORY, *ROWS):
        book.active.append([line])
    book.save(path)
    with pytest.raises(RecoveryError, match="Every row stands in one cell"):
        with_header(open_source(path))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_two_bytes_a_letter_without_a_mark_are_read(
    encoding: str, tmp_path: Path
) -> None:
    path = tmp_path / "unmarked.csv"
    path.write_bytes(text_of(HISTORY, *ROWS).encode(encoding))
    assert sums(understood(path)[0]) == SUMS


def test_rows_a_program_put_under_info_are_read_as_sent(tmp_path: Path) -> None:
    rows = [{"info": closed("o1"), "id": "o1", "timestamp": 1772640000000}]
    (line,) = lines_of(read(tmp_path, json.dumps(rows), "x.json", account="9")[0])
    assert (line.order_id, line.amount) == ("o1", Decimal(-414))
