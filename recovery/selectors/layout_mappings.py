"""Layouts made by staff: which of them a file may be read by."""

from itertools import chain
from typing import Any

from recovery.models import LayoutMapping, MappingStatus, Provenance, SourceFile
from recovery.venues.column_mapping import GENERATION, profile_of
from recovery.venues.loading import shipped_profiles
from recovery.venues.profile import Layout

_LIVE = (MappingStatus.APPROVED, MappingStatus.PROPOSED)


def tables_for(source_file: SourceFile) -> tuple[dict[str, Any], ...]:
    """The profiles a file may be read by, beside those that are shipped.

    A file that was begun is read on by the very version it was begun with. What nobody
    approved yet reads files of customers only: they prove no amount.
    """
    begun = layout_of(source_file)
    if begun is not None:
        return (begun.terms,)
    is_proving = source_file.provenance != Provenance.CUSTOMER_SUPPLIED
    statuses = (MappingStatus.APPROVED,) if is_proving else _LIVE
    rows = LayoutMapping.objects.filter(status__in=statuses)
    newest = {(one.venue, one.code): one for one in rows.order_by("version")}
    return tuple(one.terms for one in newest.values())


def live_tables() -> list[dict[str, Any]]:
    """Everything approved or waiting, every version of it."""
    rows = LayoutMapping.objects.filter(status__in=_LIVE)
    return list(rows.values_list("terms", flat=True))


def layouts_made() -> list[LayoutMapping]:
    """The newest version of each layout made by staff, approved or waiting."""
    rows = LayoutMapping.objects.filter(status__in=_LIVE)
    with_people = rows.select_related("proposed_by", "decided_by", "sample")
    newest = {(one.venue, one.code): one for one in with_people.order_by("version")}
    return [newest[key] for key in sorted(newest)]


def layout_named(venue: str, name: str) -> Layout | None:
    """The layout of a venue by code and generation, shipped or made by staff."""
    made = (profile_of(table) for table in live_tables())
    for profile in chain(shipped_profiles(), made):
        for layout in profile.layouts:
            if (layout.venue, layout.name) == (venue, name):
                return layout
    return None


def layout_of(source_file: SourceFile) -> LayoutMapping | None:
    """The mapping a file was read by; None where a shipped layout was enough."""
    code, _, generation = source_file.layout.partition(" ")
    number = generation.removeprefix(GENERATION)
    if number == generation or not number.isdigit():
        return None
    rows = LayoutMapping.objects.filter(venue=source_file.venue, code=code)
    return rows.filter(version=int(number)).first()


def layout_awaited(source_file: SourceFile) -> LayoutMapping | None:
    """The newest layout made from a file that waits for its second person."""
    waiting = LayoutMapping.objects.filter(
        sample=source_file, status=MappingStatus.PROPOSED
    )
    return waiting.order_by("-version").first()


def files_read_by(mapping: LayoutMapping) -> list[SourceFile]:
    """Files whose rows stand by this version, oldest first."""
    layout = f"{mapping.code} {GENERATION}{mapping.version}"
    rows = SourceFile.objects.filter(venue=mapping.venue, layout=layout)
    return list(rows.order_by("pk"))
