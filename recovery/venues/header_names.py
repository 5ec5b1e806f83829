"""How the columns of a header are found under the names a layout knows."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from recovery.venues.profile import Layout

ZONE_PLACE = "{zone}"
_ZONE = r"(?P<zone>(?:(?:utc|gmt)?\s?[+-]\d{1,2}(?::?\d{2})?)?)"
_NUMBERED = re.compile(r".+#\d+")


# What people and programs put behind a name to say that it is required or a label.
_BEHIND = "*:"
_INNER = "_./"


def folded(name: str) -> str:
    """A column name as it is compared: letter case and spacing do not count."""
    return " ".join(name.split()).casefold()


def loosely(name: str) -> str:
    """A column name without what programs change: blanks, hidden signs, inner marks.

    What stands inside something (`delta.type`) is put `delta_type` or `delta/type` by
    programs that turn answers of interfaces into tables.
    """
    plain = unicodedata.normalize("NFKC", name).casefold().rstrip(_BEHIND)
    return "".join(
        sign
        for sign in plain
        if sign not in _INNER and unicodedata.category(sign)[0] not in "ZC"
    )


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
        is_loose: whether a name was found under another spelling only.
    """

    columns: Mapping[str, int]
    unknown: tuple[str, ...]
    zone: str
    is_loose: bool = False


def header_named(header: Sequence[str], layout: Layout) -> Naming:
    """Find the columns of a layout in a header, under their own or other names.

    A name spelt otherwise counts where nothing is called that exactly.
    """
    exact, loose = _Finder(layout, folded), _Finder(layout, loosely)
    columns: dict[str, int] = {}
    unsure: list[tuple[int, str]] = []
    for at, name in enumerate(header):
        column = exact.column(name)
        if column and column not in columns:
            columns[column] = at
        elif name:
            unsure.append((at, name))
    unknown, is_loose = [], False
    for at, name in unsure:
        column = loose.column(name)
        if column and column not in columns and not exact.column(name):
            columns[column] = at
            is_loose = True
        else:
            unknown.append(name)
    return Naming(columns, tuple(unknown), exact.zone or loose.zone, is_loose)


class _Finder:
    """The names of a layout's columns, as one way of comparing sees them."""

    def __init__(self, layout: Layout, fold: Callable[[str], str]) -> None:
        self._fold = fold
        self._names = {fold(name): name for name in layout.columns}
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        self.zone = ""
        for column, names in layout.aliases.items():
            for name in names:
                if ZONE_PLACE in name:
                    before, after = name.split(ZONE_PLACE, 1)
                    pattern = re.escape(fold(before)) + _ZONE + re.escape(fold(after))
                    self._patterns.append((re.compile(pattern), column))
                else:
                    self._names.setdefault(fold(name), column)

    def column(self, name: str) -> str:
        """The column of that name, or nothing; its zone is kept."""
        key = self._fold(name)
        if not key or key in self._names:
            return self._names.get(key, "")
        for pattern, column in self._patterns:
            if found := pattern.fullmatch(key):
                self.zone = found["zone"].replace(" ", "").upper() or self.zone
                return column
        return ""
