"""Every text column is listed: what becomes of it when a person is erased."""

import re
from pathlib import Path

from django.apps import apps
from django.db import models

PAGE = Path(__file__).resolve().parents[2] / "docs" / "personal-data.md"
ROW = re.compile(
    r"^\| `(?P<table>[a-z.]+)` \| (?P<columns>[^|]+) \| (?P<what>[^|]+) \| (?P<why>[^|]*)\|$",
    re.MULTILINE,
)
TREATMENTS = {"erased", "kept", "no person"}
_TEXTS = (models.CharField, models.TextField, models.JSONField, models.BinaryField)


def text_columns() -> set[str]:
    """Columns that could hold words of or about a person; words of an enum cannot."""
    return {
        f"{label}.{model._meta.model_name}.{field.name}"
        for label in ("accounts", "recovery")
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, _TEXTS) and not field.choices
    }


def listed() -> dict[str, str]:
    """The treatment of each column on the page."""
    found = {}
    for row in ROW.finditer(PAGE.read_text(encoding="utf-8")):
        for column in row["columns"].split(", "):
            name = f"{row['table']}.{column}"
            assert name not in found, f"{name} is listed twice"
            found[name] = row["what"]
    return found


def test_every_text_column_is_listed_with_what_an_erasure_does() -> None:
    found = listed()
    assert text_columns() - set(found) == set(), "list these in docs/personal-data.md"
    assert set(found) - text_columns() == set()
    assert set(found.values()) == TREATMENTS


def test_whatever_is_kept_about_a_person_has_a_reason() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [
        row["table"]
        for row in ROW.finditer(page)
        if row["what"] == "kept" and not row["why"].strip()
    ] == []
