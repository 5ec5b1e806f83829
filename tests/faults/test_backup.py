"""A desk that is written out comes back as it was, and nothing is written over."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from config.backup import MANIFEST, BackupRefusedError, backup_read, backup_write
from recovery.models import LedgerEntry, Payment
from recovery.selectors.invariants import invariants_broken
from recovery.services.audit_chain import audit_head, audit_verify
from tests.faults.copies import empty_desk
from tests.story import People

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def backup(people: People, tmp_path: Path) -> Path:
    """What was written of a desk that paid somebody."""
    people.approved(people.credit(people.owed()))
    people.sent()
    folder = tmp_path / "backup"
    assert backup_write(connection.settings_dict, settings.FILES_DIR, folder) > 0
    return folder


def restore(folder: Path) -> int:
    return backup_read(connection.settings_dict, settings.FILES_DIR, folder)


def test_a_desk_comes_back_whole_from_its_backup(backup: Path, tmp_path: Path) -> None:
    entries, head = LedgerEntry.objects.count(), audit_head()
    names = {path.name for path in settings.FILES_DIR.rglob("*") if path.is_file()}

    with empty_desk(tmp_path / "elsewhere"):
        shutil.rmtree(settings.FILES_DIR)
        assert restore(backup) == len(names)

        assert LedgerEntry.objects.count() == entries > 0
        assert Payment.objects.get().status == "sent"
        assert audit_head() == head
        assert audit_verify().fault is None
        assert invariants_broken() == []
        back = settings.FILES_DIR.rglob("*")
        assert {path.name for path in back if path.is_file()} == names


def test_a_backup_is_written_over_nothing(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupRefusedError, match="not empty"):
        backup_write(connection.settings_dict, settings.FILES_DIR, backup)
    with pytest.raises(BackupRefusedError, match="not empty"):
        restore(backup)
    with pytest.raises(BackupRefusedError, match="not empty"):
        backup_read(connection.settings_dict, tmp_path / "no-files", backup)


@pytest.mark.parametrize("harm", ["changed", "lost", "more", "half"])
def test_a_backup_that_is_not_whole_is_refused(
    harm: str, backup: Path, tmp_path: Path
) -> None:
    one = next(path for path in (backup / "files").rglob("*") if path.is_file())
    one.chmod(0o600)
    match harm:
        case "changed":
            one.write_bytes(one.read_bytes() + b" ")
        case "lost":
            one.unlink()
        case "more":
            (backup / "files" / "one-more").write_text("x")
        case _:
            (backup / MANIFEST).unlink()
    with empty_desk(tmp_path / "elsewhere"):
        with pytest.raises(BackupRefusedError):
            restore(backup)
        with connection.cursor() as cursor:
            assert connection.introspection.table_names(cursor) == []
