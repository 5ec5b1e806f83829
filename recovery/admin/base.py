"""The one base of every list and page: read by duty, changed by acts only."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import connection, models
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from unfold.admin import ModelAdmin

from recovery.admin.acts import Act, Data, OfferedAct, Outcome, act_take, offered
from recovery.admin.pages import Fact, Page, Visit
from recovery.admin.permissions import actor_of, holds
from recovery.admin.show import moment, plain_amount, words
from recovery.domain.duties import Duty
from recovery.domain.errors import FreshFactorNeededError

_COUNT_MAX = 5000
_REFUSED = 409


class EstimatePaginator(Paginator):
    """Counts up to a bound; beyond it the catalogue's estimate is enough."""

    @cached_property
    def count(self) -> int:
        """Rows, exact while they are few."""
        rows = cast("QuerySet[Any]", self.object_list)
        few = rows.order_by()[: _COUNT_MAX + 1].count()
        if few <= _COUNT_MAX or rows.query.where:
            return few
        return max(few, _estimate(rows.model._meta.db_table))  # noqa: SLF001


def _estimate(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [table]
        )
        found: int = cursor.fetchone()[0]
        return found


class DeskAdmin(ModelAdmin):
    """Read-only. What may be done is listed in `acts` and goes through services.

    Attributes:
        read_duty: Who may read this list and its pages.
        acts: What may be done to one row.
        list_acts: What may be done on the list itself, such as an upload.
    """

    read_duty = Duty.READ_DESK
    acts: tuple[Act, ...] = ()
    list_acts: tuple[Act, ...] = ()

    paginator = EstimatePaginator
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    list_filter_sheet = True
    list_before_template = "recovery/desk/list_acts.html"
    actions: Any = ()
    page_template = "recovery/desk/page.html"

    def has_view_permission(
        self, request: HttpRequest, _obj: models.Model | None = None
    ) -> bool:
        """By duty."""
        return holds(request, self.read_duty)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """By duty."""
        return self.has_view_permission(request)

    def has_add_permission(self, _request: HttpRequest, *_args: Any) -> bool:
        """Nobody adds rows here."""
        return False

    def has_change_permission(
        self, _request: HttpRequest, _obj: models.Model | None = None
    ) -> bool:
        """Nobody edits fields here."""
        return False

    def has_delete_permission(
        self, _request: HttpRequest, _obj: models.Model | None = None
    ) -> bool:
        """Nobody deletes rows here."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """The acts' addresses, ahead of the admin's own."""
        name = self._url_name("")
        return [
            path(
                "do/<slug:act_name>/",
                self.admin_site.admin_view(self.list_act_view),
                name=f"{name}list_act",
            ),
            path(
                "<int:pk>/do/<slug:act_name>/",
                self.admin_site.admin_view(self.act_view),
                name=f"{name}act",
            ),
            *self.own_urls(),
            *super().get_urls(),
        ]

    def own_urls(self) -> list[URLPattern]:
        """Further addresses of this list."""
        return []

    def _url_name(self, last: str) -> str:
        meta = self.model._meta  # noqa: SLF001 - Django's public corner
        return f"{meta.app_label}_{meta.model_name}_{last}"

    def url(self, last: str, *args: Any) -> str:
        """The address of a view of this list."""
        return reverse(f"admin:{self._url_name(last)}", args=args)

    def row(self, request: HttpRequest, pk: Any) -> Any:
        """One row that this person may read.

        Raises:
            PermissionDenied, Http404: Not for this person, or not there.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_object(request, str(pk))
        if found is None:
            raise Http404
        return found

    # Pages -----------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",  # noqa: ARG002 - the admin's own signature
        extra_context: Data | None = None,  # noqa: ARG002
    ) -> HttpResponse:
        """The page of one row. Nothing can be posted to it."""
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return self.page_response(request, self.row(request, object_id))

    def page_response(
        self,
        request: HttpRequest,
        subject: Any,
        typed: Mapping[str, Data] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Render the page of a row; `typed` keeps what was filled in before."""
        acts = self.offered_acts(request, subject, typed)
        visit = Visit(request, actor_of(request), subject, acts)
        page = self.page(visit)
        page.acts = visit.acts
        return self.page_shown(request, page, status)

    def page_shown(
        self, request: HttpRequest, page: Page, status: int = 200
    ) -> HttpResponse:
        """Lay a page of this list out."""
        return TemplateResponse(
            request,
            self.page_template,
            {
                **self.admin_site.each_context(request),
                "title": page.title,
                "opts": self.opts,
                "page": page,
                "list_url": self.url("changelist"),
                "is_fullwidth": "1",
                "media": self.media,
            },
            status=status,
        )

    def page(self, visit: Visit) -> Page:
        """What stands on the page of a row; its acts are added afterwards."""
        return Page(
            title=str(visit.subject),
            kind=str(self.opts.verbose_name),
            facts=all_facts(visit.subject),
        )

    def offered_acts(
        self,
        request: HttpRequest,
        subject: Any,
        typed: Mapping[str, Data] | None = None,
    ) -> list[OfferedAct]:
        """The acts this person may take on a row now."""
        return offered(
            self.acts,
            actor_of(request),
            subject,
            lambda name: self.url("act", subject.pk, name),
            typed,
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: Data | None = None
    ) -> HttpResponse:
        """The list, with what may be done on it above."""
        acts = offered(
            self.list_acts,
            actor_of(request),
            None,
            lambda name: self.url("list_act", name),
            (extra_context or {}).get("typed"),
        )
        response: HttpResponse = super().changelist_view(
            request, {**(extra_context or {}), "list_acts": acts, "is_fullwidth": "1"}
        )
        return response

    # Acts ------------------------------------------------------------------------

    def act_view(self, request: HttpRequest, pk: int, act_name: str) -> HttpResponse:
        """Take an act on one row."""
        subject = self.row(request, pk)
        act = _named(self.acts, act_name)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            ended = act_take(request, act, subject)
        except FreshFactorNeededError:
            return confirm_first(request, self.after(request, subject))
        if isinstance(ended, Outcome):
            return HttpResponseRedirect(ended.url or self.after(request, subject))
        subject = self.row(request, pk)
        typed = {act_name: ended.posted_words()}
        return self.page_response(request, subject, typed, status=_REFUSED)

    def list_act_view(self, request: HttpRequest, act_name: str) -> HttpResponse:
        """Take an act of the list."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        act = _named(self.list_acts, act_name)
        if request.method != "POST":  # A refusal stands here: its links lead on.
            query = request.GET.urlencode()
            return HttpResponseRedirect(f"{self.url('changelist')}?{query}".rstrip("?"))
        try:
            ended = act_take(request, act, None)
        except FreshFactorNeededError:
            return confirm_first(request, self.url("changelist"))
        if isinstance(ended, Outcome):
            return HttpResponseRedirect(ended.url or self.url("changelist"))
        typed = {act_name: ended.posted_words()}
        refused = self.changelist_view(request, {"typed": typed})
        refused.status_code = _REFUSED
        return refused

    def after(self, request: HttpRequest, subject: Any) -> str:
        """Where a person goes after an act: back to where it was offered."""
        wanted = request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
            return wanted
        return self.url("change", subject.pk)


def confirm_first(request: HttpRequest, back: str) -> HttpResponse:
    """Send a person to prove a second factor, and back to the page of the act."""
    messages.info(request, "Confirm that it is you, then press the button again.")
    query = urlencode({REDIRECT_FIELD_NAME: back})
    return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{query}")


def _named(acts: tuple[Act, ...], name: str) -> Act:
    for act in acts:
        if act.name == name:
            return act
    raise Http404


def all_facts(subject: models.Model, *without: str) -> list[Fact]:
    """Every field of a row as label and value."""
    return [
        Fact(words(str(field.verbose_name)), _value(subject, field))
        for field in subject._meta.fields  # noqa: SLF001 - Django's public corner
        if field.name not in {"id", "uuid", *without}
    ]


def _value(subject: models.Model, field: "models.Field[Any, Any]") -> Any:
    value = getattr(subject, field.name)
    if value is None or value == "":
        return "—"
    if isinstance(field, models.DateTimeField):
        return moment(value)
    if isinstance(field, models.DecimalField):
        return plain_amount(value)
    if isinstance(field, models.BooleanField):
        return "yes" if value else "no"
    if isinstance(field, models.BinaryField):
        return bytes(value).hex()
    return value
