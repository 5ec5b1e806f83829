"""Messages no worker could do anything with."""

from django.contrib import admin
from django.contrib.admin import display
from django.utils.safestring import SafeString

from recovery.admin.base import DeskAdmin
from recovery.admin.pages import Fact, Page, Visit
from recovery.admin.show import moment, moment_cell, words
from recovery.models import StrayMessage

_WHAT_TO_DO = (
    "Nothing was done for these messages, and no work is lost: work is a row, a message "
    "only rings for it. An unknown task or bad arguments come from another version of "
    "the code on the same broker, or from somebody who can write to it: see who may."
)


@admin.register(StrayMessage)
class StrayMessageAdmin(DeskAdmin):
    """By name and hour, newest first."""

    list_display = ("name", "reason", "count", "last_shown")
    list_filter = ("reason",)
    ordering = ("-id",)

    @display(description="Last", ordering="last_at")
    def last_shown(self, stray: StrayMessage) -> SafeString:
        """When the last one came."""
        return moment_cell(stray.last_at)

    def page(self, visit: Visit) -> Page:
        """How many came, and what to do."""
        stray: StrayMessage = visit.subject
        return Page(
            title=stray.name,
            kind="Stray messages",
            facts=[
                Fact("Why", words(stray.reason)),
                Fact("How many", str(stray.count)),
                Fact("Hour from", moment(stray.hour_began_at)),
                Fact("Last", moment(stray.last_at)),
            ],
            notices=[_WHAT_TO_DO],
        )
