"""Worked cases with keys lost, swapped or spoilt are answered all the same."""

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.domain.cases.document import assess_case
from recovery.domain.cases.fields import CaseKind

FILE = Path(__file__).parent / "data" / "worked_cases.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text())["cases"]
SPOILT = ("0", "1", "-1", "0.5", "1e5", "0.000001", None, True, "long", [], {})
MANY = settings(
    max_examples=int(os.environ.get("PROPERTY_EXAMPLES", "100")) * 4, deadline=None
)


def places(value: Any, keys: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every key and entry inside a case."""
    entries: Any = ()
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list):
        entries = enumerate(value)
    for key, part in entries:
        yield (*keys, key)
        yield from places(part, (*keys, key))


def spoil(random: Random) -> dict[str, Any]:
    """A worked case with one to three things wrong or taken from another case."""
    case = copy.deepcopy(random.choice(CASES))
    for _ in range(random.randint(1, 3)):
        *path, last = random.choice(
            [place for place in places(case) if place != ("id",)]
        )
        holder: Any = case
        for key in path:
            holder = holder[key]
        act = random.randrange(4)
        if act == 0:
            del holder[last]
        elif act == 1:
            holder[last] = random.choice(SPOILT)
        elif act == 2:
            case["kind"] = random.choice(list(CaseKind)).value
        else:
            case |= copy.deepcopy(random.choice(CASES)) | {"kind": case.get("kind")}
    return case


@MANY
@given(st.randoms(use_true_random=False))
def test_spoilt_case_is_answered_in_one_of_three_ways(random: Random) -> None:
    entry = assess_case(spoil(random))
    assert len(entry.keys() & {"values", "unsupported", "error"}) == 1
    for name in ("residual", "deficit"):
        assert not entry.get("values", {}).get(name, "0").startswith("-")
