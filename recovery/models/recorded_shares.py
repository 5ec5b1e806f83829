"""What fund, ADL or a socialised loss took of a deficit, written down by hand."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from recovery.domain.policy_words import Bearer
from recovery.models.events import Event
from recovery.models.fields import amount_field, one_of, positive, word_field

STAFF = settings.AUTH_USER_MODEL


class RecordedShare(models.Model):
    """A part of a deficit that the engine log does not tell. Two people stand for it.

    It counts once it is confirmed, and for a decision that is approved afterwards.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="recorded_shares")
    asset = models.CharField(max_length=24)
    bearer = word_field(Bearer)
    amount = amount_field()
    evidence = models.CharField(max_length=180, db_comment="Where the proof lies.")
    recorded_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        STAFF, models.PROTECT, related_name="+", null=True, blank=True
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        STAFF, models.PROTECT, related_name="+", null=True, blank=True
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            positive("amount", "recovery_recorded_share_positive"),
            one_of("bearer", Bearer, "recovery_recorded_share_bearer_known"),
            models.CheckConstraint(
                condition=~Q(bearer="customer") & ~Q(evidence=""),
                name="recovery_recorded_share_of_others",
            ),
            models.CheckConstraint(
                condition=~Q(confirmed_by=F("recorded_by")),
                name="recovery_recorded_share_two_people",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="recovery_recorded_share_confirmed_whole",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_by__isnull=True, withdrawn_at__isnull=True)
                | (
                    Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False)
                    & ~Q(withdrawn_reason="")
                ),
                name="recovery_recorded_share_withdrawn_whole",
            ),
            models.UniqueConstraint(
                fields=["event", "asset", "bearer"],
                condition=Q(withdrawn_at__isnull=True),
                name="recovery_recorded_share_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.bearer}"
