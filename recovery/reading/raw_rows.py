"""Rows of a file as they stand in it. Runs in the limited process."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from recovery.reading.desk_columns import (
    UNNAMED_COLUMN,
    desk_row_numbers,
    is_handed_out,
)
from recovery.reading.messages import Ended, Looked, Message, Request
from recovery.sheets.open_source import open_source
from recovery.sheets.records import HOUSE_LIMITS, UPLOAD_LIMITS, Source

ROWS_MAX = 5_000  # More would not fit one question.


def raw_rows(request: Request) -> Iterator[Message]:
    """The header and the rows asked for; of mended rows also what each mends.

    Raises:
        RecoveryError: The file is refused.
    """
    limits = HOUSE_LIMITS if request.is_house else UPLOAD_LIMITS
    source = open_source(Path(request.path), limits=limits)
    mends = desk_row_numbers(source) if is_handed_out(source) else ()
    yield Looked({"mends": [*mends], **_wanted(source, request.numbers)})
    yield Ended(warnings=[])


def _wanted(source: Source, numbers: tuple[int, ...]) -> dict[str, Any]:
    wanted, last = set(numbers), max(numbers, default=0)
    rows = []
    for record in source.records() if wanted else ():
        if record.number in wanted:
            rows.append((record.number, record.cells))
        if record.number >= last:
            break
    width = max((len(cells) for _, cells in rows), default=0)
    named = source.header or tuple(
        f"{UNNAMED_COLUMN} {at}" for at in range(1, width + 1)
    )
    spare = tuple(f"Column {at}" for at in range(len(named) + 1, width + 1))
    return {"header": [*chain(named, spare)], "rows": rows}
