"""Every pair of statuses is tried in SQL: the database takes the steps of the table.

A row is put into each status behind the guards' back, inside a transaction that is
rolled back; then the step is tried as anybody with the tables would.
"""

from enum import StrEnum
from itertools import product
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from recovery.domain.lifecycle import (
    CASE_STEPS,
    PAYMENT_STEPS,
    CaseStatus,
    PaymentStatus,
)
from recovery.models import PayoutBatch, RecoveryCase
from tests import factories
from tests.story import NOW, People

pytestmark = pytest.mark.django_db
# What a payment needs besides its status; none of it stops a step of the table.
_PLACED = {
    "recoverycase": "status = %(before)s, merged_into_id = CASE WHEN"
    " %(before)s = 'merged' THEN %(other)s::bigint END",
    "payment": "status = %(before)s, held_from = CASE WHEN %(before)s = 'held'"
    " AND %(after)s IN ('proposed', 'approved', 'destination_needed')"
    " THEN %(after)s WHEN %(before)s = 'held' THEN 'approved' ELSE '' END,"
    " kind = CASE WHEN %(after)s = 'confirmed' THEN 'withdrawal' ELSE 'credit' END,"
    " approver_id = %(approver)s, batch_id = %(batch)s, hold_reference = 'H-1',"
    " destination_id = %(destination)s",
}
Values = dict[str, Any]


class _UndoError(Exception):
    """Rolls the attempt back."""


def _undo() -> None:
    raise _UndoError


def knows(table: str, before: str, after: str, rows: Values) -> bool:
    """Whether the guard lets the step pass, whatever else it would ask."""
    values = {**rows, "id": rows[table], "before": before, "after": after}
    moved = "status = %(after)s, version = version + 1"
    if table == "payment":
        moved += (
            ", held_from = CASE WHEN %(after)s = 'held' THEN %(before)s ELSE '' END"
        )
    else:
        moved += ", merged_into_id = CASE WHEN %(after)s = 'merged' THEN %(other)s::bigint END"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                f"UPDATE recovery_{table} SET {_PLACED[table]} WHERE id = %(id)s",
                values,
            )
            cursor.execute("SET LOCAL session_replication_role = origin")
            cursor.execute(
                f"UPDATE recovery_{table} SET {moved} WHERE id = %(id)s", values
            )
            _undo()
    except _UndoError:
        return True
    except IntegrityError as refusal:
        text = str(refusal)
        return "cannot go from" not in text and "goes back to where" not in text


@pytest.fixture
def rows(people: People) -> Values:
    decision = people.owed()
    payment = people.credit(decision)
    other = RecoveryCase.objects.create(
        reference="RC-OTHER",
        origin="agent",
        opened_at=NOW,
        status_since=NOW,
        next_update_due_at=NOW,
        customer=decision.case.customer,
    )
    batch = PayoutBatch.objects.create(
        reference="PB-OTHER",
        kind="credit",
        built_by=payment.proposer,
        built_at=NOW,
        lines=0,
        totals={},
        hash_total="",
    )
    assert decision.case.customer and people.bea.user
    return {
        "recoverycase": decision.case_id,
        "payment": payment.pk,
        "other": other.pk,
        "batch": batch.pk,
        "approver": people.bea.user.pk,
        "destination": factories.destination(decision.case.customer).pk,
    }


@pytest.mark.parametrize(
    ("table", "statuses", "steps"),
    [
        ("recoverycase", CaseStatus, CASE_STEPS),
        ("payment", PaymentStatus, PAYMENT_STEPS),
    ],
)
def test_a_step_is_taken_in_sql_when_the_table_has_it(
    table: str, statuses: type[StrEnum], steps: Any, rows: Values
) -> None:
    edges = {(str(before), step.to_status) for (before, _), step in steps.items()}
    pairs = [
        (str(before), str(after))
        for before, after in product(statuses, repeat=2)
        if before != after
    ]

    taken = {pair for pair in pairs if knows(table, *pair, rows)}

    assert taken == edges
