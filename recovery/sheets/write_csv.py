"""Rows to CSV that is safe to open in a spreadsheet program."""

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TextIO

from recovery.domain.money import format_amount
from recovery.sheets.safe_text import csv_text

CsvValue = str | int | Decimal | datetime | date | None


def write_csv(
    stream: TextIO, header: Sequence[str], rows: Iterable[Sequence[CsvValue]]
) -> int:
    """Write rows with commas, one at a time; return how many.

    Numbers stay plain; texts that could be run as formulas get an apostrophe. The
    same rows give the same text.

    Args:
        stream: opened with `newline=""`, else line ends double.
        header: names of the columns.
        rows: their values.
    """
    count = 0
    # A file that begins with the letters ID is taken for another format.
    is_quoted = header[0].startswith("ID")
    writer = csv.writer(
        stream, quoting=csv.QUOTE_ALL if is_quoted else csv.QUOTE_MINIMAL
    )
    writer.writerow([csv_text(name) for name in header])
    for row in rows:
        writer.writerow([_text(value) for value in row])
        count += 1
    return count


def _text(value: CsvValue) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return csv_text(value)
    if isinstance(value, Decimal):
        return format_amount(value)
    if isinstance(value, datetime):
        return instant_text(value)
    return str(value)


def instant_text(moment: datetime) -> str:
    """An aware instant as the house files write it: UTC, milliseconds, Z."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"
