"""Columns apart by blanks become columns apart by tabs; everything else stays."""

import pytest

from recovery.sheets.pasted_text import pasted_table

ALIGNED = """
Time                 Type          Amount  Asset  Symbol
2026-02-01 10:00:00  REALIZED_PNL   -2.50  USDT   BTCUSDT
2026-02-01 10:00:00  FUNDING FEE     0.01  USDT
"""
RAGGED = """
Time   Type  Amount   Asset
2026-02-01 10:00:00  REALIZED_PNL  -2.50  USDT
2026-02-01 10:00:00    FUNDING FEE  0.01   USDT
"""
SINGLE = """
2026-02-01 10:00:00 REALIZED_PNL -2.50 USDT
2/1/2026, 10:00:01 AM FUNDING_FEE 0.01 USDT
"""
DRAWN = """
| Time | Type | Amount |
|------|:----:|-------:|
| 2026-02-01 | PNL | -2.5 |
"""


def rows(text: str) -> list[list[str]]:
    return [line.split("\t") for line in pasted_table(text).splitlines()]


@pytest.mark.parametrize(
    "text", ["a\tb\tc\n1\t\t\n", "a,b,c\n1,2,3\n", "a;b;c\n1;2;3\n", "\n"]
)
def test_what_is_delimited_stays(text: str) -> None:
    assert pasted_table(text) == text


def test_words_of_a_letter_stay_words() -> None:
    assert pasted_table("Dear desk,\nwhere is it?\n") == "Dear desk,\nwhere is it?\n"


def test_columns_under_each_other_are_parted_also_where_a_cell_is_empty() -> None:
    assert rows(ALIGNED) == [
        ["Time", "Type", "Amount", "Asset", "Symbol"],
        ["2026-02-01 10:00:00", "REALIZED_PNL", "-2.50", "USDT", "BTCUSDT"],
        ["2026-02-01 10:00:00", "FUNDING FEE", "0.01", "USDT", ""],
    ]


def test_columns_apart_by_uneven_blanks_are_parted() -> None:
    assert rows(RAGGED)[2] == ["2026-02-01 10:00:00", "FUNDING FEE", "0.01", "USDT"]


def test_columns_apart_by_one_blank_keep_day_and_hour_together() -> None:
    assert rows(SINGLE) == [
        ["2026-02-01 10:00:00", "REALIZED_PNL", "-2.50", "USDT"],
        ["2/1/2026, 10:00:01 AM", "FUNDING_FEE", "0.01", "USDT"],
    ]


def test_a_table_drawn_with_bars_loses_them() -> None:
    assert rows(DRAWN) == [["Time", "Type", "Amount"], ["2026-02-01", "PNL", "-2.5"]]
