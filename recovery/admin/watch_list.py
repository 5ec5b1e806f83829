"""The watch list: what is watched, why, by whom, until when, and where it was seen."""

from datetime import datetime

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.utils import timezone
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data, Outcome
from recovery.admin.base import DeskAdmin
from recovery.admin.forms import DeskForm, long_text
from recovery.admin.pages import Block, Fact, Page, Visit, heads, table_block
from recovery.admin.show import badge, moment, moment_cell, two_lines, words
from recovery.domain.duties import Duty
from recovery.models import StaffNotice, WatchEntry, WatchKind
from recovery.services.actors import Actor
from recovery.services.watch_list import watch_begin, watch_end

_WATCHERS = frozenset({Duty.WORK_CASE, Duty.HOLD_PAYMENT, Duty.PROPOSE_DECISION})
_HITS_SHOWN = 100


class WatchForm(DeskForm):
    """What to watch, why, and until when."""

    kind = forms.ChoiceField(
        label="What", choices=[(kind.value, words(kind.value)) for kind in WatchKind]
    )
    value = forms.CharField(
        label="Number, address or symbol",
        max_length=128,
        help_text="As files write it: A-1001, TQ3…, BTCUSDT.",
    )
    venue = forms.CharField(
        label="Venue", max_length=32, required=False, help_text="Empty: any."
    )
    until = forms.DateTimeField(
        label="Until (UTC)", help_text="As 2026-12-31 00:00, within a year."
    )
    reason = long_text("Why")


def _begin(actor: Actor, _none: object, data: Data, now: datetime) -> Outcome:
    said = {**data, "kind": WatchKind(data["kind"])}
    entry = watch_begin(actor, **said, now=now)
    return Outcome(f"{entry} is watched until {moment(entry.until)}.")


def _end(actor: Actor, entry: WatchEntry, _data: Data, now: datetime) -> WatchEntry:
    return watch_end(actor, entry, now=now)


@admin.register(WatchEntry)
class WatchEntryAdmin(DeskAdmin):
    """The watch list, newest first."""

    list_display = (
        "what_shown",
        "reason",
        "by_shown",
        "until_shown",
        "state_shown",
    )
    list_filter = ("kind", ("ended_at", admin.EmptyFieldListFilter))
    list_select_related = ("watched_by",)
    search_fields = ("value__exact",)
    search_help_text = "Number, address or symbol"
    ordering = ("-id",)
    acts = (
        Act(
            "end",
            "Watch it no more",
            _end,
            "It is watched no more.",
            _WATCHERS,
            fits=lambda _actor, entry: entry.ended_at is None,
        ),
    )
    list_acts = (
        Act(
            "begin",
            "Watch something",
            _begin,
            "Watched.",
            _WATCHERS,
            WatchForm,
            tone="primary",
            hint="Seen in a file, an event or a destination, it is told at once.",
        ),
    )

    @display(description="What", ordering="value")
    def what_shown(self, entry: WatchEntry) -> SafeString:
        """The value, and what it is where."""
        where = f" at {entry.venue}" if entry.venue else ""
        return two_lines(entry.value, f"{entry.kind}{where}")

    @display(description="Watched by", ordering="watched_at")
    def by_shown(self, entry: WatchEntry) -> SafeString:
        """Who, since when."""
        return two_lines(str(entry.watched_by), moment(entry.watched_at))

    @display(description="Until", ordering="until")
    def until_shown(self, entry: WatchEntry) -> SafeString:
        """When it runs out."""
        return moment_cell(entry.until)

    @display(description="State")
    def state_shown(self, entry: WatchEntry) -> SafeString:
        """Whether it is still watched."""
        if entry.ended_at is not None:
            return badge("ended", "calm")
        if entry.until <= timezone.now():
            return badge("ran out", "calm")
        return badge("watched", "wait")

    def page(self, visit: Visit) -> Page:
        """Why, by whom, until when, and every hit."""
        entry: WatchEntry = visit.subject
        return Page(
            title=entry.value,
            kind=f"Watched {entry.kind}",
            badge=self.state_shown(entry),
            headline=entry.reason,
            facts=[
                Fact("Venue", entry.venue or "any"),
                Fact("Watched by", entry.watched_by),
                Fact("Since", moment(entry.watched_at)),
                Fact("Until", moment(entry.until)),
                Fact("Ended by", entry.ended_by or "—"),
                Fact("Ended", moment(entry.ended_at)),
            ],
            blocks=[_hits_block(entry)],
        )


def _hits_block(entry: WatchEntry) -> Block:
    hits = StaffNotice.objects.filter(subject_kind="watchentry", subject_id=entry.pk)
    rows = [
        (moment_cell(hit.created_at), hit.about, moment_cell(hit.told_at))
        for hit in hits.order_by("-pk")[:_HITS_SHOWN]
    ]
    columns = heads("Seen", "Where", "Told by mail")
    return table_block("Hits", columns, rows, empty="Not seen yet.")
