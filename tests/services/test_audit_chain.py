"""The audit proves itself: whatever a superuser does to it is named (TRUST T56)."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import User
from recovery.domain.audit_chain import GENESIS
from recovery.models import AuditEntry, AuditSeal
from recovery.services.actors import SYSTEM
from recovery.services.audit import audit_write
from recovery.services.audit_chain import (
    audit_head_export,
    audit_heads_folder,
    audit_verify,
)
from tests.services.audit_desk import (
    LENGTH,
    forge,
    reseal_from,
    seal_now,
    write_audit,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLACES = [1, 2, LENGTH // 2 + 1, LENGTH - 1, LENGTH]


@pytest.fixture(autouse=True)
def sealed(ada: User) -> None:
    write_audit(ada)
    assert audit_verify().fault is None


def entry_at(position: int) -> int:
    return AuditSeal.objects.get(pk=position).entry_id


def broken_at() -> int:
    fault = audit_verify().fault
    assert fault is not None
    return fault.position


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'",
        "actor_id = NULL",
        "actor_name = actor_name || ' '",
        "role = 'checker'",
        "action = 'case.taken'",
        "subject = 'case RC-0'",
        "detail = detail || '{\"number\": 0}'",
        "detail = detail - 'word'",
        "request_id = 'r0'",
        "database_user = 'postgres'",
        "actor_name = 'ca', role = 'r'",
    ],
)
def test_a_changed_entry_is_named(change: str, place: int, ada: User) -> None:
    forge("UPDATE recovery_auditentry SET actor_id = %s", ada.pk)
    reseal_from(1)
    assert audit_verify().fault is None
    forge(f"UPDATE recovery_auditentry SET {change} WHERE id = %s", entry_at(place))
    assert broken_at() == place


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("column", ["hash", "previous_hash"])
def test_a_changed_seal_is_named(column: str, place: int) -> None:
    forge(
        f"UPDATE recovery_auditseal SET {column} = repeat('a', 64) WHERE position = %s",
        place,
    )
    assert broken_at() == place


@pytest.mark.parametrize("place", PLACES)
def test_an_entry_deleted_under_its_seal_is_named(place: int) -> None:
    forge("DELETE FROM recovery_auditentry WHERE id = %s", entry_at(place))
    assert broken_at() == place


@pytest.mark.parametrize("place", PLACES)
def test_an_entry_deleted_with_its_seal_is_named(place: int) -> None:
    audit_head_export(NOON)
    entry = entry_at(place)
    forge("DELETE FROM recovery_auditseal WHERE position = %s", place)
    forge("DELETE FROM recovery_auditentry WHERE id = %s", entry)
    assert broken_at() == (place if place == LENGTH else place + 1)


@pytest.mark.parametrize("place", PLACES)
def test_a_gap_closed_by_moving_the_rest_up_is_named(place: int) -> None:
    audit_head_export(NOON)
    forge("DELETE FROM recovery_auditseal WHERE position = %s", place)
    for later in range(place + 1, LENGTH + 1):
        forge("UPDATE recovery_auditseal SET position = %s WHERE position = %s",
              later - 1, later)  # fmt: skip
    assert broken_at() == place


@pytest.mark.parametrize("place", PLACES)
def test_an_inserted_entry_is_named(place: int) -> None:
    for later in range(LENGTH, place - 1, -1):
        forge("UPDATE recovery_auditseal SET position = %s WHERE position = %s",
              later + 1, later)  # fmt: skip
    forge(
        "INSERT INTO recovery_auditseal (position, entry_id, previous_hash, hash)"
        " SELECT %s, max(id) + 1, repeat('a', 64), repeat('b', 64) FROM recovery_auditentry",
        place,
    )
    insert_entry()
    assert broken_at() == place


def test_an_inserted_entry_without_a_seal_is_named() -> None:
    insert_entry()
    fault = audit_verify().fault
    assert fault is not None
    assert fault.entry == AuditEntry.objects.latest("id").pk
    assert fault.why == "it was never sealed"


def insert_entry() -> None:
    forge(
        "INSERT INTO recovery_auditentry (id, at, actor_name, role, action, subject,"
        " detail, request_id, database_user) SELECT max(id) + 1, max(at), 'system', '',"
        " 'case.take', 'case RC-9', '{}', '', 'desk_app' FROM recovery_auditentry"
    )


@pytest.mark.parametrize("place", PLACES[:-1])
def test_two_entries_that_changed_places_are_named(place: int) -> None:
    first, second = entry_at(place), entry_at(place + 1)
    forge("UPDATE recovery_auditseal SET entry_id = -1 WHERE position = %s", place)
    forge("UPDATE recovery_auditseal SET entry_id = %s WHERE position = %s",
          first, place + 1)  # fmt: skip
    forge("UPDATE recovery_auditseal SET entry_id = %s WHERE position = %s",
          second, place)  # fmt: skip
    assert broken_at() == place


@pytest.mark.parametrize("place", PLACES[:-1])
def test_two_links_that_changed_places_are_named(place: int) -> None:
    for old, new in [(place, -1), (place + 1, place), (-1, place + 1)]:
        forge("UPDATE recovery_auditseal SET position = %s WHERE position = %s",
              new, old)  # fmt: skip
    assert broken_at() == place


@pytest.mark.parametrize("place", PLACES)
def test_history_written_anew_meets_the_head_written_down(place: int) -> None:
    audit_head_export(NOON)
    forge("UPDATE recovery_auditentry SET action = 'x' WHERE id = %s", entry_at(place))
    reseal_from(place)
    fault = audit_verify().fault
    assert fault is not None
    assert fault.position == LENGTH
    assert "written anew somewhere after position 0" in fault.why


def test_history_written_anew_is_told_between_two_heads() -> None:
    audit_head_export(NOON)
    for number in range(3):
        audit_write(SYSTEM, "case.take", f"case RC-1{number}")
    seal_now()
    audit_head_export(NOON + timedelta(days=1))
    forge("UPDATE recovery_auditentry SET action = 'x' WHERE id = %s",
          entry_at(LENGTH + 2))  # fmt: skip
    reseal_from(LENGTH + 2)
    fault = audit_verify().fault
    assert fault is not None
    assert fault.position == LENGTH + 3
    assert f"after position {LENGTH}" in fault.why


@pytest.mark.parametrize("kept", [0, 1, LENGTH - 1])
def test_a_tail_cut_off_meets_the_head_written_down(kept: int) -> None:
    audit_head_export(NOON)
    forge("DELETE FROM recovery_auditseal WHERE position > %s", kept)
    forge(
        "DELETE FROM recovery_auditentry WHERE id NOT IN"
        " (SELECT entry_id FROM recovery_auditseal)"
    )
    assert broken_at() == kept + 1


def test_the_chain_begins_with_the_documented_genesis() -> None:
    assert AuditSeal.objects.get(pk=1).previous_hash == GENESIS == "0" * 64


def test_an_entry_says_role_database_user_and_request(ada: User) -> None:
    entry = AuditEntry.objects.get(pk=entry_at(1))
    assert (entry.actor_name, entry.role, entry.request_id) == ("ada", "analyst", "r1")
    assert entry.database_user == "desk_owner"


def test_the_command_names_the_first_bad_entry() -> None:
    forge("UPDATE recovery_auditentry SET action = 'x' WHERE id = %s", entry_at(3))
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", stdout=out)
    assert ended.value.code == 1
    entry = entry_at(3)
    assert out.getvalue() == (
        f"BROKEN: position 3, entry {entry} (x, case RC-3): it is not what was sealed\n"
    )


def test_the_command_says_that_all_holds() -> None:
    call_command("export_audit_head", stdout=StringIO())
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert f"The audit holds: {LENGTH} entries, 1 heads" in out.getvalue()


def test_heads_kept_elsewhere_are_compared(tmp_path: Path) -> None:
    head = {"position": LENGTH + 1, "hash": "a" * 64}
    (tmp_path / "2026-11-21.json").write_text(json.dumps(head))
    with pytest.raises(SystemExit):
        call_command("verify_audit", heads=tmp_path, stdout=StringIO())


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"position": 1, "hash": "b"}', '{"position": "x"}']
)
def test_a_spoilt_head_is_no_proof(text: str, tmp_path: Path) -> None:
    (tmp_path / "2026-11-21.json").write_text(text)
    with pytest.raises(CommandError, match=r"2026-11-21\.json: this is no head"):
        call_command("verify_audit", heads=tmp_path)


def test_two_heads_that_differ_are_no_proof(tmp_path: Path) -> None:
    for day, letter in [("21", "a"), ("22", "b")]:
        head = {"position": 1, "hash": letter * 64}
        (tmp_path / f"2026-11-{day}.json").write_text(json.dumps(head))
    with pytest.raises(CommandError, match="another head"):
        call_command("verify_audit", heads=tmp_path)


def test_a_missing_folder_of_heads_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("verify_audit", heads=tmp_path / "none")


def test_the_head_of_a_day_is_written_once(settings: Settings) -> None:
    path, is_new = audit_head_export(NOON)
    text = path.read_text()
    audit_write(SYSTEM, "case.take", "case RC-10")
    seal_now()
    again, is_new_again = audit_head_export(NOON + timedelta(hours=1))
    assert (is_new, is_new_again, again) == (True, False, path)
    assert path.read_text() == text
    assert json.loads(text)["position"] == LENGTH
    assert path.stat().st_mode & 0o777 == 0o400
    assert [one.name for one in audit_heads_folder().iterdir()] == ["2026-11-22.json"]
