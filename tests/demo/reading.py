"""Reads written demo files back as plain rows; knows nothing of the generator."""

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

Row = dict[str, str]


class HouseFile(NamedTuple):
    preamble: str
    rows: list[Row]
    manifest: dict[str, str]


def house_file(folder: Path, kind: str) -> HouseFile:
    lines = (folder / f"{kind}.csv").read_text(encoding="utf-8").splitlines()
    assert lines[-1].startswith("#manifest,")
    stated = dict(cell.split("=") for cell in lines[-1].split(",")[1:])
    return HouseFile(lines[0], list(csv.DictReader(lines[1:-1])), stated)


def venue_rows(path: Path) -> list[Row]:
    """The rows of an account log, oldest first."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if lines[0].startswith("UID: "):
        lines = lines[1:]
    return list(csv.DictReader(lines))[::-1]


def table(folder: Path, name: str) -> list[Row]:
    with (folder / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def truth_events(folder: Path) -> list[dict[str, Any]]:
    document = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return list(document["events"])


def sources(folder: Path, venue: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    listed = json.loads((folder / "sources.json").read_text(encoding="utf-8"))
    for source in listed:
        if source["venue"] == venue:
            yield folder / source["file"], source


def amount(text: str) -> Decimal:
    """A cell as an amount; nothing and two dashes are none."""
    return Decimal(0) if text in {"", "--"} else Decimal(text)
