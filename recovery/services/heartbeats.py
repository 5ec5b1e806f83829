"""Note that a kind of process still does its round."""

from django.db.models.functions import Now

from recovery.models import Heartbeat

WORKER = "worker"


def heartbeat_beat(name: str) -> None:
    """Move the heartbeat of a name forward to now."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, beat_at=Now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["beat_at"],
    )
