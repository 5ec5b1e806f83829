"""Effects that can be counted: one row for every chunk of every job that was done.

Nothing is unique in these tables. A chunk done twice would stand there twice.
"""

import os
import random
import time

from django.db import connection, transaction

from config.engines.addresses import APP_ROLE
from recovery.models import Job
from recovery.services.clock import database_now
from recovery.services.leases import Lease

CHUNKS = 3
_MAKE = f"""
CREATE TABLE IF NOT EXISTS faults_effect (job_id bigint, chunk int, attempt int);
CREATE TABLE IF NOT EXISTS faults_cursor (job_id bigint, done int);
GRANT SELECT, INSERT, UPDATE ON faults_effect, faults_cursor TO {APP_ROLE};
TRUNCATE faults_effect, faults_cursor;
"""
_TALLY = """
SELECT count(*), count(DISTINCT (job_id, chunk)), count(DISTINCT job_id)
FROM faults_effect
"""


def effects_begin() -> None:
    """Make the tables, empty."""
    with connection.cursor() as cursor:
        cursor.execute(_MAKE)


def effects_end() -> None:
    """Remove the tables."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS faults_effect, faults_cursor")


def effects_tally() -> tuple[int, int, int]:
    """All effects, different effects, jobs that left any."""
    with connection.cursor() as cursor:
        cursor.execute(_TALLY)
        row: tuple[int, int, int] = cursor.fetchone()
    return row


def leave_effect(lease: Lease) -> None:
    """Do a job of three chunks, going on behind the last one that was kept."""
    pause = float(lease.payload.get("seconds", "0.01"))
    is_naive = bool(os.environ.get("STRANGE_NAIVE"))
    for chunk in range(_done(lease.job_id), CHUNKS):
        time.sleep(random.random() * 2 * pause)
        with transaction.atomic():
            _leave(lease, chunk)
            if not is_naive:
                lease.beat(chunk + 1, CHUNKS, "chunks")


def _done(job_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(done) FROM faults_cursor WHERE job_id = %s", [job_id]
        )
        return int((cursor.fetchone() or [0])[0] or 0)


def _leave(lease: Lease, chunk: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO faults_effect VALUES (%s, %s, %s)",
            [lease.job_id, chunk, lease.attempt],
        )
        cursor.execute(
            "INSERT INTO faults_cursor VALUES (%s, %s)", [lease.job_id, chunk + 1]
        )


def jobs_make(count: int, seconds: str = "0.01") -> list[int]:
    """So many jobs that are due, in one go, with chunks that take about so long."""
    payload = {"source_file": 1, "seconds": seconds}
    now = database_now()
    made = Job.objects.bulk_create(
        Job(kind="import", queue="import", payload=payload, due_at=now)
        for _ in range(count)
    )
    return [job.pk for job in made]
