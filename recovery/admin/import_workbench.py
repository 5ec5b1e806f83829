"""The workbench of a file's page: what was rejected and why, and what became of it."""

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from recovery.admin.import_acts import page_of
from recovery.admin.pages import Block, heads, table_block
from recovery.admin.show import badge, breakable, counted, link
from recovery.models import SourceFile
from recovery.reading.raw_rows import ROWS_MAX
from recovery.selectors.rejected import mendings_counting, rejected_groups
from recovery.services.mending import rejected_open, rejected_parts

_SHOWN = 50


def workbench_blocks(source: SourceFile) -> list[Block]:
    """Rejected records by reason, then one by one; of a mended file, whose they are."""
    if source.mends is not None:
        return [_whose_block(source)]
    if not source.rejected:
        return [
            table_block("Rejected records", [], [], empty="None.", anchor="rejected")
        ]
    opened = rejected_open(source)
    return [_reasons_block(source, opened.count()), _rows_block(source)]


def mended_text(source: SourceFile) -> str:
    """What became of the rejected records; empty where none was mended."""
    if not source.rejected or not source.mended_by.exists():
        return ""
    left = rejected_open(source).count()
    return f"Of the rejected, {source.rejected - left:,} are mended, {left:,} open."


def _whose_block(source: SourceFile) -> Block:
    block = table_block(
        "Mends rejected records",
        [],
        [],
        empty=f"{source.mended_records.count():,} of its rows brought in records that "
        f"were rejected before; {source.rejected:,} are rejected again.",
        anchor="rejected",
    )
    if source.mends is not None:
        block.link = link(page_of(source.mends), f"Go on at {source.mends.name}")
    return block


def _reasons_block(source: SourceFile, left: int) -> Block:
    rows = [
        (one.column, one.reason, f"{one.records:,}", f"{one.mended_records:,}")
        for one in rejected_groups(source)
    ]
    block = table_block(
        "Rejected records",
        heads("Column", "Reason", "#Rejected", "#Mended"),
        rows,
        note=f"{source.rejected:,} rejected, {source.rejected - left:,} mended, "
        f"{left:,} open.",
        anchor="rejected",
    )
    if left:
        block.link = _downloads(source, left)
    return block


def _downloads(source: SourceFile, left: int) -> SafeString:
    """The open rows to be mended, in as many parts as they fill."""
    parts = rejected_parts(left)
    if parts == 1:
        return _download(source, 1, f"the {counted(left, 'open row')}")
    told = (
        (_download(source, part, f"open rows {first:,} to {last:,}"),)
        for part in range(1, parts + 1)
        for first, last in [((part - 1) * ROWS_MAX + 1, min(part * ROWS_MAX, left))]
    )
    return format_html(
        "A sheet holds {} rows: these come in parts, and each is handed in by itself.{}",
        f"{ROWS_MAX:,}",
        format_html_join("", "<br>{}", told),
    )


def _download(source: SourceFile, part: int, what: str) -> SafeString:
    return format_html(
        "{} · {}",
        link(_address(source, "rejected", part), f"Download {what} (CSV)"),
        link(_address(source, "rejected_book", part), "as a workbook (XLSX)"),
    )


def _address(source: SourceFile, view: str, part: int) -> str:
    address = reverse(f"admin:recovery_sourcefile_{view}", args=[source.pk])
    return f"{address}?part={part}" if part > 1 else address


def _rows_block(source: SourceFile) -> Block:
    records = source.rejected_records.order_by("row_number")[:_SHOWN]
    mendings = mendings_counting().filter(rejected__source_file=source)
    by_record = {
        one.rejected_id: one
        for one in mendings.filter(
            rejected__row_number__lte=max(
                (one.row_number for one in records), default=0
            )
        ).select_related("source_file")
    }
    rows = []
    for one in records:
        mended = by_record.get(one.pk)
        state = (
            link(page_of(mended.source_file), f"mended, row {mended.row_number}")
            if mended
            else badge("open", "wait")
        )
        told = (str(one.row_number), one.column, breakable(one.value), one.reason)
        rows.append((*told, state))
    columns = heads("#Row", "Column", "Value", "Reason", "State")
    note = f"The first {_SHOWN}." if source.rejected > _SHOWN else ""
    return table_block("Row by row", columns, rows, note=note)
