"""A file is looked into first; it is loaded when somebody says so, or forgotten."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from recovery.models import AuditEntry, Job, LedgerEntry, SourceFile
from recovery.services.previews import previews_forget
from recovery.tasks import run_all_due
from tests.admin.doors import page_url, signed_in, take, text_of

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).parents[1] / "venues" / "golden"
DERIBIT = "deribit.transaction-log.1.csv"
LOG = "bybit.transaction-log.U2.csv"
SAID = {"provenance": "staff_obtained"}


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path) -> None:
    settings.FILES_DIR = tmp_path


@pytest.fixture
def client(ada: User) -> Client:
    return signed_in(ada)


def sent(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, (GOLDEN / name).read_bytes())


def look(client: Client, *names: str, **said: str) -> Any:
    address = reverse("admin:recovery_sourcefile_list_act", args=["upload"])
    files = [sent(name) for name in names]
    return client.post(address, {"file": files, **SAID, **said}, follow=True)


def stored(folder: Path) -> list[str]:
    return [path.name for path in (folder / "sources").iterdir()]


def test_those_who_import_nothing_look_into_nothing(bea: User) -> None:
    assert "Refused" in text_of(look(signed_in(bea), LOG))
    assert not SourceFile.objects.exists()


def test_no_file_at_all_is_said(client: Client) -> None:
    assert "Source files: This field is required." in text_of(look(client))


def test_a_file_with_something_unsaid_is_not_loaded(client: Client) -> None:
    page = text_of(look(client, DERIBIT))
    assert "Whose account is it?" in page
    assert "Which asset are its amounts in?" in page
    source = SourceFile.objects.get()
    assert "Load the file" not in page
    assert take(client, source, "load").status_code == 409
    assert not Job.objects.exists()


def test_what_is_said_is_looked_at_and_then_loaded(client: Client) -> None:
    look(client, DERIBIT)
    source = SourceFile.objects.get()
    page = text_of(take(client, source, "say", account="77", asset="btc", **SAID))
    assert "Looked into it again." in page
    assert "Load the file" in page
    take(client, source, "load")
    run_all_due()
    source.refresh_from_db()
    assert (source.state, source.accepted) == ("loaded", 5)
    assert set(LedgerEntry.objects.values_list("account__number", "asset")) == {
        ("77", "BTC")
    }


def test_the_page_says_what_the_file_is_and_what_it_cannot_prove(
    client: Client,
) -> None:
    page = text_of(look(client, LOG))
    for told in (
        "Bybit: Transaction log (asset change details), U2; fits 100 of 100",
        "Where to click to get it",
        "What it cannot prove",
        "Next best layout",
        "Sums of the whole file",
        "from “2026-03-01 10:00:01”",
    ):
        assert told in page
    assert not LedgerEntry.objects.exists()


def test_rows_that_are_here_already_are_named_with_their_file(client: Client) -> None:
    look(client, LOG)
    first = SourceFile.objects.get()
    take(client, first, "load")
    run_all_due()
    text = (GOLDEN / LOG).read_text().rstrip("\n")
    half = SimpleUploadedFile("half.csv", "\n".join(text.split("\n")[:-1]).encode())
    address = reverse("admin:recovery_sourcefile_list_act", args=["upload"])
    page = text_of(client.post(address, {"file": half, **SAID}, follow=True))
    assert "8 of 8 rows compared are here: they count once." in page
    assert page_url(first) in page


def test_a_discarded_file_leaves_the_line_of_the_audit_only(
    client: Client, tmp_path: Path
) -> None:
    look(client, LOG)
    source = SourceFile.objects.get()
    assert stored(tmp_path) == [source.sha256]
    page = text_of(take(client, source, "discard"))
    assert "nothing of it is kept" in page
    assert not SourceFile.objects.exists()
    assert stored(tmp_path) == []
    assert AuditEntry.objects.filter(action="source_file.discard").count() == 1


def test_a_file_loaded_meanwhile_is_neither_discarded_nor_loaded_twice(
    client: Client,
) -> None:
    look(client, LOG)
    source = SourceFile.objects.get()
    take(client, source, "load")
    for act in ("load", "discard", "say"):
        assert take(client, source, act, **SAID).status_code == 409
    assert Job.objects.count() == 1


def test_a_file_that_cannot_be_read_to_its_end_is_said(
    client: Client, tmp_path: Path
) -> None:
    look(client, DERIBIT)
    source = SourceFile.objects.get()
    (tmp_path / "sources" / source.sha256).unlink()
    page = text_of(take(client, source, "say", **SAID))
    assert "The file could not be read to its end" in page
    assert take(client, source, "load").status_code == 409


def test_several_files_are_listed_as_waiting(client: Client) -> None:
    page = text_of(look(client, LOG, DERIBIT))
    assert "Looked into 2 files;" in page
    assert set(SourceFile.objects.values_list("state", flat=True)) == {"previewed"}
    assert LOG in page and DERIBIT in page
    assert "asks: account, asset" in page
    assert "waits to be loaded" in page


def test_all_that_need_nothing_are_loaded_at_once(client: Client, lia: User) -> None:
    look(client, LOG, DERIBIT)
    address = reverse("admin:recovery_sourcefile_list_act", args=["load-all"])
    assert "0 files being loaded." in text_of(signed_in(lia).post(address, follow=True))
    assert "1 file being loaded." in text_of(client.post(address, follow=True))
    states = SourceFile.objects.order_by("name").values_list("name", "state")
    assert list(states) == [(LOG, "stored"), (DERIBIT, "previewed")]


def test_a_preview_nobody_confirms_is_forgotten_after_a_week(
    client: Client, tmp_path: Path
) -> None:
    look(client, LOG)
    now = SourceFile.objects.get().received_at
    assert previews_forget(now + timedelta(days=6)) == 0
    assert previews_forget(now + timedelta(days=8)) == 1
    assert not SourceFile.objects.exists()
    assert stored(tmp_path) == []


def test_a_file_that_came_in_before_is_said_and_left_alone(client: Client) -> None:
    look(client, LOG)
    take(client, SourceFile.objects.get(), "load")
    assert "came in before" in text_of(look(client, LOG))
    assert SourceFile.objects.count() == Job.objects.count() == 1


def test_a_strange_file_is_shown_with_its_refusal(client: Client) -> None:
    address = reverse("admin:recovery_sourcefile_list_act", args=["upload"])
    bikes = SimpleUploadedFile("bikes.csv", b"name,colour\nbike,<b>red</b>\n")
    page = text_of(client.post(address, {"file": bikes, **SAID}, follow=True))
    assert "This file cannot be loaded as it is." in page
    assert "No known layout has the columns: name, colour" in page
    assert "&lt;b&gt;red&lt;/b&gt;" in page
    source = SourceFile.objects.get()
    assert take(client, source, "load").status_code == 409
    mapping = reverse("admin:recovery_layoutmapping_map", args=[source.pk])
    assert mapping in page
    assert "colour" in text_of(client.get(mapping))


ALIGNED = """
Date(UTC)            type          Amount  Asset  Symbol   Transaction ID
2026-02-01 10:00:00  REALIZED_PNL   -2.50  USDT   BTCUSDT  1
2026-02-01 10:00:01  FUNDING_FEE     0.01  USDT   BTCUSDT  2
2026-02-01 10:00:02  ODD_THING       ?     USDT   BTCUSDT  3
"""
BARE = "\n".join(ALIGNED.splitlines()[2:4])


def paste(client: Client, rows: str, **said: str) -> str:
    address = reverse("admin:recovery_sourcefile_list_act", args=["paste"])
    return text_of(client.post(address, {"rows": rows, **SAID, **said}, follow=True))


def test_pasted_rows_go_the_way_of_a_file(client: Client) -> None:
    page = paste(client, ALIGNED, account="77")
    assert "3 rows = 2 understood + 0 left out + 1 not understood" in page
    assert "Binance: Futures transaction history (wallet income), date; fits" in page
    source = SourceFile.objects.get()
    take(client, source, "load")
    run_all_due()
    source.refresh_from_db()
    assert (source.name, source.accepted, source.rejected) == ("pasted rows", 2, 1)


def test_pasted_rows_without_names_are_told_by_their_shape(client: Client) -> None:
    page = paste(client, BARE)
    assert "binance" in page
    assert "Whose account is it?" in page


def test_a_letter_is_no_table(client: Client) -> None:
    page = paste(client, "Dear desk,\nwhere is my money?\n")
    assert "This file cannot be loaded as it is." in page
