"""Writing rows to files: always the same bytes for the same rows."""

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from recovery.demo.market import COMPLETE_UNTIL
from recovery.demo.text import plain
from recovery.demo.times import iso_text

Row = Sequence[str]


def columns(line: str) -> tuple[str, ...]:
    """The cells of a line as it stands in a file without quotes."""
    return tuple(line.split(","))


def write_rows(path: Path, header: Row, rows: Iterable[Row], preamble: str = "") -> int:
    """Write a preamble line if any, the header and the rows.

    Returns:
        how many rows there were.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        if preamble:
            stream.write(f"{preamble}\n")
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def write_house(
    path: Path,
    header: Row,
    rows: Sequence[Row],
    sums: dict[str, Decimal],
    *,
    kind: str = "",
    until: str = "",
) -> None:
    """Write one file of the house profile with its preamble and manifest.

    Args:
        path: its stem is the kind unless one is given.
        kind: such as `house-ledger`.
        header: the columns of the kind.
        rows: oldest first.
        sums: the sum for each asset that the manifest states, if the kind has one.
        until: instant the file is complete until; the demo's own end by default.
    """
    until = until or iso_text(COMPLETE_UNTIL).replace(".000Z", "Z")
    preamble = f"#recovery-desk,{kind or path.stem},1,complete_until={until}"
    count = write_rows(path, header, rows, preamble)
    stated = "".join(f",sum:{asset}={plain(sums[asset])}" for asset in sorted(sums))
    with path.open("a", encoding="utf-8", newline="") as stream:
        stream.write(f"#manifest,rows={count}{stated}\n")
