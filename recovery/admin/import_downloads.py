"""Rejected rows as a file to mend: all their columns, their number, the reason."""

import re
import tempfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from django.http import HttpResponse

from recovery.admin.downloads import bytes_download, csv_download
from recovery.domain.errors import RecoveryError
from recovery.domain.money import format_amount
from recovery.models import SourceFile
from recovery.reading.messages import ReaderDiedError
from recovery.services.mending import RejectedSheet, rejected_open, rejected_sheet
from recovery.services.source_files import source_file_path
from recovery.sheets.workbook_writer import Column, WorkbookWriter
from recovery.sheets.write_csv import CsvValue

_PLAIN = re.compile(r"-?\d{1,28}(\.\d{1,18})?", re.ASCII)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDTH = 18
_NARROW, _BROAD = 10, 60
_SHEET = "Rejected rows"


def rejected_csv(source: SourceFile, part: int) -> HttpResponse:
    """A part of the rejected rows as CSV; text a spreadsheet would run is made plain."""
    sheet = _sheet(source, part)
    rows = ([_value(cell) for cell in row] for row in sheet.rows)
    return csv_download(sheet.header, rows, f"{_name(source, part)}.csv")


def rejected_xlsx(source: SourceFile, part: int) -> HttpResponse:
    """A part of the rejected rows as a workbook; every cell is text."""
    sheet = _sheet(source, part)
    widths = (_NARROW, _BROAD, *[_WIDTH] * len(sheet.header))
    columns = [
        Column(name, width) for name, width in zip(sheet.header, widths, strict=False)
    ]
    with tempfile.TemporaryDirectory(prefix="rejected-") as folder:
        path = Path(folder) / "rows.xlsx"
        _write(path, columns, sheet.rows)
        return bytes_download(path.read_bytes(), f"{_name(source, part)}.xlsx", _XLSX)


def _write(
    path: Path, columns: Sequence[Column], rows: Iterable[Sequence[str]]
) -> None:
    with (
        WorkbookWriter(path, [_SHEET]) as book,
        book.sheet(_SHEET, columns, freeze_columns=2) as sheet,
    ):
        sheet.header()
        for row in rows:
            sheet.row(list(row))


def _name(source: SourceFile, part: int) -> str:
    return f"rejected-{source.sha256[:12]}" + (f"-part-{part}" if part > 1 else "")


def _sheet(source: SourceFile, part: int) -> RejectedSheet:
    """The rows with their columns; what is stored of them where the file is gone."""
    if source_file_path(source).is_file():
        try:
            return rejected_sheet(source, part=part)
        except (RecoveryError, ReaderDiedError):
            pass
    rows = rejected_open(source).values_list("row_number", "column", "value", "reason")
    return RejectedSheet(
        ["row", "column", "value", "reason"],
        [list(map(str, row)) for row in rows],
    )


def _value(text: str) -> CsvValue:
    """A number as a number where it is written the same way, else the text."""
    if _PLAIN.fullmatch(text):
        amount = Decimal(text)
        if format_amount(amount) == text:
            return amount
    return text
