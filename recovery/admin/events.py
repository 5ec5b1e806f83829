"""Events, breaks and what the ledger says around them."""

from datetime import datetime

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data, Outcome
from recovery.admin.assessment_blocks import (
    answer_of,
    assessment_blocks,
    figures_of,
    other_assessments_block,
    results_block,
)
from recovery.admin.base import DeskAdmin
from recovery.admin.ledger import operation_cell
from recovery.admin.pages import Block, Fact, Page, Visit, heads, table_block
from recovery.admin.positions import positions_block
from recovery.admin.show import (
    amount_cell,
    amount_text,
    badge,
    flow_word,
    link,
    moment,
    moment_cell,
    plain_amount,
    variance_text,
    words,
)
from recovery.domain.duties import Duty
from recovery.domain.lifecycle import CASE_ENDED
from recovery.domain.references import clean_reference
from recovery.models import Event, LedgerEntry
from recovery.selectors.desk import main_result
from recovery.selectors.operation_mappings import operation_meanings, role_read
from recovery.selectors.timelines import engine_steps, ledger_window
from recovery.services.actors import Actor
from recovery.services.cases import case_open
from recovery.services.desk import event_recompute_asked
from recovery.services.positions import event_positions
from recovery.services.transfer_pairs import transfers_told


def _open_case(actor: Actor, event: Event, _data: Data, now: datetime) -> Outcome:
    case = case_open(actor, event=event, customer=None, origin="agent", now=now)
    url = reverse("admin:recovery_recoverycase_change", args=[case.pk])
    return Outcome(f"Case {case.reference} is open for this event.", url)


def _recompute(actor: Actor, event: Event, _data: Data, now: datetime) -> str:
    before = event.active_assessment_id
    fresh = event_recompute_asked(actor, event, now=now)
    if fresh.active_assessment_id == before:
        return "Recomputed: the same rows under the same rules, the same result."
    return f"Recomputed: assessment {fresh.active_assessment} is the active one now."


def _has_no_case(_actor: Actor, event: Event) -> bool:
    return not event.cases.exclude(status__in=CASE_ENDED).exists()


@admin.register(Event)
class EventAdmin(DeskAdmin):
    """Events, newest first."""

    list_display = (
        "reference",
        "kind",
        "account",
        "instrument",
        "ended_shown",
        "variance_shown",
        "reason_shown",
    )
    list_filter = ("kind", ("account__venue", admin.AllValuesFieldListFilter))
    ordering = ("-started_at", "-id")
    search_fields = ("reference",)
    search_help_text = "Event reference, platform's id or account"
    acts = (
        Act(
            "open-case",
            "Open a case",
            _open_case,
            "Opened.",
            frozenset({Duty.WORK_CASE}),
            fits=_has_no_case,
            tone="primary",
        ),
        Act(
            "recompute",
            "Recompute",
            _recompute,
            "Recomputed.",
            frozenset({Duty.PROPOSE_DECISION, Duty.WORK_CASE}),
            hint="With the rows and rules known now; the past stays as it is.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """Rows with their active result."""
        rows: QuerySet[Event] = super().get_queryset(request)
        return rows.select_related("account", "active_assessment").prefetch_related(
            "active_assessment__results"
        )

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """Events by either reference or account."""
        text = search_term.strip()
        if not text:
            return queryset, False
        wanted = (
            Q(reference__startswith=clean_reference(text))
            | Q(source_reference=text)
            | Q(account__number=text)
        )
        return queryset.filter(wanted), False

    @display(description="Ended", ordering="ended_at")
    def ended_shown(self, event: Event) -> SafeString:
        """When it was over."""
        return moment_cell(event.ended_at)

    @display(description="Variance")
    def variance_shown(self, event: Event) -> str:
        """Short or over."""
        result = main_result(event)
        return variance_text(result.variance_amount, result.asset) if result else "—"

    @display(description="Reason")
    def reason_shown(self, event: Event) -> str:
        """The primary reason."""
        result = main_result(event)
        return (words(result.reason) if result else "") or "—"

    def page(self, visit: Visit) -> Page:
        """The answer, the arithmetic, the rows around it."""
        event: Event = visit.subject
        assessment = event.active_assessment
        blocks = []
        if assessment is not None:
            blocks = [results_block(assessment), *assessment_blocks(assessment)]
        return Page(
            title=event.reference,
            kind=words(event.kind),
            headline=answer_of(event),
            figures=figures_of(main_result(event)),
            facts=_facts(event),
            blocks=[
                *blocks,
                timeline_block(event),
                engine_block(event),
                *positions_block(event_positions(event)),
                cases_block(event),
                other_assessments_block(event),
            ],
        )


def _facts(event: Event) -> list[Fact]:
    account_url = reverse(
        "admin:accounts_tradingaccount_change", args=[event.account_id]
    )
    before, after = event.position_before, event.position_after
    return [
        Fact("Account", link(account_url, str(event.account))),
        Fact("Instrument", event.instrument),
        Fact("Platform's id", event.source_reference or "—"),
        Fact("Started", moment(event.started_at)),
        Fact("Ended", moment(event.ended_at)),
        Fact("Position before", amount_text(before)),
        Fact("Position after", amount_text(after)),
        Fact("Found", moment(event.found_at)),
    ]


def timeline_block(event: Event) -> Block:
    """Every ledger row of the account in and around the event."""
    meanings = operation_meanings()
    entries = ledger_window(event)
    transfers = transfers_told(entries)
    rows = [
        (
            moment_cell(entry.occurred_at),
            role_read(entry, meanings),
            operation_cell(entry, transfers.get(entry.pk)),
            entry.instrument or "—",
            amount_cell(entry.amount, entry.asset, flow_word(entry.amount)),
            amount_cell(entry.balance_after),
            _row_link(entry),
        )
        for entry in entries
    ]
    return table_block(
        "Ledger rows in the window",
        heads("When", "Role", "Operation", "Instrument", "#Amount", "#Balance", "Row"),
        rows,
        empty="No ledger rows in the window.",
        note="One minute before the event to one minute after it, and every row "
        "that names it.",
    )


def _row_link(entry: LedgerEntry) -> SafeString:
    url = reverse("admin:recovery_ledgerentry_change", args=[entry.pk])
    return link(url, f"{entry.source_file} row {entry.row_number}")


def engine_block(event: Event) -> Block:
    """What the liquidation engine logged."""
    rows = [
        (
            moment_cell(step.occurred_at),
            str(step.step),
            words(step.action),
            _price(step.trigger_mark_price),
            _price(step.margin_level),
            _price(step.quantity),
            _price(step.fill_price),
            amount_cell(step.fund_movement, step.asset)
            if step.fund_movement is not None
            else "—",
        )
        for step in engine_steps(event)
    ]
    columns = heads(
        "When",
        "#Step",
        "Action",
        "#Trigger mark",
        "#Margin level",
        "#Quantity",
        "#Fill price",
        "#Fund",
    )
    return table_block("Engine log", columns, rows, empty="No engine log for it.")


def _price(value: object) -> str:
    return plain_amount(value) if value is not None else "—"  # type: ignore[arg-type]


def cases_block(event: Event) -> Block:
    """Cases about this event."""
    rows = [
        (
            link(
                reverse("admin:recovery_recoverycase_change", args=[case.pk]),
                case.reference,
            ),
            badge(case.status),
            str(case.assignee or "nobody"),
            moment_cell(case.opened_at),
        )
        for case in event.cases.select_related("assignee").order_by("-pk")
    ]
    columns = heads("Case", "Status", "Assignee", "Opened")
    return table_block("Cases", columns, rows, empty="No case about this event.")
