"""Rejected rows go out whole, come in mended, and count exactly once."""

import io
from decimal import Decimal
from pathlib import Path

import pytest

from recovery.demo.files import write_house
from recovery.demo.house_files import LEDGER_HEADER
from recovery.domain.errors import NotReadyError
from recovery.models import (
    LedgerEntry,
    MendedRecord,
    Provenance,
    SourceFile,
    SourceFileState,
)
from recovery.services.actors import OPERATOR
from recovery.services.import_undo import source_file_put_back, source_file_undo
from recovery.services.mending import (
    edited_provenance,
    rejected_mend,
    rejected_open,
    rejected_sheet,
)
from recovery.sheets.write_csv import write_csv
from recovery.tasks import run_all_due
from tests.story import HouseAccount, bring_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path: Path) -> None:
    settings.FILES_DIR = tmp_path / "files"


def spoilt(folder: Path) -> SourceFile:
    """Give a ledger of deposits of 1, the second and third of them unreadable."""
    account = HouseAccount("A-1", [])
    at = LEDGER_HEADER.index("amount")
    for number in range(4):
        account.add("deposit", "1")
        if number in (1, 2):
            row = account.rows[-1]
            account.rows[-1] = (*row[:at], "1,5x", *row[at + 1 :])
    path = folder / "ledger.csv"
    total = {"USDT": Decimal(4)}
    write_house(path, LEDGER_HEADER, account.rows, total, kind="house-ledger")
    return bring_in(path)


def mended(folder: Path, file: SourceFile, name: str, **amounts: str) -> SourceFile:
    """Mend rows of the sheet by their place, and hand the sheet in again."""
    sheet = rejected_sheet(file)
    at = [name.lower() for name in sheet.header].index("amount")
    for place, amount in amounts.items():
        sheet.rows[int(place[1:])][at] = amount
    return hand_in(folder, file, name, sheet.header, sheet.rows)


def hand_in(
    folder: Path, file: SourceFile, name: str, header: list[str], rows: list[list[str]]
) -> SourceFile:
    out = io.StringIO(newline="")
    write_csv(out, header, rows)
    path = folder / name
    path.write_text(out.getvalue())
    came = rejected_mend(OPERATOR, file, path=path, name=name)
    run_all_due()
    came.refresh_from_db()
    return came


def total() -> Decimal:
    return sum(LedgerEntry.objects.values_list("amount", flat=True), Decimal(0))


def test_only_a_loaded_file_is_mended(tmp_path: Path) -> None:
    file = spoilt(tmp_path)
    source_file_undo(OPERATOR, file, reason="Not ours.")
    file.refresh_from_db()
    with pytest.raises(NotReadyError):
        rejected_mend(OPERATOR, file, path=tmp_path / "ledger.csv", name="x.csv")


def test_the_sheet_holds_the_rows_with_all_their_columns(tmp_path: Path) -> None:
    sheet = rejected_sheet(spoilt(tmp_path))
    assert sheet.header[:4] == ["Desk row", "Desk reason", "account", "row_id"]
    assert [row[0] for row in sheet.rows] == ["4", "5"]
    assert sheet.rows[0][2:4] == ["A-1", "A-1-2"]
    assert "1,5x" in sheet.rows[0]
    assert sheet.rows[0][1].startswith("amount: ")


def test_mended_rows_count_and_are_linked(tmp_path: Path) -> None:
    file = spoilt(tmp_path)
    assert (file.accepted, file.rejected, total()) == (2, 2, 2)
    came = mended(tmp_path, file, "mended.csv", r0="1")
    assert (came.state, came.mends) == (SourceFileState.LOADED, file)
    assert (came.accepted, came.rejected) == (1, 1)
    assert came.provenance == Provenance.STAFF_OBTAINED
    assert total() == 3
    assert [one.row_number for one in rejected_open(file)] == [5]
    link = MendedRecord.objects.get()
    assert (link.rejected.row_number, link.source_file) == (4, came)
    assert not any("balance moves" in one for one in came.warnings)


def test_a_sheet_handed_in_twice_with_more_mended_counts_each_row_once(
    tmp_path: Path,
) -> None:
    file = spoilt(tmp_path)
    sheet = rejected_sheet(file)
    at = sheet.header.index("amount")
    sheet.rows[0][at] = "1"
    hand_in(tmp_path, file, "first.csv", sheet.header, sheet.rows)
    sheet.rows[1][at] = "1"
    second = hand_in(tmp_path, file, "second.csv", sheet.header, sheet.rows)
    assert (second.records, second.accepted, second.duplicate) == (2, 1, 1)
    assert total() == 4
    assert not rejected_open(file).exists()


def test_a_row_copied_inside_the_sheet_counts_once(tmp_path: Path) -> None:
    file = spoilt(tmp_path)
    sheet = rejected_sheet(file)
    sheet.rows[0][sheet.header.index("amount")] = "1"
    twice = [sheet.rows[0], sheet.rows[0]]
    came = hand_in(tmp_path, file, "twice.csv", sheet.header, twice)
    assert (came.accepted, came.duplicate, total()) == (1, 1, 3)


def test_equal_rows_without_an_id_count_after_those_of_the_file(tmp_path: Path) -> None:
    """Rows of a venue may be equal in everything: each of them is money."""
    head = "Date(UTC),type,Amount,Asset,Symbol,Transaction ID\n"
    row = "2026-02-01 10:00:00,FUNDING_FEE,-2.5,USDT,BTCUSDT,\n"
    path = tmp_path / "income.csv"
    path.write_text(head + row + row.replace("-2.5", "-2.5?") * 2 + row)
    file = bring_in(path, Provenance.STAFF_OBTAINED, "77")
    assert (file.accepted, file.rejected) == (2, 2)
    came = mended(tmp_path, file, "mended.csv", r0="-2.5", r1="-2.5")
    assert (came.accepted, came.duplicate) == (2, 0)
    assert total() == Decimal(-10)

    whole = tmp_path / "whole.csv"
    whole.write_text(head + row * 4)
    again = bring_in(whole, Provenance.STAFF_OBTAINED, "77")
    assert (again.accepted, again.duplicate) == (0, 4)


def test_mended_rows_are_undone_and_put_back_with_their_file(tmp_path: Path) -> None:
    file = spoilt(tmp_path)
    came = mended(tmp_path, file, "mended.csv", r0="1")
    source_file_undo(OPERATOR, file, reason="Not ours.")
    came.refresh_from_db()
    assert came.state == SourceFileState.UNDONE
    source_file_put_back(OPERATOR, file)
    came.refresh_from_db()
    assert came.state == SourceFileState.LOADED


def test_what_somebody_edited_is_no_word_of_the_house() -> None:
    assert edited_provenance("house") == Provenance.STAFF_OBTAINED
    assert edited_provenance("venue_api") == Provenance.STAFF_OBTAINED
    assert edited_provenance("customer_supplied") == Provenance.CUSTOMER_SUPPLIED


def test_negative_amounts_come_back_as_they_went(tmp_path: Path) -> None:
    head = "Date(UTC),type,Amount,Asset,Symbol,Transaction ID\n"
    path = tmp_path / "income.csv"
    path.write_text(head + "2026-02-41 10:00:00,FUNDING_FEE,-2.5,USDT,BTCUSDT,9\n")
    file = bring_in(path, Provenance.STAFF_OBTAINED, "77")
    sheet = rejected_sheet(file)
    sheet.rows[0][2] = "2026-02-01 10:00:00"
    came = hand_in(tmp_path, file, "mended.csv", sheet.header, sheet.rows)
    assert "'-2.5" in (tmp_path / "mended.csv").read_text()
    assert (came.accepted, total()) == (1, Decimal("-2.5"))
