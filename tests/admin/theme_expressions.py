"""Every expression that Alpine is asked to read, out of templates and the theme."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path

import unfold
from django.conf import settings

THEME = Path(unfold.__file__).parent
POLICY = settings.BASE_DIR / "templates" / "static" / "desk" / "policy.js"
_FOLDERS = (THEME / "templates", settings.BASE_DIR / "templates")
_BODY = "unfold/layouts/skeleton.html"
# A quoted value may hold template tags, and those may hold quotes.
_TAGGED = r"\{\{.*?\}\}|\{%.*?%\}"
_OPENING = r"\{\{|\{%"
_ATTRIBUTE = re.compile(
    rf"""(?<=[\s}}])(?P<name>x-[a-z][\w:.-]*|@[a-z][\w:.-]*|:[a-z][\w-]*)=
    (?:"(?P<double>(?:{_TAGGED}|(?!{_OPENING})[^"])*)"
    |'(?P<single>(?:{_TAGGED}|(?!{_OPENING})[^'])*)')""",
    re.VERBOSE | re.DOTALL,
)
# Their values are names or nothing, never expressions.
_NAMES_ONLY = ("x-ref", "x-teleport", "x-cloak", "x-transition", "x-ignore")
_CHOICE = re.compile(
    r"\{%\s*if\b.*?%\}(.*?)(?:\{%\s*else\s*%\}(.*?))?\{%\s*endif\s*%\}"
)
_STRING = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")


def theme_expressions() -> Iterator[tuple[str, str, str]]:
    """Give file, attribute and expression, once for each branch of its template."""
    for folder in _FOLDERS:
        for path in sorted(folder.rglob("*.html")):
            for name, value in _attributes(path.read_text()):
                for said in variants(value):
                    yield str(path.relative_to(folder)), name, said


def _attributes(text: str) -> Iterator[tuple[str, str]]:
    for found in _ATTRIBUTE.finditer(text):
        if not found["name"].startswith(_NAMES_ONLY):
            yield found["name"], found["double"] or found["single"] or ""


def variants(value: str) -> list[str]:
    """Give what a template may make of an expression: each branch, values filled."""
    parts = re.split(r"(\{%\s*if\b.*?%\}.*?\{%\s*endif\s*%\})", value, flags=re.DOTALL)
    choices = [_branches(part) for part in parts]
    return ["".join(one).strip() for one in product(*choices)]


def _branches(part: str) -> list[str]:
    choice = _CHOICE.fullmatch(part)
    branches = [part] if choice is None else [choice[1], choice[2] or ""]
    return [re.sub(_TAGGED, "1", branch, flags=re.DOTALL) for branch in branches]


@cache
def said_again() -> frozenset[str]:
    """Give the expressions that policy.js replaces, read out of the script itself."""
    block = re.search(
        r"SAID_AGAIN = new Map\(\[(.*?)\n  \]\);", POLICY.read_text(), re.DOTALL
    )
    assert block is not None
    said = re.findall(r'"((?:[^"\\]|\\.)*)",\s*"\$?\w', block[1])
    return frozenset(said)


def is_replaced(file: str, attribute: str, said: str) -> bool:
    """Tell whether our script replaces an expression: by its text, or the body's."""
    of_the_body = file == _BODY and attribute in ("x-data", "x-init")
    return said in said_again() or (of_the_body and "sidebarDesktopOpen" in said)


def root_names(expression: str) -> set[str]:
    """Give the names an expression begins from: no members, no keys, no texts."""
    bare = _STRING.sub("''", expression)
    names = re.finditer(r"(?<![\w$.])([A-Za-z_$][\w$]*)(\s*:)?", bare)
    return {one[1] for one in names if not one[2] or "?" in bare[: one.start()]}
