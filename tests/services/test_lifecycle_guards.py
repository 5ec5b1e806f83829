"""The database knows exactly the steps that the core knows."""

from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from recovery.domain.lifecycle import (
    CASE_STEPS,
    COLLECTION_STEPS,
    PAYMENT_STEPS,
    CaseAction,
    CaseStatus,
    CollectionAction,
    CollectionStatus,
    PaymentAction,
    PaymentStatus,
)
from recovery.domain.lifecycle_sql import lifecycle_sql

SQL = Path(__file__).parents[2] / "recovery" / "migrations" / "sql"
pytestmark = pytest.mark.django_db


def known_in_the_core(steps: Any) -> set[tuple[str, str]]:
    return {(str(before), step.to_status) for (before, _), step in steps.items()}


@pytest.mark.parametrize(
    ("name", "statuses", "steps"),
    [
        ("desk_case_step_known", CaseStatus, CASE_STEPS),
        ("desk_payment_step_known", PaymentStatus, PAYMENT_STEPS),
        ("desk_collection_step_known", CollectionStatus, COLLECTION_STEPS),
    ],
)
def test_the_database_knows_the_steps_of_the_core(
    name: str, statuses: type[StrEnum], steps: Any
) -> None:
    pairs = [(str(one), str(two)) for one, two in product(statuses, repeat=2)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT a, b FROM unnest(%s::text[], %s::text[]) AS pair (a, b)"
            f" WHERE {name}(a, b)",
            [[one for one, _ in pairs], [two for _, two in pairs]],
        )
        known = set(cursor.fetchall())

    assert known == known_in_the_core(steps)


@pytest.mark.parametrize(
    ("name", "statuses", "actions", "steps"),
    [
        ("case", CaseStatus, CaseAction, CASE_STEPS),
        ("payment", PaymentStatus, PaymentAction, PAYMENT_STEPS),
        ("collection", CollectionStatus, CollectionAction, COLLECTION_STEPS),
    ],
)
def test_the_database_knows_the_action_of_every_step(
    name: str, statuses: type[StrEnum], actions: type[StrEnum], steps: Any
) -> None:
    tried = [*product(statuses, actions, statuses)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a, b, c FROM unnest(%s::text[], %s::text[], %s::text[])"
            f" AS tried (a, b, c) WHERE desk_{name}_action_known(a, b, c)",
            [[str(words[at]) for words in tried] for at in range(3)],
        )
        known = set(cursor.fetchall())

    assert known == {
        (str(before), str(action), step.to_status)
        for (before, action), step in steps.items()
    }


def test_the_newest_lifecycle_file_is_what_the_tables_give() -> None:
    newest = max(SQL.glob("*_lifecycles.sql"))
    assert newest.read_text(encoding="utf-8") == lifecycle_sql(), (
        f"{newest.name} is behind the tables: write a new file and a new migration "
        "with python -m recovery.domain.lifecycle_sql"
    )


def test_what_a_payment_counts_as_void_is_the_same_in_the_database() -> None:
    text = (SQL / "0010_guards.sql").read_text(encoding="utf-8")
    assert "NOT IN ('cancelled', 'returned'" not in text
    assert text.count("NOT IN ('cancelled', 'replaced'") == 4
