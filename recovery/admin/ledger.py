"""Ledger entries, engine log and mark prices, as loaded."""

from django.contrib import admin
from django.contrib.admin import display
from django.utils.safestring import SafeString

from recovery.admin.base import DeskAdmin, all_facts
from recovery.admin.pages import Fact, Page, Visit
from recovery.admin.show import (
    amount_cell,
    amount_text,
    breakable,
    flow_word,
    link,
    moment_cell,
    sentence_case,
    two_lines,
)
from recovery.models import EngineEntry, LedgerEntry, MarkPriceEntry, SourceFile
from recovery.selectors.operation_mappings import operation_meanings, role_read
from recovery.services.transfer_pairs import TransferTold, transfers_told

_SEEN = 10


def _file_fact(admin_of: DeskAdmin, source: SourceFile, row_number: int) -> Fact:
    url = _change_url(admin_of, source)
    return Fact("Evidence", link(url, f"{source.name} row {row_number}"))


def _change_url(admin_of: DeskAdmin, source: SourceFile) -> str:
    files: DeskAdmin = admin_of.admin_site._registry[SourceFile]  # noqa: SLF001
    return files.url("change", source.pk)


def transfer_text(told: TransferTold | None) -> str:
    """What is known of a transfer beside its own row; empty when nothing is."""
    if told is None:
        return ""
    if told.counts_by is not None:
        return f"told once more; {_place(told.counts_by)} counts"
    parts = []
    if told.other_side is not None:
        side = told.other_side
        parts.append(f"other side: {side.account}, {_place(side)}")
    parts += [f"also in {_place(one)}, counted once" for one in told.told_again]
    return "; ".join(parts)


def _place(entry: LedgerEntry) -> str:
    return f"{entry.source_file} row {entry.row_number}"


def operation_cell(entry: LedgerEntry, told: TransferTold | None) -> SafeString | str:
    """The row type; under a transfer, its other side and its twin."""
    text = transfer_text(told)
    return two_lines(entry.operation, text) if text else entry.operation


class RowAdmin(DeskAdmin):
    """A row of a source file, understood."""

    ordering = ("-id",)
    list_select_related: tuple[str, ...] = ("source_file",)

    def page(self, visit: Visit) -> Page:
        """Every field, and the line of the file it came from."""
        subject: LedgerEntry = visit.subject
        facts = all_facts(subject, "source_file", "row_number")
        return Page(
            title=f"{subject.source_file} row {subject.row_number}",
            kind=str(self.opts.verbose_name).capitalize(),
            headline=self.headline(subject),
            facts=[_file_fact(self, subject.source_file, subject.row_number), *facts],
        )

    def headline(self, _row: "LedgerEntry") -> str:
        """What the row says."""
        return ""

    @display(description="When", ordering="occurred_at")
    def when_shown(self, row: "LedgerEntry") -> SafeString:
        """When it happened."""
        return moment_cell(row.occurred_at)

    @display(description="Evidence")
    def evidence_shown(self, row: "LedgerEntry") -> SafeString:
        """File and row."""
        return breakable(f"{row.source_file} row {row.row_number}")


@admin.register(LedgerEntry)
class LedgerEntryAdmin(RowAdmin):
    """Records understood."""

    list_display = (
        "when_shown",
        "account",
        "role",
        "operation",
        "instrument",
        "amount_shown",
        "evidence_shown",
    )
    list_filter = ("role", "asset")
    search_fields = ("account__number__exact", "event_reference__exact")
    search_help_text = "Account number or platform's event id"
    list_select_related = ("account", "source_file")

    @display(description="Amount")
    def amount_shown(self, entry: LedgerEntry) -> SafeString:
        """The cash effect, in or out."""
        return amount_cell(entry.amount, entry.asset, flow_word(entry.amount))

    def page(self, visit: Visit) -> Page:
        """The row, and further files that hold it too."""
        page = super().page(visit)
        entry: LedgerEntry = visit.subject
        page.facts[1:1] = [
            _file_fact(self, seen.source_file, seen.row_number)._replace(
                label="Also in"
            )
            for seen in entry.sightings.select_related("source_file")[:_SEEN]
        ]
        return page

    def headline(self, row: LedgerEntry) -> str:
        """What the row says."""
        amount = amount_text(row.amount, row.asset)
        said = f"{row.operation}: {amount} {flow_word(row.amount)}."
        role = role_read(row, operation_meanings())
        if role != row.role:
            said = f"{said} Read as {role}, by staff."
        told = transfer_text(transfers_told([row]).get(row.pk))
        return f"{said} {sentence_case(told)}." if told else said


@admin.register(EngineEntry)
class EngineEntryAdmin(RowAdmin):
    """Rows of the liquidation-engine log."""

    list_display = (
        "when_shown",
        "event_reference",
        "account",
        "instrument",
        "step",
        "action",
        "evidence_shown",
    )
    list_filter = ("action",)
    search_fields = ("event_reference__exact", "account__number__exact")
    list_select_related = ("account", "source_file")


@admin.register(MarkPriceEntry)
class MarkPriceAdmin(RowAdmin):
    """Stated mark prices."""

    list_display = ("when_shown", "venue", "instrument", "price_shown")
    list_filter = ("venue",)
    search_fields = ("instrument__exact",)

    @display(description="Mark price")
    def price_shown(self, row: MarkPriceEntry) -> SafeString:
        """As stated."""
        return amount_cell(row.mark_price)
