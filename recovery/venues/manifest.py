"""The control line of a house file: what it says it holds, against what was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from recovery.domain.ledger import ZERO
from recovery.domain.money import AmountUnreadableError, format_amount
from recovery.sheets.errors import FileRefusedError
from recovery.sheets.records import Cells, Source
from recovery.venues.numbers import read_plain, total
from recovery.venues.recognition import ANNOUNCEMENT
from recovery.venues.time_forms import TimeUnreadableError
from recovery.venues.timestamps import time_reader

CONTROL_LINE = "#manifest"
VERSION = "1"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a house file announces above and promises below its records.

    Attributes:
        kind: what the records are, such as `house-ledger`.
        version: of the layout.
        complete_until: the platform knows of no later row before this instant.
        rows: how many records there are; None when the file has no control line.
        sums: total per asset; empty for layouts without amounts.
    """

    kind: str
    version: str
    complete_until: datetime | None
    rows: int | None = None
    sums: Mapping[str, Decimal] = field(default_factory=dict)


def read_manifest(source: Source) -> Manifest | None:
    """The manifest of a house file; None when the file announces nothing.

    Call it after the records are read: the control line is the last one.

    Raises:
        FileRefusedError: the announcement or the control line is not understood.
    """
    if not source.is_marked or source.preamble[0][0] != ANNOUNCEMENT:
        return None
    _, kind, version, *entries = (*source.preamble[0], "", "")
    if version != VERSION:
        raise _refused(f"Version {version!r} of the layout {kind!r} is not known.")
    rows, sums = _control_line(source.trailer)
    return Manifest(kind, version, _complete_until(entries), rows, sums)


def check_manifest(
    manifest: Manifest, rows: int, sums: Mapping[str, Decimal]
) -> list[str]:
    """What the manifest and the records say differently; empty when they agree.

    Args:
        manifest: of the file.
        rows: how many records were read, accepted or not.
        sums: per asset, the total of the column the layout sums (`amount`, or
            `fund_movement` of the engine log); ignored for layouts without one.
    """
    if manifest.rows is None:
        return ["The control line is missing: the file may be cut off."]
    found = []
    if manifest.rows != rows:
        found.append(
            f"The manifest counts {manifest.rows} rows, the file holds {rows}."
        )
    for asset in sorted(manifest.sums.keys() | sums.keys()):
        stated, read = manifest.sums.get(asset, ZERO), sums.get(asset, ZERO)
        if gap := total(read, stated.copy_negate()):
            found.append(
                f"The manifest states {format_amount(stated)} {asset}, the rows add up "
                f"to {format_amount(read)}: {format_amount(gap)} apart."
            )
    return found


def _control_line(cells: Cells) -> tuple[int | None, dict[str, Decimal]]:
    rows: int | None = None
    sums: dict[str, Decimal] = {}
    if cells and cells[0] != CONTROL_LINE:
        raise _refused(f"The last line begins with {cells[0]!r}.")
    for entry in filter(None, cells[1:]):
        name, _, value = entry.partition("=")
        if name == "rows":
            rows = _count(value)
        elif name.startswith("sum:"):
            sums[name.removeprefix("sum:")] = _amount(value)
        else:
            raise _refused(f"The control line holds {entry!r}.")
    return rows, sums


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise _refused(f"The control line counts {text!r} rows.")
    return int(text)


def _amount(text: str) -> Decimal:
    try:
        return read_plain(text)
    except AmountUnreadableError as error:
        raise _refused(f"The control line sums up to {text!r}.") from error


def _complete_until(entries: Sequence[str]) -> datetime | None:
    for entry in entries:
        name, _, value = entry.partition("=")
        if name == "complete_until":
            return _instant(value)
    return None


def _instant(text: str) -> datetime:
    try:
        return time_reader(("iso_z",), UTC)(text)
    except TimeUnreadableError as error:
        raise _refused(f"The file is complete until {text!r}.") from error


def _refused(reason: str) -> FileRefusedError:
    return FileRefusedError(
        "manifest_unreadable", reason, "Write the file again with the house export."
    )
