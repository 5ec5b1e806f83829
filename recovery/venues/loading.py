"""Profile files to frozen values; a file that is not fully understood is refused."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from recovery.venues.layout_loading import layout_from_node, operations_from_node
from recovery.venues.node import Node, ProfileError
from recovery.venues.profile import (
    FeeLine,
    InstrumentLine,
    InstrumentRule,
    OtherFile,
    PolicyLine,
    VenueProfile,
)
from recovery.venues.rule_texts import pattern_of


@cache
def shipped_profiles() -> tuple[VenueProfile, ...]:
    """The profiles that come with the desk, by venue code.

    Raises:
        ProfileError: a file is not understood.
    """
    folder = files("recovery.venues") / "data"
    found = sorted(
        (entry.name, entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )
    return tuple(profile_from_text(name, text) for name, text in found)


@cache
def restated_layouts() -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
    """Layouts that restate others, with those: venue, and code and generation."""
    return {
        (layout.venue, layout.name): frozenset(
            (layout.venue, other.name)
            for other in profile.layouts
            if other.code in layout.restates
        )
        for profile in shipped_profiles()
        for layout in profile.layouts
        if layout.restates
    }


@cache
def summing_layouts() -> frozenset[tuple[str, str]]:
    """Lists of closed positions, net of fees: venue, and code and generation."""
    return frozenset(
        (layout.venue, layout.name)
        for profile in shipped_profiles()
        for layout in profile.layouts
        if layout.sums_positions
    )


@cache
def venue_name(code: str) -> str:
    """What people call a venue; its code where none is shipped under it."""
    return next((one.name for one in shipped_profiles() if one.code == code), code)


@cache
def layout_titles(venue: str, code: str) -> dict[str, str]:
    """What the generations of a shipped layout are called."""
    return {
        layout.generation: layout.title
        for profile in shipped_profiles()
        for layout in profile.layouts
        if (layout.venue, layout.code) == (venue, code) and layout.title
    }


@cache
def unmarked_venues() -> frozenset[str]:
    """Venues whose rows may say nothing of a liquidation."""
    return frozenset(
        profile.code for profile in shipped_profiles() if not profile.marks_events
    )


def profile_from_text(name: str, text: str) -> VenueProfile:
    """The profile written in a TOML text.

    Args:
        name: the file's name, for refusals.
        text: its content.

    Raises:
        ProfileError: the text is not a profile, or says something unknown.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(name, str(error)) from error
    return profile_from_table(name, table)


def profile_from_table(name: str, table: Mapping[str, Any]) -> VenueProfile:
    """The profile in a table that was read or made elsewhere.

    Raises:
        ProfileError: It is not a profile, or says something unknown.
    """
    with Node(name, table).closing() as top:
        return _profile(top)


def _profile(top: Node) -> VenueProfile:
    with top.node("venue").closing() as venue:
        code, title = venue.text("code"), venue.text("name")
        marks_events = venue.take("marks_events", bool, default=True)
    tables = top.node("operations")
    operations = {
        name: operations_from_node(tables.node(name)) for name in tables.names()
    }
    return VenueProfile(
        code=code,
        name=title,
        marks_events=marks_events,
        layouts=tuple(
            layout_from_node(node, code, operations) for node in _layouts(top)
        ),
        policies=tuple(map(_policy, top.nodes("policies"))),
        fee_schedule=tuple(map(_fee_line, top.nodes("fee_schedule"))),
        instruments=tuple(map(_instrument, top.nodes("instruments"))),
        instrument_rules=tuple(map(_instrument_rule, top.nodes("instrument_rules"))),
        others=tuple(_other_file(node, title) for node in top.nodes("others")),
    )


def _policy(node: Node) -> PolicyLine:
    with node.closing():
        return PolicyLine(
            terms=node.take("terms", dict),
            valid_from=node.day("valid_from"),
            valid_to=node.optional_day("valid_to"),
            terms_reference=node.text("terms_reference"),
            note=node.text("note"),
        )


def _fee_line(node: Node) -> FeeLine:
    with node.closing():
        return FeeLine(
            tier=node.text("tier"),
            taker_rate=node.amount("taker_rate"),
            maker_rate=node.amount("maker_rate"),
            valid_from=node.day("valid_from"),
            valid_to=node.optional_day("valid_to"),
            terms_reference=node.text("terms_reference"),
            note=node.text("note"),
        )


def _instrument(node: Node) -> InstrumentLine:
    with node.closing():
        return InstrumentLine(
            code=node.text("code"),
            product=node.text("product"),
            base_asset=node.text("base_asset"),
            settlement_asset=node.text("settlement_asset"),
            contract_size=node.amount("contract_size"),
            price_step=node.amount("price_step"),
            size_step=node.amount("size_step"),
        )


def _instrument_rule(node: Node) -> InstrumentRule:
    with node.closing():
        return InstrumentRule(
            pattern=pattern_of(node, "pattern"),
            product=node.text("product"),
            settlement_asset=node.text("settlement_asset"),
            contract_size=node.amount("contract_size"),
            note=node.text("note"),
        )


def _other_file(node: Node, venue: str) -> OtherFile:
    with node.closing():
        return OtherFile(
            venue=venue,
            title=node.text("title"),
            columns=node.texts("columns"),
            instead=node.text("instead"),
        )


def _layouts(top: Node) -> list[Node]:
    """The layouts; one that is `like` an earlier one says only what differs."""
    whole: dict[str, dict[str, Any]] = {}
    for position, table in enumerate(top.take("layouts", list, [])):
        said = dict(table)
        base = said.pop("like", None)
        if base is not None and base not in whole:
            raise ProfileError(
                f"{top.where}.layouts[{position}].like", f"no layout {base!r} before"
            )
        merged = {**whole.get(base or "", {}), **said}
        whole[f"{merged.get('code')} {merged.get('generation')}"] = merged
    return [
        Node(f"{top.where}.layouts[{position}]", table)
        for position, table in enumerate(whole.values())
    ]
