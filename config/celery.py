"""The Celery application. Messages carry a job id; the job row is the work."""

import os
from typing import Any

from celery import Celery
from celery.signals import (
    task_received,
    worker_init,
    worker_process_init,
    worker_ready,
)

from config.env import env_int, env_str
from config.worker_watch import broker_check, memory_limit, watch_begin, watch_hear
from recovery.domain.work import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

SWEEP_SECONDS = env_int("SWEEP_SECONDS", 10)

app = Celery("recovery_desk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["recovery"])
# A beat that nobody takes is worth nothing a little later. Two beats at once ring
# twice; what they ring for is done once.
_HEARD_BY = (Queue.IMPORT, Queue.RECOMPUTE, Queue.EXPORT)
BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep": {
        "task": "recovery.sweep",
        "schedule": float(SWEEP_SECONDS),
        "options": {"queue": Queue.MAIL.value, "expires": 30},
    },
    **{
        f"heartbeat-{queue}": {
            "task": "recovery.heartbeat",
            "args": [queue.value],
            "schedule": 2.0 * SWEEP_SECONDS,
            "options": {"queue": queue.value, "expires": 60},
        }
        for queue in _HEARD_BY
    },
    "clocks": {
        "task": "recovery.look_at_clocks",
        "schedule": 300.0,
        "options": {"queue": Queue.MAIL.value, "expires": 60},
    },
}
if env_str("IMPORT_FOLDER"):
    BEAT_SCHEDULE["import-folder"] = {
        "task": "recovery.look_into_folder",
        "schedule": 3.0 * SWEEP_SECONDS,
        "options": {"queue": Queue.IMPORT.value, "expires": 30},
    }
app.conf.beat_schedule = BEAT_SCHEDULE
app.conf.beat_schedule_filename = os.environ.get("BEAT_SCHEDULE", "celerybeat-schedule")
worker_init.connect(broker_check)
worker_ready.connect(watch_begin)
task_received.connect(watch_hear)
worker_process_init.connect(memory_limit)
