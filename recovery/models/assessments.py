"""Assessments: one computation of an event, immutable and numbered."""

from django.db import models
from django.db.models import F, Q

from recovery.domain.words import Basis, BreakReason
from recovery.models.append_only import AppendOnly
from recovery.models.events import Event
from recovery.models.fields import (
    amount_field,
    bounded,
    never_negative,
    one_of,
    word_field,
)


class Assessment(AppendOnly):
    """One computation. `receipt` is its canonical JSON, `digest` the SHA-256 of it."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="assessments")
    number = models.PositiveIntegerField()
    computed_at = models.DateTimeField()
    input_digest = models.CharField(max_length=64)
    receipt = models.TextField()
    digest = models.CharField(max_length=64)
    verified_share = amount_field()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "number"], name="recovery_assessment_numbered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} no. {self.number}"


class AssessmentResult(AppendOnly):
    """Expected, received and variance of one asset.

    Units: residual and deficit are never negative and at most one is above zero;
    variance = received - residual, negative when the customer is short.
    """

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="results")
    asset = models.CharField(max_length=24)
    residual_amount = amount_field()
    deficit_amount = amount_field()
    received_amount = amount_field()
    variance_amount = amount_field()
    reason = word_field(BreakReason, blank=True)
    parts = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "asset"], name="recovery_result_once_per_asset"
            ),
            never_negative("residual_amount", "recovery_result_residual_number"),
            never_negative("deficit_amount", "recovery_result_deficit_number"),
            models.CheckConstraint(
                condition=Q(residual_amount=0) | Q(deficit_amount=0),
                name="recovery_result_not_both",
            ),
            bounded("received_amount", "recovery_result_received_number"),
            models.CheckConstraint(
                condition=Q(
                    variance_amount=F("received_amount") - F("residual_amount")
                ),
                name="recovery_result_variance_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment} {self.asset}"


class AssessmentLine(AppendOnly):
    """One line of the arithmetic: expected, recorded, difference, evidence."""

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    asset = models.CharField(max_length=24)
    label = models.CharField(max_length=32)
    expected = amount_field()
    recorded = amount_field()
    difference = amount_field()
    basis = word_field(Basis)
    evidence = models.JSONField(default=list)
    note = models.CharField(max_length=240, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "position"], name="recovery_line_numbered"
            ),
            models.CheckConstraint(
                condition=Q(difference=F("recorded") - F("expected")),
                name="recovery_line_difference_adds_up",
            ),
            bounded("expected", "recovery_line_expected_number"),
            bounded("recorded", "recovery_line_recorded_number"),
            one_of("basis", Basis, "recovery_line_basis_known"),
        ]

    def __str__(self) -> str:
        return f"{self.assessment} line {self.position} {self.label}"
