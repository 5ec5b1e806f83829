"""Rules about the code that no linter of the project knows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from config.engines.addresses import APP_ROLE, DatabaseRole, database_from_env

CHECKOUT = Path(__file__).resolve().parents[2]
EXACT_FOLDERS = (
    "recovery/domain",
    "recovery/services",
    "recovery/sheets",
    "recovery/venues",
    "recovery/demo",
)
READERS = frozenset({"env_bool", "env_int", "env_list", "env_secret", "env_str"})


def trees(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for path in sorted((CHECKOUT / folder).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def float_calls(tree: ast.AST) -> list[int]:
    """Lines on which something is turned into a float."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "float"
    ]


def float_literals(tree: ast.AST) -> list[int]:
    """Lines on which a number is written as a float."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]


def test_a_float_is_noticed() -> None:
    """Negative control."""
    assert float_calls(ast.parse("amount = float('0.1')")) == [1]
    assert float_literals(ast.parse("rate = 0.0005")) == [1]


def test_nothing_near_money_becomes_a_float() -> None:
    found = {
        str(path.relative_to(CHECKOUT)): lines
        for path, tree in trees(*EXACT_FOLDERS)
        if (lines := float_calls(tree))
    }
    assert found == {}


def test_the_core_and_the_venues_write_no_float_at_all() -> None:
    found = {
        str(path.relative_to(CHECKOUT)): lines
        for path, tree in trees("recovery/domain", "recovery/venues")
        if (lines := float_literals(tree))
    }
    assert found == {}


def settings_read() -> set[str]:
    """Names of environment variables that the code reads through its readers."""
    names = set()
    for _, tree in trees("config", "recovery", "accounts"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                first = node.args[0] if node.args else None
                if node.func.id in READERS and isinstance(first, ast.Constant):
                    names.add(str(first.value))
    return names


def test_every_setting_stands_in_the_example() -> None:
    text = (CHECKOUT / ".env.example").read_text(encoding="utf-8")
    told = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))

    assert settings_read() - told == set()
    assert "JOB_TRIES_MAX" in settings_read()


# --- tables that only grow ------------------------------------------------------------


def rows_of(query: str, *values: object) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return {str(row[0]) for row in cursor.fetchall()}


@pytest.mark.django_db
@pytest.mark.parametrize("trigger", ["desk_append_only", "desk_no_truncate"])
def test_append_only_tables_have_their_triggers(trigger: str) -> None:
    """In the catalogue, switched on, and on no other evidence than listed."""
    found = rows_of(
        "SELECT tgrelid::regclass::text FROM pg_trigger"
        " WHERE tgname = %s AND tgenabled = 'O'",
        trigger,
    )
    listed = set(settings.APPEND_ONLY_TABLES)
    if trigger == "desk_append_only":
        assert found == listed
    else:
        assert found >= listed


@pytest.mark.django_db
def test_the_application_may_change_no_table_that_only_grows() -> None:
    role = database_from_env(DatabaseRole.APP)["USER"] or APP_ROLE
    closed = rows_of(
        "SELECT relname FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = 'public'::regnamespace AND relname LIKE 'recovery%%'"
        " AND NOT has_table_privilege(%s, oid, 'UPDATE')"
        " AND NOT has_table_privilege(%s, oid, 'DELETE')"
        " AND NOT has_table_privilege(%s, oid, 'TRUNCATE')",
        role,
        role,
        role,
    )
    # The audit's queue is closed to the application altogether.
    assert closed == {*settings.APPEND_ONLY_TABLES, "recovery_auditqueue"}


@pytest.mark.django_db
def test_every_guard_is_switched_on() -> None:
    """The day after a restore nobody should have to remember them."""
    off = rows_of(
        "SELECT tgrelid::regclass::text || ' ' || tgname FROM pg_trigger"
        " WHERE NOT tgisinternal AND tgenabled <> 'O'"
    )
    assert off == set()


def row_locks(tree: ast.AST) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "select_for_update"
    ]


def test_row_locks_let_rows_be_referred_to() -> None:
    """A full lock makes every insert beside it wait, in an order nobody sees."""
    found = {
        f"{path.relative_to(CHECKOUT)}:{call.lineno}"
        for path, tree in trees("recovery", "accounts", "config")
        for call in row_locks(tree)
        if "no_key" not in {keyword.arg for keyword in call.keywords}
    }
    assert found == set()


def process_clocks(tree: ast.AST) -> list[int]:
    """Lines that ask the clock of this one process what time it is."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"timezone.now", "time.time", "datetime.now"}
    ]


def test_what_decides_asks_the_clock_all_processes_share() -> None:
    assert process_clocks(ast.parse("at = timezone.now()")) == [1]
    found = {
        str(path.relative_to(CHECKOUT)): lines
        for path, tree in trees(
            "recovery/services", "recovery/web", "recovery/selectors", "config/sign_in"
        )
        if (lines := process_clocks(tree))
    }
    # An age that is only shown, and ages of files, which have this machine's clock.
    assert found.keys() == {
        "recovery/services/import_folder.py",
        "recovery/services/whole_files.py",
        "recovery/web/metrics.py",
    }
    for name in ("recovery/tasks.py", "recovery/admin/acts.py"):
        assert not process_clocks(ast.parse((CHECKOUT / name).read_text("utf-8")))
