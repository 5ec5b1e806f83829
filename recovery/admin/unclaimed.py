"""The page of what is owed and not claimed."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from recovery.admin.pages import Block, Page, heads, table_block
from recovery.admin.permissions import holds
from recovery.admin.show import amount_cell, counted, link, moment_cell, words
from recovery.domain.duties import Duty
from recovery.selectors.unclaimed import (
    Unclaimed,
    unclaimed_money,
    unclaimed_totals,
)


def unclaimed_page(request: HttpRequest) -> Page:
    """Sums by age, then every amount; holds for compliance only."""
    rows = unclaimed_money(
        timezone.now(), shows_frozen=holds(request, Duty.HOLD_PAYMENT)
    )
    return Page(
        title="Owed and not claimed",
        kind="Liabilities",
        headline=f"{counted(len(rows), 'amount')} that somebody is still owed.",
        blocks=[_totals(rows), _amounts(rows)],
    )


def _totals(rows: list[Unclaimed]) -> Block:
    cells = [
        (band, amount_cell(total, asset))
        for band, asset, total in unclaimed_totals(rows)
    ]
    return table_block("By age", heads("Age", "#Amount"), cells)


def _amounts(rows: list[Unclaimed]) -> Block:
    cells = [
        (
            link(
                reverse("admin:recovery_recoverycase_change", args=[row.case_id]),
                row.case_reference,
            ),
            words(row.kind),
            amount_cell(row.amount, row.asset),
            moment_cell(row.since),
            counted(row.age_days, "day"),
        )
        for row in rows
    ]
    columns = heads("Case", "Why", "#Amount", "Since", "#Age")
    return table_block("Amounts", columns, cells)
