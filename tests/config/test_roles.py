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
    "statement", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET {} = NULL"]
)
def test_append_only_table_cannot_be_changed(
    statement: str, table: str, as_desk_app: AppConnection
) -> None:
    first_column = as_desk_app.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1",
        [table],
    ).fetchone()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_desk_app.execute(statement.format(table, *first_column))


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
    closed = {
        *settings.APPEND_ONLY_TABLES,
        "django_migrations",
        "recovery_auditqueue",
    }
    assert {name for (name,) in tables} == closed


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO recovery_auditentry DEFAULT VALUES",
        "INSERT INTO recovery_auditseal DEFAULT VALUES",
        "INSERT INTO recovery_auditqueue VALUES (1)",
        "SELECT * FROM recovery_auditqueue",
        "DELETE FROM recovery_auditqueue",
        "COPY recovery_auditentry FROM STDIN",
        "SELECT desk_audit_link(1)",
        "SELECT desk_audit_hash(1, '', 1)",
        "ALTER FUNCTION desk_audit_link(bigint) RESET ALL",
        "DROP TRIGGER desk_audit_queue ON recovery_auditentry",
        "SELECT setval('recovery_auditentry_id_seq', 1)",
    ],
)
def test_audit_is_written_through_its_function_only(
    statement: str, as_desk_app: AppConnection
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_desk_app.execute(statement)


@pytest.mark.parametrize("function", ["desk_audit_queue", "desk_audit_seal"])
def test_sealing_cannot_be_hung_on_a_table_of_ones_own(
    function: str, as_desk_app: AppConnection
) -> None:
    as_desk_app.execute("CREATE TEMPORARY TABLE forged (id bigint, entry_id bigint)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_desk_app.execute(
            "CREATE TRIGGER forged AFTER INSERT ON forged"
            f" FOR EACH ROW EXECUTE FUNCTION {function}()"
        )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_test_database_is_emptied_past_its_guards(turn: str) -> None:
    assert not User.objects.filter(username="ada").exists()
    User.objects.create_user(username="ada")
