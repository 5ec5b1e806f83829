"""Jobs: who may do them, when they stop, who is told, and how they go on."""

from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from recovery.domain.errors import DutyMissingError, NotReadyError
from recovery.domain.staff_news import DIGEST_EVERY, URGENT_AN_HOUR
from recovery.domain.work import WORK_VERSION, misfit
from recovery.models import (
    AuditEntry,
    Job,
    JobKind,
    JobState,
    OutboxMessage,
    SourceFile,
    Workbook,
    WorkbookState,
)
from recovery.services import leases
from recovery.services.clock import database_now
from recovery.services.desk import job_put_back
from recovery.services.jobs import (
    NEWER_WAITS,
    JobTimeOverError,
    LeaseLostError,
    job_claim,
    job_fail,
    job_finish,
    job_stand,
    job_time_over,
    jobs_due,
    jobs_give_up,
)
from recovery.services.staff_notices import STAFF_DIGEST, notices_tell
from recovery.tasks import HANDLERS, run, run_job
from tests.people import acting
from tests.story import staff

pytestmark = pytest.mark.django_db
BAD_PAYLOADS = [
    {},
    [],
    "source_file",
    {"source_file": "1"},
    {"source_file": True},
    {"source_file": 0},
    {"source_file": -1},
    {"source_file": 2**63},
    {"source_file": 1.0},
    {"other": 1},
]


@pytest.fixture
def ruth() -> User:
    """Ruth runs the desk."""
    ruth = staff("ruth", Role.ADMIN)
    User.objects.filter(pk=ruth.pk).update(email="ruth@desk.example")
    ruth.refresh_from_db()
    return ruth


def job_due(kind: str = "import", **values: object) -> Job:
    row = {"payload": {"source_file": 1}, "due_at": timezone.now(), **values}
    return Job.objects.create(kind=kind, **row)


def told() -> list[str]:
    """Who got mails when the sweeper told the news."""
    notices_tell(database_now())
    rows = OutboxMessage.objects.filter(event=STAFF_DIGEST).order_by("id")
    return list(rows.values_list("recipient", flat=True))


def fail_until_quarantine(job: Job) -> None:
    while job.state != JobState.QUARANTINED:
        Job.objects.filter(pk=job.pk).update(due_at=timezone.now())
        lease = job_claim(job.pk, "w")
        assert lease
        job_fail(lease, "OSError: disk")
        job.refresh_from_db()


# --- poison -------------------------------------------------------------------------


@pytest.mark.parametrize("payload", BAD_PAYLOADS, ids=str)
def test_a_payload_nobody_can_read_is_quarantined_at_once(payload: object) -> None:
    job = job_due(payload=payload)

    assert not run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempt) == (JobState.QUARANTINED, 1)
    assert "payload" in job.error


def test_a_kind_nobody_knows_is_quarantined_at_once_with_its_name() -> None:
    job = job_due("teleport")

    assert not run(job.pk)

    job.refresh_from_db()
    assert job.state == JobState.QUARANTINED
    assert job.error == "This desk knows no work of the kind “teleport”."


@pytest.mark.parametrize("kind", ["import", "workbook"])
def test_a_job_of_a_deleted_row_is_not_tried_again(kind: str) -> None:
    job = job_due(kind, payload={"source_file": 77, "workbook": 77})

    assert not run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempt) == (JobState.QUARANTINED, 1)
    assert "not there any more" in job.error


def test_accounts_that_are_not_ids_are_refused_before_any_work() -> None:
    assert misfit("assess", {"accounts": [1, "2"]})
    assert misfit("assess", {"accounts": [1, 2]}) == ""


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        (("1",), {}),
        ((1, 2), {}),
        ((None,), {}),
        ((2**63,), {}),
        ((-1,), {}),
        ((1.0,), {}),
        (("x" * 100_000,), {}),
        ((1,), {"extra": 1}),
        ((), {"job_id": 1}),
    ],
    ids=range(10),
)
def test_a_bell_that_names_no_job_changes_nothing(args, kwargs, caplog) -> None:
    job_due()

    run_job(*args, **kwargs)

    assert Job.objects.get().attempt == 0
    assert "put away" in caplog.text


def test_a_job_whose_worker_dies_each_time_stops_at_the_last_try(settings) -> None:
    job = job_due()
    for _ in range(settings.JOB_TRIES_MAX):
        assert job_claim(job.pk, "w")
        Job.objects.filter(pk=job.pk).update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )

    assert job_claim(job.pk, "w") is None
    jobs_give_up()

    job.refresh_from_db()
    assert job.state == JobState.QUARANTINED
    assert "died" in job.error
    assert jobs_due() == []


# --- old and new code ----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["import", "teleport"])
def test_a_job_of_newer_code_waits_untried_and_keeps_nobody_waiting(kind: str) -> None:
    newer = job_due(kind, version=WORK_VERSION + 1)
    ours = job_due(due_at=timezone.now())

    assert not run(newer.pk)
    jobs_give_up()

    newer.refresh_from_db()
    assert (newer.state, newer.attempt) == (JobState.DUE, 0)
    assert newer.due_at > timezone.now()
    assert [job_id for job_id, _ in jobs_due()] == [ours.pk]


def test_a_job_of_newer_code_that_nobody_came_for_is_told() -> None:
    newer = job_due("teleport", version=WORK_VERSION + 1)
    long_ago = timezone.now() - NEWER_WAITS - timedelta(minutes=1)
    Job.objects.filter(pk=newer.pk).update(created_at=long_ago)

    jobs_give_up()

    newer.refresh_from_db()
    assert newer.state == JobState.QUARANTINED
    assert "newer code" in newer.error


def test_a_job_written_by_older_code_is_done() -> None:
    assert job_claim(job_due(version=1).pk, "w")


# --- time limits -----------------------------------------------------------------------


def test_time_over_ends_the_attempt_at_its_next_chunk(monkeypatch) -> None:
    lease = job_claim(job_due().pk, "w")
    assert lease
    lease.beat(1)
    monkeypatch.setattr(leases.time, "monotonic", lambda: lease.began + 1e6)

    with pytest.raises(JobTimeOverError):
        lease.beat(2)


def test_time_over_with_progress_costs_no_try(settings) -> None:
    job = job_due()
    for done in range(1, 3 * settings.JOB_TRIES_MAX):
        lease = job_claim(job.pk, "w")
        assert lease
        lease.beat(done)
        job_time_over(lease, "over")

    job.refresh_from_db()
    assert (job.state, job.tries) == (JobState.DUE, 0)


@pytest.mark.parametrize(("kind", "done"), [("import", 0), ("assess", 5)])
def test_time_over_without_a_checkpoint_moved_is_a_failed_try(
    kind: str, done: int
) -> None:
    """An assessment begins anew each time: how far it got proves nothing."""
    job = job_due(kind, payload={"source_file": 1, "accounts": []})
    lease = job_claim(job.pk, "w")
    assert lease
    lease.beat(done)

    job_time_over(lease, "over")

    job.refresh_from_db()
    assert (job.state, job.tries, job.error) == (JobState.DUE, 1, "over")


# --- quarantine ------------------------------------------------------------------------


def test_a_stopped_job_is_told_once_a_round_to_who_runs_the_desk_and_who_asked(
    ruth: User, ada: User
) -> None:
    User.objects.filter(pk=ada.pk).update(email="ada@desk.example")
    job = job_due(requested_by=ada)
    fail_until_quarantine(job)
    jobs_give_up()

    assert sorted(told()) == ["ada@desk.example", "ruth@desk.example"]
    body = OutboxMessage.objects.first().body
    assert f"/desk/recovery/job/{job.pk}/change/" in body
    assert "disk" not in body
    entry = AuditEntry.objects.get(action="job.quarantine")
    assert entry.subject == f"job {job.pk}"

    job_put_back(acting(ruth, timezone.now()), job)
    job.refresh_from_db()
    fail_until_quarantine(job)

    assert len(told()) == 4
    assert [one["attempt"] for one in job.tried] == [1, 2, 3, 4, 5, 6]


def test_nobody_is_told_when_the_quarantine_is_undone(ruth: User, monkeypatch) -> None:
    """The mail stands or falls with what it tells."""
    from recovery.services import jobs

    def full(_job: Job) -> None:
        raise OSError("no space")

    tell = jobs.quarantine_tell
    monkeypatch.setattr(jobs, "quarantine_tell", lambda job: (tell(job), full(job)))
    with pytest.raises(OSError, match="no space"):
        run(job_due("teleport").pk)

    assert told() == []
    assert Job.objects.get().state == JobState.DUE


def test_many_stopped_jobs_fill_nobodys_mailbox(ruth: User) -> None:
    for _ in range(URGENT_AN_HOUR + 20):
        run(job_due("teleport").pk)
        told()

    assert len(told()) == URGENT_AN_HOUR
    assert notices_tell(database_now() + DIGEST_EVERY) == 20
    assert len(told()) == URGENT_AN_HOUR + 1


def test_who_may_not_import_puts_no_job_back(bea: User) -> None:
    job = job_due("teleport")
    run(job.pk)

    with pytest.raises(DutyMissingError):
        job_put_back(acting(bea, timezone.now()), job)


def test_a_job_that_runs_is_not_put_back(ada: User) -> None:
    job = job_due()
    job_claim(job.pk, "w")

    with pytest.raises(NotReadyError):
        job_put_back(acting(ada, timezone.now()), job)


def test_an_old_worker_gets_no_right_back_when_its_job_is_put_back(ada: User) -> None:
    job = job_due()
    old = job_claim(job.pk, "old")
    assert old
    Job.objects.filter(pk=job.pk).update(state=JobState.QUARANTINED)
    job_put_back(acting(ada, timezone.now()), job)
    assert job_claim(job.pk, "new")

    with pytest.raises(LeaseLostError):
        old.beat(1)
    with pytest.raises(LeaseLostError):
        job_finish(old)


def test_a_workbook_says_that_its_job_stopped_and_that_it_goes_on(ada: User) -> None:
    job = job_due("workbook", payload={"workbook": 1})
    now = timezone.now()
    workbook = Workbook.objects.create(as_of=now, requested_at=now, job=job)
    fail_until_quarantine(job)
    workbook.refresh_from_db()
    assert workbook.state == WorkbookState.FAILED

    job_put_back(acting(ada, now), job)

    workbook.refresh_from_db()
    assert workbook.state == WorkbookState.PREPARING


def test_a_row_that_vanishes_in_the_middle_is_no_reason_to_try_again(
    monkeypatch,
) -> None:
    def vanish(_lease: object) -> None:
        raise SourceFile.DoesNotExist

    assert issubclass(SourceFile.DoesNotExist, ObjectDoesNotExist)
    monkeypatch.setitem(HANDLERS, JobKind.IMPORT, vanish)
    job = job_due()
    run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempt) == (JobState.QUARANTINED, 1)


# --- what stands for ever --------------------------------------------------------------


def test_the_standing_mail_job_is_one_row_and_due_again_once_it_is_done() -> None:
    job_stand(JobKind.MAIL)
    job_stand(JobKind.MAIL)
    job = Job.objects.get()
    assert run(job.pk)
    assert not run(job.pk)

    job_stand(JobKind.MAIL)

    assert run(job.pk)
    assert Job.objects.count() == 1


def test_a_standing_job_in_quarantine_is_tried_again_after_a_while() -> None:
    job_stand(JobKind.MAIL)
    job = Job.objects.get()
    fail_until_quarantine(job)
    job_stand(JobKind.MAIL)
    job.refresh_from_db()
    assert job.state == JobState.QUARANTINED

    Job.objects.update(finished_at=timezone.now() - timedelta(minutes=6))
    job_stand(JobKind.MAIL)

    job.refresh_from_db()
    assert (job.state, job.tries) == (JobState.DUE, 0)


# --- the database goes away ------------------------------------------------------------


def test_a_try_in_which_the_database_went_away_does_not_count(settings) -> None:
    job = job_due()
    for _ in range(2 * settings.JOB_TRIES_MAX):
        Job.objects.update(due_at=timezone.now())
        lease = job_claim(job.pk, "w")
        assert lease
        job_fail(lease, "OperationalError", is_excused=True)

    job.refresh_from_db()
    assert (job.state, job.tries) == (JobState.DUE, 0)


def test_a_job_that_breaks_the_database_each_time_stops_all_the_same() -> None:
    job = job_due(attempt=49, tries_from=49)
    for _ in range(3):
        Job.objects.update(due_at=timezone.now())
        lease = job_claim(job.pk, "w")
        assert lease
        job_fail(lease, "OperationalError", is_excused=True)

    job.refresh_from_db()
    assert job.state == JobState.QUARANTINED
