"""Short texts of a profile file that stand for a rule: patterns, terms, forms."""

import re

from recovery.venues.file_rules import Term
from recovery.venues.node import Node
from recovery.venues.time_forms import form_problem


def pattern_of(node: Node, key: str) -> str:
    """A regular expression, empty when absent.

    Raises:
        ProfileError: the text is none.
    """
    pattern = node.text(key, "")
    try:
        re.compile(pattern)
    except re.error as error:
        raise node.fail(key, f"is not a pattern: {error}") from error
    return pattern


def term_of(node: Node, text: str) -> Term:
    """A signed column such as `+Cash Flow`.

    Raises:
        ProfileError: it begins with no sign.
    """
    if text[:1] not in ("+", "-"):
        raise node.fail("terms", f"{text!r} begins with neither + nor -")
    return Term(text[1:], 1 if text[0] == "+" else -1)


def time_forms_of(node: Node, key: str) -> tuple[str, ...]:
    """The written forms of a time.

    Raises:
        ProfileError: there is none, or one is not known.
    """
    forms = node.texts(key)
    if not forms:
        raise node.fail(key, "names no form")
    for form in forms:
        if problem := form_problem(form):
            raise node.fail(key, problem)
    return forms
