"""Files as customers send them: re-saved, put together, in another language."""

import gzip
import json
import zipfile
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import EventMarker, LedgerLine, LedgerRole, RowProblem
from recovery.reading.read_file import ZONE_ASSUMED, warnings_told
from recovery.sheets.open_source import open_source
from recovery.venues.accounts import AccountNeededError
from recovery.venues.interpretation import Interpreter
from recovery.venues.outcomes import Ignored, Outcome
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


def localised(row: str) -> str:
    """The row as a spreadsheet of a German or Russian desk saves it."""
    uid, time, *words, change, remark = row.split(",")
    day, clock = time.split(" ")
    day = ".".join(reversed(day.split("-")))
    return ";".join([uid, f"{day} {clock}", *words, change.replace(".", ","), remark])


# --- a spreadsheet of another language --------------------------------------------------


def test_a_number_that_may_be_grouped_or_broken_is_refused(tmp_path: Path) -> None:
    row = localised(ROWS[2])
    found, _ = read(tmp_path, text_of(HISTORY.replace(",", ";"), row))
    (problem,) = problems(found)
    assert (problem.column, problem.value) == ("Change", "-12,375")


def test_a_file_with_both_marks_keeps_the_point(tmp_path: Path) -> None:
    rows = [localised(ROWS[0]), localised(ROWS[1]).replace("-310,5", "-310.5")]
    found, _ = read(tmp_path, text_of(HISTORY.replace(",", ";"), *rows))
    (problem,) = problems(found)
    assert problem.value == "-0,8"
    assert problem.reason.startswith("has a comma before its decimals")
    assert sums(found)["USDT"]["PNL"] == "-310.5"


def test_a_grouped_number_with_a_point_speaks_against_a_decimal_comma(
    tmp_path: Path,
) -> None:
    row = TRADE.replace("1689.5,1,", '"1,689.5","0,5",')
    (problem,) = problems(read(tmp_path, text_of(TRADES, row))[0])
    assert problem.value == "0,5"


def test_proven_decimal_commas_and_days_with_points_are_read(tmp_path: Path) -> None:
    rows = map(localised, ROWS)
    found, _ = read(tmp_path, text_of(HISTORY.replace(",", ";"), *rows))
    assert sums(found) == SUMS
    assert str(lines_of(found)[1].occurred_at) == "2026-03-04 09:30:11+00:00"


def test_decimal_commas_replace_separators_of_thousands(tmp_path: Path) -> None:
    names = TRADES.replace(",", ";")
    row = "71;26-03-04 09:30:11;ETHUSDT;SELL;1689,5;1;1689,5;1,200USDT;-310,5;0;0;9;5"
    found, _ = read(tmp_path, text_of(names, row))
    assert sums(found) == {"USDT": {"FEE": "-1.2", "PNL": "-310.5"}}


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("04.03.2026 05:10", "has lost its seconds in a spreadsheet"),
        ("2026-03-04 05:10", "has lost its seconds in a spreadsheet"),
        ("3/4/2026 5:10 AM", "has lost its seconds in a spreadsheet"),
        ("3/4/2026 5:10:00", "does not say which is the day"),
        ("yesterday", "is not a time in the declared form"),
    ],
)
def test_a_time_spoilt_by_a_spreadsheet_is_told(
    time: str, reason: str, tmp_path: Path
) -> None:
    row = ROWS[0].replace("2026-03-04 05:10:00", time)
    (problem,) = problems(read(tmp_path, text_of(HISTORY, row))[0])
    assert problem.reason.startswith(reason)


def test_names_in_another_alphabet_are_answered_with_how_to_get_them(
    tmp_path: Path,
) -> None:
    told = refusal(tmp_path, text_of("用户ID,时间,账户,操作,币种,变动", "1,2,3,4,5,6"))
    assert "set to English" in told


# --- files put together ------------------------------------------------------------------


def test_a_second_file_of_another_zone_refuses_the_whole(tmp_path: Path) -> None:
    other = OKX_ABOVE.replace("+3", "+8")
    rows = (OKX_ABOVE, OKX_NAMES, LIQUIDATED, other, OKX_NAMES, BROUGHT_IN)
    told = refusal(tmp_path, text_of(*rows))
    assert "Row 4 names another account or zone" in told


def test_parts_of_one_export_put_together_are_one_file(tmp_path: Path) -> None:
    rows = (OKX_ABOVE, OKX_NAMES, LIQUIDATED, OKX_ABOVE, OKX_NAMES, BROUGHT_IN)
    found, interpreter = read(tmp_path, text_of(*rows))
    left = [one.reason for one in found if isinstance(one, Ignored)]
    assert left == ["stands above the columns once more", "names the columns once more"]
    assert len(lines_of(found)) == 2
    assert not interpreter.notices.unknown_operations


def test_a_line_of_totals_is_a_problem_and_no_unknown_row(tmp_path: Path) -> None:
    found, interpreter = read(tmp_path, text_of(HISTORY, *ROWS, ",,,,Total,-323.675,"))
    assert [one.row_number for one in problems(found)] == [5]
    assert sums(found) == SUMS
    assert not interpreter.notices.unknown_operations


def test_a_row_type_nobody_knows_is_counted_once_a_row(tmp_path: Path) -> None:
    row = ROWS[0].replace("Fee", "Moon Tax").replace(",-0.8,", ", -0.8 ,")
    _, interpreter = read(tmp_path, text_of(HISTORY, row, row))
    assert interpreter.notices.unknown_operations == {"Moon Tax": 2}


def test_a_period_without_rows_is_empty_and_no_problem(tmp_path: Path) -> None:
    (found,) = read(tmp_path, text_of(TRADES, "No data matches the criteria."))[0]
    assert found == Ignored(2, "says that there are no rows")


def test_packed_files_are_answered_with_unpack(tmp_path: Path) -> None:
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(text_of(HISTORY, *ROWS).encode()))
    archive = tmp_path / "b.zip"
    with zipfile.ZipFile(archive, "w") as container:
        container.writestr("part-00000.csv", text_of(HISTORY, *ROWS))
    for path, named in ((packed, "compressed file"), (archive, "part-00000.csv")):
        with pytest.raises(RecoveryError, match="Unpack it") as refused:
            open_source(path)
        assert named in str(refused.value)


# --- zones and accounts outside the rows ---------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hour"),
    [
        ("Binance-Futures-Trade-History-202603050520(UTC+3)-part1-of1.csv", 6),
        ("Binance-Futures-Trade-History-202603050520(UTC--6).csv", 15),
        ("Binance-Futures-Trade-History-202603050520(UTC0).csv", 9),
    ],
)
def test_zone_in_the_name_of_a_trade_history_counts(
    name: str, hour: int, tmp_path: Path
) -> None:
    (line,) = lines_of(read(tmp_path, text_of(TRADES, TRADE), name)[0])
    assert line.occurred_at.hour == hour


@pytest.mark.parametrize("zone", ["+3", "3", "UTC+3"])
def test_zone_of_a_position_history_stands_in_its_first_line(
    zone: str, tmp_path: Path
) -> None:
    above = f'UID:1873,"{{""userTimeZone"":""{zone}""}}"'
    names = (
        "Position Create Time,Position Update Time,Instrument Name,Margin Mode,Direction,"
        "Total Close Quantity,Average Open Price,Average Close Price,Margin Currency,Pnl,"
        "Fee,Funding Fee,Liquidation Clearance Fee,Type"
    )
    row = (
        "2026-03-04 08:00:00,2026-03-04 17:00:05,ETH-USDT-SWAP,cross,long,20,2000,1795,"
        "USDT,-410,-3.5,-0.4,-1.5,Liquidation"
    )
    (line,) = lines_of(read(tmp_path, text_of(above, names, row))[0])
    assert (line.account, line.occurred_at.hour) == ("1873", 14)
    assert line.marker is EventMarker.LIQUIDATION


def log_entry(number: int, old: str, new: str) -> dict[str, object]:
    return {
        "booking_uid": f"b-{number}", "date": f"2026-03-04T08:00:0{number}.000Z",
        "margin_account": "flex", "info": "cross-exchange transfer", "asset": "usd",
        "contract": None, "old_balance": old, "new_balance": new, "trade_price": None,
        "mark_price": None, "realized_pnl": None, "fee": None, "realized_funding": None,
    }  # fmt: skip


@pytest.mark.parametrize(("given", "account"), [("", "6e2f"), ("12", "12")])
def test_account_of_an_answer_stands_around_its_rows(
    given: str, account: str, tmp_path: Path
) -> None:
    pages = [
        {"accountUid": "6e2f", "logs": [log_entry(2, "5", "7")]},
        {"accountUid": "6e2f", "logs": [log_entry(1, "0", "5")]},
    ]
    text = "".join(map(json.dumps, pages))
    lines = lines_of(read(tmp_path, text, "log.json", account=given)[0])
    assert [(one.account, one.amount) for one in lines] == [
        (account, Decimal(2)),
        (account, Decimal(5)),
    ]


def test_account_of_an_account_log_stands_in_its_name(tmp_path: Path) -> None:
    text = text_of(
        "uid,dateTime,account,type,symbol,contract,change,new balance,"
        "new average entry price,trade price,mark price,funding rate,realized pnl,fee,"
        "realized funding,collateral",
        "b-1,2026-03-04 08:00:00,flex,transfer,usd,,5.,5.,,,,,,,,",
    )
    name = f"account_log_{LOG_ID}_2026-03-05T11-02-51Z.csv"
    (line,) = lines_of(read(tmp_path, text, name)[0])
    assert (line.account, line.amount) == (LOG_ID, Decimal(5))
    with pytest.raises(AccountNeededError):
        read(tmp_path, text, "log.csv")


# --- answers of interfaces ------------------------------------------------------------------


def closed(order: str) -> dict[str, object]:
    return {
        "symbol": "ETHUSDT", "orderId": order, "side": "Sell", "qty": "2",
        "execType": "BustTrade", "closedSize": "2", "avgEntryPrice": "2000",
        "avgExitPrice": "1795", "closedPnl": "-414", "updatedTime": "1772640000000",
    }  # fmt: skip


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
