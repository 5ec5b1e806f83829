"""Which files the desk reads: what each is called, where to get it, what it proves."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from recovery.admin.pages import Block, Page, heads, table_block
from recovery.admin.permissions import reads_desk
from recovery.admin.show import badge, two_lines
from recovery.venues.loading import shipped_profiles
from recovery.venues.profile import Layout, LayoutKind, VenueProfile

_KINDS = {
    LayoutKind.LEDGER: "ledger",
    LayoutKind.ENGINE_LOG: "engine log",
    LayoutKind.MARK_PRICES: "mark prices",
    LayoutKind.FUNDING_RATES: "funding rates",
    LayoutKind.POSITIONS: "positions held at an instant",
    LayoutKind.REFERENCE: "reference data",
}


def catalogue_view(
    context: Callable[[HttpRequest], dict[str, object]],
) -> Callable[[HttpRequest], HttpResponse]:
    """The view: the profiles that come with the desk, as a page."""

    def view(request: HttpRequest) -> HttpResponse:
        if not reads_desk(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        page = Page(
            title="Files the desk reads",
            headline="What to ask a customer or a venue for, and what it can show.",
            blocks=[_block(profile) for profile in shipped_profiles()],
        )
        return TemplateResponse(
            request,
            "recovery/desk/page.html",
            {**context(request), "title": page.title, "page": page},
        )

    return view


def _block(profile: VenueProfile) -> Block:
    rows = [_row(layout) for layout in profile.layouts]
    useless = "; ".join(f"{one.title}: {one.instead}" for one in profile.others)
    return table_block(
        profile.name,
        heads("File", "Where to get it", "What it can show", "What we know of it"),
        rows,
        note=f"Of no use here: {useless}" if useless else "",
        anchor=profile.code,
    )


def _row(layout: Layout) -> tuple[SafeString | str, ...]:
    name = two_lines(layout.title or layout.code, f"generation {layout.generation}")
    known = "read in the venue's files or documents"
    state = badge("known", "good") if layout.verified else badge("unverified", "wait")
    return (
        name,
        layout.obtain or "—",
        _shows(layout),
        two_lines(state, layout.note or (known if layout.verified else "")),
    )


def _shows(layout: Layout) -> str:
    """What can be proved with it, in words."""
    parts = [_KINDS[layout.kind]]
    if layout.has_running_balance:
        parts.append("a running balance names every gap")
    if layout.checks:
        parts.append("rows prove themselves")
    if layout.restates:
        others = " and ".join(layout.restates)
        parts.append(f"tells the money of {others} once more")
    return "; ".join(parts)
