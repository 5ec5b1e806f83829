"""A full disk (F21): refused in words, nothing half written, and it works when it is not.

No file of the child may grow beyond a few bytes; the kernel refuses the write as it
refuses one on a full disk.
"""

import pytest

from recovery.models import Workbook, WorkbookState
from recovery.services.workbooks import workbook_file
from tests.faults.forks import Fate, Forks
from tests.faults.left import files_without_rows, whole_state
from tests.faults.stories import RESUMED_ACTS, SINGLE_ACTS
from tests.faults.test_statements import leases_run_out
from tests.story import People

pytestmark = pytest.mark.django_db(transaction=True)
FULL = Fate(file_bytes=64)


@pytest.mark.parametrize("story", ["file_at_hand", "built_batch"])
def test_f21_an_act_that_finds_no_room_is_refused_whole(
    story: str, forks: Forks, people: People
) -> None:
    act = SINGLE_ACTS[story](people)
    before = whole_state()

    ended = forks(act[0], FULL, **act[1])

    assert (ended.code, whole_state()) == ("store_full", before), ended
    assert "nothing was changed" in ended.text
    assert list(people.folder.rglob("*.part")) == []
    assert forks(act[0], **act[1]).error == ""
    assert files_without_rows() == []


def test_f21_a_workbook_waits_for_room(forks: Forks, people: People) -> None:
    RESUMED_ACTS["workbook_waits"](people)

    forks("work_once", FULL)

    book = Workbook.objects.get()
    assert book.state == WorkbookState.PREPARING
    assert list(people.folder.rglob("*.part")) == []
    leases_run_out()
    assert forks("work").answer == 0
    book.refresh_from_db()
    assert workbook_file(people.max_, book).is_file()


def test_f21_the_audits_head_waits_for_room(forks: Forks, people: People) -> None:
    act = SINGLE_ACTS["day_ends"](people)

    assert forks(act[0], FULL, **act[1]).error == "OSError"

    heads = people.folder / "files" / "audit-heads"
    assert list(heads.iterdir()) == []
    assert forks(act[0], **act[1]).answer == "2026-11-22.json"


def test_f21_reading_goes_on(forks: Forks, people: People) -> None:
    act = SINGLE_ACTS["approved_payments"](people)
    assert forks(act[0], FULL, **act[1]).error == ""
