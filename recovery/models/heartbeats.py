"""When each kind of process last did its round."""

from django.db import models


class Heartbeat(models.Model):
    """One row a name, moved forward with every round."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField(db_comment="The database's clock.")

    def __str__(self) -> str:
        return f"{self.name} {self.beat_at:%Y-%m-%d %H:%M:%S}"
