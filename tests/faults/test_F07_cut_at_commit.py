"""The line is cut at COMMIT (F07): the database has decided, whoever asks again learns.

Cut before it, nothing happened and the second try does it. Cut after it, all happened
and the second try is told so, or finds it done. Never twice, never half.
"""

import pytest

from recovery.models import Payment, PayoutBatch, RecoveryCase, SourceFile, Transition
from tests.faults.copies import copied_desk
from tests.faults.forks import Fate, Forks
from tests.faults.left import (
    conserves,
    every_row,
    files_without_rows,
    what_is_left,
)
from tests.faults.proxy import Cut, cutting_proxy
from tests.faults.stories import RESUMED_ACTS, SINGLE_ACTS
from tests.faults.test_statements import leases_run_out
from tests.story import People

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
# What the second try hears when the first one was committed unheard.
SECOND_TRY = {
    "event_waits": "",  # The case that is open already is given.
    "case_waits": "transition_refused",
    "claim_waits": "",  # Another claim in words, the same case.
    "taken_case": "transition_refused",
    "proposed_decision": "not_ready",
    "returned_decision": "not_ready",
    "owed_decision": "limit_exceeded",
    "proposed_payment": "not_ready",
    "unwanted_payment": "transition_refused",
    "approved_payment": "transition_refused",
    "approved_payments": "not_ready",
    "built_batch": "not_ready",
    "sent_withdrawal": "",  # The same confirmation again: already known.
    "wanted_workbook": "",  # Another workbook; reading harms nobody.
    "file_at_hand": "",  # The file that is there is given.
}


def cut_at_commit(forks: Forks, act: tuple[str, dict[str, object]], cut: Cut) -> None:
    with cutting_proxy(cut) as proxy:
        ended = forks(act[0], Fate(host=proxy.host), **act[1])
        assert proxy.has_cut
    assert ended.error == "OperationalError", ended


def things() -> tuple[int, ...]:
    """What must not be there twice."""
    models = (Payment, RecoveryCase, SourceFile, Transition, PayoutBatch)
    return tuple(model.objects.count() for model in models)


@pytest.mark.parametrize("story", SECOND_TRY)
def test_an_act_cut_at_its_commit_happened_once_or_never(
    story: str, forks: Forks, people: People
) -> None:
    act = SINGLE_ACTS[story](people)
    before = every_row()

    cut_at_commit(forks, act, Cut.BEFORE)
    assert every_row() == before

    cut_at_commit(forks, act, Cut.AFTER)
    assert every_row() != before
    done = things()

    again = forks(act[0], **act[1])
    assert again.code == SECOND_TRY[story], again
    assert things() == done
    assert files_without_rows() == []


@pytest.mark.parametrize("story", RESUMED_ACTS)
def test_work_cut_at_commits_ends_as_if_nobody_had(
    story: str, forks: Forks, people: People
) -> None:
    act = RESUMED_ACTS[story](people)
    with copied_desk(people.folder):
        assert forks(act[0], **act[1]).answer == 0
        expected = what_is_left()

    for cut, number in ((Cut.BEFORE, 2), (Cut.AFTER, 2)):
        with cutting_proxy(cut, number) as proxy:
            forks("work_once", Fate(host=proxy.host), **act[1])
            assert proxy.has_cut
        leases_run_out()

    assert forks(act[0], **act[1]).answer == 0
    assert what_is_left() == expected
    assert conserves()
    assert files_without_rows() == []
