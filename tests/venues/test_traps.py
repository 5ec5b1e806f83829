"""What files of venues get wrong, trap by trap: each test names its trap."""

import codecs
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from recovery.domain.ledger import LedgerLine, LedgerRole, RowProblem
from recovery.domain.money import AmountUnreadableError
from recovery.sheets.errors import FileRefusedError
from recovery.sheets.open_source import open_source
from recovery.venues.accounts import AccountNeededError
from recovery.venues.file_rules import NumberRule
from recovery.venues.interpretation import (
    AssetNeededError,
    ZoneNeededError,
)
from recovery.venues.numbers import number_reader
from recovery.venues.outcomes import Outcome
from tests.sheets.workbooks import (
    number_cell,
    pack,
    parts,
    row,
    sheet,
    text_cell,
    text_row,
)
from tests.venues.reports import lines_of, sums_of, understood

C_HEADER = "User_ID,Time,Account,Operation,Coin,Change,Remark"
OKX_HEADER = (
    "id,Order id,Time,Trade Type,Symbol,Action,Amount,Trading Unit,Filled Price,PnL,"
    "Fee,Fee Unit,Position Change,Position Balance,Balance Change,Balance,Balance Unit"
)
KUCOIN_TIMES = ("UTC+08:00", "UTC-05:00", "UTC")


def file_of(folder: Path, text: str | bytes, name: str = "f.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
    return path


def read(folder: Path, text: str | bytes, **given: str) -> list[Outcome]:
    return understood(file_of(folder, text), **given)[0]


def one(folder: Path, text: str | bytes, **given: str) -> LedgerLine:
    (line,) = read(folder, text, **given)
    assert isinstance(line, LedgerLine), line
    return line


def binance(change: str, time: str = "26-03-04 05:06:07", remark: str = "") -> str:
    return f"{C_HEADER}\n1,{time},Spot,Fee,USDT,{change},{remark}\n"


# --- bytes and lines ----------------------------------------------------------------


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_byte_order_mark_before_the_file(tmp_path: Path, mark: bytes) -> None:
    assert one(tmp_path, mark + binance("-1").encode()).amount == Decimal(-1)


def test_byte_order_mark_before_every_line_and_header_cell(tmp_path: Path) -> None:
    header = ",".join("\ufeff" + name for name in C_HEADER.split(","))
    rows = "\ufeff1,26-03-04 05:06:07,Spot,Fee,USDT,-1,\n"
    assert one(tmp_path, f"{header}\n{rows}").account == "1/spot"


def test_wide_characters_with_a_mark(tmp_path: Path) -> None:
    assert one(tmp_path, binance("-1").encode("utf-16")).amount == Decimal(-1)


def test_chinese_encoding_is_read_where_nothing_else_it_can_be(tmp_path: Path) -> None:
    text = binance("-1", remark="用户备注").encode("gb18030")
    assert one(tmp_path, text).amount == Decimal(-1)


@pytest.mark.parametrize("text", [b"caf\xe9", b"caf\xe9s", b"\xe9t\xe9", b"na\xefve x"])
def test_latin_bytes_are_no_chinese(tmp_path: Path, text: bytes) -> None:
    path = file_of(tmp_path, binance("-1").encode().rstrip() + text + b"\n")
    with pytest.raises(FileRefusedError) as caught:
        open_source(path)
    assert caught.value.code == "encoding"


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters(tmp_path: Path, delimiter: str) -> None:
    text = binance("-1").replace(",", delimiter)
    assert one(tmp_path, text).amount == Decimal(-1)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends(tmp_path: Path, end: str) -> None:
    assert one(tmp_path, binance("-1").replace("\n", end)).amount == Decimal(-1)


def test_line_quoted_as_a_whole(tmp_path: Path) -> None:
    rows = '"1,26-03-04 05:06:07,Card,Fee,USDT,-1,""paid, twice"""\n'
    assert one(tmp_path, f"{C_HEADER}\n{rows}").amount == Decimal(-1)


def test_metadata_line_before_the_header(tmp_path: Path) -> None:
    text = f"Report of an account\n\n{binance('-1')}"
    assert one(tmp_path, text).amount == Decimal(-1)


# --- headers -------------------------------------------------------------------------


def test_columns_in_another_order(tmp_path: Path) -> None:
    rows = "Change,Coin,Operation,Account,Time,User_ID,Remark\n-1,USDT,Fee,Spot,26-03-04 05:06:07,1,\n"
    assert one(tmp_path, rows).amount == Decimal(-1)


def test_localised_header(tmp_path: Path) -> None:
    text = (
        "Thời gian,Mã,Bên,Giá,Số lượng,Số tiền,Phí,Lợi nhuận đã thực hiện,Người mua,"
        "Người tạo,ID giao dịch,ID lệnh\n"
        "23-06-28 16:56:20,BTCUSDT,SELL,30288.9,0.003,90.8,0.03 USDT,2,false,false,1,2\n"
    )
    line = one(tmp_path, text, account="1")
    assert (line.amount, line.fee_amount) == (Decimal("1.97"), Decimal("-0.03"))


@pytest.mark.parametrize("name", ["Trasaction ID", "Transaction ID"])
def test_misspelt_header_and_its_correction(tmp_path: Path, name: str) -> None:
    text = (
        "Market,Filled Type,Filled Quantity,Filled Price,Order Price,Fee Rate,"
        f"Trading Fee,feeCoin,ExecFeeV2,Direction,Order Type,{name},Order No.,"
        "Transaction Time(UTC+0)\nBTCUSDT,Trade,1,2,2,0,1,USDT,,BUY,LIMIT, a, b,"
        "10:00 2026-03-01\n"
    )
    line = one(tmp_path, text, account="1")
    assert (line.source_id, line.order_id) == ("Trade:BTCUSDT:a", "b")


def test_column_named_twice_where_the_venue_does_so(tmp_path: Path) -> None:
    text = (
        "id,Order id,Time,Trade Type,Instrument,Type,Amount,Unit,PL,Fee,"
        "Position Change,Position Balance,Balance Change,Balance,Unit\n"
        "1,2,2022-03-01 10:00:00,Spot,BTC-USDT,Buy,4000,BTC,0,-4,0,0,3996,3996,USDT\n"
    )
    assert one(tmp_path, text, account="1", zone="UTC").asset == "USDT"


def test_unnamed_column_at_the_end(tmp_path: Path) -> None:
    text = binance("-1").replace("Remark\n", "Remark,\n").replace(",\n", ",,\n", 2)
    assert one(tmp_path, text).amount == Decimal(-1)


# --- rows ---------------------------------------------------------------------------


def test_row_shorter_than_the_header_where_the_venue_does_so(tmp_path: Path) -> None:
    assert one(tmp_path, binance("-1").replace("-1,\n", "-1\n")).amount == Decimal(-1)


def test_row_longer_than_the_header_is_refused_otherwise(tmp_path: Path) -> None:
    (problem,) = read(tmp_path, binance("-1").replace("-1,\n", "-1,,x\n"))
    assert isinstance(problem, RowProblem)
    assert problem.reason == "has 8 cells instead of 7"


def test_equal_rows_of_one_second_are_all_real(tmp_path: Path) -> None:
    text = binance("-0.5")
    outcomes = read(tmp_path, text + text.splitlines()[1] + "\n")
    assert sums_of(lines_of(outcomes)) == {"USDT": {"FEE": "-1"}}


def test_rows_that_are_pending_are_left_out_with_a_reason(tmp_path: Path) -> None:
    text = (
        "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance\n"
        ",D2,2026-01-01 11:00:00,deposit,,currency,ZUSD,500,0,\n"
    )
    (left_out,) = read(tmp_path, text, account="1")
    assert "pending" in getattr(left_out, "reason", "")


# --- numbers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5.4E-7", "0.00000054"),
        ("0E-18", "0"),
        ("0.", "0"),
        ("+12.5", "12.5"),
        ("-0.02000000000000000000", "-0.02"),
        (" -1 ", "-1"),
        ("\u00a0-1", "-1"),
    ],
)
def test_numbers_in_unusual_dress(tmp_path: Path, text: str, value: str) -> None:
    assert one(tmp_path, binance(text)).amount == Decimal(value)


@pytest.mark.parametrize("text", ["--", "", '"1,23.5"', "1 000", "１", "(1)"])
def test_amounts_that_are_not_certain_are_row_problems(
    tmp_path: Path, text: str
) -> None:
    (problem,) = read(tmp_path, binance(text))
    assert isinstance(problem, RowProblem)
    assert problem.column == "Change"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.234,56", "has a comma before its decimals: map the columns"),
        ("1,23.5", "has a comma before its thousands: map the columns"),
        ("-1,234", "is ambiguous: the comma can mark decimals or thousands"),
        ("1,a", "is not a number in the declared style"),
    ],
)
def test_commas_in_numbers_are_refused_with_what_helps(
    tmp_path: Path, text: str, reason: str
) -> None:
    (problem,) = read(tmp_path, binance(f'"{text}"'))
    assert isinstance(problem, RowProblem)
    assert problem.reason.startswith(reason)


def test_zero_never_leads_a_group_of_thousands() -> None:
    number = number_reader(NumberRule(thousands=","))
    assert number("1,234") == number("1234")
    with pytest.raises(AmountUnreadableError, match="before its decimals"):
        number("0,123")


def test_decimal_comma_is_never_cut_off_by_the_delimiter(tmp_path: Path) -> None:
    (problem,) = read(tmp_path, binance("-1.234,5"))
    assert isinstance(problem, RowProblem)
    assert problem.reason == "has 8 cells instead of 7"


def test_thousands_and_units_where_the_venue_writes_them(tmp_path: Path) -> None:
    text = (
        "Time,Symbol,Side,Price,Quantity,Amount,Fee,Realized Profit,Buyer,Maker,"
        'Trade ID,Order ID\n26-02-01 10:00:00,BTCUSDT,SELL,"78,000.5",0.1,"7,800.05",'
        '0.126 USDT,"-1,250.5",false,false,1,2\n'
    )
    line = one(tmp_path, text, account="1")
    assert (line.price, line.amount) == (Decimal("78000.5"), Decimal("-1250.626"))


def test_fee_in_another_asset_is_no_part_of_the_amount(tmp_path: Path) -> None:
    text = (
        "Time,Symbol,Side,Price,Quantity,Amount,Fee,Realized Profit,Buyer,Maker,"
        "Trade ID,Order ID\n26-02-01 10:00:00,BTCUSDT,SELL,7,1,7,0.0012 BNB,5,false,"
        "false,1,2\n"
    )
    (line,), interpreter = understood(file_of(tmp_path, text), account="1")
    assert isinstance(line, LedgerLine)
    assert (line.amount, line.fee_amount) == (Decimal(5), Decimal(0))
    assert dict(interpreter.notices.left_out) == {"Fee in BNB": 1}


def test_ids_of_nineteen_digits_keep_every_digit(tmp_path: Path) -> None:
    text = (
        f"UID:1,Account Type:Main,Time Zone:UTC+8\n{OKX_HEADER}\n"
        "1234567890123456789,9234567890123456781,2026-03-01 10:00:00,Transfer,,"
        "Transfer in,0,USDT,0,0,0,USDT,0,0,5,5,USDT\n"
    )
    line = one(tmp_path, text)
    assert line.source_id == "USDT:1234567890123456789"
    assert line.order_id == "9234567890123456781"


# --- workbooks ----------------------------------------------------------------------


def workbook(folder: Path, *cells: str, date1904: bool = False) -> Path:
    whole = sheet(text_row(1, *C_HEADER.split(",")), row(2, *cells))
    return pack(folder / "f.xlsx", parts(whole, date1904=date1904))


@pytest.mark.parametrize(
    ("date1904", "serial"), [(False, "46085.25"), (True, "44623.25")]
)
def test_serial_dates_of_both_systems(
    tmp_path: Path, date1904: bool, serial: str
) -> None:
    path = workbook(
        tmp_path, text_cell("A2", "1"), number_cell("B2", serial, 1),
        text_cell("C2", "Spot"), text_cell("D2", "Fee"), text_cell("E2", "USDT"),
        number_cell("F2", "-1.5"), date1904=date1904,
    )  # fmt: skip
    (line,), _ = understood(path)
    assert isinstance(line, LedgerLine)
    assert line.occurred_at == datetime(2026, 3, 4, 6, tzinfo=UTC)
    assert line.amount == Decimal("-1.5")


def test_long_number_cell_is_a_row_problem(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, text_cell("A2", "1"), text_cell("B2", "26-03-04 05:06:07"),
        text_cell("C2", "Spot"), text_cell("D2", "Fee"), text_cell("E2", "USDT"),
        number_cell("F2", "-0.12345678901234567"),
    )  # fmt: skip
    (problem,), _ = understood(path)
    assert isinstance(problem, RowProblem)
    assert "15 digits" in problem.reason


def test_formula_without_a_stored_result_is_a_row_problem(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, text_cell("A2", "1"), text_cell("B2", "26-03-04 05:06:07"),
        text_cell("C2", "Spot"), text_cell("D2", "Fee"), text_cell("E2", "USDT"),
        '<c r="F2"><f>1+1</f></c>',
    )  # fmt: skip
    (problem,), _ = understood(path)
    assert isinstance(problem, RowProblem)


# --- times and zones ------------------------------------------------------------------


def test_short_year_is_never_read_with_the_day_first(tmp_path: Path) -> None:
    line = one(tmp_path, binance("-1", "25-11-12 10:15:30"))
    assert line.occurred_at == datetime(2025, 11, 12, 10, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "hour"), [("UTC_Time(UTC+7)", 3), ("UTC_Time(UTC-05:30)", 15), ("UTC_Time", 10)]
)  # fmt: skip
def test_zone_in_the_header(tmp_path: Path, header: str, hour: int) -> None:
    text = binance("-1", "2026-03-04 10:00:00").replace("Time", header, 1)
    assert one(tmp_path, text).occurred_at.hour == hour


def test_zone_in_the_file_name(tmp_path: Path) -> None:
    text = binance("-1", "2026-03-04 10:00:00")
    line = one(tmp_path, text, name="Binance-2026 (UTC+7).csv")
    assert line.occurred_at.hour == 3


def test_zone_in_the_preamble(tmp_path: Path) -> None:
    text = (
        f"UID:1,Account Type:Main,Time Zone:UTC+8\n{OKX_HEADER}\n"
        "1,2,2026-03-01 18:00:00,Transfer,,Transfer in,0,USDT,0,0,0,USDT,0,0,5,5,USDT\n"
    )
    assert one(tmp_path, text).occurred_at.hour == 10


def test_zone_nowhere_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ZoneNeededError):
        read(tmp_path, f"{OKX_HEADER}\n1,2,x,,,,,,,,,,,,,,\n", account="1")


BITMEX = (
    "transactTime,transactType,amount,fee,address,transactStatus,walletBalance\n"
    '"{}",Deposit,1,0,,Completed,1\n'
)


@pytest.mark.parametrize(
    ("first", "second", "month"),
    [
        ("03/04/2026, 10:00:00", "13/04/2026, 10:00:00", 4),
        ("3/4/2026, 10:00:00 PM", "4/13/2026, 10:00:00 AM", 3),
    ],
)
def test_order_of_day_and_month_is_told_by_the_other_rows(
    tmp_path: Path, first: str, second: str, month: int
) -> None:
    rows = BITMEX.format(first) + BITMEX.format(second).splitlines()[1] + "\n"
    lines = lines_of(read(tmp_path, rows, account="1", zone="UTC"))
    assert len(lines) == 2
    assert lines[0].occurred_at.month == month


def test_order_of_day_and_month_is_never_guessed(tmp_path: Path) -> None:
    text = BITMEX.format("03/04/2026, 10:00:00")
    (problem,) = read(tmp_path, text, account="1", zone="UTC")
    assert isinstance(problem, RowProblem)
    assert "ambiguous" in problem.reason


# --- what is not in the rows ------------------------------------------------------------


def test_asset_in_the_file_name_only(tmp_path: Path) -> None:
    header = (
        "ID,UserSeq,Date,Instrument,Type,Side,Size,Position,Price,Mark Price,Cash Flow,"
        "Funding,Fee Rate,Fee Paid,Fee Balance,Change,Balance,Equity,Trade ID,Order ID,Info"
    )
    text = (
        f"{header}\n7,1,2026-03-01 06:00:00,-,deposit,-,-,-,-,-,1,-,-,-,0,1,1,1,-,-,\n"
    )
    line = one(tmp_path, text, name="transaction_log-42-ETH-1-2.csv")
    assert (line.account, line.asset, line.amount) == ("42", "ETH", Decimal(1))
    with pytest.raises(AssetNeededError):
        read(tmp_path, text, account="42")
    assert one(tmp_path, text, account="42", asset="SOL").asset == "SOL"


def test_masked_account_needs_the_whole_one(tmp_path: Path) -> None:
    text = binance("-1").replace("\n1,", "\n90****200,")
    with pytest.raises(AccountNeededError):
        read(tmp_path, text)
    assert one(tmp_path, text, account="900100200").account == "900100200/spot"
    (problem,) = read(tmp_path, text, account="800100200")
    assert isinstance(problem, RowProblem)


@pytest.mark.parametrize(
    "wallet", ["USD\u24c2-Futures", "USD-M Futures", "USDT-Futures", "USD-MFutures"]
)
def test_wallets_under_many_names_are_one(tmp_path: Path, wallet: str) -> None:
    assert one(tmp_path, binance("-1").replace("Spot", wallet)).account == "1"


def test_old_and_new_row_names_mean_the_same(tmp_path: Path) -> None:
    for name in ("Realize profit and loss", "Realized Profit and Loss"):
        line = one(tmp_path, binance("-1").replace("Fee", name))
        assert line.role is LedgerRole.PNL


def test_hours_of_funding_show_a_shifted_zone(tmp_path: Path) -> None:
    from recovery.venues.proofs import zone_shift

    start = datetime(2026, 3, 1, 2, tzinfo=UTC)
    rows = [
        f"1,{start + timedelta(hours=8 * n):%y-%m-%d %H:%M:%S},USD-M Futures,Funding Fee,"
        "USDT,-0.1,\n"
        for n in range(6)
    ]
    lines = lines_of(read(tmp_path, f"{C_HEADER}\n{''.join(rows)}"))
    assert zone_shift(lines) == timedelta(hours=2)
