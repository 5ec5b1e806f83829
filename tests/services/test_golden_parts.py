"""Golden files come in parts, in any order, and again: the desk ends the same."""

import json
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from recovery.models import LedgerEntry, SourceFile
from tests.venues.golden_files import FILES, case_of
from tests.venues.parts import Parts
from tests.venues.reports import identities, understood

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LEDGERS = [
    path
    for path in FILES
    if not path.name.startswith("house.") and len(Parts(path).records) > 1
]


@pytest.fixture(autouse=True)
def _own_store(settings: Any, tmp_path: Path) -> None:
    settings.FILES_DIR = tmp_path / "store"


def imported(paths: list[Path], **given: str) -> list[dict[str, Any]]:
    said = StringIO()
    with suppress(SystemExit):
        names = [str(path) for path in paths]
        call_command("import_file", *names, json=True, stdout=said, **given)
    return list(json.loads(said.getvalue()))


def kept() -> set[tuple[bytes, int]]:
    rows = LedgerEntry.objects.values_list("fingerprint", "ordinal")
    return {(bytes(mark), ordinal) for mark, ordinal in rows}


@pytest.mark.parametrize("path", LEDGERS, ids=lambda path: path.name)
def test_parts_in_another_order_and_again_end_as_the_whole(
    path: Path, tmp_path: Path
) -> None:
    given = {"name": path.name, **case_of(path).given}
    outcomes, interpreter = understood(path, **given)
    name = given.pop("name")
    parts = Parts(path)
    places = parts.places()
    paths = []
    for part in ("second", "overlap", "first", "whole"):
        folder = tmp_path / part
        folder.mkdir()
        content = parts.some(places[part]) if part != "whole" else path.read_bytes()
        if places[part]:
            paths.append(folder / name)
            paths[-1].write_bytes(content)
    reports = imported(paths, **given)
    assert not [one for one in reports if "refused" in one]
    assert kept() == identities(outcomes, interpreter.recognition.layout)
    # A part may be the whole, byte for byte: then the answer is that of its import.
    brought = {one["sha256"]: one["accepted"] for one in reports}
    if len(brought) == len(reports):
        assert reports[-1]["accepted"] == 0
    assert sum(brought.values()) == LedgerEntry.objects.count()
    for one in SourceFile.objects.all():
        parted = one.accepted + one.duplicate + one.ignored + one.rejected
        assert one.records == parted
