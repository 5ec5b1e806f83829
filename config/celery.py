"""The Celery application. Messages carry a job id; the job row is the work."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("recovery_desk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["recovery"])
app.conf.beat_schedule = {
    "sweep-jobs": {"task": "recovery.sweep", "schedule": 10.0},
    "clocks": {"task": "recovery.look_at_clocks", "schedule": 300.0},
    # Asked every hour, written once a day: a desk that was off at midnight is late,
    # not without.
    "audit-head": {"task": "recovery.export_audit_head", "schedule": 3600.0},
}
app.conf.beat_schedule_filename = os.environ.get("BEAT_SCHEDULE", "celerybeat-schedule")
