"""PostgreSQL restarts at once, again and again, while imports run."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from config.engines.addresses import DATABASE_NAME, OWNER_ROLE, socket_folder
from tests.faults.desk import CHECKOUT, LEDGERS
from tests.faults.servers import PostgresAt, redis_running
from tests.faults.working import comes_true, sweeping, working
from tests.story import write_ledger

FILES = int(os.environ.get("FAULTS_FILES", "15"))
RESTARTS = int(os.environ.get("FAULTS_RESTARTS", "3"))
PATIENCE_SECONDS = 120
_NOT_OURS = ("DATABASE_", "REDIS_URL", "DESK_TEST_")


class OwnDesk(NamedTuple):
    """A database of its own that can be restarted, and how to reach it."""

    server: PostgresAt
    run_dir: Path
    environment: dict[str, str]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(
            host=str(socket_folder(self.run_dir)), user=OWNER_ROLE, dbname=DATABASE_NAME
        ) as connection:
            return connection.execute(query).fetchall()

    def python(self, *words: str) -> None:
        subprocess.run(
            [sys.executable, *words],
            cwd=CHECKOUT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )


@pytest.fixture
def own_desk(tmp_path: Path) -> Iterator[OwnDesk]:
    run_dir = tmp_path / "run"
    sockets = socket_folder(run_dir)
    sockets.mkdir(mode=0o700)
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_NOT_OURS)
    }
    environment = {
        **ours,
        "RUN_DIR": str(run_dir),
        "FILES_DIR": str(run_dir / "files"),
        "DATABASE_ROLE": "app",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONWARNINGS": "ignore",
    }
    (run_dir / "postgres").mkdir(parents=True)
    server = PostgresAt(run_dir / "postgres", sockets, durable=True)
    server.start()
    try:
        own = OwnDesk(server, run_dir, environment)
        own.python("-m", "config.engines.prepare")
        yield own
    finally:
        server.stop()
        shutil.rmtree(sockets, ignore_errors=True)


@pytest.mark.slow
def test_f16_imports_end_as_undisturbed_while_the_database_restarts_at_once(
    own_desk: OwnDesk, tmp_path: Path
) -> None:
    for number in range(FILES):
        account = LEDGERS[number % 3](f"A-{number}")
        write_ledger(tmp_path / f"{number}.csv", [account])
    own_desk.python("-m", "tests.faults.receive_files", str(tmp_path))
    assert own_desk.rows("SELECT count(*) FROM recovery_job") == [(FILES,)]

    with (
        redis_running(tmp_path) as bells,
        working(
            tmp_path,
            *("worker", "worker-mail"),
            **own_desk.environment,
            DATABASE_URL="",
            REDIS_URL=bells.url,
            JOB_LEASE_SECONDS="3",
        ) as there,
        sweeping(0.5),
    ):
        assert comes_true(lambda: ended(own_desk) > 0, PATIENCE_SECONDS)
        for _ in range(RESTARTS):
            own_desk.server.restart_at_once()
            time.sleep(2)
        assert comes_true(lambda: not unfinished(own_desk), PATIENCE_SECONDS), there[
            "worker"
        ].said()[-3000:]

    states = own_desk.rows("SELECT DISTINCT state FROM recovery_job")
    assert states == [("done",)]
    found = own_desk.rows(
        "SELECT count(*), sum(accepted), sum(records) FROM recovery_sourcefile"
        " WHERE state = 'loaded'"
    )
    (entries,) = own_desk.rows("SELECT count(*) FROM recovery_ledgerentry")
    assert found == [(FILES, entries[0], entries[0])]
    (events,) = own_desk.rows(
        "SELECT count(*), count(DISTINCT account_id),"
        " (SELECT count(*) FROM recovery_assessment) FROM recovery_event"
    )
    assert events == (FILES, FILES, FILES)


def ended(own_desk: OwnDesk) -> int:
    (row,) = own_desk.rows("SELECT count(*) FROM recovery_job WHERE state = 'done'")
    return int(row[0])


def unfinished(own_desk: OwnDesk) -> bool:
    with suppress(psycopg.OperationalError):
        (row,) = own_desk.rows(
            "SELECT count(*) FROM recovery_job WHERE state IN ('due', 'running')"
        )
        return bool(row[0])
    return True
