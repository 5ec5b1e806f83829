"""Redis is away, emptied, full, repeats itself or forgets: nothing is lost or doubled.

Real workers run through all of it; every job leaves three countable effects.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
from celery import current_app
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.urls import reverse

from accounts.models import User
from recovery.demo.files import write_house
from recovery.demo.house_files import LEDGER_HEADER
from recovery.models import Job, JobKind, JobState, SourceFile
from recovery.services.bells import ring_due
from recovery.services.leases import Lease
from tests.admin.doors import act_url, signed_in
from tests.faults.at_work import PATIENCE_SECONDS, SWEEP_SECONDS, Desk, all_done
from tests.faults.effects import (
    CHUNKS,
    effects_tally,
    jobs_make,
    leave_effect,
)
from tests.faults.working import comes_true, sweeping
from tests.story import short_ledger

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SEED = int(os.environ.get("FAULTS_SEED", "20261122"))
ANSWER_SECONDS = 2.0


def once(count: int) -> tuple[int, int, int]:
    """The tally of so many jobs whose every chunk was done once."""
    return (CHUNKS * count, CHUNKS * count, count)


def upload(user: User, folder: Path) -> float:
    """Upload a file by the page and load it; how long the answer to that took."""
    client = signed_in(user)
    url = reverse("admin:recovery_sourcefile_list_act", args=["upload"])
    path = folder / "ledger.csv"
    write_house(path, LEDGER_HEADER, short_ledger("A-1").rows, {}, kind="house-ledger")
    file = SimpleUploadedFile("ledger.csv", path.read_bytes())
    client.post(url, {"file": file, "provenance": "house"})
    start = time.monotonic()
    answer = client.post(act_url(SourceFile.objects.get(), "load"))
    took = time.monotonic() - start
    assert answer.status_code == 302
    assert SourceFile.objects.get().job is not None
    return took


def test_f08_an_upload_while_redis_is_down_is_kept_and_done_when_it_is_back(
    desk: Desk, ada: User, tmp_path: Path
) -> None:
    desk.bells.kill()
    took = upload(ada, tmp_path)
    assert Job.objects.get().state == JobState.DUE
    desk.bells.start()
    with sweeping(SWEEP_SECONDS):
        assert comes_true(lambda: all_done(1), PATIENCE_SECONDS)

    assert took < ANSWER_SECONDS
    assert effects_tally() == once(1)


def test_f09_f10_redis_emptied_and_started_anew_during_work_loses_and_doubles_nothing(
    desk: Desk,
) -> None:
    rng = Random(SEED)
    jobs_make(60, "0.05")
    with sweeping(SWEEP_SECONDS):
        for trouble in (desk.bells.flush, desk.bells.restart_empty, desk.bells.flush):
            time.sleep(rng.uniform(0.2, 1.5))
            trouble()
        assert comes_true(lambda: all_done(60), PATIENCE_SECONDS)

    assert effects_tally() == once(60)


def test_f11_an_upload_while_redis_is_full_is_kept_and_done_when_there_is_room(
    desk: Desk, ada: User, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    desk.bells.fill()
    try:
        took = upload(ada, tmp_path)
    finally:
        desk.bells.empty_again()
    assert "waits for the sweeper" in caplog.text
    with sweeping(SWEEP_SECONDS):
        assert comes_true(lambda: all_done(1), PATIENCE_SECONDS)

    assert took < ANSWER_SECONDS
    assert effects_tally() == once(1)


def test_f13_every_bell_rung_five_times_in_any_order_does_each_job_once(
    desk: Desk,
) -> None:
    bells = jobs_make(40, "0.02") * 5
    Random(SEED).shuffle(bells)
    for job_id in bells:
        current_app.send_task("recovery.run_job", [job_id], queue="import")

    assert comes_true(lambda: all_done(40), PATIENCE_SECONDS)
    assert comes_true(lambda: desk.bells.length("import") == 0, PATIENCE_SECONDS)
    assert effects_tally() == once(40)
    assert set(Job.objects.values_list("attempt", flat=True)) == {1}


def test_f14_a_bell_given_out_again_while_its_job_runs_changes_nothing(
    desk: Desk,
) -> None:
    heard = desk.times_heard()
    jobs_make(2, "3")
    ring_due()
    # The broker looks for unanswered messages as soon as a worker listens anew.
    assert comes_true(
        lambda: Job.objects.filter(state=JobState.RUNNING).count() == 2,
        PATIENCE_SECONDS,
    )
    time.sleep(2.5)
    restore_unanswered(desk)
    assert comes_true(lambda: all_done(2), PATIENCE_SECONDS)

    assert desk.times_heard() >= heard + 4
    assert effects_tally() == once(2)
    assert set(Job.objects.values_list("attempt", flat=True)) == {1}


def restore_unanswered(desk: Desk) -> None:
    """Do what the broker's own round does every so often: give out again."""
    with current_app.connection_for_read(
        transport_options={"visibility_timeout": 2}
    ) as connection:
        connection.default_channel.qos.restore_visible(num=1000)


def test_an_effect_without_a_lease_is_counted_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: what the tally must notice."""
    (job_id,) = jobs_make(1, "0.2")
    monkeypatch.setenv("STRANGE_NAIVE", "1")
    leases = [Lease(job_id, n, JobKind.IMPORT, {"seconds": "0.2"}) for n in (1, 2)]

    def naive(lease: Lease) -> None:
        try:
            leave_effect(lease)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(naive, leases))

    assert effects_tally() != once(1)


def test_f15_a_bell_lost_on_its_way_is_rung_again(desk: Desk) -> None:
    (job_id,) = jobs_make(1)
    with desk.bells.client() as client:
        ring_due()
        client.delete("import")  # Between the pop and the note that it was popped.
    with sweeping(SWEEP_SECONDS):
        assert comes_true(lambda: all_done(1), PATIENCE_SECONDS)

    assert effects_tally() == once(1)
    assert Job.objects.get(pk=job_id).state == JobState.DONE
