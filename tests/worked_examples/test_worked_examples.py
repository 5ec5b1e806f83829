"""The worked examples beside this file: text in, expected lines out.

A line of an example is a word, then what it says:

    given KEY VALUE           a key of the case
    policy PATH VALUE         a key of the policy; a list is written a,b
    event TYPE KEY VALUE ...  one event
    other KEY VALUE ...       another position; also `holding`, `debt`, `winner`,
                              `loser`, `holder`, `partner` and a margin `tier`
    line LABEL AMOUNT  why    the lines, in order and complete
    value NAME AMOUNT  why    a figure; a dot leads into a list or an object
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recovery.domain.cases.document import assess_case

FOLDER = Path(__file__).parent
EXAMPLES = sorted(FOLDER.glob("*.txt"))
LISTS = {
    "other": "other_positions",
    "holding": "collateral",
    "debt": "debts",
    "winner": "winners",
    "loser": "losers",
    "holder": "holders",
}
FLAGS = {"true": True, "false": False}


class Example:
    """One example as read."""

    def __init__(self, text: str) -> None:
        self.case: dict[str, Any] = {"id": "E", "kind": "settlement", "policy": {}}
        self.lines: list[tuple[str, str]] = []
        self.values: list[tuple[str, str]] = []
        for row in text.splitlines():
            self._read(row)

    def _read(self, row: str) -> None:
        word, *rest = row.split() or [""]
        readers: dict[str, Callable[[list[str]], None]] = {
            "given": self._given,
            "policy": self._policy,
            "event": self._event,
            "tier": self._tier,
            "partner": self._partner,
            "line": lambda rest: self.lines.append((rest[0], rest[1])),
            "value": lambda rest: self.values.append((rest[0], rest[1])),
        }
        if word in LISTS:
            entries = self.case.setdefault(LISTS[word], [])
            entries.append(dict(zip(rest[::2], rest[1::2], strict=True)))
        elif word in readers:
            readers[word](rest)

    def _given(self, rest: list[str]) -> None:
        self.case[rest[0]] = rest[1]

    def _policy(self, rest: list[str]) -> None:
        *path, key = rest[0].split(".")
        place = self.case["policy"]
        for step in path:
            place = place.setdefault(step, {})
        written = rest[1]
        value: object = FLAGS.get(written, written)
        place[key] = written.split(",") if "," in written else value

    def _tier(self, rest: list[str]) -> None:
        maintenance = self.case["policy"].setdefault("maintenance", {})
        tier = dict(zip(rest[::2], rest[1::2], strict=True))
        maintenance.setdefault("tiers", []).append(tier)

    def _partner(self, rest: list[str]) -> None:
        self.case["counterparty"] = dict(zip(rest[::2], rest[1::2], strict=True))

    def _event(self, rest: list[str]) -> None:
        keys = dict(zip(rest[1::2], rest[2::2], strict=True))
        self.case.setdefault("events", []).append({"type": rest[0], **keys})


def found(values: Any, name: str) -> str:
    """A figure by its name."""
    for part in name.split("."):
        values = values[int(part)] if part.isdigit() else values[part]
    return str(values)


@pytest.mark.parametrize("file", EXAMPLES, ids=[file.stem for file in EXAMPLES])
def test_example_comes_out_line_by_line(file: Path) -> None:
    example = Example(file.read_text())
    entry = assess_case(example.case)
    lines = [(line["label"], line["amount"]) for line in entry.get("lines", [])]
    assert lines == example.lines
    assert example.values
    for name, amount in example.values:
        assert found(entry["values"], name) == amount, name
