"""One file for each kind of the house: what it comes to, again, and with a row less."""

import json
from pathlib import Path
from typing import Any

import pytest

from recovery.models import Event, Provenance, SourceFile
from recovery.services.actors import Actor
from recovery.services.rules import rules_ship
from recovery.services.source_files import source_file_receive
from recovery.tasks import run_all_due
from recovery.venues.loading import shipped_profiles
from tests.story import People

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).parent / "house_files"
# Customers come before their accounts, and those before what is said of them.
ORDER = (
    "house-customers", "house-accounts", "house-client-classes", "house-fee-tiers",
    "house-fee-schedules", "house-margin-tiers", "house-asset-prices", "house-ledger",
    "house-engine-log", "house-mark-prices", "house-funding-rates", "house-positions",
)  # fmt: skip
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("utf-8"))


def brought(actor: Actor, path: Path) -> SourceFile:
    file = source_file_receive(
        actor, path=path, name=path.name, provenance=Provenance.HOUSE
    )
    run_all_due()
    file.refresh_from_db()
    return file


def come_to(file: SourceFile) -> dict[str, Any]:
    problems = file.rejected_records.order_by("row_number")
    return {
        "layout": file.layout,
        "records": file.records,
        "accepted": file.accepted,
        "rejected": file.rejected,
        "ignored": file.ignored,
        "sums": file.sums,
        "problems": [
            [one.row_number, one.column, one.value, one.reason] for one in problems
        ],
        "warnings": file.warnings,
        "agrees": file.manifest["agrees"],
    }


def test_every_kind_of_the_house_has_a_file() -> None:
    (house,) = (one for one in shipped_profiles() if one.code == "house")
    assert {one.code for one in house.layouts} == set(ORDER) == set(EXPECTED)


def test_files_come_to_what_stands_beside_them_and_again_to_nothing(
    people: People, tmp_path: Path
) -> None:
    rules_ship()
    for kind in ORDER:
        path = FOLDER / f"{kind}.csv"
        first = brought(people.lia, path)
        assert come_to(first) == EXPECTED[kind], kind
        # Another file of the same rows: a blank line makes it one.
        again = tmp_path / path.name
        again.write_bytes(path.read_bytes() + b"\n")
        second = brought(people.lia, again)
        assert second.pk != first.pk
        assert (second.accepted, second.duplicate) == (0, first.accepted), kind
        assert second.rejected == first.rejected
    event = Event.objects.get()
    assert (event.account.number, event.instrument) == ("A-1", "ETHUSDT")


@pytest.mark.parametrize("kind", ORDER)
def test_a_row_less_is_told_by_the_manifest(
    people: People, tmp_path: Path, kind: str
) -> None:
    rules_ship()
    lines = (FOLDER / f"{kind}.csv").read_text("utf-8").splitlines(keepends=True)
    path = tmp_path / f"{kind}.csv"
    path.write_text("".join([*lines[:2], *lines[3:]]), "utf-8")
    file = brought(people.lia, path)
    assert not file.manifest["agrees"]
