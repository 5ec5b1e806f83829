"""Imports end to end: what a row cannot be is said of the row, and counted."""

from decimal import Decimal
from pathlib import Path

import pytest

from recovery.models import Job, JobState, LedgerEntry, SourceFileState
from recovery.services import imports
from tests.story import (
    HouseAccount,
    bring_in,
    receive,
    short_ledger,
    write_ledger,
)

pytestmark = pytest.mark.django_db

# Each is longer or larger than its column holds.
TOO_MUCH = {
    "instrument": "B" * 41,
    "asset": "U" * 25,
    "event_id": "E" * 81,
    "order_id": "O" * 81,
    "row_id": "R" * 81,
    "type": "t" * 81,
    "account": "A" * 65,
    "price": "100000000000000000000",
    "quantity": "100000000000000000000.5",
    "position_after": "-100000000000000000000",
    "balance_after": "100000000000000000000",
}


@pytest.mark.parametrize("column", TOO_MUCH)
def test_what_no_column_holds_is_a_problem_of_its_row(
    column: str, tmp_path: Path
) -> None:
    account = short_ledger("A-1")
    account.add("deposit", "1", **{column: TOO_MUCH[column]})
    file = bring_in(write_ledger(tmp_path / "ledger.csv", [account]))

    assert (file.state, file.refusal) == (SourceFileState.LOADED, "")
    assert (file.accepted, file.rejected) == (len(account.rows) - 1, 1)
    problem = file.rejected_records.get()
    assert problem.column == column
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.DONE}


@pytest.mark.parametrize("text", ["a\\b", "\\N", "\\.", "a\\tb", "“ü” ✓", "x y"])
def test_free_text_comes_back_as_it_stood(text: str, tmp_path: Path) -> None:
    """COPY has marks of its own; none of them may be taken for data or the reverse."""
    account = HouseAccount("A-1", [])
    account.add("deposit", "1", order_id=text)
    bring_in(write_ledger(tmp_path / "ledger.csv", [account]))

    assert LedgerEntry.objects.get().order_id == text


def test_equal_rows_of_one_file_all_count_and_once_only(tmp_path: Path) -> None:
    account = HouseAccount("A-1", [])
    for _ in range(3):
        account.add("deposit", "1", row_id="")
        account.second = 0
        account.balance = Decimal(0)
    first = bring_in(write_ledger(tmp_path / "one.csv", [account]))
    account.add("deposit", "2", row_id="")
    second = bring_in(write_ledger(tmp_path / "two.csv", [account]))

    assert (first.accepted, first.duplicate) == (3, 0)
    assert (second.accepted, second.duplicate) == (1, 3)


def test_a_repeated_row_id_is_a_duplicate(tmp_path: Path) -> None:
    account = HouseAccount("A-1", [])
    for _ in range(3):
        account.add("deposit", "1", row_id="R-1")
    file = bring_in(write_ledger(tmp_path / "ledger.csv", [account]))

    assert (file.accepted, file.duplicate) == (1, 2)


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 100])
def test_the_size_of_chunks_changes_nothing(
    chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", chunk)
    accounts = [short_ledger("A-1"), short_ledger("A-2")]
    file = bring_in(write_ledger(tmp_path / "ledger.csv", accounts))
    again = receive(write_ledger(tmp_path / "again.csv", accounts[:1]))
    assert again.job
    bring_in(tmp_path / "again.csv")
    again.refresh_from_db()

    assert (file.records, file.accepted, file.warnings) == (12, 12, [])
    assert (again.records, again.duplicate) == (6, 6)
    assert file.manifest["agrees"] is True


def test_sums_beyond_28_digits_are_exact(tmp_path: Path) -> None:
    account = HouseAccount("A-1", [])
    account.add("deposit", "12345678901234567890.000000000000000001")
    account.add("deposit", "0.000000000000000009", balance_after="")
    file = bring_in(write_ledger(tmp_path / "ledger.csv", [account]))

    assert file.sums == {"USDT": {"XFER": "12345678901234567890.00000000000000001"}}
