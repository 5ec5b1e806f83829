"""Rows of the workbook, read from one snapshot of the database.

All sheets of one workbook must see the same instant: they are read inside one
transaction of a connection of its own, so that the job can go on telling its
progress on the other. Rows come through server-side cursors; memory stays flat.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from recovery.domain.ledger import ZERO
from recovery.domain.words import EXPLAINED
from recovery.selectors import unclaimed_sql
from recovery.selectors import workbook_sql as sql
from recovery.selectors.unclaimed import Unclaimed, unclaimed_of

_CHUNK_ROWS = 2000


class ResultRow(NamedTuple):
    """One asset of one event, as assessed; amounts are None while it is not."""

    reference: str
    source_reference: str
    venue: str
    account: str
    instrument: str
    kind: str
    started_at: datetime
    ended_at: datetime
    position_before: Decimal | None
    position_after: Decimal | None
    asset: str
    opening: Decimal | None
    realised: Decimal | None
    trading_fee: Decimal | None
    liquidation_fee: Decimal | None
    funding: Decimal | None
    fund_movement: Decimal | None
    other: Decimal | None
    residual: Decimal | None
    deficit: Decimal | None
    received: Decimal | None
    variance: Decimal | None
    reason: str
    parts: str | None  # JSON
    break_state: str
    break_opened_at: datetime | None
    assessment_number: int | None
    verified_share: Decimal | None
    digest: str | None
    case_reference: str


class ControlRow(NamedTuple):
    """Totals of one asset, added up by the database."""

    asset: str
    results: int
    residual: Decimal
    received: Decimal
    variance: Decimal
    exact_variance: Decimal
    gross: Decimal
    breaks_variance: Decimal
    are_breaks_comparable: bool  # No break changed after the instant.
    payments: int
    paid: Decimal
    goodwill: Decimal  # Of what is paid: not owed, given.
    waiting: int  # Events without an assessment.


class SourceFileRow(NamedTuple):
    """One source file with what became of its records."""

    id: int
    name: str
    sha256: str
    provenance: str
    state: str
    venue: str
    layout: str
    kind: str
    zone: str
    records: int
    accepted: int
    duplicate: int
    ignored: int
    rejected: int
    first_at: datetime | None
    last_at: datetime | None
    received_at: datetime
    loaded_at: datetime | None
    received_by: str
    refusal: str
    sums: str  # JSON
    manifest: str | None  # JSON


class PaymentRow(NamedTuple):
    """One payment, as it stood."""

    reference: str
    case_reference: str
    event_reference: str
    kind: str
    asset: str
    amount: Decimal
    fee_amount: Decimal
    house_fee: Decimal
    leaves_in: str
    leaves: Decimal
    rate: str
    network: str | None
    address: str | None
    memo: str | None
    status: str
    status_since: datetime
    proposer: str
    proposed_at: datetime
    approver: str
    approved_at: datetime | None
    batch: str
    built_by: str
    released_by: str
    released_at: datetime | None
    batch_digest: str
    content_digest: str
    confirmation: str


class Snapshot:
    """The desk at one instant."""

    def __init__(self, connection: BaseDatabaseWrapper, as_of: datetime) -> None:
        self._connection = connection
        self.as_of = as_of

    def results(self, *, breaks_only: bool = False) -> Iterator[ResultRow]:
        """Assessed events, oldest first; one row per asset."""
        values = {
            "breaks_only": breaks_only,
            "explained": [reason.value for reason in EXPLAINED],
        }
        return map(ResultRow._make, self._rows(sql.RESULTS, values))

    def control(self) -> list[ControlRow]:
        """What the database adds up by itself, one row per asset."""
        return [ControlRow(*row) for row in self._rows(sql.CONTROL)]

    def source_files(self) -> Iterator[SourceFileRow]:
        """Files in the order they came."""
        return map(SourceFileRow._make, self._rows(sql.SOURCE_FILES))

    def file_sums(self) -> dict[tuple[int, str], Decimal]:
        """Stored amounts per file and asset; fund movements for the engine log."""
        rows = self._rows(sql.FILE_SUMS)
        return {(file_id, asset): amount for file_id, asset, amount in rows}

    def payments(self) -> Iterator[PaymentRow]:
        """Payments in the order they were proposed."""
        return map(PaymentRow._make, self._rows(sql.PAYMENTS))

    def unclaimed(self) -> Iterator[Unclaimed]:
        """What is owed and lies still, the oldest first; holds among it."""
        query = unclaimed_sql.ROWS.format(payments=unclaimed_sql.AS_IT_STOOD)
        return map(unclaimed_of, self._rows(query, {"frozen": True, "most": None}))

    def unclaimed_sums(self) -> dict[str, Decimal]:
        """The same, rounded row by row and added up by the database per asset."""
        query = unclaimed_sql.TOTALS.format(payments=unclaimed_sql.AS_IT_STOOD)
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for *_, asset, _, _, amount in self._rows(query, {"frozen": True}):
            sums[asset] += amount
        return sums

    def _rows(
        self, query: str, values: dict[str, Any] | None = None
    ) -> Iterator[tuple[Any, ...]]:
        with closing(self._connection.chunked_cursor()) as cursor:
            cursor.execute(query, {"as_of": self.as_of, **(values or {})})
            while rows := cursor.fetchmany(_CHUNK_ROWS):
                yield from rows


@contextmanager
def workbook_snapshot(as_of: datetime) -> Iterator[Snapshot]:
    """Open a snapshot; it sees what was committed before, and nothing later."""
    connection = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        connection.set_autocommit(False)
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield Snapshot(connection, as_of)
        connection.rollback()
    finally:
        connection.close()


def amounts_read(text: str | None) -> Any:
    """A JSON column as plain values, without a float ever being made."""
    return json.loads(text or "null", parse_float=Decimal, parse_int=Decimal)
