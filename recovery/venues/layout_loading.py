"""Layouts and row types as a profile file states them, to frozen values."""

import re
from collections.abc import Mapping

from recovery.domain.ledger import EventMarker, LedgerLine, LedgerRole, Side
from recovery.venues.derived_loading import derived_columns
from recovery.venues.file_rules import (
    ZONE_ASKED,
    AccountRule,
    IdentityRule,
    IgnoreRule,
    NumberRule,
    PositionLeg,
    RowCheck,
    TimeRule,
)
from recovery.venues.node import Node
from recovery.venues.profile import (
    Layout,
    LayoutKind,
    LetterCase,
    OperationRule,
    RowOrder,
)
from recovery.venues.rule_texts import pattern_of, term_of, time_forms_of
from recovery.venues.time_forms import day_order
from recovery.venues.timestamps import ZoneUnknownError, zone_named

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
REFERENCE_FIELDS = {
    "venue", "account", "uid", "full_name", "mail", "client_class", "language",
    "jurisdiction", "account_kind", "tier", "taker_rate", "maker_rate", "asset",
    "currency", "price", "priced_at", "source", "valid_from", "valid_to",
    "terms_reference", "tiers", "tier_unit", "lower", "upper", "rate", "amount",
}  # fmt: skip
NO_TIME = TimeRule("", (), "UTC")
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
    LayoutKind.POSITIONS: (
        {"instrument", "position"},
        {"instrument", "position", "entry_price", "mark_price"},
    ),
    LayoutKind.REFERENCE: (set(), REFERENCE_FIELDS),
}
PARTS = ("fee", "funding", "liquidation_fee")
SIGNS = ("positive", "negative")


PATTERN_MARK = "/"


def operations_from_node(tables: Node) -> dict[str, OperationRule]:
    """The rules of row types; a name between slashes is a pattern."""
    return {name: _operation(tables.node(name)) for name in tables.names()}


def _operation(node: Node) -> OperationRule:
    with node.closing():
        return OperationRule(
            role=node.word("role", LedgerRole),
            marker=node.word("marker", EventMarker, EventMarker.NONE),
            remainder_role=_role(node, "remainder_role"),
            positive_role=_role(node, "positive_role"),
            positive_marker=_marker(node, "positive_marker"),
            spot_when_none=node.text("spot_when_none", ""),
            fee_is_own=node.take("fee_is_own", bool, False),
            ignored=node.text("ignored", ""),
        )


def _role(node: Node, key: str) -> LedgerRole | None:
    value = node.text(key, "")
    if not value:
        return None
    try:
        return LedgerRole(value)
    except ValueError as error:
        raise node.fail(key, f"{value!r} is not a known word") from error


def _marker(node: Node, key: str) -> EventMarker | None:
    return node.word(key, EventMarker) if key in node.names() else None


def layout_from_node(
    node: Node, venue: str, operations: Mapping[str, dict[str, OperationRule]]
) -> Layout:
    """One layout.

    Raises:
        ProfileError: it is not fully understood.
    """
    with node.closing():
        chosen = _chosen(node, operations)
        layout = Layout(
            venue=venue,
            code=node.text("code"),
            generation=node.text("generation"),
            kind=node.word("kind", LayoutKind),
            order=node.word("order", RowOrder),
            announced_as=node.text("announced_as", ""),
            taken_whole=node.take("taken_whole", bool, False),
            required=node.texts("required"),
            optional=node.texts("optional", ()),
            time=_time(node.node("time")) if "time" in node.names() else NO_TIME,
            account=_account(node.node("account")),
            numbers=_numbers(node.node("numbers")),
            fields=node.mapping("fields"),
            cost_signs=node.mapping("cost_signs"),
            sides=node.mapping("sides"),
            operations={k: v for k, v in chosen.items() if not _is_pattern(k)},
            operation_patterns=_patterns(node, chosen),
            position_leg=_position_leg(node.node("position_leg")),
            checks=tuple(map(_check, node.nodes("checks"))),
            has_running_balance=node.take("has_running_balance", bool, False),
            asset_case=_case(node, "asset_case"),
            instrument_case=_case(node, "instrument_case"),
            asset_names=node.mapping("asset_names"),
            derived=derived_columns(node.nodes("derived")),
            ignore=tuple(map(_ignore, node.nodes("ignore"))),
            aliases=_aliases(node.node("aliases")),
            shapes=_shapes(node),
            file_name=pattern_of(node, "file_name"),
            cells_missing=node.take("cells_missing", int, 0),
            cells_beyond=node.take("cells_beyond", int, 0),
            notes_between=node.take("notes_between", bool, False),
            restates=node.texts("restates", ()),
            sums_positions=node.take("sums_positions", bool, False),
            identity=_identity(node.node("identity")),
            verified=node.take("verified", bool, True),
            title=node.text("title", ""),
            obtain=node.text("obtain", ""),
            note=node.text("note", ""),
        )
    _check_layout(node, layout)
    return layout


def _case(node: Node, key: str) -> LetterCase:
    return node.word(key, LetterCase, LetterCase.AS_IN_FILE)


def _chosen(
    node: Node, operations: Mapping[str, dict[str, OperationRule]]
) -> dict[str, OperationRule]:
    name = node.text("operations", "")
    if name and name not in operations:
        raise node.fail("operations", f"there is no table {name!r}")
    return operations.get(name, {})


def _is_pattern(name: str) -> bool:
    return len(name) > 1 and name[0] == name[-1] == PATTERN_MARK


def _patterns(
    node: Node, rules: Mapping[str, OperationRule]
) -> dict[str, OperationRule]:
    patterns = {name[1:-1]: rule for name, rule in rules.items() if _is_pattern(name)}
    for pattern in patterns:
        _check_pattern(node, "operations", pattern)
    return patterns


def _aliases(node: Node) -> dict[str, tuple[str, ...]]:
    with node.closing():
        return {name: node.texts(name) for name in node.names()}


def _shapes(node: Node) -> dict[str, str]:
    shapes = node.mapping("shapes")
    for pattern in shapes.values():
        _check_pattern(node, "shapes", pattern)
    return shapes


def _check_pattern(node: Node, key: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise node.fail(key, f"is not a pattern: {error}") from error


def _ignore(node: Node) -> IgnoreRule:
    with node.closing():
        return IgnoreRule(
            column=node.text("column"),
            pattern=pattern_of(node, "pattern"),
            reason=node.text("reason"),
        )


def _time(node: Node) -> TimeRule:
    with node.closing():
        rule = TimeRule(
            column=node.text("column"),
            forms=time_forms_of(node, "forms"),
            zone=node.text("zone"),
            preamble=node.text("preamble", ""),
            assumed=node.take("assumed", bool, False),
            usual_order=node.text("usual_order", ""),
        )
    if rule.usual_order not in ("", *map(day_order, rule.forms)):
        raise node.fail("usual_order", "no form writes the days and months so")
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
            internal=node.take("internal", bool, False),
            wallets=pattern_of(node, "wallets"),
            main_wallet=node.text("main_wallet", ""),
            wallet_column=node.text("wallet_column", ""),
            wallet_names=node.mapping("wallet_names"),
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
            pattern=pattern_of(node, "pattern"),
        )
    if bool(leg.equals_column) == bool(leg.pattern):
        raise node.fail("pattern", "give either equals_column or pattern")
    return leg


def _identity(node: Node) -> IdentityRule | None:
    if not node.names():
        return None
    with node.closing():
        rule = IdentityRule(to=node.text("to"), fields=node.texts("fields"))
    if rule.to not in ("second", "minute"):
        raise node.fail("to", "say second or minute")
    if unknown := set(rule.fields) - set(LedgerLine._fields):
        raise node.fail("fields", f"a row has no {min(unknown)!r}")
    return rule


def _check(node: Node) -> RowCheck:
    with node.closing():
        return RowCheck(
            name=node.text("name"),
            left=node.text("left"),
            terms=tuple(term_of(node, text) for text in node.texts("terms")),
            tolerance=node.amount("tolerance"),
        )


def _check_layout(node: Node, layout: Layout) -> None:
    """Refuse a layout that speaks of fields, columns or words it does not have."""
    needed, allowed = FIELDS[layout.kind]
    missing = needed - layout.fields.keys()
    if missing or layout.fields.keys() - allowed:
        raise node.fail("fields", f"for {layout.kind}: {sorted(missing or allowed)}")
    if not layout.time.column and layout.kind is not LayoutKind.REFERENCE:
        raise node.fail("time", "is missing")
    _check_columns(node, layout)
    parts = set(PARTS) & layout.fields.keys()
    if set(layout.cost_signs) != parts or set(layout.cost_signs.values()) - set(SIGNS):
        raise node.fail("cost_signs", f"say positive or negative for {sorted(parts)}")
    if set(layout.sides.values()) - set(Side):
        raise node.fail("sides", "a side is buy or sell")


def _check_columns(node: Node, layout: Layout) -> None:
    """Refuse names of columns that are neither in the file nor derived before."""
    known = {*layout.columns, ""}
    for column in layout.derived:
        if unknown := set(column.sources) - known:
            raise node.fail("derived", f"no column is called {min(unknown)!r}")
        known.add(column.name)
    if unknown := set(_columns_named(layout)) - known:
        raise node.fail("required", f"no column is called {min(unknown)!r}")
    stray = {*layout.aliases, *layout.shapes} - set(layout.columns)
    if stray:
        raise node.fail("aliases", f"no column is called {min(stray)!r}")


def _columns_named(layout: Layout) -> list[str]:
    leg = layout.position_leg
    rules = (*layout.operations.values(), *layout.operation_patterns.values())
    return [
        layout.time.column,
        layout.account.column,
        layout.account.wallet_column,
        *layout.fields.values(),
        *(check.left for check in layout.checks),
        *(term.column for check in layout.checks for term in check.terms),
        *((leg.column, leg.equals_column) if leg else ()),
        *(rule.spot_when_none for rule in rules),
        *(rule.column for rule in layout.ignore),
    ]
