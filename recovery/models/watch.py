"""What the desk watches: accounts, addresses, instruments."""

from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from recovery.models.fields import one_of, word_field


class WatchKind(StrEnum):
    """What is watched."""

    ACCOUNT = "account"
    ADDRESS = "address"
    INSTRUMENT = "instrument"


class WatchEntry(models.Model):
    """One thing somebody watches, why, and until when. Written by services.watch_list.

    A hit is a notice for staff; each names one file, event or destination.
    """

    kind = word_field(WatchKind)
    venue = models.CharField(max_length=32, blank=True, db_comment="Empty: any venue.")
    value = models.CharField(max_length=128)
    reason = models.TextField()
    watched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    watched_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "watch list"
        constraints = [
            one_of("kind", WatchKind, "recovery_watch_kind_known"),
            models.CheckConstraint(
                condition=Q(until__gt=F("watched_at")), name="recovery_watch_has_an_end"
            ),
            models.CheckConstraint(
                condition=~Q(value="") & ~Q(reason=""), name="recovery_watch_says_why"
            ),
            models.UniqueConstraint(
                fields=["kind", "venue", "value"],
                condition=Q(ended_at__isnull=True),
                name="recovery_watch_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"
