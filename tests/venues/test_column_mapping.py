"""Columns assigned by hand: incomplete ones are named, complete ones read a file."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from recovery.domain.ledger import LedgerLine, RowProblem
from recovery.sheets.open_source import open_source
from recovery.venues.column_mapping import (
    ColumnDraft,
    MappingIncompleteError,
    profile_of,
    profile_table,
)
from recovery.venues.column_suggestions import (
    known_time_forms,
    plain_name,
    suggested_columns,
    suggested_role,
)
from recovery.venues.interpretation import Interpreter
from recovery.venues.loading import shipped_profiles
from recovery.venues.node import ProfileError
from recovery.venues.outcomes import Outcome
from recovery.venues.profile import RowOrder
from recovery.venues.recognition import recognise

HEADER = ("Booked", "Kind", "Pair", "Net", "Coin", "Left")
ROWS = (
    ("2026-03-01 10:00:00", "Start", "", "100", "USDT", "100"),
    ("2026-03-01 10:00:01", "Closed by force", "BTCUSDT", "-90", "USDT", "10"),
    ("2026-03-01 10:00:02", "Charge", "BTCUSDT", "-1.5", "USDT", "8.5"),
    ("2026-03-01 10:00:03", "Charge", "BTCUSDT", "-0.5", "USDT", "8"),
)
DRAFT = ColumnDraft(
    venue="coinhall",
    venue_name="Coinhall",
    code="wallet-log",
    title="Wallet log",
    header=HEADER,
    columns={
        "time": "Booked",
        "operation": "Kind",
        "instrument": "Pair",
        "amount": "Net",
        "asset": "Coin",
        "balance_after": "Left",
    },
    time_form="calendar",
    zone="UTC",
    roles={"Closed by force": ("PNL", "liquidation"), "Charge": ("FEE", "")},
)


def written(folder: Path, header: tuple[str, ...], *rows: tuple[str, ...]) -> Path:
    path = folder / "file.csv"
    path.write_text("\n".join(",".join(row) for row in (header, *rows)) + "\n")
    return path


def outcomes(path: Path, draft: ColumnDraft) -> list[Outcome]:
    source = open_source(path)
    own = profile_of(profile_table(draft, 1))
    found = recognise(source, profiles=[*shipped_profiles(), own])
    assert (found.venue, found.layout.generation) == (draft.venue, "staff-1")
    return list(Interpreter(found, account="7").interpret_all(source.records()))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"columns": {}}, "which column is the time"),
        ({"time_form": ""}, "how the time is written"),
        ({"columns": {"time": "Booked"}}, "which column is the amount"),
        ({"columns": {"time": "Booked", "amount": "Net"}}, "the asset"),
        (
            {"columns": {"time": "Booked", "amount": "Net", "asset": "Coin"}},
            "the row type",
        ),
        ({"columns": {**DRAFT.columns, "sign": "Kind"}}, "less money"),
    ],
)
def test_what_is_lacking_is_told(changed: dict[str, object], told: str) -> None:
    with pytest.raises(MappingIncompleteError, match=told):
        profile_table(replace(DRAFT, **changed), 1)


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"venue": "Coin Hall"}, "venue"),
        ({"code": ""}, "code"),
        ({"venue": "bybit", "code": "transaction-log"}, "code"),
        ({"time_form": "%Q"}, "forms"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"sides": {"Kauf": "purchase"}}, "sides"),
        ({"roles": {"Charge": ("PRESENT", "")}}, "role"),
        ({"columns": {**DRAFT.columns, "price": "Rate"}}, "required"),
    ],
)
def test_what_is_not_understood_is_named(
    changed: dict[str, object], where: str
) -> None:
    with pytest.raises(ProfileError, match=where):
        profile_table(replace(DRAFT, **changed), 1)


def test_a_mapped_file_is_recognised_and_read(tmp_path: Path) -> None:
    lines = outcomes(written(tmp_path, HEADER, *ROWS), DRAFT)
    assert all(isinstance(one, LedgerLine) for one in lines)
    assert [(one.role, one.marker, str(one.amount)) for one in lines] == [
        ("UNKNOWN", "", "100"),
        ("PNL", "liquidation", "-90"),
        ("FEE", "", "-1.5"),
        ("FEE", "", "-0.5"),
    ]
    assert lines[1].balance_after == Decimal(10)


def test_words_of_a_column_tell_the_sign_and_others_are_problems(
    tmp_path: Path,
) -> None:
    header = ("Booked", "In or out", "Amount in EUR")
    rows = (
        ("01.03.2026 10:00", "in", '"1.234,5"'),
        ("01.03.2026 10:01", "out", '"0,5"'),
        ("01.03.2026 10:02", "sideways", '"1"'),
    )
    draft = replace(
        DRAFT,
        header=header,
        columns={"time": "Booked", "sign": "In or out", "amount": "Amount in EUR"},
        told={"asset": "EUR", "operation": "movement"},
        time_form="%d.%m.%Y %H:%M",
        decimal=",",
        thousands=".",
        plus=("in",),
        minus=("out",),
    )
    first, second, third = outcomes(written(tmp_path, header, *rows), draft)
    assert [(str(one.amount), one.asset) for one in (first, second)] == [
        ("1234.5", "EUR"),
        ("-0.5", "EUR"),
    ]
    assert isinstance(third, RowProblem)
    assert third.reason == "does not tell the sign"


def test_columns_are_suggested_by_name_then_by_cells() -> None:
    found = suggested_columns(HEADER, ROWS)
    assert found.columns == {
        "time": "Booked",
        "instrument": "Pair",
        "asset": "Coin",
        "amount": "Net",
        "balance_after": "Left",
        "operation": "Kind",
    }
    assert found.why["time"] == "its cells are times"
    assert found.why["amount"] == "moves Left from row to row"
    assert (found.time_form, found.order) == ("calendar", RowOrder.OLDEST_FIRST)
    assert suggested_columns(HEADER, ROWS[::-1]).order is RowOrder.NEWEST_FIRST


@pytest.mark.parametrize(
    ("name", "field"),
    [("Time(UTC)", "time"), ("Realized PNL", "amount"), ("Symbol", "instrument")],
)
def test_names_of_known_layouts_are_known(name: str, field: str) -> None:
    assert suggested_columns([name], []).columns == {field: name}


def test_styles_of_numbers_and_sides_are_noticed() -> None:
    found = suggested_columns(
        ["When", "Direction", "Amount"],
        [["1709287200000", "Buy", "1.000,5"], ["1709287201000", "SELL", "-2,25"]],
    )
    assert (found.decimal, found.thousands) == (",", ".")
    assert found.sides == {"Buy": "buy", "SELL": "sell"}
    assert found.time_form == "epoch_ms"


def test_a_file_of_nothing_known_suggests_nothing() -> None:
    found = suggested_columns(["Name", "Colour", ""], [["bike", "red"], ["car"]])
    assert (found.columns, found.time_form) == ({}, "")


def test_roles_are_suggested_from_what_other_venues_call_so() -> None:
    assert suggested_role("FUNDING_FEE").role == "FUND"
    assert suggested_role("never heard") is None


def test_every_known_form_reads_a_time() -> None:
    assert known_time_forms()[0] == "calendar"
    assert plain_name("Date(UTC) [ms] #2") == "date"
