"""News for staff, as the mails told them."""

from collections import Counter

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from recovery.admin.base import DeskAdmin
from recovery.admin.pages import Fact, Page, Visit
from recovery.admin.show import link, moment, moment_cell, words
from recovery.domain.messages import (
    ACCOUNT_MESSAGES,
    Message,
    case_messages,
    silent_steps,
)
from recovery.domain.staff_news import STAFF_NEWS, StaffNews
from recovery.models import StaffNotice
from recovery.services.mails import mail_preview
from recovery.services.staff_notices import notice_page


def _subject(notice: StaffNotice) -> SafeString:
    return link(notice_page(notice), notice.about)


def _group(mail: Message) -> str:
    """What a mail is about: the first word of its event."""
    return mail.event.partition(".")[0]


@admin.register(StaffNotice)
class StaffNoticeAdmin(DeskAdmin):
    """What happened that somebody should look at, newest first."""

    list_display = ("says_shown", "about_shown", "written_shown", "told_shown")
    list_filter = ("news",)
    ordering = ("-id",)

    @display(description="What happened", ordering="news")
    def says_shown(self, notice: StaffNotice) -> str:
        """The news in words."""
        return STAFF_NEWS[StaffNews(notice.news)].says

    @display(description="About")
    def about_shown(self, notice: StaffNotice) -> SafeString:
        """The page where it is seen."""
        return _subject(notice)

    @display(description="Written", ordering="id")
    def written_shown(self, notice: StaffNotice) -> SafeString:
        """When it happened."""
        return moment_cell(notice.created_at)

    @display(description="Mailed", ordering="told_at")
    def told_shown(self, notice: StaffNotice) -> SafeString | str:
        """When the mail about it was written."""
        return moment_cell(notice.told_at) if notice.told_at else "with the next mail"

    def own_urls(self) -> list[URLPattern]:
        """What customers are told, word for word."""
        return [
            path(
                "mails/",
                self.admin_site.admin_view(self.mails_view),
                name="recovery_staffnotice_mails",
            )
        ]

    def mails_view(self, request: HttpRequest) -> HttpResponse:
        """Mails to customers, as an invented one would get them, by what they tell."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        every = (*case_messages(), *ACCOUNT_MESSAGES)
        group = request.GET.get("about", "")
        context = {
            **self.admin_site.each_context(request),
            "title": "Mails to customers",
            "opts": self.opts,
            "list_url": self.url("changelist"),
            "groups": [
                (words(name), name, count)
                for name, count in sorted(Counter(map(_group, every)).items())
            ],
            "group": group,
            "count": len(every),
            "mails": [
                (one, mail_preview(one.event))
                for one in every
                if group in ("", _group(one))
            ],
            "silences": silent_steps().items(),
        }
        return TemplateResponse(request, "recovery/desk/mails.html", context)

    def page(self, visit: Visit) -> Page:
        """One piece of news and whom it concerns."""
        notice: StaffNotice = visit.subject
        rule = STAFF_NEWS[StaffNews(notice.news)]
        return Page(
            title=rule.says,
            kind="Notice",
            facts=[
                Fact("About", _subject(notice)),
                Fact("For", ", ".join(sorted(words(duty) for duty in rule.duties))),
                Fact("Told", "at once" if rule.is_urgent else "within the hour"),
                Fact("Written", moment(notice.created_at)),
                Fact("Mailed", moment(notice.told_at)),
            ],
        )
