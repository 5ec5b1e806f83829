"""Answers of interfaces that a program has turned into a table before they came."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.venues.reports import identities, understood
from tests.venues.test_golden import GOLDEN, case_of

NESTED = (
    "hyperliquid.fills.API.json",
    "hyperliquid.funding.API.json",
    "hyperliquid.movements.API.wallets.json",
)


def flat(row: dict[str, Any], mark: str, before: str = "") -> dict[str, str]:
    """One object as one row, what is inside it named behind `mark`."""
    cells: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            cells |= flat(value, mark, f"{before}{name}{mark}")
        else:
            cells[before + name] = "" if value is None else str(value)
    return cells


@pytest.mark.parametrize("mark", [".", "/", "_", "__"])
@pytest.mark.parametrize("name", NESTED)
def test_inner_names_are_found_however_they_are_joined(
    name: str, mark: str, tmp_path: Path
) -> None:
    path = GOLDEN / name
    given = case_of(path).given
    rows = [flat(row, mark) for row in json.loads(path.read_text("utf-8"))]
    names = list(dict.fromkeys(key for row in rows for key in row))
    table = tmp_path / "answer.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    plain, reader = understood(path, **given)
    found, other = understood(table, **given)
    assert other.recognition.layout == reader.recognition.layout
    layout = reader.recognition.layout
    assert identities(found, layout) == identities(plain, layout)
