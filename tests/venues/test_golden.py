"""One small file per layout generation, with what it must come to beside it."""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recovery.sheets.open_source import open_source
from recovery.venues.loading import shipped_profiles
from recovery.venues.recognition import recognise
from tests.venues.reports import identities, report, understood

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(path for path in GOLDEN.iterdir() if path.suffix != ".expected")


@dataclass(frozen=True)
class Case:
    path: Path
    given: dict[str, str]
    expected: dict[str, Any]


def case_of(path: Path) -> Case:
    said = json.loads(path.with_name(f"{path.name}.expected").read_text("utf-8"))
    return Case(path, said["given"], said["comes_to"])


every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


@every_file
def test_file_comes_to_what_stands_beside_it(path: Path) -> None:
    case = case_of(path)
    assert report(path, **case.given) == case.expected


@every_file
def test_every_record_has_exactly_one_outcome(path: Path) -> None:
    case = case_of(path)
    found = report(path, **case.given)
    parts = found["accepted"] + found["ignored"] + found["rejected"]
    assert found["records"] == parts == len(list(open_source(path).records()))


@every_file
def test_file_is_told_from_all_other_layouts(path: Path) -> None:
    case = case_of(path)
    found = recognise(open_source(path), name=case.given.get("name", ""))
    rival = found.runner_up
    assert found.score >= 60
    assert rival is None or rival.rank < found.score


def test_every_verified_layout_has_a_file() -> None:
    shown = {
        (one.expected["venue"], one.expected["layout"]) for one in map(case_of, FILES)
    }
    shipped = {
        (one.venue, f"{one.code} {one.generation}")
        for profile in shipped_profiles()
        for one in profile.layouts
        if one.verified and one.venue != "house"
    }
    assert shipped - shown == set()


# --- the same rows in other files ---------------------------------------------------


def table(path: Path) -> tuple[list[str], list[str]]:
    """Lines up to the header, and the lines of the rows."""
    lines = path.read_bytes().decode("utf-8").splitlines(keepends=True)
    source = open_source(path)
    numbers = [record.number for record in source.records()]
    return lines[: source.header_number], [lines[number - 1] for number in numbers]


def kept_of(path: Path, given: dict[str, str]) -> set[tuple[bytes, int]]:
    outcomes, interpreter = understood(path, **given)
    return identities(outcomes, interpreter.recognition.layout)


TEXTS = [
    path
    for path in FILES
    if path.suffix not in (".json", ".xlsx")
    and len(list(open_source(path).records())) > 1
]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_halves_overlaps_and_shuffles_end_the_same(path: Path, tmp_path: Path) -> None:
    """Rows without an id of their own may only repeat inside one part."""
    case = case_of(path)
    given = {"name": path.name, **case.given}
    head, rows = table(path)
    # Equal rows stay together: an ordinal counts them within one file.
    rows = sorted(rows)
    middle = len(rows) // 2
    while 0 < middle < len(rows) and rows[middle] == rows[middle - 1]:
        middle += 1
    shuffled = random.Random(6).sample(rows, len(rows))
    parts = {
        "whole": rows,
        "shuffled": shuffled,
        "first": rows[:middle],
        "second": rows[middle:],
        "overlap": [row for row in rows if row in rows[max(middle - 2, 0) :]],
    }
    kept = {}
    for name, some in parts.items():
        part = tmp_path / name
        text = "".join([*head, *some])
        part.write_bytes(text.encode("utf-8"))
        kept[name] = kept_of(part, given) if some else set()
    assert kept["shuffled"] == kept["whole"]
    assert kept["first"] | kept["second"] == kept["whole"]
    assert kept["overlap"] <= kept["whole"]
    assert kept_of(path, given) == kept["whole"]


# --- the same rows told by another kind of file -----------------------------------------

TWICE = {
    "bybit.transaction-log.U2.csv": "bybit.transaction-log.API.twin.json",
    "bybit.closed-pnl.1.csv": "bybit.closed-pnl.API.twin.json",
    "hyperliquid.funding.csv.csv": "hyperliquid.funding.API.json",
    "bitmex.wallet-history.csv.csv": "bitmex.wallet-history.API.twin.json",
    "bitmex.trade-history.csv.csv": "bitmex.trade-history.API.twin.json",
    "hyperliquid.trades.csv.csv": "hyperliquid.fills.API.twin.json",
}


@pytest.mark.parametrize("export", TWICE)
def test_row_of_a_file_is_the_same_row_in_the_answer_of_the_api(export: str) -> None:
    told = [
        kept_of(path, {"name": path.name, **case_of(path).given, "account": "77"})
        for path in (GOLDEN / export, GOLDEN / TWICE[export])
    ]
    assert len(told[1]) >= 1
    assert told[1] <= told[0]
