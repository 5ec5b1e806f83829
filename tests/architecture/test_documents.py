"""The documents say what the code says."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from accounts.roles import Role
from recovery.domain.claims import tell_case, tell_payment
from recovery.domain.lifecycle import (
    CaseAction,
    CaseStatus,
    PaymentAction,
    PaymentStatus,
)
from recovery.domain.words import BreakReason
from recovery.services.actors import _DUTIES_OF_ROLE
from recovery.venues.loading import shipped_profiles
from tests.architecture.lifecycle_page import PAGE, draw_page
from tests.architecture.messages_page import PAGE as MESSAGES_PAGE
from tests.architecture.messages_page import draw_messages

CHECKOUT = Path(__file__).resolve().parents[2]
DOCS = CHECKOUT / "docs"
PAGES = sorted([CHECKOUT / "README.md", *DOCS.rglob("*.md")])
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
PARTS_OF_A_DECISION = ["Context", "Decision", "Consequences", "Rejected"]

WORD_FOLDERS = ("recovery/domain", "recovery/models", "accounts")
MODEL_FOLDERS = ("recovery/models", "accounts/models")
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
ROW = re.compile(r"^\| (?P<word>[^|]+) \| [^|]+ \| (?P<code>[^|]+) \|$", re.MULTILINE)
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
TARGET = re.compile(r"\bmake ([a-z-]+)")


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def classes_in(*folders: str) -> Iterator[ast.ClassDef]:
    for folder in folders:
        for path in sorted((CHECKOUT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                body = tree_of(path).body
                yield from (node for node in body if isinstance(node, ast.ClassDef))


def glossary_rows() -> list[tuple[str, str]]:
    rows = [(row["word"], row["code"]) for row in ROW.finditer(text_of("glossary.md"))]
    return [row for row in rows if row[0] not in {"word", "---"}]


def names_in_glossary() -> set[str]:
    codes = (code.strip("`") for _, code in glossary_rows())
    return {name for code in codes for name in code.split(".")}


def is_in_code(dotted: str) -> bool:
    """Whether a name of the glossary leads to something that exists."""
    parts = dotted.split(".")
    place = CHECKOUT if parts[0] == "accounts" else CHECKOUT / "recovery"
    while parts and (place / parts[0]).is_dir():
        place /= parts.pop(0)
    if parts and (place / f"{parts[0]}.py").is_file():
        return has_names(tree_of(place / f"{parts[0]}.py"), parts[1:])
    modules = sorted(place.glob("*.py"))
    return not parts or any(has_names(tree_of(path), parts) for path in modules)


def has_names(node: ast.AST, names: list[str]) -> bool:
    if not names:
        return True
    body = getattr(node, "body", [])
    found = [child for child in body if names[0] in set(names_bound(child))]
    return any(has_names(child, names[1:]) for child in found)


def names_bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    yield from (target.id for target in targets if isinstance(target, ast.Name))


# --- glossary ---------------------------------------------------------------------


def test_every_vocabulary_of_the_code_stands_in_the_glossary() -> None:
    vocabularies = {
        node.name
        for node in classes_in(*WORD_FOLDERS)
        if any(ast.unparse(base) in {"StrEnum", "IntEnum"} for base in node.bases)
        and not node.name.startswith("_")
    }
    assert len(vocabularies) > 40
    assert sorted(vocabularies - names_in_glossary()) == []


def test_every_model_stands_in_the_glossary() -> None:
    bases = {"models.Model", "AbstractUser", "AppendOnly", "FromSourceFile", "InForce"}
    models = {
        node.name
        for node in classes_in(*MODEL_FOLDERS)
        if bases.intersection(ast.unparse(base) for base in node.bases)
    }
    assert len(models) > 30
    assert sorted(models - names_in_glossary()) == []


def test_every_name_in_the_glossary_exists_in_the_code() -> None:
    codes = [code.strip("`") for _, code in glossary_rows() if code != "—"]
    assert [code for code in codes if not is_in_code(code)] == []


def test_a_name_that_exists_nowhere_is_noticed() -> None:
    assert not is_in_code("models.Shortfall")
    assert not is_in_code("models.Event.shortfall")
    assert not is_in_code("domain.shortfall")


def test_one_concept_has_one_line() -> None:
    counted = Counter(word for word, _ in glossary_rows())
    assert [word for word, count in counted.items() if count > 1] == []


# --- lifecycle and handbook -------------------------------------------------------


def test_the_page_of_messages_is_drawn_from_the_tables() -> None:
    assert MESSAGES_PAGE.read_text(encoding="utf-8") == draw_messages(), (
        "docs/messages.md is behind: python -m tests.architecture.messages_page"
    )


def test_the_lifecycle_page_is_drawn_from_the_tables() -> None:
    assert PAGE.read_text(encoding="utf-8") == draw_page(), (
        "docs/lifecycle.md is behind: python -m tests.architecture.lifecycle_page"
    )


@pytest.mark.parametrize(
    "words", [CaseStatus, CaseAction, PaymentStatus, PaymentAction, BreakReason]
)
def test_the_handbook_explains_every_status_step_and_reason(words: type) -> None:
    handbook = text_of("desk-handbook.md")
    assert [str(word) for word in words if f"`{word}`" not in handbook] == []


def test_the_handbook_says_which_role_holds_which_duty() -> None:
    handbook = text_of("desk-handbook.md")
    row = re.compile(
        r"^\| `(?P<role>[a-z]+)` \| [^|]+ \| (?P<duties>[^|]+) \|$", re.MULTILINE
    )
    told = {
        found["role"]: sorted(found["duties"].split(", "))
        for found in row.finditer(handbook)
        if found["role"] in set(Role)
    }
    held = {
        str(role): sorted(duty.replace("_", " ") for duty in _DUTIES_OF_ROLE[role])
        for role in Role
    }
    assert told == held


@pytest.mark.parametrize(
    ("statuses", "tell"), [(CaseStatus, tell_case), (PaymentStatus, tell_payment)]
)
def test_the_handbook_quotes_what_the_customer_reads(
    statuses: type[StrEnum], tell: Callable[..., Any]
) -> None:
    handbook = text_of("desk-handbook.md")
    for status in statuses:
        telling = tell(status)
        if not getattr(telling, "is_shown", True):
            continue
        row = rf"^\| `{status}` \| [^|]+ \| {re.escape(telling.label)}[.,;]"
        assert re.search(row, handbook, re.MULTILINE), status


# --- rules ------------------------------------------------------------------------


def test_the_rules_page_names_every_shipped_rate_and_clause() -> None:
    page = text_of("rules.md")
    for profile in shipped_profiles():
        for fee in profile.fee_schedule:
            rates = f"| `{profile.code}` | {fee.tier} | {fee.taker_rate} |"
            assert rates in page
            assert fee.terms_reference in page
        for policy in profile.policies:
            assert policy.terms_reference in page
        for instrument in profile.instruments:
            assert f"`{instrument.code}`" in page


# --- all pages --------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_of_the_project(page: Path) -> None:
    found = LINK.findall(page.read_text(encoding="utf-8"))
    targets = [link for picture, link in found if not picture and ":" not in link]
    assert [link for link in targets if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_name_commands_and_targets_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    commands = CHECKOUT / "recovery" / "management" / "commands"
    of_django = {"migrate", "check", "makemigrations", "shell", "test"}
    named = set(COMMAND.findall(text)) - of_django
    assert [name for name in named if not (commands / f"{name}.py").exists()] == []
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    code = " ".join(re.findall(r"`[^`]+`|^    .+$|^\$ .+$", text, re.MULTILINE))
    targets = set(TARGET.findall(code))
    assert [name for name in targets if f"\n{name}:" not in makefile] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_name_no_folder_of_one_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"(?:^|[\s`(])/(?:work|home|root|tmp|Users)/\S*", text) == []


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(DECISIONS) + 1))
    listed = text_of("decisions/README.md")
    assert [path.name for path in DECISIONS if f"({path.name})" not in listed] == []


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_a_decision_is_one_page_in_four_parts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == PARTS_OF_A_DECISION
    assert text.startswith(f"# {path.name[:4]} ")
    assert len(text.splitlines()) <= 70
