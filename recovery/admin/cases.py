"""The queue and the page of a case."""

from django.contrib import admin, messages
from django.contrib.admin import action, display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from recovery.admin.base import DeskAdmin
from recovery.admin.case_acts import CASE_ACTS
from recovery.admin.case_decisions import case_decisions
from recovery.admin.case_filters import (
    AssigneeFilter,
    DueFilter,
    ReasonFilter,
    StatusFilter,
)
from recovery.admin.case_page import (
    case_facts,
    case_figures,
    case_headline,
    case_notices,
    case_payments,
    claims_block,
    evidence_blocks,
    next_update,
    notes_block,
    payments_block,
    preview_url,
    transitions_block,
)
from recovery.admin.pages import Block, Page, Visit
from recovery.admin.permissions import actor_of, holds
from recovery.admin.sealed import sealed_decision
from recovery.admin.show import (
    badge,
    masked_mail,
    moment,
    nowrap,
    two_lines,
    variance_text,
    words,
)
from recovery.admin.unclaimed import unclaimed_blocks
from recovery.domain.duties import Duty
from recovery.domain.errors import RecoveryError
from recovery.domain.words import DecisionStatus
from recovery.models import Decision, RecoveryCase
from recovery.selectors.claims import status_view
from recovery.selectors.desk import case_ids_found, main_result, queue
from recovery.services.cases import case_take
from recovery.services.clock import database_now


@admin.register(RecoveryCase)
class CaseAdmin(DeskAdmin):
    """Cases, what is due next first."""

    list_display = (
        "reference_shown",
        "customer_shown",
        "event_shown",
        "variance_shown",
        "status_shown",
        "due_shown",
    )
    list_filter = (
        StatusFilter,
        DueFilter,
        AssigneeFilter,
        ReasonFilter,
        ("event__account__venue", admin.AllValuesFieldListFilter),
    )
    ordering = ("next_update_due_at", "id")
    search_fields = ("reference",)
    search_help_text = "Reference, UID, account, event, claim or payment"
    actions = ("take_cases",)
    acts = CASE_ACTS
    page_template = "recovery/desk/case.html"

    def get_queryset(self, _request: HttpRequest) -> QuerySet[RecoveryCase]:
        """Rows with everything the list shows."""
        return queue()

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[RecoveryCase], search_term: str
    ) -> tuple[QuerySet[RecoveryCase], bool]:
        """Cases by any reference people hold in their hands."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=case_ids_found(search_term)), False

    @display(description="Reference", ordering="reference")
    def reference_shown(self, case: RecoveryCase) -> SafeString:
        """Whole, on one line."""
        return nowrap(case.reference)

    @display(description="Customer")
    def customer_shown(self, case: RecoveryCase) -> SafeString | str:
        """Name and masked mail."""
        if case.customer is None:
            return "unknown"
        mail = masked_mail(case.customer.email)
        return two_lines(str(case.customer), mail)

    @display(description="Event")
    def event_shown(self, case: RecoveryCase) -> SafeString | str:
        """What happened."""
        event = case.event
        if event is None:
            return "not linked"
        what = f"{words(event.kind)} {event.instrument}"
        return two_lines(what, moment(event.ended_at))

    @display(description="Variance and reason")
    def variance_shown(self, case: RecoveryCase) -> SafeString | str:
        """Short or over, how much, and the primary reason."""
        result = main_result(case.event)
        if result is None:
            return "—"
        variance = variance_text(result.variance_amount, result.asset)
        return two_lines(nowrap(variance), words(result.reason) or "no break")

    @display(description="Status and assignee", ordering="status")
    def status_shown(self, case: RecoveryCase) -> SafeString:
        """Where it stands, and whose it is."""
        return two_lines(badge(case.status), str(case.assignee or "nobody"))

    @display(description="Next update", ordering="next_update_due_at")
    def due_shown(self, case: RecoveryCase) -> SafeString | str:
        """When the customer must hear something."""
        return next_update(case, timezone.now())

    def has_take_permission(self, request: HttpRequest) -> bool:
        """Whether the list offers to take cases."""
        return holds(request, Duty.WORK_CASE)

    @action(description="Take the selected cases", permissions=["take"])
    def take_cases(self, request: HttpRequest, cases: QuerySet[RecoveryCase]) -> None:
        """Take each case by the service; say how each went."""
        for case in cases:
            try:
                case_take(actor_of(request), case, now=database_now())
            except RecoveryError as error:
                messages.error(request, f"{case.reference}: refused. {error}")
            else:
                messages.success(request, f"{case.reference}: yours now.")

    def page(self, visit: Visit) -> Page:
        """The answer above the fold, the evidence below."""
        case: RecoveryCase = visit.subject
        payments = case_payments(case)
        return Page(
            title=case.reference,
            kind="Recovery case",
            badge=badge(case.status),
            headline=case_headline(case),
            figures=case_figures(case),
            facts=case_facts(case, timezone.now()),
            blocks=[
                *decision_blocks(visit, case),
                *evidence_blocks(case),
                payments_block(visit, case, payments),
                *unclaimed_blocks(case),
                claims_block(case),
                notes_block(case),
                transitions_block(case),
            ],
            notices=case_notices(case, payments),
            preview_url=preview_url(case),
        )

    def own_urls(self) -> list[URLPattern]:
        """What the customer sees, shown to staff."""
        return [
            path(
                "<int:pk>/preview/",
                self.admin_site.admin_view(self.preview_view),
                name="recovery_recoverycase_preview",
            )
        ]

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The customer's page, made by the customer page's own builder."""
        case = self.row(request, pk)
        view = status_view(case, now=timezone.now())
        return TemplateResponse(
            request, "recovery/desk/preview.html", {"case": case, "view": view}
        )


def decision_blocks(visit: Visit, case: RecoveryCase) -> list[Block]:
    """Every decision with its sealed content; the waiting one with its button."""
    return [_decision_block(visit, one) for one in case_decisions(case)]


def _decision_block(visit: Visit, decision: Decision) -> Block:
    waits = decision.status == DecisionStatus.PROPOSED
    sealed = sealed_decision(
        decision,
        visit.take_act("approve") if waits else [],
        is_own=visit.is_me(decision.proposer_id),
    )
    title = "Proposal" if waits else f"Decision: {words(decision.status)}"
    return Block(title, "recovery/desk/blocks/sealed.html", sealed)
