"""Rows into the database by COPY, in the order of their identity.

New rows go straight into their table. Where one is there already, the chunk goes
through a staging table and ON CONFLICT DO NOTHING, so that a repeated chunk is a
no-op. One order of identity for everybody gives index locality and keeps imports at
the same time from waiting for each other in a circle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg import errors, sql

from recovery.domain.ledger import RowProblem

_BLOCK = 2_000


@dataclass(frozen=True, slots=True)
class Target:
    """A table rows are loaded into.

    Attributes:
        columns: In the order of the rows' values; the identity comes first.
        repeated: Run after rows were staged, to note those that were there already;
            `{staging}` is where they stand.
        contradicted: Gives those that were there already and say something else.
        replaced: Run before rows are inserted: gives those another place that stand
            otherwise in files that were undone.
    """

    table: str
    columns: tuple[str, ...]
    repeated: sql.SQL | None = None
    contradicted: sql.SQL | None = None
    replaced: sql.SQL | None = None


class RowWriter:
    """Writes rows of one file: straight, until the first that is there already.

    Attributes:
        contradicted: What the target's question of that name gave, since it was
            last taken.
    """

    def __init__(self, target: Target) -> None:
        self.contradicted: list[tuple[Any, ...]] = []
        self._target = target
        self._table = sql.Identifier(target.table)
        self._staging = sql.Identifier(f"staging_{target.table}")
        self._columns = sql.SQL(", ").join(map(sql.Identifier, target.columns))
        self._is_new = True

    # What the reading process understood, a table takes.
    problems: Sequence[RowProblem] = ()

    def write(self, lines: list[bytes]) -> int:
        """Load rows in the transaction of the caller.

        Args:
            lines: Rows in COPY's text form; they are sorted in place.

        Returns:
            How many were new; the others were there already.
        """
        if not lines:
            return 0
        lines.sort()
        if self._is_new and self._write_straight(lines):
            return len(lines)
        self._is_new = False
        return self._write_staged(lines)

    def _write_straight(self, lines: Sequence[bytes]) -> bool:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                self._copy(cursor.cursor, self._table, lines)
        except errors.UniqueViolation:
            return False
        return True

    def _write_staged(self, lines: Sequence[bytes]) -> int:
        parts: dict[str, sql.Composable] = {
            "table": self._table,
            "staging": self._staging,
            "columns": self._columns,
        }
        with connection.cursor() as cursor:
            raw = cursor.cursor
            raw.execute(
                sql.SQL(
                    "CREATE TEMP TABLE IF NOT EXISTS {staging} ON COMMIT DELETE ROWS"
                    " AS SELECT {columns} FROM {table} LIMIT 0"
                ).format(**parts)
            )
            self._copy(raw, self._staging, lines)
            if self._target.replaced is not None:
                raw.execute(self._target.replaced.format(**parts))
            raw.execute(
                sql.SQL(
                    "INSERT INTO {table} ({columns}) SELECT {columns} FROM {staging}"
                    " ORDER BY ctid ON CONFLICT DO NOTHING"
                ).format(**parts)
            )
            inserted = int(raw.rowcount)
            if inserted < len(lines):
                self._note_repeated(raw, parts)
            raw.execute(sql.SQL("TRUNCATE {}").format(self._staging))
        return inserted

    def _note_repeated(self, raw: Any, parts: dict[str, sql.Composable]) -> None:
        if self._target.repeated is not None:
            raw.execute(self._target.repeated.format(**parts))
        if self._target.contradicted is not None:
            raw.execute(self._target.contradicted.format(**parts))
            self.contradicted += raw.fetchall()

    def _copy(self, raw: Any, into: sql.Identifier, lines: Sequence[bytes]) -> None:
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(into, self._columns)
        with raw.copy(statement) as copy:
            for start in range(0, len(lines), _BLOCK):
                copy.write(b"\n".join((*lines[start : start + _BLOCK], b"")))
