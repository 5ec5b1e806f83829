"""Files that the platform puts into its folder come in once, and move away."""

import time
from pathlib import Path

import pytest

from recovery.models import Job, Provenance, SourceFile, SourceFileState
from recovery.services.import_folder import QUIET_SECONDS, folder_look
from recovery.tasks import look_into_folder, run_all_due
from tests.story import short_ledger, write_ledger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path: Path) -> None:
    settings.FILES_DIR = tmp_path / "files"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder, with a ledger that was written a while ago."""
    made = tmp_path / "incoming"
    made.mkdir()
    write_ledger(made / "ledger.csv", [short_ledger("A-1")])
    return made


def look(folder: Path, *, seconds_later: int = QUIET_SECONDS + 5) -> int:
    return folder_look(folder, now=time.time() + seconds_later)


def names(folder: Path) -> list[str]:
    return sorted(path.name.partition("-")[2] for path in folder.iterdir())


def test_a_folder_that_is_not_there_is_no_end(tmp_path: Path) -> None:
    assert folder_look(tmp_path / "nowhere") == 0


def test_a_file_that_is_still_written_waits(folder: Path) -> None:
    assert look(folder, seconds_later=0) == 0
    (folder / "ledger.csv").rename(folder / ".ledger.csv")
    assert look(folder) == 0
    assert not SourceFile.objects.exists()


def test_a_link_out_of_the_folder_is_not_followed(folder: Path) -> None:
    (folder / "ledger.csv").rename(folder.parent / "elsewhere.csv")
    (folder / "ledger.csv").symlink_to(folder.parent / "elsewhere.csv")
    assert look(folder) == 0


def test_a_file_is_taken_in_loaded_and_moved_away(folder: Path) -> None:
    assert look(folder) == 1
    source = SourceFile.objects.get()
    assert (source.name, source.provenance) == ("ledger.csv", Provenance.HOUSE)
    assert names(folder / "taken") == ["ledger.csv"]
    run_all_due()
    assert look(folder) == 0
    source.refresh_from_db()
    assert source.state == SourceFileState.LOADED
    assert names(folder / "done") == ["ledger.csv"]
    assert names(folder / "taken") == []


def test_the_same_file_again_is_done_and_changes_nothing(folder: Path) -> None:
    look(folder)
    run_all_due()
    write_ledger(folder / "again.csv", [short_ledger("A-1")])
    look(folder)
    look(folder)
    assert names(folder / "done") == ["again.csv", "ledger.csv"]
    assert SourceFile.objects.count() == 1
    assert Job.objects.filter(kind="import").count() == 1


def test_a_file_that_is_no_house_file_is_refused_with_its_reason(folder: Path) -> None:
    (folder / "ledger.csv").write_text("name,colour\nbike,red\n")
    look(folder)
    run_all_due()
    look(folder)
    refused, reason = sorted((folder / "refused").iterdir())
    assert refused.name.endswith("-ledger.csv")
    assert "No known layout" in reason.read_text()


def test_a_look_that_was_cut_off_is_taken_up(folder: Path) -> None:
    """The row is there, the file was not moved yet."""
    body = (folder / "ledger.csv").read_bytes()
    look(folder)
    (taken,) = (folder / "taken").iterdir()
    taken.unlink()
    (folder / "ledger.csv").write_bytes(body)
    assert look(folder) == 1
    assert SourceFile.objects.count() == Job.objects.count() == 1


def test_after_the_database_was_set_back_a_file_is_taken_in_anew(folder: Path) -> None:
    look(folder)
    SourceFile.objects.all().delete()
    Job.objects.all().delete()
    assert look(folder) == 1
    assert SourceFile.objects.count() == 1


def test_the_beat_looks_where_the_setting_says(settings, folder: Path) -> None:
    settings.IMPORT_FOLDER = ""
    look_into_folder()
    assert not (folder / "taken").exists()
    settings.IMPORT_FOLDER = str(folder)
    look_into_folder()
    assert (folder / "taken").exists()
