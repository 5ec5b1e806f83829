"""What the application role may not do on the servers the tests run on."""

from typing import Any

import psycopg
import pytest
from django.conf import settings

from accounts.models import User

AppConnection = psycopg.Connection[Any]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM django_migrations",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())",
        "SET session_replication_role = replica",
        "SET ROLE desk_owner",
        "CREATE TABLE stray (id int)",
        "DROP TABLE accounts_user",
        "ALTER TABLE recovery_auditentry DISABLE TRIGGER ALL",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ],
)
def test_application_role_is_refused(
    statement: str, as_desk_app: AppConnection
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_desk_app.execute(statement)


@pytest.mark.parametrize("table", settings.APPEND_ONLY_TABLES)
@pytest.mark.parametrize(
    "statement", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET id = id"]
)
def test_append_only_table_cannot_be_changed(
    statement: str, table: str, as_desk_app: AppConnection
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_desk_app.execute(statement.format(table))


def test_application_role_may_read_and_stage(as_desk_app: AppConnection) -> None:
    as_desk_app.execute("SELECT count(*) FROM recovery_auditentry")
    as_desk_app.execute("CREATE TEMPORARY TABLE staging (id int)")
    limits = as_desk_app.execute(
        "SELECT current_setting('statement_timeout'),"
        " current_setting('idle_in_transaction_session_timeout')"
    ).fetchone()
    assert limits == ("5min", "10min")


def test_every_other_table_is_open_to_the_application(
    as_desk_app: AppConnection,
) -> None:
    tables = as_desk_app.execute(
        "SELECT relname FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND NOT ("
        "   has_table_privilege(oid, 'SELECT')"
        "   AND has_table_privilege(oid, 'INSERT')"
        "   AND has_table_privilege(oid, 'UPDATE')"
        "   AND has_table_privilege(oid, 'DELETE'))"
    ).fetchall()
    closed = {*settings.APPEND_ONLY_TABLES, "django_migrations"}
    assert {name for (name,) in tables} == closed


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_test_database_is_emptied_past_its_guards(turn: str) -> None:
    assert not User.objects.filter(username="ada").exists()
    User.objects.create_user(username="ada")
