"""Profile files to frozen values; a file that is not fully understood is refused."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from recovery.domain.ledger import EventMarker, LedgerRole, Side
from recovery.venues.node import Node, ProfileError
from recovery.venues.profile import (
    ZONE_ASKED,
    AccountRule,
    FeeLine,
    InstrumentLine,
    Layout,
    LayoutKind,
    LetterCase,
    NumberRule,
    OperationRule,
    PolicyLine,
    PositionLeg,
    RowCheck,
    RowOrder,
    Term,
    TimeRule,
    VenueProfile,
)
from recovery.venues.timestamps import TIME_FORMS, ZoneUnknownError, zone_named

LEDGER_FIELDS = {
    "source_id", "asset", "amount", "balance_after", "operation", "instrument",
    "side", "quantity", "price", "mark_price", "entry_price", "order_id",
    "position_after", "event_reference", "fee", "funding", "liquidation_fee",
}  # fmt: skip
ENGINE_FIELDS = {
    "event_reference", "instrument", "step", "action", "margin_mode", "side",
    "trigger_mark_price", "margin_level", "bankruptcy_price", "takeover_price",
    "quantity", "fill_price", "entry_price", "position_after", "fund_movement",
    "asset",
}  # fmt: skip
# For each kind of layout: the fields it must map, and all it may map.
FIELDS = {
    LayoutKind.LEDGER: ({"asset", "amount", "operation"}, LEDGER_FIELDS),
    LayoutKind.ENGINE_LOG: (ENGINE_FIELDS, ENGINE_FIELDS),
    LayoutKind.MARK_PRICES: (
        {"instrument", "mark_price"},
        {"instrument", "mark_price"},
    ),
    LayoutKind.FUNDING_RATES: (
        {"instrument", "funding_rate"},
        {"instrument", "funding_rate"},
    ),
}
PARTS = ("fee", "funding", "liquidation_fee")
SIGNS = ("positive", "negative")


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
    with Node(name, table).closing() as top:
        return _profile(top)


def _profile(top: Node) -> VenueProfile:
    with top.node("venue").closing() as venue:
        code, title = venue.text("code"), venue.text("name")
    tables = top.node("operations")
    operations = {name: _operations(tables.node(name)) for name in tables.names()}
    return VenueProfile(
        code=code,
        name=title,
        layouts=tuple(_layout(node, code, operations) for node in top.nodes("layouts")),
        policies=tuple(map(_policy, top.nodes("policies"))),
        fee_schedule=tuple(map(_fee_line, top.nodes("fee_schedule"))),
        instruments=tuple(map(_instrument, top.nodes("instruments"))),
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


def _operations(tables: Node) -> dict[str, OperationRule]:
    return {name: _operation(tables.node(name)) for name in tables.names()}


def _operation(node: Node) -> OperationRule:
    with node.closing():
        remainder = node.text("remainder_role", "")
        return OperationRule(
            role=node.word("role", LedgerRole),
            marker=node.word("marker", EventMarker, EventMarker.NONE),
            remainder_role=_role(node, remainder) if remainder else None,
            spot_when_none=node.text("spot_when_none", ""),
            ignored=node.text("ignored", ""),
        )


def _role(node: Node, value: str) -> LedgerRole:
    try:
        return LedgerRole(value)
    except ValueError as error:
        raise node.fail("remainder_role", f"{value!r} is not a known word") from error


def _layout(
    node: Node, venue: str, operations: Mapping[str, dict[str, OperationRule]]
) -> Layout:
    with node.closing():
        layout = Layout(
            venue=venue,
            code=node.text("code"),
            generation=node.text("generation"),
            kind=node.word("kind", LayoutKind),
            order=node.word("order", RowOrder),
            announced_as=node.text("announced_as", ""),
            required=node.texts("required"),
            optional=node.texts("optional", ()),
            time=_time(node.node("time")),
            account=_account(node.node("account")),
            numbers=_numbers(node.node("numbers")),
            fields=node.mapping("fields"),
            cost_signs=node.mapping("cost_signs"),
            sides=node.mapping("sides"),
            operations=_chosen(node, operations),
            position_leg=_position_leg(node.node("position_leg")),
            checks=tuple(map(_check, node.nodes("checks"))),
            has_running_balance=node.take("has_running_balance", bool, False),
            asset_case=node.word("asset_case", LetterCase, LetterCase.AS_IN_FILE),
            instrument_case=node.word(
                "instrument_case", LetterCase, LetterCase.AS_IN_FILE
            ),
        )
    _check_layout(node, layout)
    return layout


def _chosen(
    node: Node, operations: Mapping[str, dict[str, OperationRule]]
) -> dict[str, OperationRule]:
    name = node.text("operations", "")
    if name and name not in operations:
        raise node.fail("operations", f"there is no table {name!r}")
    return operations.get(name, {})


def _time(node: Node) -> TimeRule:
    with node.closing():
        rule = TimeRule(node.text("column"), node.texts("forms"), node.text("zone"))
    unknown = set(rule.forms) - set(TIME_FORMS)
    if unknown or not rule.forms:
        raise node.fail("forms", f"unknown form {sorted(unknown)}")
    if rule.zone != ZONE_ASKED:
        _check_zone(node, rule.zone)
    return rule


def _check_zone(node: Node, zone: str) -> None:
    try:
        zone_named(zone)
    except ZoneUnknownError as error:
        raise node.fail("zone", str(error)) from error


def _account(node: Node) -> AccountRule:
    with node.closing():
        return AccountRule(
            column=node.text("column", ""),
            preamble=node.text("preamble", ""),
            wallets=_pattern(node, "wallets"),
            main_wallet=node.text("main_wallet", ""),
        )


def _numbers(node: Node) -> NumberRule:
    with node.closing():
        return NumberRule(
            none=node.texts("none", ("",)),
            thousands=node.text("thousands", ""),
            decimal=node.text("decimal", "."),
            unit_suffix=node.take("unit_suffix", bool, False),
        )


def _position_leg(node: Node) -> PositionLeg | None:
    if not node.names():
        return None
    with node.closing():
        leg = PositionLeg(
            column=node.text("column"),
            equals_column=node.text("equals_column", ""),
            pattern=_pattern(node, "pattern"),
        )
    if bool(leg.equals_column) == bool(leg.pattern):
        raise node.fail("pattern", "give either equals_column or pattern")
    return leg


def _pattern(node: Node, key: str) -> str:
    pattern = node.text(key, "")
    try:
        re.compile(pattern)
    except re.error as error:
        raise node.fail(key, f"is not a pattern: {error}") from error
    return pattern


def _check(node: Node) -> RowCheck:
    with node.closing():
        return RowCheck(
            name=node.text("name"),
            left=node.text("left"),
            terms=tuple(_term(node, text) for text in node.texts("terms")),
            tolerance=node.amount("tolerance"),
        )


def _term(node: Node, text: str) -> Term:
    if text[:1] not in ("+", "-"):
        raise node.fail("terms", f"{text!r} begins with neither + nor -")
    return Term(text[1:], 1 if text[0] == "+" else -1)


def _check_layout(node: Node, layout: Layout) -> None:
    """Refuse a layout that speaks of fields, columns or words it does not have."""
    needed, allowed = FIELDS[layout.kind]
    missing = needed - layout.fields.keys()
    if missing or layout.fields.keys() - allowed:
        raise node.fail("fields", f"for {layout.kind}: {sorted(missing or allowed)}")
    unknown = set(_columns_named(layout)) - set(layout.columns) - {""}
    if unknown:
        raise node.fail("required", f"no column is called {min(unknown)!r}")
    parts = set(PARTS) & layout.fields.keys()
    if set(layout.cost_signs) != parts or set(layout.cost_signs.values()) - set(SIGNS):
        raise node.fail("cost_signs", f"say positive or negative for {sorted(parts)}")
    if set(layout.sides.values()) - set(Side):
        raise node.fail("sides", "a side is buy or sell")


def _columns_named(layout: Layout) -> list[str]:
    leg = layout.position_leg
    return [
        layout.time.column,
        layout.account.column,
        *layout.fields.values(),
        *(check.left for check in layout.checks),
        *(term.column for check in layout.checks for term in check.terms),
        *((leg.column, leg.equals_column) if leg else ()),
        *(rule.spot_when_none for rule in layout.operations.values()),
    ]
