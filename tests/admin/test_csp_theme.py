"""The theme asks nothing of Alpine that its CSP build and our script cannot read."""

import hashlib
import re

import pytest
from django.conf import settings
from django.contrib import admin

from tests.admin import theme_expressions as theme_expressions_module
from tests.admin.theme_expressions import (
    THEME,
    is_replaced,
    root_names,
    said_again,
    theme_expressions,
    variants,
)

_ALPINE = settings.BASE_DIR / "templates/static/unfold/js/alpine/alpine.js"
_WORDS = {"true", "false", "null", "undefined"}
_MAGICS = {"$event", "$el", "$refs", "$dispatch", "$width"}
_OF_LOOPS = {"item", "index"}
_REGISTERED = {"theme", "searchForm", "searchDropdown", "searchCommand"}
# The body's own data in policy.js.
_OF_THE_PAGE = {
    "activeTab",
    "sidebarMobileOpen",
    "sidebarDesktopOpen",
    "sortRecords",
    "moveRecords",
}


def known_names() -> set[str]:
    """Names of the theme's own components, and those its templates declare."""
    script = (THEME / "static/unfold/js/app.js").read_text()
    members = set(re.findall(r"^    (\w+)(?::|\()", script, re.MULTILINE))
    declared = {
        name
        for _, attribute, said in theme_expressions()
        if attribute == "x-data"
        for name in re.findall(r"(\w+)\s*:", said)
    }
    return members | declared


def unreadable(said: str) -> str:
    """Why the CSP build cannot read an expression; empty when it can."""
    body = re.sub(r"'[^']*'", "''", said).rstrip().removesuffix(";")
    for sign in (";", "=>", "`", "..."):
        if sign in body:
            return f"it holds {sign}"
    if re.search(r"\b(if|for|while|let|const|return|function|async|await)\b", body):
        return "it is a statement"
    return ""


def complaints() -> list[str]:
    names = known_names() | _MAGICS | _OF_LOOPS | _REGISTERED | _OF_THE_PAGE | _WORDS
    found = []
    for file, attribute, said in theme_expressions():
        if is_replaced(file, attribute, said) or attribute == "x-for":
            continue
        why = unreadable(said)
        strangers = root_names(said) - names
        if why or strangers:
            found.append(f"{file} {attribute}={said}: {why or sorted(strangers)}")
    return found


def test_every_expression_of_the_theme_is_readable_or_said_again() -> None:
    assert not (found := complaints()), "\n".join(found)


def test_without_our_script_the_theme_would_be_unreadable(monkeypatch) -> None:
    monkeypatch.setattr(theme_expressions_module, "said_again", frozenset)
    assert len(complaints()) == 6
    assert len(list(theme_expressions())) > 150


def test_every_expression_said_again_is_still_the_themes() -> None:
    spoken = {said for _, _, said in theme_expressions()}
    of_lists = (THEME / "templatetags/unfold_list.py").read_text()
    stale = [one for one in said_again() if one not in spoken and one not in of_lists]
    assert stale == []
    assert len(said_again()) == 7


@pytest.mark.parametrize(
    "said",
    ["a = 1; b = 2", "x => x", "if (a) b()", "`a`", "f(...a)", "let a = 1"],
)
def test_what_the_csp_build_cannot_read_is_named(said: str) -> None:
    assert unreadable(said)


@pytest.mark.parametrize(
    "said", ["open = !open;", "a ? 'x; y' : 'z => w'", "{'if (a)': b}"]
)
def test_what_the_csp_build_reads_is_not_named(said: str) -> None:
    assert unreadable(said) == ""


def test_the_names_an_expression_begins_from_are_found() -> None:
    said = "a && window.b(c.d) ? {'e': f, g: h} : localStorage['i'].j"
    assert root_names(said) >= {"a", "window", "c", "f", "h", "localStorage"}
    assert not root_names(said) & {"b", "d", "e", "i", "j"}


def test_both_branches_of_a_template_are_read() -> None:
    value = "choose({% if a %}true{% else %}false{% endif %}, '{{ b }}')"
    assert variants(value) == ["choose(true, '1')", "choose(false, '1')"]


def test_expressions_the_theme_makes_in_python_are_known() -> None:
    made = {
        said
        for path in THEME.rglob("*.py")
        if "contrib" not in path.parts
        for said in re.findall(r'x-[a-z][\w:.-]*="([^"]+)"', path.read_text())
    }
    assert [one for one in made if one not in said_again() and unreadable(one)] == []
    assert [one for one in made if "window" in one and one not in said_again()] == []


def test_no_page_uses_the_themes_conditional_fields() -> None:
    # They write whole functions into attributes, which nothing can say again.
    using = [
        model._meta.label
        for model, page in admin.site._registry.items()
        if getattr(page, "conditional_fields", None)
    ]
    assert using == []


def test_alpine_is_the_file_that_was_read() -> None:
    digest = hashlib.sha256(_ALPINE.read_bytes()).hexdigest()
    page = (settings.BASE_DIR / "docs" / "third-party.md").read_text()
    assert digest in page
    assert "3.17.4" in page
    assert (_ALPINE.parent / "LICENSE").is_file()
