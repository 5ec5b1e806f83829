"""What follows after an approval: confirmed once more, or adjusted."""

from enum import StrEnum

from django.conf import settings
from django.db import models
from django.db.models import Q

from recovery.models.append_only import AppendOnly
from recovery.models.assessments import AssessmentResult
from recovery.models.cases import Decision
from recovery.models.events import Event
from recovery.models.fields import amount_field, bounded, one_of, word_field

STAFF = settings.AUTH_USER_MODEL


class Reconfirmation(AppendOnly):
    """An approver saw the equal figures of a later assessment. Written once."""

    decision = models.ForeignKey(
        Decision, models.PROTECT, related_name="reconfirmations"
    )
    result = models.ForeignKey(AssessmentResult, models.PROTECT, related_name="+")
    receipt_digest = models.CharField(max_length=64)
    approver = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "result"], name="recovery_reconfirmed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} on {self.result}"


class AdjustmentState(StrEnum):
    """Where an adjustment stands."""

    OPEN = "open"
    CLOSED = "closed"


class AdjustmentOutcome(StrEnum):
    """What was done about an adjustment."""

    TOP_UP = "top_up"  # The case is open again; the rest is decided and paid.
    RECORDED = "recorded"  # Overpaid; nothing is taken back without a policy.
    EXPLAINED = "explained"  # The difference is right as it is.


class Adjustment(models.Model):
    """A result that changed after money had left. The past is not edited.

    `difference_amount` = the variance now, apart from the credits of the decision
    itself, less the variance that was decided on: negative, the customer is shorter.
    """

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="adjustments")
    event = models.ForeignKey(Event, models.PROTECT, related_name="adjustments")
    result = models.ForeignKey(AssessmentResult, models.PROTECT, related_name="+")
    asset = models.CharField(max_length=24)
    difference_amount = amount_field()
    state = word_field(AdjustmentState, default=AdjustmentState.OPEN)
    outcome = word_field(AdjustmentOutcome, blank=True)
    opened_at = models.DateTimeField()
    closed_by = models.ForeignKey(
        STAFF, models.PROTECT, related_name="+", null=True, blank=True
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            one_of("state", AdjustmentState, "recovery_adjustment_state_known"),
            bounded("difference_amount", "recovery_adjustment_number"),
            models.UniqueConstraint(
                fields=["decision", "result"], name="recovery_adjustment_once"
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_by__isnull=True)
                | (Q(state="closed", closed_by__isnull=False) & ~Q(closed_reason="")),
                name="recovery_adjustment_closed_whole",
            ),
            # More is not "recorded", less is not topped up.
            models.CheckConstraint(
                condition=Q(outcome__in=["", "explained"])
                | Q(outcome="top_up", difference_amount__lt=0)
                | Q(outcome="recorded", difference_amount__gt=0),
                name="recovery_adjustment_outcome_fits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.difference_amount}"
