"""Imports: a stored file becomes ledger entries, chunk by chunk, resumable.

Every chunk is one transaction: its rows, its rejected records, its counters and the
checkpoint, under a lease that still stands. A second run skips what the checkpoint
says is done; it reads those records again only to count equal rows.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Protocol

from django.db import transaction

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import (
    ZERO,
    EngineStep,
    FundingRate,
    LedgerLine,
    LedgerRole,
    MarkPrice,
    RowProblem,
)
from recovery.domain.money import format_amount
from recovery.models import (
    Provenance,
    RejectedRecord,
    SourceFile,
    SourceFileState,
)
from recovery.services.accounts_seen import AccountBook
from recovery.services.due import assessments_make_due
from recovery.services.jobs import LeaseLostError
from recovery.services.loading import Target, copy_rows
from recovery.services.source_files import source_file_path
from recovery.sheets.open_source import open_source
from recovery.sheets.records import HOUSE_LIMITS, UPLOAD_LIMITS, Record, Source
from recovery.venues.fingerprints import Ordinals, line_fingerprint
from recovery.venues.interpretation import Interpreter
from recovery.venues.manifest import check_manifest, read_manifest
from recovery.venues.outcomes import Ignored, Outcome
from recovery.venues.profile import LayoutKind, RowOrder
from recovery.venues.recognition import Recognition, recognise

CHUNK = 50_000


class _Lease(Protocol):
    def beat(self, done: int, total: int = 0, unit: str = "") -> None: ...


ENTRY_TARGET = Target(
    table="recovery_ledgerentry",
    columns=(
        "source_file_id", "row_number", "account_id", "sequence", "occurred_at",
        "asset", "role", "operation", "amount", "fee_amount", "funding_amount",
        "liquidation_fee_amount", "instrument", "marker", "side", "quantity", "price",
        "mark_price", "entry_price", "position_after", "balance_after", "source_id",
        "order_id", "event_reference", "raw_time", "fingerprint", "ordinal",
    ),
    identity=("account_id", "fingerprint", "ordinal"),
)  # fmt: skip
ENGINE_TARGET = Target(
    table="recovery_engineentry",
    columns=(
        "source_file_id", "row_number", "event_reference", "account_id", "instrument",
        "occurred_at", "step", "action", "margin_mode", "asset", "trigger_mark_price",
        "margin_level", "bankruptcy_price", "takeover_price", "side", "quantity",
        "fill_price", "entry_price", "position_after", "fund_movement",
    ),
    identity=("account_id", "event_reference", "step", "action"),
)  # fmt: skip
MARK_TARGET = Target(
    table="recovery_markpriceentry",
    columns=(
        "source_file_id", "row_number", "venue", "instrument", "occurred_at",
        "mark_price",
    ),
    identity=("venue", "instrument", "occurred_at"),
)  # fmt: skip
FUNDING_TARGET = Target(
    table="recovery_fundingrateentry",
    columns=(
        "source_file_id", "row_number", "venue", "instrument", "occurred_at",
        "funding_rate",
    ),
    identity=("venue", "instrument", "occurred_at"),
)  # fmt: skip
_TARGETS = {
    LayoutKind.LEDGER: ENTRY_TARGET,
    LayoutKind.ENGINE_LOG: ENGINE_TARGET,
    LayoutKind.MARK_PRICES: MARK_TARGET,
    LayoutKind.FUNDING_RATES: FUNDING_TARGET,
}


@dataclass(slots=True)
class Tally:
    """What a chunk adds to the counters of its file."""

    records: int = 0
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    ignored: int = 0
    sums: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    first_at: datetime | None = None
    last_at: datetime | None = None

    def add_sum(self, asset: str, role: str, amount: Decimal) -> None:
        """Add to the sum of one asset and role."""
        if amount:
            roles = self.sums.setdefault(asset, {})
            roles[role] = roles.get(role, ZERO) + amount

    def see(self, at: datetime) -> None:
        """Widen the time range."""
        if self.first_at is None or at < self.first_at:
            self.first_at = at
        if self.last_at is None or at > self.last_at:
            self.last_at = at


@dataclass(slots=True)
class Reading:
    """An opened and recognised source file."""

    source: Source
    recognition: Recognition
    interpreter: Interpreter


def open_reading(source_file: SourceFile) -> Reading:
    """Open a stored file and recognise its layout.

    Raises:
        RecoveryError: The file is refused; the message says why and what to do.
    """
    is_house = source_file.provenance == Provenance.HOUSE
    limits = HOUSE_LIMITS if is_house else UPLOAD_LIMITS
    source = open_source(source_file_path(source_file), limits=limits)
    recognition = recognise(source, venue=source_file.venue)
    interpreter = Interpreter(
        recognition, account=source_file.account_number, zone=source_file.zone
    )
    return Reading(source, recognition, interpreter)


def source_file_load(lease: _Lease, source_file: SourceFile, *, now: datetime) -> None:
    """Load a file to its end and make the assessment of its accounts due.

    A refused file keeps its reason; nothing of it stays that was not loaded before.
    """
    if source_file.state in (SourceFileState.LOADED, SourceFileState.REFUSED):
        return
    try:
        reading = open_reading(source_file)
        _begin(source_file, reading)
        loader = _Loader(source_file, reading)
        loader.run(lease)
        _end(source_file, reading, loader, now)
    except RecoveryError as refusal:
        source_file_refuse(source_file, refusal)


def source_file_refuse(source_file: SourceFile, refusal: RecoveryError) -> None:
    """Note why a file was refused.

    Rows of chunks that were good before the fault was found stay, with their file.
    """
    if isinstance(refusal, LeaseLostError):
        raise refusal
    text = str(refusal) or (refusal.__doc__ or refusal.code)
    SourceFile.objects.filter(pk=source_file.pk).update(
        state=SourceFileState.REFUSED, refusal=text
    )
    source_file.refresh_from_db()


def _begin(source_file: SourceFile, reading: Reading) -> None:
    recognition = reading.recognition
    runner_up = recognition.runner_up
    source_file.venue = recognition.venue
    source_file.layout = f"{recognition.layout.code} {recognition.layout.generation}"
    source_file.kind = recognition.layout.kind
    source_file.zone = reading.interpreter.zone
    source_file.recognition = {
        "score": recognition.score,
        "missing": list(recognition.missing),
        "unknown": list(recognition.unknown),
        "runner_up": runner_up
        and f"{runner_up.layout.venue} {runner_up.layout.code} {runner_up.score} %",
    }
    source_file.state = SourceFileState.LOADING
    source_file.save(
        update_fields=["venue", "layout", "kind", "zone", "recognition", "state"]
    )


class _Loader:
    """One run over the records of one file."""

    def __init__(self, source_file: SourceFile, reading: Reading) -> None:
        self.file = source_file
        self.reading = reading
        self.layout = reading.recognition.layout
        self.accounts = AccountBook(reading.recognition.venue)
        self.touched: set[int] = set()
        self.target = _TARGETS[LayoutKind(self.layout.kind)]
        self._ordinals = Ordinals()
        self._direction = -1 if self.layout.order == RowOrder.NEWEST_FIRST else 1

    def run(self, lease: _Lease) -> None:
        """Read all records; store those behind the checkpoint."""
        done = 0
        outcomes = self._outcomes()
        while chunk := list(islice(outcomes, CHUNK)):
            tally = self._tally(chunk)
            done += tally.records
            if done > self.file.checkpoint:
                self._store(lease, tally, done)

    def accounts_touched(self) -> list[int]:
        """Accounts whose events this file can change."""
        if self.layout.kind == LayoutKind.FUNDING_RATES:
            return self.accounts.all_ids()
        return sorted(self.touched)

    def _outcomes(self) -> Iterator[tuple[Record, Outcome]]:
        interpret = self.reading.interpreter.interpret
        for record in self.reading.source.records():
            yield record, interpret(record)

    def _tally(self, chunk: list[tuple[Record, Outcome]]) -> Tally:
        tally = Tally(records=len(chunk))
        for _record, outcome in chunk:
            if isinstance(outcome, LedgerLine):
                self._take_line(tally, outcome)
            elif isinstance(outcome, RowProblem):
                tally.problems.append(outcome)
            elif isinstance(outcome, Ignored):
                tally.ignored += 1
            else:
                self._take_reference(tally, outcome)
        return tally

    def _take_line(self, tally: Tally, line: LedgerLine) -> None:
        account_id = self.accounts.id_of(line.account)
        self.touched.add(account_id)
        fingerprint = line_fingerprint(line)
        ordinal = 0 if line.source_id else self._ordinals.next(fingerprint)
        tally.add_sum(line.asset, line.role, line.principal_amount)
        tally.add_sum(line.asset, LedgerRole.FEE, line.fee_amount)
        tally.add_sum(line.asset, LedgerRole.FUND, line.funding_amount)
        tally.add_sum(line.asset, LedgerRole.LIQFEE, line.liquidation_fee_amount)
        tally.see(line.occurred_at)
        tally.rows.append(
            (
                self.file.pk,
                line.row_number,
                account_id,
                line.row_number * self._direction,
                line.occurred_at,
                line.asset,
                line.role.value,
                line.operation,
                line.amount,
                line.fee_amount,
                line.funding_amount,
                line.liquidation_fee_amount,
                line.instrument,
                line.marker.value,
                line.side.value,
                line.quantity,
                line.price,
                line.mark_price,
                line.entry_price,
                line.position_after,
                line.balance_after,
                line.source_id,
                line.order_id,
                line.event_reference,
                line.raw_time,
                fingerprint,
                ordinal,
            )
        )

    def _take_reference(
        self, tally: Tally, outcome: EngineStep | MarkPrice | FundingRate
    ) -> None:
        tally.see(outcome.occurred_at)
        venue = self.reading.recognition.venue
        if isinstance(outcome, EngineStep):
            account_id = self.accounts.id_of(outcome.account)
            self.touched.add(account_id)
            if outcome.fund_movement:
                tally.add_sum(outcome.asset, LedgerRole.INS, outcome.fund_movement)
            tally.rows.append(_engine_row(self.file.pk, account_id, outcome))
            return
        value = (
            outcome.mark_price
            if isinstance(outcome, MarkPrice)
            else outcome.funding_rate
        )
        tally.rows.append(
            (
                self.file.pk,
                outcome.row_number,
                venue,
                outcome.instrument,
                outcome.occurred_at,
                value,
            )
        )

    def _store(self, lease: _Lease, tally: Tally, done: int) -> None:
        with transaction.atomic():
            inserted = copy_rows(self.target, tally.rows)
            RejectedRecord.objects.bulk_create(
                RejectedRecord(
                    source_file=self.file,
                    row_number=problem.row_number,
                    column=problem.column[:80],
                    value=problem.value[:2000].replace("\x00", "�"),
                    reason=problem.reason,
                )
                for problem in tally.problems
            )
            self._count(tally, inserted, done)
            lease.beat(done, unit="rows")

    def _count(self, tally: Tally, inserted: int, done: int) -> None:
        file = self.file
        file.checkpoint = file.records = done
        file.accepted += inserted
        file.duplicate += len(tally.rows) - inserted
        file.ignored += tally.ignored
        file.rejected += len(tally.problems)
        file.sums = _summed(file.sums, tally.sums)
        file.first_at = min(filter(None, [file.first_at, tally.first_at]), default=None)
        file.last_at = max(filter(None, [file.last_at, tally.last_at]), default=None)
        file.save(
            update_fields=[
                "checkpoint",
                "records",
                "accepted",
                "duplicate",
                "ignored",
                "rejected",
                "sums",
                "first_at",
                "last_at",
            ]
        )


def _engine_row(file_id: int, account_id: int, step: EngineStep) -> tuple[Any, ...]:
    return (
        file_id,
        step.row_number,
        step.event_reference,
        account_id,
        step.instrument,
        step.occurred_at,
        step.step,
        step.action,
        step.margin_mode,
        step.asset,
        step.trigger_mark_price,
        step.margin_level,
        step.bankruptcy_price,
        step.takeover_price,
        step.side.value,
        step.quantity,
        step.fill_price,
        step.entry_price,
        step.position_after,
        step.fund_movement,
    )


def _summed(
    stored: dict[str, dict[str, str]], added: dict[str, dict[str, Decimal]]
) -> dict[str, dict[str, str]]:
    """Stored sums and a chunk's, as decimal strings; every row counts, also repeats."""
    total: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for sums in (
        {a: {r: Decimal(x) for r, x in roles.items()} for a, roles in stored.items()},
        added,
    ):
        for asset, roles in sums.items():
            for role, amount in roles.items():
                total[asset][role] = total[asset].get(role, ZERO) + amount
    return {
        asset: {role: format_amount(amount) for role, amount in sorted(roles.items())}
        for asset, roles in sorted(total.items())
    }


def _end(
    source_file: SourceFile, reading: Reading, loader: _Loader, now: datetime
) -> None:
    manifest = read_manifest(reading.source)
    warnings = [
        f"Row {item.row_number}: {item.check} is off by {format_amount(item.gap)}."
        for item in reading.interpreter.notices.warnings
    ]
    unknown = reading.interpreter.notices.unknown_operations
    warnings += [
        f"Unknown operation “{name}”, {count} rows: kept with their money."
        for name, count in sorted(unknown.items())
    ]
    warnings += reading.source.notes
    if manifest:
        totals = {
            asset: sum((Decimal(x) for x in roles.values()), ZERO)
            for asset, roles in source_file.sums.items()
        }
        found = check_manifest(manifest, source_file.records, totals)
        warnings += found
        source_file.manifest = {
            "rows": manifest.rows,
            "sums": {a: format_amount(x) for a, x in sorted(manifest.sums.items())},
            "complete_until": manifest.complete_until
            and manifest.complete_until.isoformat(),
            "agrees": not found,
        }
    with transaction.atomic():
        source_file.warnings = warnings[:200]
        source_file.state = SourceFileState.LOADED
        source_file.loaded_at = now
        source_file.save(update_fields=["warnings", "manifest", "state", "loaded_at"])
        assessments_make_due(loader.accounts_touched(), f"import-{source_file.sha256}")
