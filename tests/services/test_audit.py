"""Writing the audit: who may, in which order, and what it never holds (TRUST T57)."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from accounts.models import Customer, User
from recovery.domain.audit_chain import commitment_of
from recovery.domain.errors import DutyMissingError
from recovery.models import AuditEntry, AuditSeal, AuditValue
from recovery.services.actors import SYSTEM, staff_actor
from recovery.services.audit import audit_write
from recovery.services.audit_chain import audit_verify
from recovery.services.contacts import personal_data_show
from recovery.services.erasure import customer_erase
from tests import factories
from tests.services.audit_desk import forge, seal_now
from tests.services.test_concurrency import race
from tests.story import bring_in_customers

AppConnection = psycopg.Connection[Any]
WRITE = "SELECT desk_audit_write(%s, 'nobody', '', 'case.take', 'case RC-1', '{}', '')"
LOCK = "SELECT FROM accounts_customer WHERE id = %s FOR UPDATE"
TOUCH = (
    "INSERT INTO accounts_tradingaccount (customer_id, venue, number, kind,"
    " first_seen_at) VALUES (%s, 'house', 'A9', 'unknown', now())"
)


# --- who may ----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_application_writes_and_the_database_says_when_and_as_whom(
    as_desk_app: AppConnection,
) -> None:
    user = User.objects.create_user(username="ada")
    before = as_desk_app.execute("SELECT clock_timestamp()").fetchone()[0]
    as_desk_app.execute(WRITE, [user.pk])
    entry = AuditEntry.objects.get()
    assert entry.actor_name == "ada"
    assert entry.database_user == "desk_app"
    assert before <= entry.at
    assert entry.seal.position == 1
    assert audit_verify().fault is None


@pytest.mark.django_db(transaction=True)
def test_a_member_of_staff_who_does_not_exist_acts_nowhere(
    as_desk_app: AppConnection,
) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        as_desk_app.execute(WRITE, [-1])


@pytest.mark.django_db(transaction=True)
def test_a_temporary_table_of_the_same_name_catches_nothing(
    as_desk_app: AppConnection,
) -> None:
    for table in ("recovery_auditentry", "recovery_auditseal", "recovery_auditqueue"):
        as_desk_app.execute(f"CREATE TEMPORARY TABLE {table} (LIKE public.{table})"
                            if table != "recovery_auditqueue"
                            else f"CREATE TEMPORARY TABLE {table} (entry_id bigint)")  # fmt: skip
    as_desk_app.execute(WRITE, [None])
    assert AuditSeal.objects.get().entry.action == "case.take"


@pytest.mark.django_db(transaction=True)
def test_checks_brought_forward_do_not_leave_an_entry_unsealed(
    as_desk_app: AppConnection,
) -> None:
    with as_desk_app.transaction():
        as_desk_app.execute("SET CONSTRAINTS ALL IMMEDIATE")
        as_desk_app.execute(WRITE, [None])
    assert AuditSeal.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_act_undone_leaves_no_entry_and_no_gap() -> None:
    def undone() -> None:
        with transaction.atomic():
            audit_write(SYSTEM, "case.take", "case RC-1")
            raise DutyMissingError("ada", "none")

    with pytest.raises(DutyMissingError):
        undone()
    audit_write(SYSTEM, "case.take", "case RC-2")
    assert [(one.position, one.entry.subject) for one in AuditSeal.objects.all()] == [
        (1, "case RC-2")
    ]


# --- one chain --------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_fifty_hands_make_one_chain() -> None:
    outcomes = race(
        [lambda n=n: write_three(n) for n in range(50)],
    )
    assert outcomes == [None] * 50
    positions = AuditSeal.objects.order_by("position").values_list(
        "position", flat=True
    )
    assert list(positions) == list(range(1, 151))
    assert audit_verify().fault is None


def write_three(number: int) -> None:
    with transaction.atomic():
        for act in ("take", "ask", "close"):
            audit_write(SYSTEM, f"case.{act}", f"case RC-{number}")


@pytest.fixture
def other_app(as_desk_app: AppConnection) -> Iterator[AppConnection]:
    """A second connection of the application."""
    info = as_desk_app.info
    with psycopg.connect(
        host=info.host, user=info.user, dbname=info.dbname, autocommit=True
    ) as other:
        yield other


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_waits_for_a_row_does_not_hold_the_chain(
    as_desk_app: AppConnection, other_app: AppConnection
) -> None:
    """A commit checks references; had it the chain's lock by then, both would die."""
    customer = factories.customer()
    other_app.execute("BEGIN")
    other_app.execute(LOCK, [customer.pk])
    as_desk_app.execute("BEGIN")
    as_desk_app.execute(WRITE, [None])
    as_desk_app.execute(TOUCH, [customer.pk])
    waiting = threading.Thread(target=as_desk_app.execute, args=["COMMIT"])
    waiting.start()
    waiting.join(timeout=0.5)
    assert waiting.is_alive()
    other_app.execute(WRITE, [None])
    other_app.execute("COMMIT")
    waiting.join(timeout=10)
    assert not waiting.is_alive()
    assert AuditSeal.objects.count() == 2


# --- personal values --------------------------------------------------------------


def test_a_mail_shown_is_a_commitment_and_an_erasable_value(
    bea: User, cem: Customer
) -> None:
    compliance = staff_actor(factories.staff("cora", "compliance"))
    personal_data_show(compliance, cem, reason="Asked.", now=factories.NOW)
    seal_now()
    entry = AuditEntry.objects.get(action="customer.mail.shown")
    value = entry.values.get()
    assert cem.email not in str(entry.detail)
    assert value.value == cem.email
    committed = commitment_of(value.salt, "mail", cem.email)
    assert entry.detail == {"mail": {"commitment": committed}}
    assert audit_verify().fault is None


def test_equal_values_are_not_seen_to_be_equal(db: None) -> None:
    for _ in range(2):
        audit_write(SYSTEM, "customer.mail.shown", "customer C", personal={"mail": "m"})
    first, second = AuditEntry.objects.values_list("detail__mail", flat=True)
    assert first != second


def test_an_empty_value_is_not_committed_to(db: None) -> None:
    audit_write(SYSTEM, "case.take", "case RC-1", personal={"reason": ""})
    assert AuditEntry.objects.get().detail == {}
    assert not AuditValue.objects.exists()


def test_erasing_is_for_those_who_administer_people(bea: User, cem: Customer) -> None:
    with pytest.raises(DutyMissingError):
        customer_erase(staff_actor(bea), cem)


def test_erasing_takes_the_values_of_one_subject_and_leaves_the_chain(
    cem: Customer,
) -> None:
    for uid in (cem.uid, "another"):
        audit_write(
            SYSTEM, "customer.mail.shown", f"customer {uid}", personal={"mail": uid}
        )
    seal_now()
    admin = staff_actor(factories.staff("ida", "admin"))
    assert customer_erase(admin, cem).values == 1
    seal_now()
    assert [one.value for one in AuditValue.objects.all()] == ["another"]
    assert audit_verify().fault is None
    assert audit_verify().position == 5  # All three erasures are told.
    told = AuditEntry.objects.get(action="audit.values.erased")
    assert told.detail == {"values": 1}


@pytest.mark.parametrize(
    "column", ["value = 'x'", "name = 'x'", "salt = repeat('a',64)"]
)
def test_a_value_that_was_not_committed_to_is_named(column: str, db: None) -> None:
    audit_write(SYSTEM, "customer.mail.shown", "customer C", personal={"mail": "m"})
    seal_now()
    forge(f"UPDATE recovery_auditvalue SET {column}")
    fault = audit_verify().fault
    assert fault is not None
    assert fault.entry == AuditEntry.objects.get().pk
    assert "is not the one committed to" in fault.why


def test_the_database_keeps_no_queue(db: None) -> None:
    audit_write(SYSTEM, "case.take", "case RC-1")
    seal_now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM recovery_auditqueue")
        assert cursor.fetchone() == (0,)


def test_a_changed_mail_on_file_is_told_with_both_values(
    cem: Customer, settings: Any, tmp_path: Path
) -> None:
    settings.FILES_DIR = tmp_path / "files"
    for mail in (cem.email, "new@customers.example"):
        bring_in_customers(tmp_path, f"{cem.uid},Cem,{mail},{cem.client_class},en,DE")
    entry = AuditEntry.objects.get(action="customer.mail.propose")
    assert dict(entry.values.values_list("name", "value")) == {
        "mail": "new@customers.example",
        "mail_before": cem.email,
    }
    assert "@" not in str(entry.detail)
