"""A page of the desk as data: facts, acts and blocks; templates only lay it out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.http import HttpRequest

from recovery.admin.acts import OfferedAct
from recovery.services.actors import Actor


class Fact(NamedTuple):
    """One labelled value."""

    label: str
    value: Any


class Head(NamedTuple):
    """One column: its heading and whether figures stand in it."""

    label: str
    is_number: bool = False


def heads(*labels: str) -> list[Head]:
    """Columns; a leading # marks a column of figures."""
    return [Head(label.removeprefix("#"), label.startswith("#")) for label in labels]


@dataclass(slots=True)
class Block:
    """One part of a page below the fold."""

    title: str
    template: str
    data: Any = None
    note: str = ""
    anchor: str = ""
    acts: list[OfferedAct] = field(default_factory=list)
    is_wide: bool = True
    link: Any = ""


@dataclass(slots=True)
class Table:
    """Rows under headings; `empty` is said when there are none."""

    heads: Sequence[Head]
    rows: Sequence[Sequence[Any]]
    empty: str = "Nothing here."

    @property
    def cells(self) -> list[list[tuple[Head, Any]]]:
        """Every row as pairs of heading and value."""
        return [list(zip(self.heads, row, strict=True)) for row in self.rows]


@dataclass(slots=True)
class Page:
    """A page of one subject."""

    title: str
    kind: str = ""
    badge: Any = ""
    headline: Any = ""
    facts: list[Fact] = field(default_factory=list)
    figures: list[Fact] = field(default_factory=list)
    acts: list[OfferedAct] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    preview_url: str = ""
    jumps: list[tuple[str, str]] = field(default_factory=list)  # Anchor and its name.
    refresh_seconds: int = 0  # Without a script, while something is under way.


@dataclass(slots=True)
class Visit:
    """One person looking at one row, and what they may do there."""

    request: HttpRequest
    actor: Actor
    subject: Any
    acts: list[OfferedAct]

    def take_act(self, name: str) -> list[OfferedAct]:
        """Take an act out of the row of buttons, to show it where it belongs."""
        taken = [one for one in self.acts if one.act.name == name]
        self.acts = [one for one in self.acts if one.act.name != name]
        return taken

    def is_me(self, *user_ids: int | None) -> bool:
        """Whether the person is one of these."""
        return self.actor.user is not None and self.actor.user.pk in user_ids


def table_block(
    title: str,
    columns: Sequence[Head],
    rows: Sequence[Sequence[Any]],
    *,
    empty: str = "Nothing here.",
    note: str = "",
    anchor: str = "",
) -> Block:
    """A block that is a table."""
    return Block(
        title,
        "recovery/desk/blocks/table.html",
        Table(columns, rows, empty),
        note=note,
        anchor=anchor,
    )
