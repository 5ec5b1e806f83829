"""One source file, from its bytes to rows. Runs in the limited process."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from recovery.domain.errors import RecoveryError
from recovery.domain.money import format_amount
from recovery.reading.day_order import (
    day_order_settled,
    order_taken,
    settled_order,
)
from recovery.reading.desk_columns import MENDED, without_desk_columns
from recovery.reading.messages import Ended, Message, Opened, Request, Rows
from recovery.reading.rows import RowMaker, Tally
from recovery.reading.shared_asset import asset_settled, asset_taken
from recovery.sheets.open_source import open_source
from recovery.sheets.records import HOUSE_LIMITS, UPLOAD_LIMITS, Limits, Source
from recovery.sheets.workbook_parts import SheetNeededError
from recovery.venues.accounts import check_account
from recovery.venues.column_mapping import NOTE, profile_of
from recovery.venues.file_proofs import FileProofs
from recovery.venues.file_rules import ZONE_ASKED
from recovery.venues.headerless import with_header
from recovery.venues.interpretation import Interpreter
from recovery.venues.loading import shipped_profiles
from recovery.venues.manifest import read_manifest
from recovery.venues.number_style import style_told
from recovery.venues.profile import Layout
from recovery.venues.recognition import Recognition, recognise
from recovery.venues.stated import zone_label

SHEETS_TRIED = 12
FIRST_CHUNK = 4_000  # Small, so that storing begins soon; the next ones double.
ZONE_ASSUMED = (
    "The file does not say its zone: UTC is assumed. Give the zone if it was saved in "
    "another one."
)


def read_file(request: Request) -> Iterator[Message]:
    """Open, recognise and read a file: `Opened`, any number of `Rows`, `Ended`.

    Raises:
        RecoveryError: The file is refused; the message says why and what to do.
    """
    source = opened_source(request)
    recognition = recognised(request, source)
    interpreter = interpreter_for(request, recognition)
    yield _opened(recognition, interpreter)
    maker = RowMaker(request.file_id, recognition.layout)
    proofs = FileProofs(recognition.layout)
    understood = interpreter.interpret_all(source.records())
    # Mended rows are not neighbours: they prove nothing.
    is_mended = MENDED in source.notes
    outcomes = iter(understood if is_mended else proofs.watched(understood))
    done = 0
    for usual in _chunk_sizes(recognition.layout, request.chunk):
        left = request.done - done
        size = min(usual, left) if left > 0 else usual
        tally = maker.tally(islice(outcomes, size))
        if not tally.records:
            break
        done += tally.records
        yield numbered_accounts(tally)
    yield _ended(source, [*warnings_told(source, interpreter), *proofs.told()])


def _chunk_sizes(layout: Layout, largest: int) -> Iterator[int]:
    if layout.taken_whole:
        yield sys.maxsize
    size = min(FIRST_CHUNK, largest)
    while True:
        yield size
        size = min(2 * size, largest)


def opened_source(request: Request) -> Source:
    """The file, opened; columns this desk added to rows it handed out are left out.

    Rows without a header get the header their cells have the shape of.
    """
    limits = HOUSE_LIMITS if request.is_house else UPLOAD_LIMITS
    path = Path(request.path)
    try:
        source = open_source(path, limits=limits, name=request.name)
    except SheetNeededError as several:
        source = _only_known_sheet(request, limits, several)
    return with_header(without_desk_columns(source), venue=request.venue)


def _only_known_sheet(
    request: Request, limits: Limits, several: SheetNeededError
) -> Source:
    """The one sheet of several that a layout knows; the notes name the others.

    Raises:
        SheetNeededError: none is known, more than one, or there are too many.
    """
    known = []
    for sheet in several.sheets if len(several.sheets) <= SHEETS_TRIED else ():
        path = Path(request.path)
        source = open_source(path, sheet=sheet, limits=limits, name=request.name)
        if _is_known(request, source):
            known.append(source)
    if len(known) != 1:
        raise several
    return known[0]


def _is_known(request: Request, source: Source) -> bool:
    try:
        recognised_as(request, with_header(source, venue=request.venue))
    except RecoveryError:
        return False
    return True


def recognised(request: Request, source: Source) -> Recognition:
    """Its layout, with the order of day and month and a shared asset settled.

    Raises:
        DayOrderNeededError: Its times read two ways, and nobody said which.
        AccountContradictedError: It names an account other than the given one.
    """
    found = recognised_as(request, source)
    check_account(source.opening, found, request.account)
    ordered = day_order_settled(found, source, request.day_order)
    return asset_settled(ordered, source, request.asset)


def recognised_as(request: Request, source: Source) -> Recognition:
    """Its layout, among those shipped and those made by staff."""
    own = [profile_of(table) for table in request.profiles]
    return recognise(
        source,
        venue=request.venue,
        name=request.name,
        profiles=[*shipped_profiles(), *own],
    )


def interpreter_for(request: Request, recognition: Recognition) -> Interpreter:
    """What understands its rows, told what the file cannot say."""
    return Interpreter(
        recognition,
        account=request.account,
        zone=request.zone,
        asset=request.asset,
    )


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
            and [runner_up.layout.venue, runner_up.layout.name, runner_up.score],
            "stated": dict(recognition.stated),
            "day_order": settled_order(recognition),
        },
    )


def numbered_accounts(tally: Tally) -> Rows:
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


def warnings_told(source: Source, interpreter: Interpreter) -> list[str]:
    """What a reader of the import should know beside the row problems."""
    notices = interpreter.notices
    layout = interpreter.recognition.layout
    by_staff = layout.note == NOTE and not layout.verified
    taken = (
        order_taken(interpreter.recognition),
        asset_taken(interpreter.recognition),
    )
    return [
        *filter(None, taken),
        *style_told(interpreter.recognition.stated),
        *([f"Layout {layout.code} {layout.generation}: {NOTE}."] if by_staff else []),
        *([ZONE_ASSUMED] if interpreter.is_zone_assumed else []),
        *_other_zone(interpreter),
        *(
            f"Row {one.row_number}: {one.check} is off by {format_amount(one.gap)}."
            for one in notices.warnings
        ),
        *(
            f"Row type “{name}” is not known, rows: {count:,}; kept with their money."
            for name, count in sorted(notices.unknown_operations.items())
        ),
        *(
            f"{what}, rows: {count:,}; in another asset, not in the sums."
            for what, count in sorted(notices.left_out.items())
        ),
        *source.notes,
    ]


def _other_zone(interpreter: Interpreter) -> list[str]:
    """That the file states another zone than the one it was read in."""
    stated = interpreter.recognition.stated.get("zone", "")
    is_of_times = interpreter.recognition.layout.time.zone == ZONE_ASKED
    if stated == zone_label(interpreter.zone) or stated in ("", "UTC" * is_of_times):
        return []
    told = f"The file says that its times are in {stated}; they were read in "
    return [f"{told}{interpreter.zone}, as it was said."]
