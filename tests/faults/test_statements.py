"""SIGKILL at the N-th statement of every kind of act (F01, F03 to F05).

An act of one transaction that died has not happened at all: not a row, not a whole
file differs. An act of many transactions is taken up by the next worker and ends as
if nobody had died. `make faults KIND=statements` dies at every statement instead of
at some.
"""

import os
from itertools import count

import pytest

from recovery.models import Job, JobState
from tests.faults.copies import copied_desk
from tests.faults.forks import Fate, Forks
from tests.faults.left import (
    conserves,
    files_without_rows,
    what_is_left,
    whole_state,
)
from tests.faults.stories import RESUMED_ACTS, SINGLE_ACTS
from tests.story import NOW, People

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
# From death to death; 1 dies everywhere.
STEP = int(os.environ.get("FAULTS_STEP", "5"))


def leases_run_out() -> None:
    """Who died renews no lease, who failed backs off: neither is waited for."""
    long_ago = NOW.replace(year=2020)
    Job.objects.filter(state=JobState.RUNNING).update(lease_until=long_ago)
    Job.objects.filter(state=JobState.DUE).update(due_at=long_ago)


@pytest.mark.parametrize("story", SINGLE_ACTS)
def test_an_act_that_died_has_not_happened(
    story: str, forks: Forks, people: People
) -> None:
    act = SINGLE_ACTS[story](people)
    before = whole_state()

    for number in count(2, STEP):
        ended = forks(act[0], Fate(statement=number), **act[1])
        if not ended.was_killed:
            break
        assert whole_state() == before, f"statement {number}"

    assert (ended.error, number > 2) == ("", True), ended
    assert files_without_rows() == []
    assert whole_state() != before


@pytest.mark.parametrize("story", RESUMED_ACTS)
def test_work_that_died_again_and_again_ends_as_if_nobody_had(
    story: str, forks: Forks, people: People
) -> None:
    act = RESUMED_ACTS[story](people)
    with copied_desk(people.folder):
        whole = forks(act[0], **act[1])
        expected = what_is_left()
        assert (whole.error, whole.answer, conserves()) == ("", 0, True)

    for number in count(1, STEP):
        ended = forks(act[0], Fate(statement=number), **act[1])
        if not ended.was_killed:
            break
        leases_run_out()

    assert (ended.answer, number > STEP) == (0, True), ended
    assert what_is_left() == expected
    assert conserves()
    assert files_without_rows() == []
