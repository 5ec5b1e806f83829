"""Stated positions: as rows, and beside the replay on account and event pages."""

from collections.abc import Sequence

from django.contrib import admin
from django.contrib.admin import display
from django.urls import reverse
from django.utils.safestring import SafeString

from recovery.admin.ledger import RowAdmin
from recovery.admin.pages import Block, heads, table_block
from recovery.admin.show import amount_cell, badge, link, moment_cell, plain_amount
from recovery.models import PositionEntry
from recovery.services.positions import StatedPosition


def positions_block(stated: Sequence[StatedPosition]) -> list[Block]:
    """Stated beside replayed; no block where nobody stated anything."""
    if not stated:
        return []
    rows = [
        (
            moment_cell(one.entry.occurred_at),
            one.entry.instrument,
            amount_cell(one.entry.position),
            amount_cell(one.check.replayed if one.check else None),
            _difference(one),
            _evidence(one.entry),
        )
        for one in stated
    ]
    columns = heads(
        "When", "Instrument", "#Stated", "#Replayed", "Difference", "Evidence"
    )
    differing = sum(bool(one.check and one.check.difference) for one in stated)
    note = "Signed contracts; replayed from the account's own fills up to the instant."
    return [
        table_block(
            "Positions as stated",
            columns,
            rows,
            note=f"{differing} of {len(stated)} differ. {note}",
            anchor="positions",
        )
    ]


def _difference(one: StatedPosition) -> SafeString | str:
    if one.check is None:
        return badge("too many rows to replay here", "calm")
    difference = one.check.difference
    if difference is None:
        return badge("not verifiable", "calm")
    if not difference:
        return badge("ties", "good")
    word = "more" if difference > 0 else "less"
    return badge(f"{plain_amount(abs(difference))} {word} stated than replayed", "bad")


def _evidence(entry: PositionEntry) -> SafeString:
    url = reverse("admin:recovery_positionentry_change", args=[entry.pk])
    return link(url, f"{entry.source_file} row {entry.row_number}")


@admin.register(PositionEntry)
class PositionAdmin(RowAdmin):
    """Stated positions."""

    list_display = ("when_shown", "account", "instrument", "position_shown")
    search_fields = ("account__number__exact", "instrument__exact")
    search_help_text = "Account number or instrument"
    list_select_related = ("account", "source_file")

    @display(description="Position")
    def position_shown(self, row: PositionEntry) -> SafeString:
        """Signed contracts."""
        return amount_cell(row.position)
