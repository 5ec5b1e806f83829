"""Events found in the ledger."""

from django.db import models
from django.db.models import F, Q

from accounts.models import TradingAccount
from recovery.domain.words import EventKind
from recovery.models.fields import amount_field, one_of, word_field


class Event(models.Model):
    """A liquidation, position reduction or ADL of one account and instrument.

    Written by services.assessments only. `reference` follows from what happened, so
    that the same files give the same references on every machine.
    """

    reference = models.CharField(max_length=24, unique=True)
    source_reference = models.CharField(
        max_length=80, blank=True, db_comment="The platform's own event id."
    )
    account = models.ForeignKey(TradingAccount, models.PROTECT, related_name="events")
    instrument = models.CharField(max_length=40)
    asset = models.CharField(max_length=24)
    kind = word_field(EventKind)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    position_before = amount_field(null=True)
    position_after = amount_field(null=True)
    active_assessment = models.OneToOneField(
        "recovery.Assessment", models.PROTECT, null=True, blank=True, related_name="+"
    )
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "instrument", "started_at"],
                name="recovery_event_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__gte=F("started_at")),
                name="recovery_event_ends_after_start",
            ),
            one_of("kind", EventKind, "recovery_event_kind_known"),
        ]
        indexes = [
            models.Index(fields=["-started_at", "-id"], name="recovery_event_newest"),
            models.Index(
                fields=["source_reference"],
                condition=~Q(source_reference=""),
                name="recovery_event_source_ref",
            ),
        ]

    def __str__(self) -> str:
        return self.reference
