"""The database knows exactly the steps that the core knows."""

from enum import StrEnum
from itertools import product
from typing import Any

import pytest
from django.db import connection

from recovery.domain.lifecycle import (
    CASE_STEPS,
    PAYMENT_STEPS,
    CaseStatus,
    PaymentStatus,
)

pytestmark = pytest.mark.django_db


def known_in_the_core(steps: Any) -> set[tuple[str, str]]:
    return {(str(before), step.to_status) for (before, _), step in steps.items()}


@pytest.mark.parametrize(
    ("name", "statuses", "steps"),
    [
        ("desk_case_step_known", CaseStatus, CASE_STEPS),
        ("desk_payment_step_known", PaymentStatus, PAYMENT_STEPS),
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
