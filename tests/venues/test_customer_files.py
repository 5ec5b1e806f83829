"""Files as customers send them: re-saved, put together, renamed."""

import gzip
import json
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import EventMarker
from recovery.sheets.open_source import open_source
from recovery.venues.accounts import AccountNeededError
from recovery.venues.outcomes import Ignored
from tests.venues.customer_texts import (
    BROUGHT_IN,
    HISTORY,
    LIQUIDATED,
    LOG_ID,
    OKX_ABOVE,
    OKX_NAMES,
    ROWS,
    SUMS,
    TRADE,
    TRADES,
    problems,
    read,
    refusal,
    sums,
    text_of,
)
from tests.venues.reports import lines_of


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


@pytest.mark.parametrize("proof", ["-12,375.5", "-1,012,375"])
def test_commas_between_thousands_are_read_where_a_number_proves_them(
    tmp_path: Path, proof: str
) -> None:
    changed = ROWS[1].replace("-310.5", f'"{proof}"')
    also = ROWS[1].replace("-310.5", '"-1,234"').replace("05:10", "05:11")
    found, _ = read(tmp_path, text_of(HISTORY, ROWS[0], changed, also))
    assert not problems(found)
    expected = Decimal(proof.replace(",", "")) - 1234
    assert Decimal(sums(found)["USDT"]["PNL"]) == expected


def test_decimal_commas_and_thousands_in_one_file_prove_nothing(tmp_path: Path) -> None:
    rows = [ROWS[0].replace("-0.8", '"-0,8"'), ROWS[1].replace("-310.5", '"-2,310.5"')]
    found, _ = read(tmp_path, text_of(HISTORY, *rows))
    assert [one.value for one in problems(found)] == ["-0,8", "-2,310.5"]


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


# --- what a spreadsheet took out of a file -----------------------------------------------


def test_a_history_is_read_without_its_remarks(tmp_path: Path) -> None:
    names, *rows = (line.rpartition(",")[0] for line in (HISTORY, *ROWS))
    assert sums(read(tmp_path, text_of(names, *rows))[0]) == SUMS


def test_an_id_a_spreadsheet_shortened_tells_no_row_from_another(
    tmp_path: Path,
) -> None:
    ids = ("1234567890123456701", "1.23457E+18", "1,23457E+18")
    for own in ids:
        row = f'"{own}",o1,2026-03-04 05:00:00,Transfer,USDT,Transfer in,0,USDT,'
        row += "0,0,0,USDT,0,0,500,500,USDT"
        found, _ = read(tmp_path, text_of(OKX_ABOVE, OKX_NAMES, row))
        told = [problem.reason for problem in problems(found)]
        lost = "has lost its digits in a spreadsheet: send the file as it was given"
        assert told == ([] if own == ids[0] else [lost])
