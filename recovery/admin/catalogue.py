"""Which files the desk reads: what each is called, where to get it, what it proves."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from recovery.admin.import_knowledge import KINDS, listed, proven, sureness, unproven
from recovery.admin.mapping_acts import TONES
from recovery.admin.pages import Block, Page, heads, table_block
from recovery.admin.permissions import reads_desk
from recovery.admin.show import badge, link, moment, sentence_case, two_lines
from recovery.models import LayoutMapping, MappingStatus
from recovery.selectors.layout_mappings import layouts_made
from recovery.venues.column_mapping import profile_of
from recovery.venues.loading import shipped_profiles
from recovery.venues.profile import Layout, PolicyLine, VenueProfile

_HEADS = heads(
    "File",
    "Where to click to get it",
    "What it can prove",
    "What it cannot",
    "How sure we are",
)
_OWN = "The platform writes it itself."


def catalogue_view(
    context: Callable[[HttpRequest], dict[str, object]],
) -> Callable[[HttpRequest], HttpResponse]:
    """The view: the profiles that come with the desk and those made here."""

    def view(request: HttpRequest) -> HttpResponse:
        if not reads_desk(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        page = Page(
            title="Files the desk reads",
            headline="What to ask a customer or a venue for, and what it can show.",
            jumps=[
                *((one.code, one.name) for one in shipped_profiles()),
                ("made-here", "Made here"),
            ],
            blocks=[
                *(_block(profile) for profile in shipped_profiles()),
                _made_block(),
            ],
        )
        return TemplateResponse(
            request,
            "recovery/desk/page.html",
            {**context(request), "title": page.title, "page": page},
        )

    return view


def _block(profile: VenueProfile) -> Block:
    by_remedy: dict[str, dict[str, None]] = {}
    for one in profile.others:
        by_remedy.setdefault(one.instead, {})[one.title] = None
    useless = " ".join(
        f"{sentence_case(', '.join(titles))}: {sentence_case(instead.rstrip('.'))}."
        for instead, titles in by_remedy.items()
    )
    return table_block(
        profile.name,
        _HEADS,
        [_row(layout) for layout in profile.layouts],
        note=" ".join(
            [
                *([f"Files of no use here. {useless}"] if useless else []),
                *map(_assumed, profile.policies),
            ]
        ),
        anchor=profile.code,
    )


def _assumed(policy: PolicyLine) -> str:
    """What an expected amount of the venue rests on without proof."""
    if not policy.note:
        return ""
    day = f"{policy.valid_from:%Y-%m-%d}"
    return f"Assumed of its rules from {day} on: {policy.note.rstrip('.')}."


def _row(layout: Layout) -> tuple[SafeString | str, ...]:
    name = two_lines(layout.title or layout.code, f"generation {layout.generation}")
    return (
        name,
        sentence_case(layout.obtain) or _OWN,
        *_shows(layout),
        sureness(layout),
    )


def _made_block() -> Block:
    """Layouts that staff made here by mapping columns, each by its newest version."""
    return table_block(
        "Made here by staff",
        _HEADS,
        [_made_row(one) for one in layouts_made()],
        empty="None yet: map the columns of a file that no layout fits.",
        anchor="made-here",
    )


def _made_row(mapping: LayoutMapping) -> tuple[SafeString | str, ...]:
    profile = profile_of(mapping.terms)
    (layout,) = profile.layouts
    page = reverse("admin:recovery_layoutmapping_change", args=[mapping.pk])
    sample = reverse("admin:recovery_sourcefile_change", args=[mapping.sample_id])
    return (
        two_lines(
            link(page, layout.title or layout.code),
            f"{profile.name}, version {mapping.version}",
        ),
        format_html(
            "Read in: {}. Made with {}.",
            mapping.source,
            link(sample, mapping.sample.name),
        ),
        *_shows(layout),
        _made_by(mapping),
    )


def _made_by(mapping: LayoutMapping) -> SafeString:
    """By whom, since when, and whether a second person stands for it."""
    made = f"Made here by {mapping.proposed_by}, {moment(mapping.proposed_at)}."
    decided = "Waits for a second person; until then it reads files of customers only."
    if mapping.decided_at is not None:
        at = moment(mapping.decided_at)
        decided = f"Approved by {mapping.decided_by}, {at}."
    return format_html(
        "{} {}<p>{}</p><p>{} Nobody held it against the venue's own documents.</p>",
        badge("unverified", "wait"),
        badge(mapping.status, TONES[MappingStatus(mapping.status)]),
        made,
        decided,
    )


def _shows(layout: Layout) -> tuple[SafeString | str, SafeString | str]:
    """What can be proved with it and what cannot, in words."""
    return (
        listed([f"Holds {KINDS[layout.kind]}.", *proven(layout)], ""),
        listed(unproven(layout), "Nothing is left open."),
    )
