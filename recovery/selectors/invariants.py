"""Whether everything holds that must: asked by tests after every fault, hourly in life."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection, transaction

from recovery.selectors.invariant_rules import INVARIANTS, Invariant

_SHOWN = 20
_MINUTES_MAX = 10


class Broken(NamedTuple):
    """One thing that breaks a promise."""

    invariant: str
    subject: str
    why: str


def invariants_broken(
    invariants: Iterable[Invariant] = INVARIANTS, *, shown: int = _SHOWN
) -> list[Broken]:
    """Ask every invariant in one snapshot; reads only.

    Args:
        shown: At most so many of each.

    Returns:
        What breaks them; empty while all hold.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if len(connection.savepoint_ids) == 0:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(f"SET LOCAL statement_timeout = '{_MINUTES_MAX}min'")
        found: list[Broken] = []
        for one in invariants:
            cursor.execute(
                f"SELECT * FROM ({one.query}) broken LIMIT {shown:d}"  # noqa: S608 - ours
            )
            found += [
                Broken(one.name, subject, why) for subject, why in cursor.fetchall()
            ]
    return found
