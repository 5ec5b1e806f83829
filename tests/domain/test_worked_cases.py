"""Every worked case of the reference, under the comparison of the case format."""

import json
from pathlib import Path
from typing import Any

import pytest

from recovery.domain.cases.document import assess_case, assess_document
from tests.domain.comparison import differences

FILE = Path(__file__).parent / "data" / "worked_cases.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text())["cases"]
OPTIONAL_KINDS = {"order_limit_price", "fee_rate"}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_worked_case_agrees(case: dict[str, Any]) -> None:
    entry = assess_case(case)
    if case["kind"] in OPTIONAL_KINDS and "unsupported" in entry:
        assert entry["unsupported"].startswith("kind ")
        return
    assert differences(case, entry) == []


def test_document_answers_every_case_once() -> None:
    results = assess_document(FILE.read_text())["results"]
    assert list(results) == [case["id"] for case in CASES]
    assert all(
        len(entry.keys() & {"values", "unsupported", "error"}) == 1
        for entry in results.values()
    )
