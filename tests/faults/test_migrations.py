"""SIGKILL of a migration at any statement (F30): the version before it still works.

Every migration is one transaction. Whatever dies leaves the schema exactly as some
whole migration made it, with `django_migrations` saying which; the next try finishes.
Every day the newest migrations are killed; `make faults KIND=statements` kills them all.
"""

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from config.desk import MIGRATION_LOCK_SECONDS
from config.engines.addresses import DatabaseRole, database_from_env
from recovery.management.commands.migrate import WholeExecutor
from tests.faults.copies import copied_desk, empty_desk
from tests.faults.forks import Fate, Forks
from tests.faults.left import catalogue
from tests.story import People

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
OLD = "0002_guards"
DEATHS = int(os.environ.get("FAULTS_STATEMENTS", "3"))
NEWEST = 6
OWNER = Fate(role=DatabaseRole.OWNER)


def chosen(statements: int, deaths: int) -> Iterator[int]:
    """The first, the last, and some evenly between; all of them if there are few."""
    if statements <= deaths:
        yield from range(1, statements + 1)
        return
    for step in range(deaths):
        yield 1 + step * (statements - 1) // (deaths - 1)


def applied() -> list[str]:
    rows = MigrationRecorder(connection).migration_qs.filter(app="recovery")
    return list(rows.order_by("id").values_list("name", flat=True))


def test_a_killed_migration_leaves_the_version_before_it_whole(
    forks: Forks, people: People
) -> None:
    names = applied()
    old = OLD if "FAULTS_STATEMENTS" in os.environ else names[-NEWEST - 1]
    with empty_desk(people.folder):
        assert forks("migrate", OWNER, to=old).text == ""
        assert forks("migrate", OWNER, but="recovery").text == ""
        with copied_desk(people.folder):
            whole = {old: catalogue()}
            for name in names[names.index(old) + 1 :]:
                assert forks("migrate", OWNER, to=name).text == ""
                whole[name] = catalogue()
        newest = whole[names[-1]]
        with copied_desk(people.folder):
            statements = forks("migrate", OWNER).statements

        for number in chosen(statements, DEATHS):
            with copied_desk(people.folder):
                dies = Fate(statement=number, role=DatabaseRole.OWNER)
                assert forks("migrate", dies).was_killed
                assert catalogue() == whole[applied()[-1]], f"statement {number}"
                assert forks("migrate", OWNER).error == ""
                assert catalogue() == newest


def test_a_migration_does_not_wait_for_ever_behind_a_reader(
    forks: Forks, people: People
) -> None:
    """Whoever waits for a table makes all others wait: it gives up instead."""
    with empty_desk(people.folder):
        assert forks("migrate", OWNER, to=OLD).text == ""
        owner = database_from_env(DatabaseRole.OWNER)
        name = connection.settings_dict["NAME"]
        with psycopg.connect(
            host=owner["HOST"],
            user=owner["USER"],
            password=owner["PASSWORD"],
            dbname=name,
        ) as reader:
            reader.execute("SELECT FROM recovery_auditentry")
            ended = forks("migrate", OWNER)
            assert "lock timeout" in ended.text
            assert ended.seconds < MIGRATION_LOCK_SECONDS + 10
        assert forks("migrate", OWNER).error == ""


@pytest.mark.parametrize(
    ("executor", "is_one"), [(WholeExecutor, True), (MigrationExecutor, False)]
)
def test_f30_a_migration_and_its_note_are_one(
    executor: type[MigrationExecutor], *, is_one: bool, transactional_db: None
) -> None:
    """Negative control: the library's own notes one with foreign keys afterwards."""
    key = models.ForeignKey("recovery.job", models.CASCADE)
    made = migrations.CreateModel(
        "noted", [("id", models.BigAutoField(primary_key=True)), ("job", key)]
    )
    migration = type("Noted", (migrations.Migration,), {"operations": [made]})
    runs = executor(connection)
    seen: list[bool] = []

    def noted(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('INSERT INTO "django_migrations"'):
            seen.append(connection.in_atomic_block)
        return execute(sql, *rest)

    try:
        with connection.execute_wrapper(noted):
            runs.apply_migration(
                runs.loader.project_state(), migration("noted", "recovery")
            )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE recovery_noted")
            cursor.execute("DELETE FROM django_migrations WHERE name = 'noted'")
    assert seen == [is_one]
