"""The demo's truth equals the desk's assessments to the last digit.

The generator computed its truth by plain sums over its own book; the desk sees the
files only. `make truth` does the same for 10,000 events.
"""

import re
from pathlib import Path

import pytest

from recovery.demo.generate import write_demo
from recovery.models import Assessment, LedgerEntry, Provenance
from recovery.services.actors import OPERATOR
from recovery.services.assessments import accounts_assess
from recovery.services.source_files import source_file_receive
from recovery.tasks import run_all_due
from tests.demo.reading import truth_events
from tests.journeys.truth import (
    bring_in_demo,
    clean_events_with_a_break,
    differences,
    found_on_the_desk,
)
from tests.story import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
EVENTS = 300
SEED = 97


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("truth")
    write_demo(folder, seed=SEED, events=EVENTS)
    return folder


class NoLease:
    def beat(self, done: int, total: int = 0, unit: str = "") -> None:
        """Nobody takes the work away."""


def test_a_changed_digit_would_be_found(demo: Path, tmp_path: Path) -> None:
    """Negative control: the comparison sees one wrong digit in the eighth decimal."""
    small = tmp_path / "small"
    write_demo(small, seed=3, events=8)
    bring_in_demo(small)
    text = (small / "truth.json").read_text()
    amount = truth_events(small)[0]["received"]
    changed = text.replace(f'"received": "{amount}"', f'"received": "{amount}1"', 1)
    (small / "truth.json").write_text(changed)

    assert changed != text
    assert len(differences(small)) == 1


def test_every_event_is_found_as_the_truth_tells_it(demo: Path) -> None:
    bring_in_demo(demo)

    assert differences(demo) == []
    assert clean_events_with_a_break(demo) == []
    assert len(truth_events(demo)) == EVENTS


def test_importing_everything_again_changes_nothing(demo: Path) -> None:
    bring_in_demo(demo)
    before = (LedgerEntry.objects.count(), Assessment.objects.count())
    told = found_on_the_desk()

    bring_in_demo(demo)
    accounts = sorted(
        set(Assessment.objects.values_list("event__account_id", flat=True))
    )
    assert accounts_assess(NoLease(), accounts, now=NOW) == 0

    assert (LedgerEntry.objects.count(), Assessment.objects.count()) == before
    assert found_on_the_desk() == told


def part_of(lines: list[str], start: int, end: int) -> str:
    """A house file with some of its rows, complete until the same instant."""
    rows = lines[2:-1][start:end]
    totals: dict[str, int] = {}
    for row in rows:
        cells = row.split(",")
        whole, _, rest = cells[4].lstrip("-").partition(".")
        units = int(whole + rest.ljust(18, "0"))
        sign = -1 if cells[4].startswith("-") else 1
        totals[cells[3]] = totals.get(cells[3], 0) + sign * units
    sums = "".join(
        f",sum:{asset}={'-' if total < 0 else ''}{abs(total) // 10**18}"
        f".{abs(total) % 10**18:018d}"
        for asset, total in sorted(totals.items())
    )
    return "\n".join([*lines[:2], *rows, f"#manifest,rows={len(rows)}{sums}"]) + "\n"


CUTS = {
    "halves": lambda n: [(0, n // 2), (n // 2, n)],
    "halves, the later first": lambda n: [(n // 2, n), (0, n // 2)],
    "overlapping thirds": lambda n: [(0, n // 2), (n // 3, 2 * n // 3), (n // 2, n)],
    "overlapping thirds backwards": lambda n: [
        (n // 2, n),
        (n // 3, 2 * n // 3),
        (0, n // 2),
    ],
}


@pytest.mark.parametrize("cut", CUTS)
def test_parts_of_a_file_end_as_the_whole_file(
    cut: str, demo: Path, tmp_path: Path
) -> None:
    lines = (demo / "house-ledger.csv").read_text().splitlines()
    parts = tmp_path / "parts"
    parts.mkdir()
    for number, (start, end) in enumerate(CUTS[cut](len(lines) - 3)):
        path = parts / f"part-{number}.csv"
        path.write_text(part_of(lines, start, end))
        source_file_receive(
            OPERATOR, path=path, name=path.name, provenance=Provenance.HOUSE
        )
        run_all_due()

    bring_in_demo(demo)

    house = [one for one in differences(demo) if one[0][0] == "house"]
    assert house == []
    rows = LedgerEntry.objects.filter(account__venue="house").count()
    assert rows == len(lines) - 3
    assert not re.search("house", str(clean_events_with_a_break(demo)))
