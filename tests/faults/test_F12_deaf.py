"""A worker whose connection broke half-way notices it and is started anew."""

import os
import time
from pathlib import Path

import pytest
from celery import current_app
from django.utils import timezone

from config import worker_watch
from config.children import Child, ChildPlan, Surroundings
from config.processes import process_commands
from config.watcher import Watcher
from recovery.models import Heartbeat
from recovery.selectors.operations import heartbeat_ages
from tests.faults.desk import CHECKOUT, worker_environment
from tests.faults.servers import HOST, Proxy, redis_running
from tests.faults.working import STEADY, comes_true

PATIENCE_SECONDS = 90
DEAF_SECONDS = 3


@pytest.mark.parametrize(
    ("silent", "waiting", "is_busy", "is_deaf"),
    [
        (4.0, 1, False, True),
        (2.0, 1, False, False),
        (4.0, 0, False, False),
        (4.0, 1, True, False),
    ],
    ids=["deaf", "heard lately", "nothing was said", "at work"],
)
def test_only_an_idle_worker_that_misses_what_is_said_is_deaf(
    silent: float,
    waiting: int,
    is_busy: bool,
    is_deaf: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    busy = {"a request"} if is_busy else set()
    monkeypatch.setattr(worker_watch.state, "active_requests", busy)
    assert worker_watch.is_deaf(silent, DEAF_SECONDS, lambda: waiting) is is_deaf


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_f12_after_a_half_open_connection_and_after_deafness_the_heartbeat_comes_back(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    watcher = Watcher()
    with redis_running(tmp_path) as bells:
        proxy = Proxy(bells.port)
        child = Child(
            ChildPlan("worker-recompute", process_commands()["worker-recompute"]),
            Surroundings(
                folder=CHECKOUT,
                logs=tmp_path,
                environment={
                    **worker_environment(),
                    **STEADY,
                    "RUN_DIR": os.environ["RUN_DIR"],
                    "REDIS_URL": f"redis://{HOST}:{proxy.port}/0",
                    "WORKER_DEAF_SECONDS": str(DEAF_SECONDS),
                },
                watcher=watcher,
                say=said.append,
            ),
        )

        def is_heard_again() -> bool:
            child.keep_running()  # As the supervisor does all the time.
            return is_heard()

        def is_anew(first: int | None) -> bool:
            return is_heard_again() and child.pid != first

        child.start()
        try:
            assert comes_true(is_heard, PATIENCE_SECONDS)
            proxy.go_half_open()
            assert comes_true(is_heard_again, PATIENCE_SECONDS)
            first = child.pid
            # As the bugs of celery#8030 leave it: alive, connected, and deaf.
            for queue in ("recompute", "export"):
                current_app.control.cancel_consumer(queue)

            assert comes_true(lambda: is_anew(first), PATIENCE_SECONDS), said
        finally:
            child.stop(hurry=lambda: True)
            proxy.close()
            watcher.close()

    assert any("worker-recompute runs again" in line for line in said)
    assert "deaf" in child.log.read_text()


def is_heard() -> bool:
    """Ring as beat does, and see whether somebody heard it just now."""
    Heartbeat.objects.all().delete()
    current_app.send_task("recovery.heartbeat", ["export"], queue="export")
    time.sleep(0.5)
    return "export" in heartbeat_ages(timezone.now())
