"""The lifecycles as SQL: what the guards of the database ask before a step is taken.

`python -m recovery.domain.lifecycle_sql` prints the text of the newest
`migrations/sql/*_lifecycles.sql`; a test holds both equal. A changed table needs a new
migration with a new file: what ran once on somebody's database stays as it is.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from recovery.domain.lifecycle import (
    CASE_STEPS,
    COLLECTION_STEPS,
    PAYMENT_STEPS,
    CaseStatus,
    CollectionStatus,
    PaymentStatus,
    Step,
)

_HEAD = """\
-- Written by `python -m recovery.domain.lifecycle_sql` from the tables of the core;
-- not edited by hand. A test holds this file and the tables equal.

"""
_FIRST: Mapping[str, StrEnum] = {
    "case": CaseStatus.NEW,
    "payment": PaymentStatus.PROPOSED,
    "collection": CollectionStatus.DUE,
}
_STEPS: Mapping[str, Mapping[Any, Step]] = {
    "case": CASE_STEPS,
    "payment": PAYMENT_STEPS,
    "collection": COLLECTION_STEPS,
}


def lifecycle_sql() -> str:
    """Functions that know every step and first status of every lifecycle."""
    parts = [_HEAD]
    for name, steps in _STEPS.items():
        parts.append(_first(name, _FIRST[name]))
        parts.append(_edges(name, steps))
        parts.append(_actions(name, steps))
    return "\n".join(parts)


def _first(name: str, status: StrEnum) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION desk_{name}_first_status() RETURNS text\n"
        f"LANGUAGE sql IMMUTABLE AS $$ SELECT '{status}' $$;\n"
    )


def _edges(name: str, steps: Mapping[Any, Step]) -> str:
    pairs = sorted(
        {(str(before), step.to_status) for (before, _), step in steps.items()}
    )
    return (
        f"CREATE OR REPLACE FUNCTION desk_{name}_step_known(\n"
        "  from_status text, to_status text\n"
        ") RETURNS boolean LANGUAGE sql IMMUTABLE AS $$\n"
        f"  SELECT ($1, $2) IN (\n{_tuples(pairs)}\n  )\n$$;\n"
    )


def _actions(name: str, steps: Mapping[Any, Step]) -> str:
    triples = sorted(
        (str(before), str(action), step.to_status)
        for (before, action), step in steps.items()
    )
    return (
        f"CREATE OR REPLACE FUNCTION desk_{name}_action_known(\n"
        "  from_status text, action text, to_status text\n"
        ") RETURNS boolean LANGUAGE sql IMMUTABLE AS $$\n"
        f"  SELECT ($1, $2, $3) IN (\n{_tuples(triples)}\n  )\n$$;\n"
    )


def _tuples(rows: Sequence[tuple[str, ...]]) -> str:
    return ",\n".join(_lines(rows))


def _lines(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    for row in rows:
        words = ", ".join(f"'{word}'" for word in row)
        yield f"    ({words})"


if __name__ == "__main__":
    sys.stdout.write(lifecycle_sql())
