"""T57: erasure is asked for, and history must stay."""

from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from accounts.roles import Role
from recovery.models import (
    AuditEntry,
    CaseNote,
    Claim,
    OutboxMessage,
    OutboxState,
    RecoveryCase,
    Transition,
)
from recovery.services.actors import CUSTOMER, staff_actor
from recovery.services.cases import case_note, case_withdraw
from recovery.services.claims import Filing, claim_file
from recovery.services.erasure import ERASED, customer_erase
from tests import factories

CLAIMING_TO_ERASE = (
    "SELECT set_config('desk.erasing', 'on', false);"
    " UPDATE recovery_transition SET reason = '[erased]'"
)
CANARY = "Zlatan Canary-Petrovic"


@pytest.fixture
def ended(transactional_db: None) -> RecoveryCase:
    """An ended case whose words hold a canary in every place."""
    event = factories.event()
    claim = claim_file(
        Filing(event.account.number, event.source_reference, message=CANARY),
        now=factories.NOW,
    )
    case = claim.case
    assert case is not None
    ada = staff_actor(factories.staff("ada", Role.ANALYST))
    case_note(ada, case, f"Called {CANARY}.")
    case_withdraw(CUSTOMER, case, now=factories.NOW)
    last = Transition.objects.filter(case=case).latest("pk")
    with connection.cursor() as cursor:
        # As a customer's own words would have come in.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE recovery_transition SET reason = %s WHERE id = %s",
            [CANARY, last.pk],
        )
        cursor.execute("SET session_replication_role = origin")
    OutboxMessage.objects.update(state=OutboxState.DONE, body=f"Dear {CANARY}")
    return RecoveryCase.objects.get(pk=case.pk)


def everything() -> str:
    """Every word that is stored in the tables of the desk."""
    tables = ("transition", "casenote", "claim", "outboxmessage", "auditentry")
    with connection.cursor() as cursor:
        found = []
        for table in (*tables, "auditvalue", "approval", "decision"):
            cursor.execute(
                f"SELECT coalesce(string_agg(t::text, ''), '') FROM recovery_{table} t"
            )
            found.append(cursor.fetchone()[0])
    return "".join(found)


def test_T57_words_go_and_history_stays(ended: RecoveryCase) -> None:  # noqa: N802
    assert everything().count(CANARY) >= 4
    steps = list(Transition.objects.values_list("action", "to_status", "at"))
    admin = staff_actor(factories.staff("root", Role.ADMIN))
    erased = customer_erase(admin, ended.customer)
    assert erased.words >= 4
    assert CANARY not in everything()
    assert list(Transition.objects.values_list("action", "to_status", "at")) == steps
    assert Claim.objects.get().message == CaseNote.objects.get().text == ERASED
    entry = AuditEntry.objects.get(action="customer.words.erased")
    assert entry.detail == {"steps": 1, "notes": 1, "attempts": 0}
    assert customer_erase(admin, ended.customer).words == 0


def test_T57_a_case_that_goes_on_keeps_its_words(ada: User) -> None:  # noqa: N802
    case = factories.case_taken(ada)
    case_note(staff_actor(ada), case, "Still needed.")
    admin = staff_actor(factories.staff("root", Role.ADMIN))
    assert customer_erase(admin, case.customer).words == 0
    assert CaseNote.objects.get().text == "Still needed."


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE recovery_transition SET reason = '[erased]'",
        "UPDATE recovery_casenote SET text = '[erased]'",
        CLAIMING_TO_ERASE,
        "DELETE FROM recovery_casenote",
    ],
)
def test_T57_the_application_erases_through_the_one_function_only(  # noqa: N802
    change: str, ended: RecoveryCase, as_desk_app: psycopg.Connection[Any]
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_desk_app.execute(change)
    found = as_desk_app.execute(
        "SELECT desk_erase_words(%s, NULL, 'root', '')", [ended.customer_id]
    ).fetchone()
    assert found == (2,)
    assert AuditEntry.objects.filter(action="customer.words.erased").count() == 1


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'something else'",
        "reason = '[erased]', action = 'approve'",
        "actor_name = '[erased]'",
    ],
)
def test_T57_nothing_else_of_a_step_changes_even_while_erasing(  # noqa: N802
    change: str, ended: RecoveryCase
) -> None:
    with (
        pytest.raises(DatabaseError, match="written once"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT set_config('desk.erasing', 'on', true);"
            f" UPDATE recovery_transition SET {change}"
        )
