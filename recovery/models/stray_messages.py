"""Messages on a queue that no worker could do anything with."""

from django.db import models

from recovery.domain.work import StrayReason
from recovery.models.fields import one_of, word_field


class StrayMessage(models.Model):
    """One name of such messages in one hour, and how many came."""

    name = models.CharField(
        max_length=80, db_comment="What the message calls its task; not to be trusted."
    )
    reason = word_field(StrayReason)
    hour_began_at = models.DateTimeField(db_comment="The database's clock.")
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_comment="The database's clock.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hour_began_at", "name", "reason"],
                name="recovery_stray_once_an_hour",
            ),
            one_of("reason", StrayReason, "recovery_stray_reason_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.hour_began_at:%Y-%m-%d %H}"
