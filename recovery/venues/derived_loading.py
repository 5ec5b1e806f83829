"""Derived columns as a profile file states them."""

import re

from recovery.venues.file_rules import Derivation, DerivedColumn
from recovery.venues.node import Node
from recovery.venues.rule_texts import term_of

ARROW = " => "
STATED = ("account", "asset")
# How many columns each kind is made from at least.
COLUMNS_NEEDED = {
    Derivation.JOIN: 1,
    Derivation.FIRST: 1,
    Derivation.KEY: 1,
    Derivation.PAIR: 2,
    Derivation.MATCH: 1,
    Derivation.WORDS: 1,
    Derivation.SIGNED: 2,
    Derivation.SCALED: 2,
    Derivation.SAME: 2,
}


def derived_columns(nodes: list[Node]) -> tuple[DerivedColumn, ...]:
    """The columns a layout makes from others, in order.

    Raises:
        ProfileError: one of them is not fully understood.
    """
    return tuple(map(_derived, nodes))


def _derived(node: Node) -> DerivedColumn:
    with node.closing():
        column = DerivedColumn(
            name=node.text("name"),
            how=node.word("how", Derivation),
            columns=node.texts("columns", ()),
            text=node.text("text", ""),
            patterns=node.texts("patterns", ()),
            words=node.mapping("words"),
            terms=tuple(term_of(node, text) for text in node.texts("terms", ())),
        )
    _check_parts(node, column)
    return column


def _check_parts(node: Node, column: DerivedColumn) -> None:
    if len(column.columns) < COLUMNS_NEEDED.get(column.how, 0):
        raise node.fail("columns", f"{column.how} needs more columns")
    if column.how is Derivation.SUM and not column.terms:
        raise node.fail("terms", "a sum needs terms")
    if column.how is Derivation.STATED and column.text not in STATED:
        raise node.fail("text", f"one of {', '.join(STATED)} can be stated")
    if column.how is Derivation.SCALED and not all(
        digits.isdigit() for digits in column.words.values()
    ):
        raise node.fail("words", "decimals are whole numbers")
    for pattern in column.patterns:
        _check_group(node, *rule_of(pattern))


def rule_of(pattern: str) -> tuple[str, str]:
    """A pattern and the text behind its `=>`, if there is one."""
    fits, _, text = pattern.partition(ARROW)
    return fits, text


def _check_group(node: Node, pattern: str, text: str) -> None:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise node.fail("patterns", f"is not a pattern: {error}") from error
    if groups != (0 if text else 1):
        raise node.fail("patterns", f"{pattern!r} needs exactly one group")
