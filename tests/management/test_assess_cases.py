"""The command that answers a document of cases; no database is touched."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

CASES = Path(__file__).parents[1] / "domain" / "data" / "worked_cases.json"


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b'{"schema": "liquidation-result/1"}']
)
def test_unreadable_document_ends_with_two(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "cases.json"
    file.write_bytes(content)
    with pytest.raises(CommandError) as refusal:
        call_command("assess_cases", str(file), "--json")
    assert refusal.value.returncode == 2


def test_missing_file_ends_with_two(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("assess_cases", str(tmp_path / "none.json"))
    assert refusal.value.returncode == 2


def test_results_are_printed_as_one_document() -> None:
    out = io.StringIO()
    call_command("assess_cases", str(CASES), "--json", stdout=out)
    results = json.loads(out.getvalue())
    assert results["schema"] == "liquidation-result/1"
    assert results["results"]["W001"]["values"]["residual"] == "481.95"
    assert results["results"]["W088"]["error"].startswith("events[0].price: ")


def test_results_are_printed_in_words_without_the_option() -> None:
    out = io.StringIO()
    call_command("assess_cases", str(CASES), stdout=out)
    text = out.getvalue()
    assert "W086: error qty: " in text
    assert "residual 481.95" in text
