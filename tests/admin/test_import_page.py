"""The page of a loaded file: what speaks against it, whose rows it repeats, mending."""

from decimal import Decimal
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from recovery.demo.files import write_house
from recovery.demo.house_files import LEDGER_HEADER
from recovery.models import LedgerEntry, MendedRecord, Provenance, SourceFile
from recovery.services.source_files import source_file_path
from recovery.tasks import run_all_due
from tests.admin.doors import page_url, signed_in, take, text_of
from tests.story import HouseAccount, bring_in, receive, short_ledger, write_ledger

pytestmark = pytest.mark.django_db
HEAD = "Date(UTC),type,Amount,Asset,Symbol,Transaction ID\n"
ROWS = (
    "2026-02-01 10:00:00,REALIZED_PNL,-2.5,USDT,BTCUSDT,1\n"
    "2026-02-41 10:00:00,REALIZED_PNL,-3,USDT,=BTC,2\n"
    "2026-02-03 10:00:00,REALIZED_PNL,n/a?,USDT,BTCUSDT,3\n"
)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path: Path) -> None:
    settings.FILES_DIR = tmp_path / "files"


@pytest.fixture
def client(ada: User) -> Client:
    return signed_in(ada)


@pytest.fixture
def income(tmp_path: Path) -> SourceFile:
    """Give an income file with two rows nobody can read."""
    path = tmp_path / "income.csv"
    path.write_text(HEAD + ROWS)
    return bring_in(path, Provenance.STAFF_OBTAINED, "77")


def sheet_of(client: Client, source: SourceFile, kind: str) -> bytes:
    view = "rejected" if kind == "csv" else "rejected_book"
    address = reverse(f"admin:recovery_sourcefile_{view}", args=[source.pk])
    answer = client.get(address)
    assert answer["Content-Disposition"].endswith(f'.{kind}"')
    return bytes(answer.content)


def hand_in(client: Client, source: SourceFile, name: str, body: bytes) -> str:
    file = SimpleUploadedFile(name, body)
    page = text_of(take(client, source, "mend", file=file))
    run_all_due()
    return page


def test_rejected_rows_are_counted_by_reason(
    client: Client, income: SourceFile
) -> None:
    page = text_of(client.get(page_url(income)))
    assert "2 rejected, 0 mended, 2 open." in page
    assert "Download the 2 open rows (CSV)" in page


def test_rows_to_mend_leave_with_their_columns_and_run_nothing(
    client: Client, income: SourceFile
) -> None:
    text = sheet_of(client, income, "csv").decode()
    head, first, _ = text.splitlines()
    assert head.startswith("Desk row,Desk reason,Date(UTC),type,Amount")
    assert first.startswith("3,Date(UTC): ")
    assert ",REALIZED_PNL,-3,USDT,'=BTC,2" in first


def test_mended_csv_rows_join_the_import(client: Client, income: SourceFile) -> None:
    text = sheet_of(client, income, "csv").decode()
    mended = text.replace("2026-02-41", "2026-02-11").replace("'=BTC", "BTCUSDT")
    assert "The mended rows are being read." in hand_in(
        client, income, "mended.csv", mended.encode()
    )
    page = text_of(client.get(page_url(income)))
    assert "2 rejected, 1 mended, 1 open." in page
    assert "2 rejected. Of the rejected, 1 are mended, 1 open." in page
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == Decimal("-5.5")
    came = MendedRecord.objects.get().source_file
    told = text_of(client.get(page_url(came)))
    assert "1 of its rows brought in records that were rejected before" in told
    assert "came in before" in hand_in(client, income, "again.csv", mended.encode())


def test_mended_workbook_rows_join_the_import(
    client: Client, income: SourceFile
) -> None:
    book = openpyxl.load_workbook(BytesIO(sheet_of(client, income, "xlsx")))
    sheet = book.active
    assert sheet["A2"].value == "3"
    sheet["C2"].value, sheet["G2"].value = "2026-02-11 10:00:00", "BTCUSDT"
    sheet["E3"].value = "-4"
    out = BytesIO()
    book.save(out)
    hand_in(client, income, "mended.xlsx", out.getvalue())
    page = text_of(client.get(page_url(income)))
    assert "2 rejected, 2 mended, 0 open." in page
    assert "Download the" not in page
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == Decimal("-9.5")


def test_without_the_file_its_reasons_still_leave(
    client: Client, income: SourceFile
) -> None:
    source_file_path(income).unlink()
    head, *rows = sheet_of(client, income, "csv").decode().splitlines()
    assert head == "row,column,value,reason"
    assert len(rows) == 2


def test_a_control_total_that_differs_stands_beside_ours(
    client: Client, tmp_path: Path
) -> None:
    account = HouseAccount("A-1", [])
    account.add("deposit", "1")
    path = tmp_path / "ledger.csv"
    write_house(
        path, LEDGER_HEADER, account.rows, {"USDT": Decimal(9)}, kind="house-ledger"
    )
    page = text_of(client.get(page_url(bring_in(path))))
    assert "Sum of USDT" in page
    assert "Differs" in page
    assert "The manifest states 9 USDT, the rows add up to 1: -8 apart." in page


def test_the_page_says_what_was_left_out_and_why(
    client: Client, tmp_path: Path
) -> None:
    golden = Path(__file__).parents[1] / "venues" / "golden"
    file = bring_in(golden / "kraken.ledgers.1.csv", Provenance.STAFF_OBTAINED, "7")
    (reason,) = file.left_out
    assert reason in text_of(client.get(page_url(file)))


def test_the_page_names_the_file_that_brought_its_rows_first(
    client: Client, tmp_path: Path
) -> None:
    first = bring_in(write_ledger(tmp_path / "one.csv", [short_ledger("A-1")]))
    both = [short_ledger("A-1"), short_ledger("A-2")]
    second = bring_in(write_ledger(tmp_path / "two.csv", both))
    assert page_url(first) in text_of(client.get(page_url(second)))
    page = text_of(client.get(page_url(first)))
    assert "Seen again in other files" in page
    assert page_url(second) in page
    entry = text_of(
        client.get(page_url(LedgerEntry.objects.filter(source_file=first).first()))
    )
    assert "Also in" in entry and page_url(second) in entry


def test_a_page_of_a_file_under_way_loads_itself_again_without_a_script(
    client: Client, tmp_path: Path
) -> None:
    file = receive(write_ledger(tmp_path / "one.csv", [short_ledger("A-1")]))
    assert '<meta http-equiv="refresh" content="3">' in text_of(
        client.get(page_url(file))
    )
    run_all_due()
    assert "http-equiv" not in text_of(client.get(page_url(file)))


def test_what_rests_on_the_rows_is_looked_up_when_asked(
    client: Client, tmp_path: Path
) -> None:
    file = bring_in(write_ledger(tmp_path / "one.csv", [short_ledger("A-1")]))
    assert "Which cases would forbid to undo it?" in text_of(client.get(page_url(file)))
    page = text_of(client.get(f"{page_url(file)}?rests=yes"))
    assert "the import can be undone" in page
