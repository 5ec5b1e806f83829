"""A trial: what a file is and what its first rows mean. Runs in the limited process.

What the file cannot say is asked for, and stood in for meanwhile, so that the rest can
be shown. Nothing that is found here is loaded.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from recovery.domain.errors import RecoveryError
from recovery.domain.ledger import (
    ZERO,
    EngineStep,
    LedgerLine,
    LedgerRole,
    PositionStated,
    ReferenceRow,
    RowProblem,
)
from recovery.domain.money import exact, format_amount
from recovery.reading.day_order import DayOrderNeededError
from recovery.reading.messages import Ended, Looked, Message, Request
from recovery.reading.read_file import (
    interpreter_for,
    numbered_accounts,
    opened_source,
    recognised,
    warnings_told,
)
from recovery.reading.rows import RowMaker, Tally
from recovery.sheets.records import Record, Source
from recovery.venues.accounts import MASK, AccountNeededError
from recovery.venues.file_proofs import FileProofs
from recovery.venues.interpretation import (
    AssetNeededError,
    Interpreter,
    ZoneNeededError,
)
from recovery.venues.manifest import check_manifest, read_manifest
from recovery.venues.outcomes import Ignored, Outcome
from recovery.venues.proofs import zone_shift
from recovery.venues.recognition import Recognition

WHOLE_BYTES = 1024 * 1024  # Up to here the whole file is looked into.
FIRST_ROWS = 2_000
SHOWN_ROWS = 20
PROBLEMS_SHOWN = 100
_STAND_IN = "0"
_NEEDS: Mapping[type[RecoveryError], tuple[str, str]] = {
    ZoneNeededError: ("zone", "UTC"),
    AccountNeededError: ("account", _STAND_IN),
    AssetNeededError: ("asset", _STAND_IN),
    DayOrderNeededError: ("day_order", "day"),
}


@dataclass(slots=True)
class _Trial:
    """One reading of the first rows."""

    source: Source
    recognition: Recognition
    interpreter: Interpreter
    proofs: FileProofs
    records: list[Record] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    is_whole: bool = True


def look_into(request: Request) -> Iterator[Message]:
    """What the file is (`Looked`), and the rows by which it can be compared (`Rows`).

    A refusal is found too: it stands in the facts beside the first rows.

    Raises:
        RecoveryError: The file cannot even be opened.
    """
    source = opened_source(request)
    try:
        trial, needs = _trial(request, source)
    except RecoveryError as refusal:
        yield Looked(_refused(source, refusal))
        yield Ended(warnings=[])
        return
    tally = RowMaker(0, trial.recognition.layout).tally(trial.outcomes)
    yield Looked(_facts(trial, tally, needs))
    if "account" not in needs:
        yield numbered_accounts(tally)
    yield Ended(warnings=[])


def _trial(request: Request, source: Source) -> tuple[_Trial, list[str]]:
    needs: list[str] = []
    while True:
        try:
            return _read(request, source), needs
        except tuple(_NEEDS) as need:
            what, stand_in = _NEEDS[type(need)]
            if what in needs:
                raise
            needs.append(what)
            if what == "account":
                stand_in = _unmasked(request, source) or stand_in
            request = _told(request, what, stand_in)


def _told(request: Request, what: str, said: str) -> Request:
    known: dict[str, Any] = {what: said}
    return replace(request, **known)


def _unmasked(request: Request, source: Source) -> str:
    """A number that a number with hidden digits could be; empty without one."""
    found = recognised(request, source)
    at = found.columns.get(found.layout.account.column)
    if at is None:
        return ""
    texts = (row.cells[at] for row in source.opening if at < len(row.cells))
    masked = (text.strip() for text in texts if MASK in text)
    return next(masked, "").replace(MASK, _STAND_IN)


def _read(request: Request, source: Source) -> _Trial:
    recognition = recognised(request, source)
    interpreter = interpreter_for(request, recognition)
    trial = _Trial(source, recognition, interpreter, FileProofs(recognition.layout))
    is_small = Path(request.path).stat().st_size <= WHOLE_BYTES

    def kept(records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            if len(trial.records) < SHOWN_ROWS:
                trial.records.append(record)
            yield record

    read = trial.proofs.watched(interpreter.interpret_all(kept(source.records())))
    outcomes = iter(read)
    trial.outcomes = list(outcomes if is_small else islice(outcomes, FIRST_ROWS))
    trial.is_whole = is_small or next(outcomes, None) is None
    return trial


def _refused(source: Source, refusal: RecoveryError) -> dict[str, Any]:
    return {
        "refused": str(refusal) or (refusal.__doc__ or refusal.code),
        "code": refusal.code,
        "header": list(source.header),
        "rows": [
            {"row": row.number, "cells": list(row.cells), "is": "raw"}
            for row in source.opening
            if row.number > source.header_number
        ][:SHOWN_ROWS],
    }


def _facts(trial: _Trial, tally: Tally, needs: list[str]) -> dict[str, Any]:
    notices = trial.interpreter.notices
    return {
        **_layout_facts(trial.recognition),
        "zone": trial.interpreter.zone,
        "zone_shown": _zone_shown(trial, needs),
        "needs": needs,
        "header": list(trial.source.header),
        "records": tally.records,
        "is_whole": trial.is_whole,
        "understood": tally.records - tally.ignored - len(tally.problems),
        "left_out": dict(tally.left_out),
        "problem_count": len(tally.problems),
        "problems": [
            [one.row_number, one.column, one.value, one.reason]
            for one in tally.problems[:PROBLEMS_SHOWN]
        ],
        "unknown_operations": dict(notices.unknown_operations),
        "unknown_sums": _unknown_sums(trial.outcomes),
        "warnings": [
            *warnings_told(trial.source, trial.interpreter),
            *trial.proofs.told(),
            *_manifest_told(trial, tally),
        ],
        "sums": {
            asset: {role: format_amount(amount) for role, amount in roles.items()}
            for asset, roles in sorted(tally.sums.items())
        },
        "first_at": _text(tally.first_at),
        "last_at": _text(tally.last_at),
        "rows": [
            _row(record, outcome)
            for record, outcome in zip(trial.records, trial.outcomes, strict=False)
        ],
    }


def _unknown_sums(outcomes: Iterable[Outcome]) -> dict[str, dict[str, str]]:
    """What rows of unknown types moved, by row type and asset."""
    found: dict[str, dict[str, Decimal]] = {}
    with exact():
        for one in outcomes:
            if isinstance(one, LedgerLine) and one.role == LedgerRole.UNKNOWN:
                sums = found.setdefault(one.operation, {})
                sums[one.asset] = sums.get(one.asset, ZERO) + one.principal_amount
    return {
        operation: {asset: format_amount(amount) for asset, amount in sums.items()}
        for operation, sums in sorted(found.items())
    }


def _layout_facts(recognition: Recognition) -> dict[str, Any]:
    runner_up = recognition.runner_up
    return {
        "venue": recognition.venue,
        "layout": recognition.layout.code,
        "generation": recognition.layout.generation,
        "score": recognition.score,
        "runner_up": runner_up
        and [runner_up.layout.venue, runner_up.layout.name, runner_up.score],
        "missing": list(recognition.missing),
        "unknown": list(recognition.unknown),
        "stated": dict(recognition.stated),
    }


def _zone_shown(trial: _Trial, needs: list[str]) -> str:
    """The zone that the hours of funding speak for; empty when they say nothing."""
    if "zone" not in needs and trial.interpreter.zone != "UTC":
        return ""
    lines = [one for one in trial.outcomes if isinstance(one, LedgerLine)]
    shift = zone_shift(lines)
    if shift is None:
        return ""
    hours = shift // timedelta(hours=1)
    return f"{'-' if hours < 0 else '+'}{abs(hours):02}:00" if hours else "UTC"


def _manifest_told(trial: _Trial, tally: Tally) -> list[str]:
    """What the sender's control line and the rows say differently."""
    manifest = read_manifest(trial.source) if trial.is_whole else None
    if manifest is None:
        return []
    with exact():
        totals: dict[str, Decimal] = {
            asset: sum(roles.values(), ZERO) for asset, roles in tally.sums.items()
        }
        return check_manifest(manifest, tally.records, totals)


def _row(record: Record, outcome: Outcome) -> dict[str, Any]:
    row: dict[str, Any] = {"row": record.number, "cells": list(record.cells)}
    if isinstance(outcome, RowProblem):
        return {**row, "is": "problem", "why": f"{outcome.column}: {outcome.reason}"}
    if isinstance(outcome, Ignored):
        return {**row, "is": "left_out", "why": outcome.reason}
    if isinstance(outcome, LedgerLine):
        return {**row, "is": "line", **_line(outcome)}
    if isinstance(outcome, ReferenceRow):
        said = ", ".join(filter(None, outcome.values.values()))
        return {**row, "is": "other", "at": "", "account": "", "what": said}
    at = _text(outcome.occurred_at)
    account = ""
    if isinstance(outcome, EngineStep | PositionStated):
        account = outcome.account
    instrument = outcome.instrument
    return {**row, "is": "other", "at": at, "account": account, "what": instrument}


def _line(line: LedgerLine) -> dict[str, Any]:
    return {
        "at": _text(line.occurred_at),
        "raw_time": line.raw_time,
        "account": line.account,
        "asset": line.asset,
        "role": line.role,
        "operation": line.operation,
        "amount": format_amount(line.amount),
        "instrument": line.instrument,
        "marker": line.marker,
    }


def _text(at: datetime | None) -> str:
    return at.isoformat() if at else ""
