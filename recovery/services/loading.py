"""Rows into the database by COPY: a staging table, then one ordered INSERT.

Ordering by identity gives index locality and a fixed lock order between imports at
the same time; ON CONFLICT DO NOTHING makes a repeated chunk a no-op.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql


@dataclass(frozen=True, slots=True)
class Target:
    """A table rows are loaded into.

    Attributes:
        columns: In the order of the rows' values.
        identity: Columns the INSERT is ordered by.
    """

    table: str
    columns: tuple[str, ...]
    identity: tuple[str, ...]


def copy_rows(target: Target, rows: Sequence[tuple[Any, ...]]) -> int:
    """Load rows in the transaction of the caller.

    Returns:
        How many were new; the others were there already.
    """
    if not rows:
        return 0
    staging = sql.Identifier(f"staging_{target.table}")
    columns = sql.SQL(", ").join(map(sql.Identifier, target.columns))
    with connection.cursor() as cursor:
        raw = cursor.cursor
        raw.execute(
            sql.SQL(
                "CREATE TEMP TABLE IF NOT EXISTS {} ON COMMIT DELETE ROWS AS "
                "SELECT {} FROM {} LIMIT 0"
            ).format(staging, columns, sql.Identifier(target.table))
        )
        _copy(raw, staging, columns, rows)
        order = sql.SQL(", ").join(map(sql.Identifier, target.identity))
        raw.execute(
            sql.SQL(
                "INSERT INTO {table} ({columns}) SELECT {columns} FROM {staging} "
                "ORDER BY {order} ON CONFLICT DO NOTHING"
            ).format(
                table=sql.Identifier(target.table),
                columns=columns,
                staging=staging,
                order=order,
            )
        )
        inserted = int(raw.rowcount)
        raw.execute(sql.SQL("DELETE FROM {}").format(staging))
    return inserted


def _copy(
    raw: Any, staging: sql.Identifier, columns: sql.Composed, rows: Iterable[Any]
) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(staging, columns)
    with raw.copy(statement) as copy:
        block: list[str] = []
        for row in rows:
            block.append("\t".join(map(_text, row)))
            if len(block) == 5000:
                copy.write("\n".join(block) + "\n")
                block.clear()
        if block:
            copy.write("\n".join(block) + "\n")


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _text(value: Any) -> str:
    """One value in COPY's text format."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES) if not value.isalnum() else value
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    return str(value)
