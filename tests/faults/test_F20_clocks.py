"""The clock of one process is wrong: every deadline is the database's."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from recovery.domain.work import PeriodicWork
from recovery.models import Job, JobKind, JobState, OutboxMessage, Round
from recovery.services.clock import database_now
from recovery.services.heartbeats import heartbeat_beat
from recovery.services.jobs import job_claim, job_fail, jobs_due, jobs_give_up
from recovery.services.rounds import rounds_begin
from recovery.tasks import run

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize("hours", [-24, -1, 1, 24]),
]
SLACK = timedelta(seconds=5)


@contextmanager
def clock_wrong_by(hours: int) -> Iterator[None]:
    """This process believes it is so many hours later than it is."""
    off = timedelta(hours=hours)
    now, seconds = timezone.now, time.time
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: now() + off)
        patch.setattr(time, "time", lambda: seconds() + off.total_seconds())
        yield


def job_due() -> Job:
    return Job.objects.create(
        kind="import", payload={"source_file": 1}, due_at=database_now()
    )


def test_f20_a_lease_that_stands_is_not_taken_by_a_process_whose_clock_is_wrong(
    hours: int,
) -> None:
    job = job_due()
    lease = job_claim(job.pk, "sound")
    assert lease
    with clock_wrong_by(hours):
        assert job_claim(job.pk, "wrong") is None
        jobs_give_up()
        assert jobs_due() == []
    lease.beat(1)


def test_f20_a_lease_given_by_a_wrong_clock_lasts_as_long_as_any(
    hours: int, settings
) -> None:
    job = job_due()
    with clock_wrong_by(hours):
        lease = job_claim(job.pk, "wrong")
        assert lease
        lease.beat(1)
    job.refresh_from_db()
    assert job.lease_until
    left = job.lease_until - database_now()
    length = timedelta(seconds=settings.JOB_LEASE_SECONDS)
    assert length - SLACK < left <= length


def test_f20_a_failed_try_is_due_again_when_it_should_be(hours: int) -> None:
    job = job_due()
    with clock_wrong_by(hours):
        lease = job_claim(job.pk, "wrong")
        assert lease
        job_fail(lease, "told")
    job.refresh_from_db()
    assert timedelta(0) < job.due_at - database_now() <= timedelta(seconds=5)


def test_f20_a_beat_whose_clock_is_wrong_begins_no_other_period(hours: int) -> None:
    begun = rounds_begin()
    with clock_wrong_by(hours):
        assert rounds_begin() == []
    assert Round.objects.count() == len(begun) == len(PeriodicWork)


def test_f20_a_mail_another_is_sending_is_not_given_up_by_a_wrong_clock(
    hours: int,
) -> None:
    message = OutboxMessage.objects.create(
        key="k",
        event="e",
        recipient="cem@example.org",
        subject="s",
        body="b",
        state="sending",
        sent_at=database_now(),
    )
    job = Job.objects.create(kind=JobKind.MAIL, due_at=database_now())
    with clock_wrong_by(hours):
        run(job.pk)
    message.refresh_from_db()
    job.refresh_from_db()
    assert (message.state, job.state) == ("sending", JobState.DONE)


def test_f20_the_age_of_a_heartbeat_is_right_on_a_page_of_a_wrong_clock(
    hours: int, client: Client
) -> None:
    heartbeat_beat("mail")
    with clock_wrong_by(hours):
        said = client.get("/readyz").content.decode()
    assert "queue mail: heard 0 s ago" in said
