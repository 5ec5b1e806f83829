"""SIGKILL at every named fail point; what follows is as if nobody had died.

A new point without a story here fails the first test.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.copies import copied_desk
from tests.faults.forks import Fate, Forks
from tests.faults.left import (
    conserves,
    every_file,
    every_row,
    files_without_rows,
    what_is_left,
)
from tests.faults.mails import POINTS as OUTBOX_POINTS
from tests.faults.stories import RESUMED_ACTS, SINGLE_ACTS
from tests.faults.test_statements import leases_run_out
from tests.story import People

CHECKOUT = Path(__file__).resolve().parents[2]
# Before its commit an act has left no row at all.
SINGLE_POINTS = {
    "source_file.part_written": "file_at_hand",
    "source_file.bytes_stored": "file_at_hand",
    "source_file.row_written": "file_at_hand",
    "batch.built": "approved_payments",
    "batch.part_written": "built_batch",
    "batch.file_renamed": "built_batch",
    "confirmations.read": "sent_withdrawal",
    "audit_head.part_written": "day_ends",
    "audit_head.linked": "day_ends",
}
# In the order of the work: each death follows on the one before.
RESUMED_POINTS = {
    "import_waits": [
        "import.chunk_written:2",
        "import.chunk_committed:2",
        "import.end_written:1",
        "import.end_committed:1",
    ],
    "recompute_waits": [
        "assess.stored:1",
        "assess.chunk_written:1",
        "assess.chunk_committed:1",
    ],
    "workbook_waits": [
        "workbook.part_written:1",
        "workbook.renamed:1",
        "workbook.row_written:1",
        "workbook.row_committed:1",
    ],
}


def points_in_code() -> Iterator[str]:
    for path in (CHECKOUT / "recovery").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "fail_point"
            ):
                yield ast.literal_eval(node.args[0])


def test_every_point_has_a_name_of_its_own_and_a_death_here() -> None:
    named = sorted(points_in_code())
    resumed = [one.split(":")[0] for many in RESUMED_POINTS.values() for one in many]
    assert named == sorted([*SINGLE_POINTS, *resumed, *OUTBOX_POINTS])


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", SINGLE_POINTS)
def test_an_act_that_died_at_a_point_is_done_by_the_next_try(
    point: str, forks: Forks, people: People
) -> None:
    act = SINGLE_ACTS[SINGLE_POINTS[point]](people)
    before = every_row()

    assert forks(act[0], Fate(point=point), **act[1]).was_killed

    assert every_row() == before
    assert forks(act[0], **act[1]).error == ""
    assert files_without_rows() == []
    assert [name for name in every_file() if name.endswith(".part")] == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("story", RESUMED_POINTS)
def test_work_that_died_at_every_point_ends_as_if_nobody_had(
    story: str, forks: Forks, people: People
) -> None:
    act = RESUMED_ACTS[story](people)
    with copied_desk(people.folder):
        assert forks(act[0], **act[1]).answer == 0
        expected = what_is_left()

    for point in RESUMED_POINTS[story]:
        assert forks(act[0], Fate(point=point), **act[1]).was_killed, point
        leases_run_out()

    assert forks(act[0], **act[1]).answer == 0
    assert what_is_left() == expected
    assert conserves()
    assert files_without_rows() == []
