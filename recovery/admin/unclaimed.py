"""The page of what is owed and not claimed, and the rules of dust and dormancy."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data
from recovery.admin.case_decisions import decision_in_force
from recovery.admin.forms import AmountField, DeskForm
from recovery.admin.pages import Block, Page, heads, table_block
from recovery.admin.permissions import holds
from recovery.admin.rules import PeriodAdmin
from recovery.admin.show import amount_cell, counted, link, moment_cell, words
from recovery.domain.duties import Duty
from recovery.domain.words import DecisionKind
from recovery.models import (
    ContactAttempt,
    RecoveryCase,
    UnclaimedRelease,
    UnclaimedRule,
)
from recovery.selectors.unclaimed import (
    Unclaimed,
    UnclaimedTotal,
    unclaimed_money,
    unclaimed_totals,
)
from recovery.services.actors import Actor
from recovery.services.unclaimed import unclaimed_rule_change


def unclaimed_page(request: HttpRequest) -> Page:
    """Sums by kind and age over all of it, then the oldest amounts."""
    now, shows_frozen = timezone.now(), holds(request, Duty.HOLD_PAYMENT)
    totals = unclaimed_totals(now, shows_frozen=shows_frozen)
    rows = unclaimed_money(now, shows_frozen=shows_frozen)
    count = sum(total.amounts for total in totals)
    return Page(
        title="Owed and not claimed",
        kind="Liabilities",
        headline=f"{counted(count, 'amount')} that somebody is still owed.",
        blocks=[_totals(totals), _amounts(rows, count)],
    )


def _totals(totals: list[UnclaimedTotal]) -> Block:
    cells = [
        (
            words(total.kind),
            total.band,
            str(total.amounts),
            amount_cell(total.amount, total.asset),
        )
        for total in totals
    ]
    columns = heads("Why", "Age", "#Amounts", "#Sum")
    return table_block(
        "By kind and age",
        columns,
        cells,
        note="The workbook's sheet Unclaimed adds up the same.",
    )


def _amounts(rows: list[Unclaimed], count: int) -> Block:
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
            _reached(row),
            words(row.release) if row.release else "—",
        )
        for row in rows
    ]
    columns = heads(
        "Case", "Why", "#Amount", "Since", "#Age", "Attempts to reach", "Release"
    )
    title = "Amounts" if count == len(rows) else f"The {len(rows)} oldest amounts"
    return table_block(title, columns, cells)


def _reached(row: Unclaimed) -> SafeString | str:
    if row.last_attempt_at is None:
        return "none yet"
    return f"{row.attempts}, last {row.last_attempt_at:%Y-%m-%d}"


# Where a case in hand keeps its release: acts and page ask for it.
_RELEASE = "_desk_release"


def release_of(case: RecoveryCase) -> UnclaimedRelease | None:
    """The release of what a case owes, recorded or approved; asked once."""
    known: dict[str, Any] = vars(case)
    if _RELEASE not in known:
        rows = UnclaimedRelease.objects.filter(decision=decision_in_force(case))
        known[_RELEASE] = rows.select_related("recorded_by", "approver").first()
    found: UnclaimedRelease | None = known[_RELEASE]
    return found


def unclaimed_blocks(case: RecoveryCase) -> list[Block]:
    """Attempts to reach the customer of a case, and the release; none without any."""
    decision = decision_in_force(case)
    if decision is None or decision.kind != DecisionKind.OWED:
        return []
    attempts = ContactAttempt.objects.filter(case=case).select_related("by")
    rows: list[tuple[Any, ...]] = [
        (
            moment_cell(one.at),
            f"Attempt by {words(one.way).lower()}",
            str(one.by),
            "reached" if one.was_reached else "not reached",
            one.text,
        )
        for one in attempts.order_by("pk")
    ]
    rows += [
        (
            moment_cell(one.recorded_at),
            "Proof of claim",
            str(one.recorded_by),
            f"released by {one.approver}" if one.approver else "waits for a checker",
            f"{one.proof} ({one.evidence})",
        )
        for one in filter(None, [release_of(case)])
    ]
    if not rows:
        return []
    columns = heads("When", "What", "Who", "How it ended", "In words")
    return [table_block("Reaching the customer", columns, rows)]


class UnclaimedRuleForm(DeskForm):
    """What is dust of an asset, and after how many days money is dormant."""

    asset = forms.CharField(label="Asset", max_length=24)
    dust = AmountField(label="Dust up to")
    dormant_days = forms.IntegerField(
        label="Dormant after days", help_text="Empty: never.", required=False
    )
    valid_from = forms.DateTimeField(
        label="Valid from (UTC)", help_text="As 2026-12-01 00:00, not in the past."
    )
    terms_reference = forms.CharField(label="Clause of the terms", max_length=200)


def _change(actor: Actor, _none: object, data: Data, now: datetime) -> str:
    return f"{unclaimed_rule_change(actor, **data, now=now)} begins."


@admin.register(UnclaimedRule)
class UnclaimedRuleAdmin(PeriodAdmin):
    """Dust and dormancy, per asset."""

    list_display = ("__str__", "dust_shown", "dormant_days", "period_shown")
    list_filter = ("asset",)
    ordering = ("asset", "-version")
    list_acts = (
        Act(
            "change",
            "Let a new rule begin",
            _change,
            "Begun.",
            frozenset({Duty.ACTIVATE_RULES}),
            UnclaimedRuleForm,
            hint="The rule in force ends where the new one begins.",
        ),
    )

    @display(description="Dust up to", ordering="dust_amount")
    def dust_shown(self, rule: UnclaimedRule) -> SafeString:
        """In the asset."""
        return amount_cell(rule.dust_amount, rule.asset)
