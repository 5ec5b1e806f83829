"""What a source file comes to: the same questions for every layout."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from recovery.domain.detection import detect_events
from recovery.domain.history import Entry, gather_items
from recovery.domain.ledger import ZERO, LedgerLine, RowProblem
from recovery.domain.money import exact, format_amount
from recovery.sheets.open_source import open_source
from recovery.venues.fingerprints import Ordinals, fingerprint_by
from recovery.venues.interpretation import Interpreter
from recovery.venues.loading import unmarked_venues
from recovery.venues.outcomes import Ignored, Outcome
from recovery.venues.profile import Layout
from recovery.venues.proofs import balance_gaps, in_time_order
from recovery.venues.recognition import recognise


def understood(
    path: Path, *, name: str = "", **given: str
) -> tuple[list[Outcome], Interpreter]:
    source = open_source(path)
    interpreter = Interpreter(recognise(source, name=name or path.name), **given)
    return list(interpreter.interpret_all(source.records())), interpreter


def lines_of(outcomes: Iterable[Outcome]) -> list[LedgerLine]:
    return [one for one in outcomes if isinstance(one, LedgerLine)]


def identities(
    outcomes: Iterable[Outcome], layout: Layout | None = None
) -> set[tuple[bytes, int]]:
    """What the desk keeps of the file: each row by what it is and how often."""
    ordinals = Ordinals()
    rule = layout.identity if layout else None
    fingerprint = fingerprint_by(rule)
    marks = [(fingerprint(line), line.source_id) for line in lines_of(outcomes)]
    return {
        (mark, 0 if own_id and rule is None else ordinals.next(mark))
        for mark, own_id in marks
    }


def sums_of(lines: Iterable[LedgerLine]) -> dict[str, dict[str, str]]:
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    with exact():
        for line in lines:
            roles = sums[line.asset]
            roles["FEE"] += line.fee_amount
            roles["FUND"] += line.funding_amount
            roles["LIQFEE"] += line.liquidation_fee_amount
            roles[line.role] += line.principal_amount
    return {
        asset: {
            str(role): format_amount(amount)
            for role, amount in sorted(roles.items())
            if amount != ZERO
        }
        for asset, roles in sorted(sums.items())
        if any(roles.values())
    }


def events_of(lines: Sequence[LedgerLine], venue: str) -> list[dict[str, str]]:
    found = []
    is_marked = venue not in unmarked_venues()
    for account in sorted({line.account for line in lines}):
        own = [line for line in lines if line.account == account]
        entries = [Entry(at, "file", "house", line) for at, line in enumerate(own)]
        found += [
            {
                "kind": str(window.kind),
                "account": account,
                "instrument": window.instrument,
                "started_at": window.started_at.isoformat(),
                "ended_at": window.ended_at.isoformat(),
                "fills": str(len(window.forced)),
                "rows": str(len(window.items)),
            }
            for window in detect_events(gather_items(entries), is_marked=is_marked)
        ]
    return found


def report(path: Path, *, name: str = "", **given: str) -> dict[str, Any]:
    outcomes, interpreter = understood(path, name=name, **given)
    recognition, notices = interpreter.recognition, interpreter.notices
    layout = recognition.layout
    lines = lines_of(outcomes)
    ordered = in_time_order(lines, layout.order)
    times = [line.occurred_at.isoformat() for line in ordered]
    problems = [one for one in outcomes if isinstance(one, RowProblem)]
    gaps = balance_gaps(ordered) if layout.has_running_balance else ()
    return {
        "venue": layout.venue,
        "layout": f"{layout.code} {layout.generation}",
        "score": recognition.score,
        "zone": interpreter.zone,
        "records": len(outcomes),
        "accepted": len(lines),
        "ignored": sum(isinstance(one, Ignored) for one in outcomes),
        "rejected": len(problems),
        "accounts": dict(sorted(Counter(line.account for line in lines).items())),
        "sums": sums_of(lines),
        "first_at": times[0] if times else None,
        "last_at": times[-1] if times else None,
        "problems": [
            [one.row_number, one.column, one.value, one.reason] for one in problems
        ],
        "warnings": [
            [one.row_number, one.check, format_amount(one.gap)]
            for one in notices.warnings
        ],
        "unknown": dict(sorted(notices.unknown_operations.items())),
        "left_out": dict(sorted(notices.left_out.items())),
        "gaps": [
            [one.after_row, one.before_row, format_amount(one.amount)] for one in gaps
        ],
        "events": events_of(ordered, layout.venue),
    }
