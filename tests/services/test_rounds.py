"""Periodic work: one row a period, however often and by whomever it is rung (F25)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection, connections
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from recovery.domain.staff_news import STAFF_NEWS, StaffNews
from recovery.domain.work import PeriodicWork
from recovery.models import Heartbeat, Job, OutboxMessage, Round, StaffNotice
from recovery.services.actors import SYSTEM
from recovery.services.audit import audit_write
from recovery.services.rounds import rounds_begin
from recovery.services.staff_notices import notices_tell
from recovery.tasks import run
from tests.story import staff

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
HOURLY = {PeriodicWork.AUDIT_HEAD: 3600}


@pytest.mark.django_db
def test_within_one_period_the_second_ring_does_nothing() -> None:
    assert len(rounds_begin(NOW, HOURLY)) == 1
    assert rounds_begin(NOW + timedelta(minutes=29), HOURLY) == []
    assert Round.objects.count() == Job.objects.count() == 1


@pytest.mark.django_db
def test_the_next_period_begins_on_the_hour_and_is_not_late() -> None:
    rounds_begin(NOW, HOURLY)
    assert len(rounds_begin(NOW + timedelta(minutes=30), HOURLY)) == 1
    assert not Round.objects.filter(is_missed=True).exists()
    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db
def test_three_periods_without_beat_are_written_down_done_once_and_told() -> None:
    User.objects.filter(pk=staff("ruth", Role.ADMIN).pk).update(email="r@desk.example")
    rounds_begin(NOW, HOURLY)
    assert len(rounds_begin(NOW + timedelta(hours=4), HOURLY)) == 1
    rounds_begin(NOW + timedelta(hours=4), HOURLY)

    starts = Round.objects.order_by("period_began_at").values_list(
        "period_began_at__hour", "is_missed"
    )
    assert list(starts) == [
        (12, False),
        (13, True),
        (14, True),
        (15, True),
        (16, False),
    ]
    assert Job.objects.count() == 2
    assert notices_tell(timezone.now()) == 1
    message = OutboxMessage.objects.get()
    assert "whole periods that passed without it: 3" in message.body


@pytest.mark.django_db
def test_the_audit_head_of_the_day_is_written_by_its_round(settings, tmp_path) -> None:
    settings.FILES_DIR = tmp_path
    (job,) = rounds_begin(periods={PeriodicWork.AUDIT_HEAD: 86_400})

    assert run(job.pk)

    (head,) = (tmp_path / "audit-heads").iterdir()
    assert head.name == f"{timezone.now():%Y-%m-%d}.json"


@pytest.fixture
def chain(db: None, settings, tmp_path) -> Job:
    """An audit of two entries, and the job of this hour that proves it."""
    settings.FILES_DIR = tmp_path
    for number in (1, 2):
        audit_write(SYSTEM, "test.act", f"subject {number}")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    (job,) = rounds_begin(periods={PeriodicWork.AUDIT_PROOF: 3600})
    return job


def test_an_audit_that_proves_itself_moves_its_heartbeat(chain: Job) -> None:
    assert run(chain.pk)

    assert Heartbeat.objects.filter(name="audit").exists()
    assert not StaffNotice.objects.exists()


def test_an_audit_that_breaks_is_told_at_once_and_its_heartbeat_stands(
    chain: Job,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE recovery_auditentry SET subject = 'another'")
        cursor.execute("SET session_replication_role = origin")

    assert run(chain.pk)

    notice = StaffNotice.objects.get()
    assert notice.news == StaffNews.AUDIT_VERIFY_FAILED
    assert STAFF_NEWS[StaffNews.AUDIT_VERIFY_FAILED].is_urgent
    assert not Heartbeat.objects.filter(name="audit").exists()


@pytest.mark.django_db(transaction=True)
def test_eight_beats_at_once_begin_one_round() -> None:
    gate = Barrier(8)

    def ring(_: int) -> int:
        try:
            gate.wait(timeout=60)
            return len(rounds_begin(NOW, HOURLY))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        made = sum(pool.map(ring, range(8)))

    assert made == Round.objects.count() == Job.objects.count() == 1
