"""One source file, from its bytes to rows. Runs in the limited process."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from recovery.domain.money import format_amount
from recovery.reading.messages import Ended, Message, Opened, Request, Rows
from recovery.reading.rows import RowMaker, Tally
from recovery.sheets.open_source import open_source
from recovery.sheets.records import HOUSE_LIMITS, UPLOAD_LIMITS, Source
from recovery.venues.accounts import check_account
from recovery.venues.file_proofs import FileProofs
from recovery.venues.interpretation import Interpreter
from recovery.venues.manifest import read_manifest
from recovery.venues.recognition import Recognition, recognise


def read_file(request: Request) -> Iterator[Message]:
    """Open, recognise and read a file: `Opened`, any number of `Rows`, `Ended`.

    Raises:
        RecoveryError: The file is refused; the message says why and what to do.
    """
    limits = HOUSE_LIMITS if request.is_house else UPLOAD_LIMITS
    source = open_source(Path(request.path), limits=limits, name=request.name)
    recognition = recognise(source, venue=request.venue, name=request.name)
    interpreter = Interpreter(recognition, account=request.account, zone=request.zone)
    check_account(source.opening, recognition, request.account)
    yield _opened(recognition, interpreter)
    maker = RowMaker(request.file_id, recognition.layout)
    proofs = FileProofs(recognition.layout)
    outcomes = iter(proofs.watched(interpreter.interpret_all(source.records())))
    done = 0
    while True:
        left = request.done - done
        size = min(request.chunk, left) if left > 0 else request.chunk
        tally = maker.tally(islice(outcomes, size))
        if not tally.records:
            break
        done += tally.records
        yield _rows(tally)
    yield _ended(source, [*_warnings(source, interpreter), *proofs.told()])


def _opened(recognition: Recognition, interpreter: Interpreter) -> Opened:
    layout, runner_up = recognition.layout, recognition.runner_up
    return Opened(
        venue=recognition.venue,
        layout=f"{layout.code} {layout.generation}",
        kind=layout.kind,
        zone=interpreter.zone,
        recognition={
            "score": recognition.score,
            "missing": list(recognition.missing),
            "unknown": list(recognition.unknown),
            "runner_up": runner_up
            and f"{runner_up.layout.venue} {runner_up.layout.code} {runner_up.score} %",
        },
    )


def _rows(tally: Tally) -> Rows:
    """A chunk whose rows carry the place of their account instead of its number."""
    accounts = list(dict.fromkeys(tally.accounts))
    if not accounts:
        return Rows(tally, [], list(map(str.encode, tally.lines)))
    place = {account: f"{at}\t" for at, account in enumerate(accounts)}
    pairs = zip(tally.accounts, tally.lines, strict=True)
    lines = [(place[one] + line).encode() for one, line in pairs]
    return Rows(tally, accounts, lines)


def _ended(source: Source, warnings: list[str]) -> Ended:
    manifest = read_manifest(source)
    if manifest is None:
        return Ended(warnings=warnings)
    until = manifest.complete_until
    return Ended(
        warnings=warnings,
        has_manifest=True,
        stated_rows=manifest.rows,
        stated_sums={
            asset: format_amount(amount)
            for asset, amount in sorted(manifest.sums.items())
        },
        complete_until=until.isoformat() if until else None,
        kind=manifest.kind,
        version=manifest.version,
    )


def _warnings(source: Source, interpreter: Interpreter) -> list[str]:
    notices = interpreter.notices
    return [
        *(
            f"Row {one.row_number}: {one.check} is off by {format_amount(one.gap)}."
            for one in notices.warnings
        ),
        *(
            f"Unknown operation “{name}”, {count} rows: kept with their money."
            for name, count in sorted(notices.unknown_operations.items())
        ),
        *(
            f"{what}, {count} rows: in another asset, not in the sums."
            for what, count in sorted(notices.left_out.items())
        ),
        *source.notes,
    ]
