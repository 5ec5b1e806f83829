"""What staff should know, until their digest took it along."""

from django.db import models

from recovery.domain.notices import Audience
from recovery.models.fields import one_of, word_field


class StaffNotice(models.Model):
    """One event for one audience. `key` makes it exactly one."""

    key = models.CharField(max_length=120)
    event = models.CharField(max_length=48)
    audience = word_field(Audience)
    subject = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    digested_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "audience"], name="recovery_notice_once"
            ),
            one_of("audience", Audience, "recovery_notice_audience_known"),
        ]
        indexes = [
            models.Index(
                fields=["audience", "id"],
                condition=models.Q(digested_at=None),
                name="recovery_notice_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject}"
