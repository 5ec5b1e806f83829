"""Note that work of a queue is still being taken."""

from django.db.models.functions import Now

from recovery.models import Heartbeat


def heartbeat_beat(name: str) -> None:
    """Move the heartbeat of a queue forward to now."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, beat_at=Now())],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["beat_at"],
    )
