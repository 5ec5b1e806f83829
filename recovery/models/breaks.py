"""Breaks: where expected and received differ, now."""

from enum import StrEnum

from django.db import models
from django.db.models import Q

from recovery.domain.words import BreakReason
from recovery.models.assessments import AssessmentResult
from recovery.models.events import Event
from recovery.models.fields import amount_field, one_of, word_field


class BreakState(StrEnum):
    """Where a break stands."""

    OPEN = "open"  # Somebody must look.
    EXPLAINED = "explained"  # Rightly so: policy, cover, tolerance, not due.
    RESOLVED = "resolved"  # A later assessment ties.


class Break(models.Model):
    """One asset of one event that does not tie, or ties only by a rule.

    Follows the active assessment; written by services.assessments only.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="breaks")
    asset = models.CharField(max_length=24)
    result = models.ForeignKey(AssessmentResult, models.PROTECT, related_name="+")
    reason = word_field(BreakReason)
    state = word_field(BreakState)
    variance_amount = amount_field()
    opened_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "asset"], name="recovery_break_once_per_asset"
            ),
            one_of("state", BreakState, "recovery_break_state_known"),
        ]
        indexes = [
            models.Index(
                fields=["-opened_at", "-id"],
                condition=Q(state="open"),
                name="recovery_break_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.reason}"
