"""Three beats at once: every period is begun once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from celery import current_app
from celery.beat import Service

from config.celery import BEAT_SCHEDULE
from recovery.domain.work import PeriodicWork
from recovery.models import Heartbeat, Job, OutboxMessage, OutboxState, Round
from tests.faults.at_work import PATIENCE_SECONDS, Desk
from tests.faults.working import comes_true


@contextmanager
def three_beats(folder: Path) -> Iterator[list[Service]]:
    """Three of Celery's own schedulers, each with its own memory, and in a hurry."""
    app = current_app._get_current_object()
    schedule = {
        name: {**entry, "schedule": 0.5} for name, entry in BEAT_SCHEDULE.items()
    }
    before, app.conf.beat_schedule = app.conf.beat_schedule, schedule
    beats = [
        Service(app, max_interval=1, schedule_filename=str(folder / f"beat-{number}"))
        for number in range(3)
    ]
    threads = [Thread(target=beat.start) for beat in beats]
    for thread in threads:
        thread.start()
    try:
        yield beats
    finally:
        for beat in beats:
            beat.stop()
        for thread in threads:
            thread.join()
        app.conf.beat_schedule = before


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_f25_three_real_beats_begin_each_period_once_and_send_each_mail_once(
    desk: Desk, tmp_path: Path
) -> None:
    mails_before = len(list(desk.mails.glob("*")))
    OutboxMessage.objects.create(
        key="k", event="e", recipient="cem@example.org", subject="s", body="b"
    )
    with three_beats(tmp_path) as beats:
        sent = OutboxMessage.objects.filter(state=OutboxState.DONE)
        assert comes_true(sent.exists, PATIENCE_SECONDS)
        rung = [beat.scheduler.schedule["sweep"].total_run_count for beat in beats]
        assert comes_true(lambda: desk.bells.length("mail") == 0, PATIENCE_SECONDS)

    assert min(rung) >= 1
    assert Heartbeat.objects.filter(name="mail").exists()
    assert Round.objects.count() == len(PeriodicWork)
    assert Job.objects.filter(kind="audit_head").count() == 1
    assert Job.objects.filter(kind="mail").count() == 1
    assert len(list(desk.mails.iterdir())) == mails_before + 1
