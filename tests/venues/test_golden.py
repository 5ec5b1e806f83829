"""One small file per layout generation, with what it must come to beside it."""

from pathlib import Path

import pytest

from recovery.sheets.open_source import open_source
from recovery.venues.loading import shipped_profiles
from recovery.venues.recognition import recognise
from tests.venues.golden_files import FILES, GOLDEN, case_of
from tests.venues.parts import Parts
from tests.venues.reports import identities, report, understood

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


def kept_of(path: Path, given: dict[str, str]) -> set[tuple[bytes, int]]:
    outcomes, interpreter = understood(path, **given)
    return identities(outcomes, interpreter.recognition.layout)


SEVERAL = [path for path in FILES if len(list(open_source(path).records())) > 1]


@pytest.mark.parametrize("path", SEVERAL, ids=lambda path: path.name)
def test_halves_overlaps_and_shuffles_end_the_same(path: Path, tmp_path: Path) -> None:
    """Rows without an id of their own may only repeat inside one part."""
    given = {"name": path.name, **case_of(path).given}
    parts = Parts(path)
    kept = {}
    for name, places in parts.places().items():
        part = tmp_path / f"{name}{path.suffix}"
        part.write_bytes(parts.some(places))
        kept[name] = kept_of(part, given) if places else set()
    assert kept["shuffled"] == kept["whole"]
    assert kept["first"] | kept["second"] == kept["whole"]
    assert kept["overlap"] <= kept["whole"]
    assert kept_of(path, given) == kept["whole"]


TABLES = [path for path in SEVERAL if Parts(path).has_table]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_parts_as_workbooks_are_the_same_rows(path: Path, tmp_path: Path) -> None:
    given = {"name": path.name, **case_of(path).given}
    parts = Parts(path)
    places = parts.places()
    kept = {}
    for name in ("shuffled", "first", "second"):
        part = tmp_path / f"{name}.xlsx"
        part.write_bytes(parts.as_workbook(places[name]))
        kept[name] = kept_of(part, given) if places[name] else set()
    assert kept["shuffled"] == kept_of(path, given)
    assert kept["first"] | kept["second"] == kept["shuffled"]


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
