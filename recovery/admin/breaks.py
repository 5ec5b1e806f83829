"""Breaks: what does not tie, and why."""

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from recovery.admin.base import DeskAdmin
from recovery.admin.show import (
    badge,
    link,
    moment_cell,
    span_text,
    variance_text,
    words,
)
from recovery.models import Break


@admin.register(Break)
class BreakAdmin(DeskAdmin):
    """Breaks, newest first; a row leads to its event."""

    list_display = (
        "event_shown",
        "reason_shown",
        "variance_shown",
        "state_shown",
        "account_shown",
        "age_shown",
        "opened_shown",
    )
    list_display_links = None
    list_filter = (
        "state",
        "reason",
        "asset",
        ("event__account__venue", admin.AllValuesFieldListFilter),
    )
    ordering = ("-opened_at", "-id")
    search_fields = ("event__reference__startswith", "event__account__number__exact")
    search_help_text = "Event reference or account"
    list_select_related = ("event__account",)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """A break is explained on the page of its event."""
        if request.method not in ("GET", "HEAD"):
            return super().change_view(request, object_id, form_url, extra_context)
        found = self.row(request, object_id)
        return HttpResponseRedirect(
            reverse("admin:recovery_event_change", args=[found.event_id])
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Break]:
        """Rows with event and account."""
        rows: QuerySet[Break] = super().get_queryset(request)
        return rows.select_related("event__account")

    @display(description="Event")
    def event_shown(self, row: Break) -> SafeString:
        """Where it is explained."""
        url = reverse("admin:recovery_event_change", args=[row.event_id])
        return link(url, row.event.reference)

    @display(description="Reason", ordering="reason")
    def reason_shown(self, row: Break) -> str:
        """The primary reason."""
        return words(row.reason)

    @display(description="Variance", ordering="variance_amount")
    def variance_shown(self, row: Break) -> str:
        """Short or over."""
        return variance_text(row.variance_amount, row.asset)

    @display(description="State", ordering="state")
    def state_shown(self, row: Break) -> SafeString:
        """Open, explained or resolved."""
        return badge(row.state, "bad" if row.state == "open" else "")

    @display(description="Account")
    def account_shown(self, row: Break) -> str:
        """Whose."""
        return str(row.event.account)

    @display(description="Age")
    def age_shown(self, row: Break) -> str:
        """How long it has been there."""
        return span_text(timezone.now() - row.opened_at)

    @display(description="Opened", ordering="opened_at")
    def opened_shown(self, row: Break) -> SafeString:
        """When."""
        return moment_cell(row.opened_at)
