"""A file no layout fits is mapped on the desk: refusals, suggestions, saved, approved."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from recovery.models import LayoutMapping, Provenance, SourceFile, SourceFileState
from recovery.services.actors import OPERATOR
from recovery.services.source_files import source_file_receive
from recovery.tasks import run_all_due
from tests.admin.doors import page_url, signed_in, take, text_of
from tests.venues.test_column_mapping import HEADER, ROWS, written

pytestmark = pytest.mark.django_db
SAID = {
    "venue": "coinhall",
    "title": "Wallet log",
    "time_form": "calendar",
    "zone": "UTC",
    "order": "oldest_first",
    "style": "./",
    "costs": "negative",
    "account": "7",
    "column-0": "time",
    "column-1": "operation",
    "column-2": "instrument",
    "column-3": "amount",
    "column-4": "asset",
    "column-5": "balance_after",
    "type-0": "Charge",
    "role-0": "FEE",
    "reason": "It is how they export.",
    "source": "Ticket 9",
}


@pytest.fixture
def file(db: None, settings: Settings, tmp_path: Path) -> SourceFile:
    """Obtained by staff, refused."""
    settings.FILES_DIR = tmp_path / "files"
    found = source_file_receive(
        OPERATOR,
        path=written(tmp_path, HEADER, *ROWS),
        name="log.csv",
        provenance=Provenance.STAFF_OBTAINED,
    )
    run_all_due()
    found.refresh_from_db()
    return found


def map_url(file: SourceFile) -> str:
    return reverse("admin:recovery_layoutmapping_map", args=[file.pk])


def posted(user: User, file: SourceFile, do: str, **changed: Any) -> Any:
    data = {**SAID, **changed, "do": do}
    return signed_in(user).post(map_url(file), data, follow=True)


def test_a_checker_neither_looks_nor_saves(bea: User, file: SourceFile) -> None:
    assert signed_in(bea).get(map_url(file)).status_code == 403
    assert posted(bea, file, "save").status_code == 403


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"column-0": ""}, "which column is the time"),
        ({"column-1": ""}, "the row type: a column, or one for all rows"),
        ({"column-1": "asset"}, "Two columns cannot both be: Asset."),
        ({"zone": "Nowhere"}, "No time zone is called"),
        ({"reason": ""}, "Say why you think so."),
        (
            {"column-1": "amount", "column-3": "operation"},
            "no row of the file is understood",
        ),
    ],
)
def test_what_is_wrong_is_said_and_nothing_saved(
    ada: User, file: SourceFile, changed: dict[str, str], told: str
) -> None:
    answer = posted(ada, file, "save", **changed)
    assert answer.status_code == 409
    assert told in text_of(answer).replace("&#x27;", "'")
    assert "It is how they export." in text_of(answer) or "reason" in changed
    assert not LayoutMapping.objects.exists()


def test_a_file_that_cannot_be_opened_leads_back_to_its_page(
    ada: User, tmp_path: Path, settings: Settings
) -> None:
    settings.FILES_DIR = tmp_path / "files"
    path = tmp_path / "x.csv"
    path.write_bytes(b"")
    broken = source_file_receive(
        OPERATOR, path=path, name="x.csv", provenance=Provenance.STAFF_OBTAINED
    )
    answer = signed_in(ada).get(map_url(broken), follow=True)
    assert answer.redirect_chain[-1][0] == page_url(broken)


def test_the_form_begins_with_what_names_and_cells_suggest(
    ada: User, file: SourceFile
) -> None:
    assert "Map its columns" in text_of(signed_in(ada).get(page_url(file)))
    shown = text_of(signed_in(ada).get(map_url(file)))
    assert "moves Left from row to row" in shown
    assert '<option value="time" selected>' in shown
    assert "which column is the amount" not in shown
    assert "Suggested because" in shown


def test_looking_shows_rows_raw_and_understood_and_asks_for_row_types(
    ada: User, file: SourceFile
) -> None:
    answer = posted(ada, file, "look")
    text = text_of(answer)
    assert "4 of 4 rows understood" in text
    assert "2026-03-01 10:00:02 UTC · Trading fee · −1.50 USDT" in text
    assert 'name="type-1" value="Closed by force"' in text
    assert not LayoutMapping.objects.exists()


def test_a_saved_layout_waits_for_a_second_person_and_then_reads(
    ada: User, lia: User, file: SourceFile
) -> None:
    answer = posted(ada, file, "save")
    assert "somebody else must approve it" in text_of(answer)
    mapping = LayoutMapping.objects.get()
    assert "made by staff, not verified" in text_of(answer)
    take(signed_in(lia), mapping, "approve", shown_digest=mapping.content_digest)
    run_all_due()
    file.refresh_from_db()
    assert (file.state, file.accepted) == (SourceFileState.LOADED, 4)
    shown = text_of(signed_in(ada).get(page_url(file)))
    assert "Layout made by staff" in shown
    assert "made by staff, not verified" in shown


def test_the_catalogue_lists_what_was_made_here_by_whom_and_how_sure_it_is(
    ada: User, lia: User, file: SourceFile
) -> None:
    address = reverse("admin:recovery_sourcefile_catalogue")
    assert "None yet: map the columns" in text_of(signed_in(ada).get(address))
    posted(ada, file, "save")
    mapping = LayoutMapping.objects.get()
    page = text_of(signed_in(ada).get(address))
    made = page[page.index('id="made-here"') :]
    assert "Made here by Ada Lind, " in made
    assert "Waits for a second person" in made
    assert ">Unverified<" in made
    assert page_url(mapping) in made
    assert "Read in: Ticket 9." in made
    assert page_url(file) in made
    take(signed_in(lia), mapping, "approve", shown_digest=mapping.content_digest)
    made = text_of(signed_in(ada).get(address)).split('id="made-here"')[1]
    assert "Approved by Lia Sand, " in made
    assert ">Unverified<" in made
