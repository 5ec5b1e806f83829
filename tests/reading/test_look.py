"""A trial says what a file is, what it means and what must be asked."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recovery.domain.errors import RecoveryError
from recovery.reading.client import read_apart
from recovery.reading.day_order import (
    DayOrderContradictedError,
    DayOrderNeededError,
)
from recovery.reading.look import look_into
from recovery.reading.messages import Ended, Looked, Request, Rows, Task
from recovery.reading.read_file import read_file

GOLDEN = Path(__file__).parents[1] / "venues" / "golden"
DERIBIT = "deribit.transaction-log.1.csv"


def look(path: Path, **said: str) -> dict[str, Any]:
    request = Request(path=str(path), file_id=0, name=path.name, **said)
    found, *_ = look_into(request)
    assert isinstance(found, Looked)
    return found.facts


def fills(folder: Path, *days: str) -> Path:
    """Give a trade history whose times are written as one browser wrote them."""
    golden = (GOLDEN / "bitmex.trade-history.csv.csv").read_text(encoding="utf-8-sig")
    head, row = golden.split("\n")[:2]
    rows = [row.replace("1/26/2020, 6:32:04 PM", day) for day in days]
    path = folder / "fills.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def load(path: Path, **said: str) -> list[Any]:
    request = Request(path=str(path), file_id=0, account="7", zone="UTC", **said)
    return list(read_file(request))


@pytest.mark.parametrize("said", ["", "month"])
def test_rows_that_show_the_order_of_day_and_month_need_nobody(
    said: str, tmp_path: Path
) -> None:
    path = fills(tmp_path, "3/4/2026, 10:00:00 AM", "3/14/2026, 10:00:00 AM")
    opened, rows, _ = load(path, day_order=said)
    assert opened.recognition["day_order"] == "month"
    assert rows.tally.problems == []


def test_an_order_that_the_rows_contradict_is_refused(tmp_path: Path) -> None:
    path = fills(tmp_path, "3/14/2026, 10:00:00 AM")
    with pytest.raises(DayOrderContradictedError, match="the month is written first"):
        load(path, day_order="day")


@pytest.mark.parametrize(("said", "month"), [("", 3), ("month", 3), ("day", 4)])
def test_an_order_taken_from_the_venue_is_told(
    said: str, month: int, tmp_path: Path
) -> None:
    path = tmp_path / "trades.csv"
    golden = (GOLDEN / "hyperliquid.trades.csv.csv").read_text(encoding="utf-8")
    path.write_text(golden.replace("3/14/2026", "3/4/2026"))
    opened, rows, ended = load(path, day_order=said)
    assert opened.recognition["day_order"] == (said or "month")
    assert rows.tally.first_at.month == month
    assert [word for word in ended.warnings if "is known to write" in word] == (
        [] if said else ended.warnings[:1]
    )
    assert said or "the month was read first" in ended.warnings[0]


def book(folder: Path, *contracts: str) -> Path:
    """An account book: a transfer, which names no contract, and results."""
    path = folder / "book.json"
    rows = [
        {
            "time": 1772355600 + at, "change": "5", "balance": str(5 * at + 5),
            "text": "", "type": "pnl" if contract else "dnw", "contract": contract,
            "trade_id": "", "id": str(at),
        }
        for at, contract in enumerate(("", *contracts))
    ]  # fmt: skip
    path.write_text(json.dumps(rows))
    return path


def test_a_transfer_is_in_the_asset_all_other_rows_share(tmp_path: Path) -> None:
    path = book(tmp_path, "BTC_USDT", "ETH_USDT")
    _, rows, ended = load(path)
    assert rows.tally.problems == []
    assert rows.tally.sums == {"USDT": {"XFER": 5, "PNL": 10}}
    assert "taken to be in USDT" in ended.warnings[0]


def test_a_transfer_between_rows_of_two_assets_is_not_guessed(tmp_path: Path) -> None:
    _, rows, ended = load(book(tmp_path, "BTC_USDT", "ETH_USD"))
    assert [one.column for one in rows.tally.problems] == ["asset"]
    assert not any("taken to be" in word for word in ended.warnings)


def test_a_transfer_is_in_the_asset_that_was_given(tmp_path: Path) -> None:
    path = book(tmp_path, "BTC_USDT")
    _, rows, ended = load(path, asset="USDC")
    assert sorted(rows.tally.sums) == ["USDC", "USDT"]
    assert not any("taken to be" in word for word in ended.warnings)


@pytest.mark.parametrize(
    ("written", "amount", "told"),
    [
        ("-0,5", "-0.5", "a comma before their decimals"),
        ("-1,234.5", "-1234.5", "commas between their thousands"),
    ],
)
def test_a_style_of_numbers_that_the_rows_prove_is_told(
    tmp_path: Path, written: str, amount: str, told: str
) -> None:
    path = tmp_path / "history.csv"
    path.write_text(
        "User_ID;UTC_Time;Account;Operation;Coin;Change;Remark\n"
        f"7;2026-03-04 05:10:00;USDT-Futures;Fee;USDT;{written};\n"
    )
    _, rows, ended = load(path)
    assert rows.tally.sums == {"USDT": {"FEE": Decimal(amount)}}
    assert told in ended.warnings[0]


def test_times_that_say_their_zone_need_nobody(tmp_path: Path) -> None:
    golden = (GOLDEN / "bitmex.trade-history.csv.csv").read_text(encoding="utf-8-sig")
    head, row = golden.split("\n")[:2]
    path = tmp_path / "fills.csv"
    path.write_text(
        "\n".join([head, row.replace("1/26/2020, 6:32:04 PM", "2020-01-26T18:32:04Z")])
    )
    facts = look(path)
    assert "zone" not in facts["needs"]
    assert facts["zone"] == "UTC"


def test_times_that_read_two_ways_are_asked_about(tmp_path: Path) -> None:
    path = fills(tmp_path, "3/4/2026, 10:00:00 AM", "5/4/2026, 10:00:00 AM")
    with pytest.raises(DayOrderNeededError, match="say whether the day or the month"):
        load(path)
    assert "day_order" in look(path)["needs"]


@pytest.mark.parametrize(("said", "month"), [("day", 4), ("month", 3)])
def test_what_is_said_decides_times_that_read_two_ways(
    said: str, month: int, tmp_path: Path
) -> None:
    path = fills(tmp_path, "3/4/2026, 10:00:00 AM")
    _, rows, _ = load(path, day_order=said)
    assert rows.tally.first_at.month == month


def test_one_and_the_same_day_twice_is_not_asked_about(tmp_path: Path) -> None:
    path = fills(tmp_path, "4/4/2026, 10:00:00 AM")
    assert "day_order" not in look(path)["needs"]


def test_all_that_a_file_cannot_say_is_asked_at_once() -> None:
    facts = look(GOLDEN / DERIBIT)
    assert facts["needs"] == ["account", "asset"]
    assert (facts["venue"], facts["records"], facts["understood"]) == ("deribit", 5, 5)


def test_what_was_said_is_asked_no_more() -> None:
    facts = look(GOLDEN / DERIBIT, account="77", asset="BTC")
    assert facts["needs"] == []
    assert list(facts["sums"]) == ["BTC"]
    first = facts["rows"][0]
    assert (first["account"], first["at"]) == ("77", "2026-03-02T08:00:00+00:00")
    assert first["cells"][2] == first["raw_time"] == "2026-03-02 08:00:00"


def test_a_file_without_its_asset_is_refused_when_it_is_loaded() -> None:
    with pytest.raises(RecoveryError, match="which asset"):
        list(read_file(Request(path=str(GOLDEN / DERIBIT), file_id=0, account="77")))


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(GOLDEN.iterdir()) if path.suffix != ".expected"],
    ids=lambda path: path.name,
)
def test_every_known_file_is_understood_in_a_trial(path: Path) -> None:
    facts = look(path)
    assert facts["is_whole"]
    assert facts["score"] >= 70
    left_out = sum(facts["left_out"].values())
    assert facts["records"] == (facts["understood"] + left_out + facts["problem_count"])
    assert len(facts["rows"]) == min(facts["records"], 20)


def test_a_strange_file_is_shown_with_its_refusal(tmp_path: Path) -> None:
    path = tmp_path / "strange.csv"
    path.write_text("name,colour\nbike,red\n")
    facts = look(path)
    assert "No known layout has the columns: name, colour" in facts["refused"]
    assert facts["rows"] == [{"row": 2, "cells": ["bike", "red"], "is": "raw"}]


def test_hours_of_funding_speak_for_a_zone(tmp_path: Path) -> None:
    head = "Time,Type,Amount,Asset,Symbol\n"
    lines = [
        f"2026-03-{day:02} {hour:02}:00:00,FUNDING_FEE,-0.1,USDT,BTCUSDT"
        for day in range(1, 9)
        for hour in (2, 10, 18)
    ]
    path = tmp_path / "income.csv"
    path.write_text(head + "\n".join(lines) + "\n")
    facts = look(path, venue="binance", account="7")
    assert facts["zone_shown"] == "+02:00"


def test_a_trial_is_made_by_the_limited_process() -> None:
    request = Request(
        path=str(GOLDEN / DERIBIT),
        file_id=0,
        task=Task.LOOK,
        account="77",
        asset="BTC",
    )
    found, rows, ended = read_apart(request)
    assert isinstance(found, Looked)
    assert isinstance(rows, Rows)
    assert (rows.accounts, len(rows.lines)) == (["77"], 5)
    assert isinstance(ended, Ended)
