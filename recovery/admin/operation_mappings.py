"""Row types nobody knows, and what staff say they mean: proposed, seen, approved."""

from datetime import datetime

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data, Outcome, act_take, offered
from recovery.admin.base import DeskAdmin
from recovery.admin.forms import DeskForm, long_text
from recovery.admin.mapping_acts import (
    MAY_PROPOSE,
    TONES,
    decision_acts,
    people_facts,
)
from recovery.admin.pages import Page, Visit
from recovery.admin.permissions import actor_of
from recovery.admin.role_words import ROLE_WORDS, TAKEN_BACK
from recovery.admin.rules import period_text
from recovery.admin.show import (
    badge,
    counted,
    moment,
    two_lines,
    words,
)
from recovery.admin.unknown_operations import (
    latest_mappings,
    meaning_text,
    one_page,
    operation_url,
    sample_block,
    shadow_block,
    unknown_block,
    unknown_row,
)
from recovery.domain.ledger import EventMarker, LedgerRole
from recovery.models import MappingStatus, OperationMapping
from recovery.selectors.operation_mappings import (
    UnknownOperation,
    unknown_operations,
)
from recovery.services.actors import Actor
from recovery.services.operation_mappings import (
    OperationDraft,
    operation_mapping_approve,
    operation_mapping_propose,
    operation_mapping_refuse,
    operation_mapping_withdraw,
)
from recovery.venues.operation_meanings import OperationKey, operation_key


class OperationForm(DeskForm):
    """What a row type means, since when, why, and where it was read."""

    venue = forms.CharField(label="Venue", max_length=32)
    layout = forms.CharField(label="Layout", max_length=64)
    operation = forms.CharField(label="Row type", max_length=80)
    role = forms.ChoiceField(
        label="What it is",
        choices=[
            (role.value, f"{role.value}: {text}")
            for role, text in {**ROLE_WORDS, LedgerRole.UNKNOWN: TAKEN_BACK}.items()
        ],
    )
    marker = forms.ChoiceField(
        label="What it says of a forced act",
        required=False,
        choices=[(one.value, words(one.value) or "Nothing") for one in EventMarker],
    )
    valid_from = forms.DateTimeField(
        label="Rows from (UTC)", required=False, help_text="Empty: from the beginning."
    )
    valid_to = forms.DateTimeField(
        label="Rows before (UTC)", required=False, help_text="Empty: until told again."
    )
    reason = long_text("Why")
    source = forms.CharField(
        label="Where it was read",
        max_length=200,
        help_text="A page of the venue, a ticket, a document.",
    )

    def prepare(self) -> None:
        """On the page of a row type there is nothing to choose it by."""
        if isinstance(self.subject, UnknownOperation):
            for name in ("venue", "layout", "operation"):
                self.fields[name].widget = forms.HiddenInput()


def _propose(actor: Actor, _none: object, data: Data, now: datetime) -> Outcome:
    said = {
        **data,
        "role": LedgerRole(data["role"]),
        "marker": EventMarker(data["marker"]),
    }
    mapping = operation_mapping_propose(actor, OperationDraft(**said), now=now)
    told = "Proposed. Look at what it would change; somebody else must approve it."
    url = reverse("admin:recovery_operationmapping_change", args=[mapping.pk])
    return Outcome(told, url)


def _about(_actor: Actor, subject: UnknownOperation | None) -> Data:
    return subject.key._asdict() if subject else {}


PROPOSE = Act(
    "propose",
    "Say what a row type means",
    _propose,
    "Proposed.",
    MAY_PROPOSE,
    OperationForm,
    initial=_about,
    tone="primary",
    hint="Nothing changes before somebody else approves it.",
)


@admin.register(OperationMapping)
class OperationMappingAdmin(DeskAdmin):
    """What staff said that row types mean, every version."""

    list_display = (
        "type_shown",
        "version",
        "meaning_shown",
        "period_shown",
        "status_shown",
        "proposed_shown",
    )
    list_filter = ("status", "venue")
    list_select_related = ("proposed_by",)
    search_fields = ("operation",)
    search_help_text = "Row type"
    ordering = ("-id",)
    acts = decision_acts(
        operation_mapping_approve,
        operation_mapping_refuse,
        operation_mapping_withdraw,
        approved="Approved: its rows are read anew.",
    )
    list_acts = (PROPOSE,)

    @display(description="Row type", ordering="operation")
    def type_shown(self, mapping: OperationMapping) -> SafeString:
        """With its layout."""
        return two_lines(mapping.operation, f"{mapping.venue} {mapping.layout}")

    @display(description="Means")
    def meaning_shown(self, mapping: OperationMapping) -> str:
        """Role, and marker if any."""
        return meaning_text(mapping)

    @display(description="Rows")
    def period_shown(self, mapping: OperationMapping) -> str:
        """From when until when."""
        return period_text(mapping.period)

    @display(description="Status", ordering="status")
    def status_shown(self, mapping: OperationMapping) -> SafeString:
        """How far it is."""
        return badge(mapping.status, TONES[MappingStatus(mapping.status)])

    @display(description="Proposed", ordering="proposed_at")
    def proposed_shown(self, mapping: OperationMapping) -> SafeString:
        """When and by whom."""
        return two_lines(moment(mapping.proposed_at), str(mapping.proposed_by))

    def page(self, visit: Visit) -> Page:
        """What it says, what it would change, who stands for it."""
        mapping: OperationMapping = visit.subject
        key = OperationKey(mapping.venue, mapping.layout, mapping.operation)
        return Page(
            title=str(mapping),
            kind="Meaning of a row type",
            badge=self.status_shown(mapping),
            headline=f"{meaning_text(mapping)}, rows from {period_text(mapping.period)}.",
            facts=people_facts(mapping),
            blocks=[shadow_block(mapping.shadow), sample_block(key)],
        )

    def own_urls(self) -> list[URLPattern]:
        """Row types nobody knows, and the page of one of them."""
        return [
            path(
                "unknown/",
                self.admin_site.admin_view(self.unknown_view),
                name="recovery_operationmapping_unknown",
            ),
            path(
                "unknown/<str:venue>/<str:layout>/",
                self.admin_site.admin_view(self.one_view),
                name="recovery_operationmapping_one",
            ),
        ]

    def unknown_view(self, request: HttpRequest) -> HttpResponse:
        """Every row type no profile knows, with what stands behind it."""
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        found = unknown_operations()
        mapped = latest_mappings()
        rows = [unknown_row(one, mapped.get(one.key)) for one in found]
        told = counted(len(found), "row type")
        page = Page(
            title="Row types nobody knows",
            kind="Kept with their money, counted, and flagged where they touch an event",
            headline=f"{told}, {counted(sum(one.rows for one in found), 'row')}.",
            blocks=[unknown_block(rows)],
        )
        return self.page_shown(request, page)

    def one_view(self, request: HttpRequest, venue: str, layout: str) -> HttpResponse:
        """One row type: its rows, and the form to say what it means."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        key = operation_key(venue, layout, request.GET.get("operation", ""))
        found = unknown_operations(key)
        if not found:
            raise Http404
        typed, status = {}, 200
        if request.method == "POST":
            ended = act_take(request, PROPOSE, found[0])
            if isinstance(ended, Outcome):
                return HttpResponseRedirect(ended.url)
            typed, status = {PROPOSE.name: ended.posted_words()}, 409
        page = one_page(found[0])
        url = operation_url(key)
        page.acts = offered(
            (PROPOSE,), actor_of(request), found[0], lambda _name: url, typed
        )
        return self.page_shown(request, page, status)
