"""Rejected rows go out whole, come in mended, and count exactly once."""

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.models import TradingAccount
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
from recovery.selectors.rejected import rejected_groups
from recovery.services.actors import OPERATOR
from recovery.services.computing import entries_by_account
from recovery.services.import_undo import source_file_put_back, source_file_undo
from recovery.services.mending import (
    edited_provenance,
    rejected_mend,
    rejected_open,
    rejected_parts,
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


def mended(
    folder: Path, file: SourceFile, name: str, column: str = "amount", **amounts: str
) -> SourceFile:
    """Mend rows of the sheet by their place, and hand the sheet in again."""
    sheet = rejected_sheet(file)
    at = [name.lower() for name in sheet.header].index(column.lower())
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


FILL = {
    "coin": "BTC", "px": "80000", "sz": "0.1", "side": "A", "time": 1772359201000,
    "startPosition": "0.3", "dir": "Close Long", "closedPnl": "-10", "fee": "1",
    "crossed": True, "oid": 7, "feeToken": "USDC", "hash": "0x1",
}  # fmt: skip
PLAIN = {
    "closed": "Market,Order Quantity,Entry Price,Exit Price,Opening Fee,Closing Fee,"
    "Funding Fee,Trade Type,Realized P&L,Trade time\n",
    "income": "Date(UTC),type,Amount,Asset,Symbol,Transaction ID\n",
}
ROW = {
    "closed": "BTCUSDT,0.1,80000,{price},0,0,0,Liquidation,{amount},10:00 2026-03-01\n",
    "income": "2026-02-01 10:00:00,FUNDING_FEE,{amount},USDT,BTCUSDT,{number}\n",
}


def fills(path: Path, *fees: str) -> Path:
    """Write equal fills, told apart by an id that their layout does not go by."""
    rows = [{**FILL, "fee": fee, "tid": 40 + at} for at, fee in enumerate(fees)]
    path.write_text(json.dumps(rows))
    return path


def export(path: Path, kind: str, *amounts: str) -> Path:
    """Write a venue's file, newest first where it is so."""
    rows = [
        ROW[kind].format(amount=one, number=at, price=76000 + int(one.strip("-x")))
        for at, one in enumerate(amounts)
    ]
    path.write_text(PLAIN[kind] + "".join(rows))
    return path


def test_equal_fills_with_ids_of_their_own_all_count_where_their_layout_has_an_identity(
    tmp_path: Path,
) -> None:
    """The id does not tell them apart elsewhere: other files of them carry none."""
    broken = fills(tmp_path / "fills.json", "1", "1x", "1")
    file = bring_in(broken, Provenance.STAFF_OBTAINED, "77")
    assert (file.accepted, file.rejected) == (2, 1)
    came = mended(tmp_path, file, "mended.csv", column="fee", r0="1")
    assert (came.layout, came.accepted, came.duplicate) == (file.layout, 1, 0)
    fresh = fills(tmp_path / "fresh.json", "1", "1", "1")
    again = bring_in(fresh, Provenance.STAFF_OBTAINED, "77")
    assert (again.accepted, again.duplicate) == (0, 3)


@pytest.mark.parametrize("kind", ["closed", "income"])
@pytest.mark.parametrize("first", ["mended", "fresh"])
def test_a_mended_row_and_a_fresh_export_of_it_count_once(
    tmp_path: Path, kind: str, first: str
) -> None:
    column = "Realized P&L" if kind == "closed" else "amount"
    broken = export(tmp_path / "broken.csv", kind, "-10", "-10x", "-20")
    file = bring_in(broken, Provenance.STAFF_OBTAINED, "77")
    assert (file.accepted, file.rejected) == (2, 1)

    def mend() -> None:
        mended(tmp_path, file, "mended.csv", column=column, r0="-10")

    def bring_fresh() -> None:
        fresh = export(tmp_path / "fresh.csv", kind, "-10", "-10", "-20", "-30")
        bring_in(fresh, Provenance.STAFF_OBTAINED, "77")

    acts = [mend, bring_fresh] if first == "mended" else [bring_fresh, mend]
    for act in acts:
        act()
    assert total() == Decimal(-70)
    assert LedgerEntry.objects.count() == 4


def test_a_sheet_saved_anew_and_handed_in_again_changes_nothing(tmp_path: Path) -> None:
    broken = export(tmp_path / "broken.csv", "closed", "-10", "-10x", "-10x")
    file = bring_in(broken, Provenance.STAFF_OBTAINED, "77")
    sheet = rejected_sheet(file)
    at = sheet.header.index("Realized P&L")
    for row in sheet.rows:
        row[at] = "-10"
    hand_in(tmp_path, file, "first.csv", sheet.header, sheet.rows)
    sheet.rows.reverse()
    again = hand_in(tmp_path, file, "second.csv", sheet.header, sheet.rows)
    assert (again.accepted, again.duplicate, total()) == (0, 2, -30)


def test_equal_mended_rows_of_several_chunks_all_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.services.imports.CHUNK", 1)
    broken = export(tmp_path / "broken.csv", "closed", "-10", *["-10x"] * 3)
    file = bring_in(broken, Provenance.STAFF_OBTAINED, "77")
    came = mended(
        tmp_path, file, "all.csv", column="Realized P&L", r0="-10", r1="-10", r2="-10"
    )
    assert (came.accepted, came.duplicate, total()) == (3, 0, -40)


def test_more_open_rows_than_a_sheet_holds_come_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recovery.services.mending.ROWS_MAX", 2)
    broken = export(tmp_path / "broken.csv", "closed", *["-10x"] * 5)
    file = bring_in(broken, Provenance.STAFF_OBTAINED, "77")
    parts = rejected_parts(rejected_open(file).count())
    assert parts == 3
    sheets = [rejected_sheet(file, part=one) for one in range(1, parts + 2)]
    numbers = [[row[0] for row in sheet.rows] for sheet in sheets]
    assert numbers == [["2", "3"], ["4", "5"], ["6"], []]
    assert rejected_parts(0) == 1


def undo(file: SourceFile) -> None:
    source_file_undo(OPERATOR, file, reason="Mended wrongly.")
    run_all_due()


def counting() -> Decimal:
    """What rows of files that were not undone move, as an assessment reads them."""
    accounts = TradingAccount.objects.values_list("pk", flat=True)
    rows = entries_by_account(list(accounts))
    return sum((one.line.amount for _, held in rows for one in held), Decimal(0))


def test_rows_whose_mending_was_undone_are_mended_again(tmp_path: Path) -> None:
    file = spoilt(tmp_path)
    wrong = mended(tmp_path, file, "wrong.csv", r0="100", r1="1")
    undo(wrong)
    assert [one.row_number for one in rejected_open(file)] == [4, 5]
    right = mended(tmp_path, file, "right.csv", r0="1", r1="1")
    assert (right.accepted, right.duplicate) == (1, 1)
    assert counting() == 4
    assert not rejected_open(file).exists()
    assert [one.mended_records for one in rejected_groups(file)] == [2]


def test_a_mending_that_another_replaced_is_not_put_back(tmp_path: Path) -> None:
    file = spoilt(tmp_path)
    wrong = mended(tmp_path, file, "wrong.csv", r0="100")
    undo(wrong)
    right = mended(tmp_path, file, "right.csv", r0="1")
    with pytest.raises(NotReadyError, match=r"right\.csv"):
        source_file_put_back(OPERATOR, wrong)
    undo(file)
    source_file_put_back(OPERATOR, file)
    wrong.refresh_from_db()
    right.refresh_from_db()
    assert (wrong.state, right.state) == ("undone", "loaded")
    assert counting() == 3


def test_equal_rows_mended_again_take_no_place_of_others(tmp_path: Path) -> None:
    broken = export(tmp_path / "broken.csv", "closed", "-10", "-10x", "-10x")
    file = bring_in(broken, Provenance.STAFF_OBTAINED, "77")
    column = "Realized P&L"
    first = mended(tmp_path, file, "first.csv", column=column, r0="-10")
    mended(tmp_path, file, "second.csv", column=column, r0="-10")
    undo(first)
    mended(tmp_path, file, "third.csv", column=column, r0="-10")
    assert counting() == -30
