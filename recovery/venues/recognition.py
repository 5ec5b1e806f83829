"""Which venue wrote a source file, in which layout and generation: by its header."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from recovery.sheets.errors import FileRefusedError
from recovery.sheets.records import Source
from recovery.venues.loading import shipped_profiles
from recovery.venues.profile import Layout, VenueProfile

LIKENESS = 50  # Below this share of columns in common, a file looks like nothing.
RESEMBLANCE = 20  # Below this share it is not even worth naming.
ANNOUNCEMENT = "#recovery-desk"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much a header is like a layout, in per cent of all columns of both."""

    layout: Layout
    score: int
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


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
    """

    layout: Layout
    score: int
    runner_up: Likeness | None
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    columns: Mapping[str, int]
    width: int
    preamble: tuple[tuple[str, ...], ...]

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
    profiles: Sequence[VenueProfile] | None = None,
) -> Recognition:
    """Recognise the layout of a source file by its header and preamble.

    Args:
        source: the opened file.
        venue: look only among this venue's layouts.
        profiles: the profiles to choose from; those shipped by default.

    Raises:
        FileRefusedError: the file is like no known layout, lacks a required
            column, or names a column twice. The refusal says what it looks like.
    """
    _check_names(source)
    ranked = _ranked(source, _layouts(profiles or shipped_profiles(), venue))
    if not ranked or ranked[0].score < LIKENESS:
        raise _unknown_layout(source, ranked)
    best, *others = ranked
    _check_required(best)
    positions = {folded(name): index for index, name in enumerate(source.header)}
    return Recognition(
        layout=best.layout,
        score=best.score,
        runner_up=others[0] if others else None,
        missing=best.missing,
        unknown=best.unknown,
        columns={
            name: positions[folded(name)]
            for name in best.layout.columns
            if folded(name) in positions
        },
        width=len(source.header),
        preamble=source.preamble,
    )


def folded(name: str) -> str:
    """A column name as it is compared: letter case and spacing do not count."""
    return " ".join(name.split()).casefold()


def _layouts(profiles: Iterable[VenueProfile], venue: str) -> list[Layout]:
    return [
        layout
        for profile in profiles
        for layout in profile.layouts
        if venue in ("", profile.code)
    ]


def _check_names(source: Source) -> None:
    counted = Counter(folded(name) for name in source.header if name)
    twice = sorted(name for name, count in counted.items() if count > 1)
    if twice:
        raise FileRefusedError(
            "column_twice",
            f"The header names the column {twice[0]!r} twice.",
            "Rename or remove one of the two.",
        )


def _ranked(source: Source, layouts: Iterable[Layout]) -> list[Likeness]:
    """The layouts like the header, best first; an announced kind decides."""
    announced = announced_kind(source.preamble)
    likenesses = [
        _likeness(source.header, layout)
        for layout in layouts
        if announced in ("", layout.announced_as)
    ]
    found = [one for one in likenesses if one.score]
    return sorted(found, key=lambda one: (-one.score, len(one.missing)))


def announced_kind(preamble: tuple[tuple[str, ...], ...]) -> str:
    """What the file says it is, or an empty text."""
    first = preamble[0] if preamble else ("",)
    return first[1] if first[0] == ANNOUNCEMENT and len(first) > 1 else ""


def _likeness(header: Sequence[str], layout: Layout) -> Likeness:
    seen = {folded(name): name for name in header if name}
    known = {folded(name): name for name in layout.columns}
    common = len(seen.keys() & known.keys())
    required = {folded(name) for name in layout.required}
    whole = len(seen.keys() | required)
    return Likeness(
        layout=layout,
        score=common * 100 // whole if whole else 0,
        missing=tuple(name for key, name in known.items() if key not in seen),
        unknown=tuple(name for key, name in seen.items() if key not in known),
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
    return FileRefusedError(
        "unknown_layout",
        f"No known layout has the columns: {seen}.{like}",
        "Choose an account history of a known venue, or add the layout.",
    )


def described(layout: Layout) -> str:
    """A layout in words for a refusal."""
    return f"{layout.venue} {layout.code} ({layout.generation})"
