"""Which venue wrote a source file, in which layout and generation: by its header."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from recovery.sheets.errors import FileRefusedError
from recovery.sheets.records import Source
from recovery.venues.file_rules import ZONE_ASKED
from recovery.venues.header_names import (
    folded,
    header_named,
    is_repeated,
    numbered,
)
from recovery.venues.loading import shipped_profiles
from recovery.venues.number_style import as_written, style_proven
from recovery.venues.profile import Layout, VenueProfile
from recovery.venues.shapes import shape_score
from recovery.venues.stated import file_statements
from recovery.venues.time_forms import (
    all_say_their_zone,
    day_order,
    forms_fitting,
)

LIKENESS = 50  # Below this share of columns in common, a file looks like nothing.
LACKING = 15  # How much less a layout is thought of that lacks a required column.
RESEMBLANCE = 20  # Below this share it is not even worth naming.
ANNOUNCEMENT = "#recovery-desk"
ADD_LAYOUT = "Choose an account history of a known venue, or add the layout."
EXPORT_IN_ENGLISH = (
    "Ask for the same file with the language of the venue's page set to English, or "
    "add the layout."
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much a header is like a layout, in per cent of all columns of both."""

    layout: Layout
    score: int
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    is_loose: bool = False  # A name was found under another spelling only.

    @property
    def rank(self) -> int:
        """What layouts are ordered by: the score, less where a column is lacking."""
        lacks = set(self.missing) & set(self.layout.required)
        return self.score - (LACKING if lacks else 0) - self.is_loose


@dataclass(frozen=True, slots=True)
class Recognition:
    """A source file recognised.

    Attributes:
        layout: venue, layout and generation.
        score: per cent of columns in common, 100 when the header is exact.
        runner_up: the next best layout, if any is like the header at all.
        missing: optional columns the file lacks.
        unknown: columns of the file the layout does not know; they are kept in
            the raw rows and have no effect.
        columns: position of each known column in the file.
        width: how many columns the file has.
        stated: `account`, `asset` and `zone`, as far as preamble, header or file
            name state them.
        time_forms: the written forms of its times.
        header: the names of the columns as the file writes them.
    """

    layout: Layout
    score: int
    runner_up: Likeness | None
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    columns: Mapping[str, int]
    width: int
    preamble: tuple[tuple[str, ...], ...]
    stated: Mapping[str, str]
    time_forms: tuple[str, ...]
    header: tuple[str, ...] = ()

    @property
    def venue(self) -> str:
        """Code of the venue."""
        return self.layout.venue

    @property
    def has_drift(self) -> bool:
        """Whether the header differs from the layout known."""
        return bool(self.missing or self.unknown)


def recognise(
    source: Source,
    *,
    venue: str = "",
    name: str = "",
    profiles: Sequence[VenueProfile] | None = None,
) -> Recognition:
    """Recognise the layout of a source file by its header and preamble.

    A file without a header is recognised by the shapes of its cells.

    Args:
        source: the opened file.
        venue: look only among this venue's layouts.
        name: the file's name as it was sent; some venues state the asset there only.
        profiles: the profiles to choose from; those shipped by default.

    Raises:
        FileRefusedError: the file is like no known layout, lacks a required
            column, names a column twice, or is of no use to the desk. The refusal
            says what it looks like and what to ask for.
    """
    chosen = profiles or shipped_profiles()
    layouts = _layouts(chosen, venue)
    ranked = _ranked((_by_header if source.header else _by_shape)(source, layouts))
    _check_others(source, ranked, chosen)
    _check_names(source.header, ranked)
    if not ranked or ranked[0].score < LIKENESS:
        _check_venue(source, venue, chosen)
        raise _unknown_layout(source, ranked)
    _check_required(ranked[0])
    return _recognition(source, ranked, name or source.path.name)


def _recognition(source: Source, ranked: Sequence[Likeness], name: str) -> Recognition:
    best, *others = ranked
    layout = best.layout
    if source.header:
        naming = header_named(numbered(source.header), layout)
        columns, zone, width = naming.columns, naming.zone, len(source.header)
    else:
        columns = {column: at for at, column in enumerate(layout.required)}
        zone, width = "", len(layout.required)
    written = as_written(layout, columns, source)
    return Recognition(
        layout=written,
        score=best.score,
        runner_up=others[0] if others else None,
        missing=best.missing,
        unknown=best.unknown,
        columns=columns,
        width=width,
        preamble=source.preamble,
        stated={
            **_zone_of_times(source, layout, columns),
            **file_statements(layout, source.preamble, name, zone),
            **style_proven(layout, written),
        },
        time_forms=_time_forms(source, layout, columns),
        header=source.header,
    )


def _time_forms(
    source: Source, layout: Layout, columns: Mapping[str, int]
) -> tuple[str, ...]:
    """The forms of the layout; the order of day and month as the rows show it."""
    forms, at = layout.time.forms, columns.get(layout.time.column)
    if at is None or len({day_order(form) for form in forms} - {""}) < 2:
        return forms
    texts = (row.cells[at] for row in source.records() if at < len(row.cells))
    return forms_fitting(forms, texts)


def _zone_of_times(
    source: Source, layout: Layout, columns: Mapping[str, int]
) -> dict[str, str]:
    """That nobody need be asked for the zone, where every time says its own."""
    at = columns.get(layout.time.column)
    if at is None or layout.time.zone != ZONE_ASKED:
        return {}
    texts = (row.cells[at] for row in source.records() if at < len(row.cells))
    return {"zone": "UTC"} if all_say_their_zone(layout.time.forms, texts) else {}


def _layouts(profiles: Iterable[VenueProfile], venue: str) -> list[Layout]:
    return [
        layout
        for profile in profiles
        for layout in profile.layouts
        if venue in ("", profile.code)
    ]


def _check_others(
    source: Source, ranked: Sequence[Likeness], profiles: Iterable[VenueProfile]
) -> None:
    """Refuse a file that is known to be of no use, saying what to ask for."""
    header = {folded(name) for name in source.header if name}
    best = ranked[0].rank if ranked else 0
    for profile in profiles:
        for other in profile.others:
            columns = set(map(folded, other.columns))
            score = len(header & columns) * 100 // len(header | columns)
            if score > max(best, LIKENESS):
                raise FileRefusedError(
                    "other_file",
                    f"This looks like the {other.title} of {other.venue}.",
                    other.instead,
                )


def _check_venue(source: Source, venue: str, profiles: Sequence[VenueProfile]) -> None:
    """Refuse a file of another venue than the one said, naming that."""
    if not venue or not source.header:
        return
    ranked = _ranked(_by_header(source, _layouts(profiles, "")))
    if ranked and ranked[0].score >= LIKENESS:
        raise FileRefusedError(
            "other_venue",
            f"This looks like {described(ranked[0].layout)}, not like {venue}.",
            "Choose that venue, or none.",
        )


def _check_names(header: Sequence[str], ranked: Sequence[Likeness]) -> None:
    """Refuse a column named twice that the layout does not know twice."""
    strange = ranked[0].unknown if ranked else numbered(header)
    twice = sorted(name for name in strange if is_repeated(name))
    if twice:
        raise FileRefusedError(
            "column_twice",
            f"The header names the column {twice[0].rpartition('#')[0]!r} twice.",
            "Rename or remove one of the two.",
        )


def _ranked(likenesses: Iterable[Likeness]) -> list[Likeness]:
    """The layouts the file is like, best first; one without all columns is less so."""
    found = [one for one in likenesses if one.score]
    return sorted(
        found,
        key=lambda one: (-one.rank, not one.layout.verified, len(one.missing)),
    )


def _by_header(source: Source, layouts: Iterable[Layout]) -> list[Likeness]:
    """How like the header is to each layout; an announced kind decides."""
    announced = announced_kind(source.preamble)
    header = numbered(source.header)
    return [
        _likeness(header, layout)
        for layout in layouts
        if announced in ("", layout.announced_as) and not layout.shapes
    ]


def _by_shape(source: Source, layouts: Iterable[Layout]) -> list[Likeness]:
    return [
        Likeness(layout, shape_score(source.opening, layout), (), ())
        for layout in layouts
        if layout.shapes
    ]


def announced_kind(preamble: tuple[tuple[str, ...], ...]) -> str:
    """What the file says it is, or an empty text."""
    first = preamble[0] if preamble else ("",)
    return first[1] if first[0] == ANNOUNCEMENT and len(first) > 1 else ""


def _likeness(header: Sequence[str], layout: Layout) -> Likeness:
    naming = header_named(header, layout)
    common = len(naming.columns)
    lacking = [name for name in layout.required if name not in naming.columns]
    whole = common + len(naming.unknown) + len(lacking)
    return Likeness(
        layout=layout,
        score=common * 100 // whole if whole else 0,
        missing=tuple(name for name in layout.columns if name not in naming.columns),
        unknown=naming.unknown,
        is_loose=naming.is_loose,
    )


def _check_required(best: Likeness) -> None:
    lacking = [name for name in best.missing if name in best.layout.required]
    if lacking:
        raise FileRefusedError(
            "column_missing",
            f"This looks like {described(best.layout)}, but the column "
            f"{lacking[0]!r} is missing.",
            "Export it again with all columns.",
        )


def _unknown_layout(source: Source, ranked: Sequence[Likeness]) -> FileRefusedError:
    names = source.header or (source.opening[0].cells if source.opening else ())
    seen = ", ".join(name[:40] for name in names[:12])
    is_like = bool(ranked) and ranked[0].score >= RESEMBLANCE
    like = f" It is most like {described(ranked[0].layout)}." if is_like else ""
    is_translated = any(sign.isalpha() and not sign.isascii() for sign in seen)
    return FileRefusedError(
        "unknown_layout",
        f"No known layout has the columns: {seen}.{like}",
        EXPORT_IN_ENGLISH if is_translated else ADD_LAYOUT,
    )


def described(layout: Layout) -> str:
    """A layout in words for a refusal."""
    return f"{layout.venue} {layout.code} ({layout.generation})"
