"""How the columns of a header are found under the names a layout knows."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recovery.venues.profile import Layout

ZONE_PLACE = "{zone}"
_ZONE = r"(?P<zone>(?:(?:utc|gmt)?\s?[+-]\d{1,2}(?::?\d{2})?)?)"
_NUMBERED = re.compile(r".+#\d+")


def folded(name: str) -> str:
    """A column name as it is compared: letter case and spacing do not count."""
    return " ".join(name.split()).casefold()


def numbered(header: Sequence[str]) -> tuple[str, ...]:
    """The names with repeated ones told apart: Unit, Unit#2."""
    seen: Counter[str] = Counter()
    names = []
    for name in header:
        seen[folded(name)] += 1
        count = seen[folded(name)]
        names.append(f"{name}#{count}" if name and count > 1 else name)
    return tuple(names)


def is_repeated(name: str) -> bool:
    """Whether a numbered name stands for a column named once more."""
    return _NUMBERED.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Naming:
    """The columns of one header under the names of one layout.

    Attributes:
        columns: name in the layout to position in the file.
        unknown: names of the file that the layout does not know.
        zone: the offset stated in a column name, or empty.
    """

    columns: Mapping[str, int]
    unknown: tuple[str, ...]
    zone: str


def header_named(header: Sequence[str], layout: Layout) -> Naming:
    """Find the columns of a layout in a header, under their own or other names."""
    own = {folded(name): name for name in layout.columns}
    other, patterns = _other_names(layout)
    columns: dict[str, int] = {}
    unknown, zone = [], ""
    for at, name in enumerate(header):
        key = folded(name)
        column = own.get(key) or other.get(key, "")
        if not column and key:
            column, zone = _by_pattern(key, patterns, zone)
        if column and column not in columns:
            columns[column] = at
        elif name:
            unknown.append(name)
    return Naming(columns, tuple(unknown), zone)


def _other_names(
    layout: Layout,
) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    other, patterns = {}, []
    for column, names in layout.aliases.items():
        for name in map(folded, names):
            if ZONE_PLACE in name:
                before, after = map(re.escape, name.split(ZONE_PLACE, 1))
                patterns.append((re.compile(before + _ZONE + after), column))
            else:
                other[name] = column
    return other, patterns


def _by_pattern(
    key: str, patterns: Sequence[tuple[re.Pattern[str], str]], zone: str
) -> tuple[str, str]:
    for pattern, column in patterns:
        if found := pattern.fullmatch(key):
            return column, found["zone"].replace(" ", "").upper() or zone
    return "", zone
