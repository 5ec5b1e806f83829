"""Recovery cases, their decisions and every step they took."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Customer
from recovery.domain.lifecycle import CASE_ENDED, CaseStatus
from recovery.domain.words import DecisionKind, DecisionStatus
from recovery.models.append_only import AppendOnly
from recovery.models.assessments import AssessmentResult
from recovery.models.events import Event
from recovery.models.fields import amount_field, never_negative, one_of, word_field

STAFF = settings.AUTH_USER_MODEL


class RecoveryCase(models.Model):
    """One matter with one customer, run to a decision.

    Written by services.cases only. `version` counts changes: a page that shows an
    older one is refused.
    """

    reference = models.CharField(max_length=24, unique=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    event = models.ForeignKey(
        Event, models.PROTECT, related_name="cases", null=True, blank=True
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="cases", null=True, blank=True
    )
    status = word_field(CaseStatus, default=CaseStatus.NEW)
    status_since = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    origin = models.CharField(max_length=16, db_comment="claim, agent or rule.")
    assignee = models.ForeignKey(
        STAFF, models.PROTECT, related_name="cases", null=True, blank=True
    )
    opened_by = models.ForeignKey(
        STAFF, models.PROTECT, related_name="+", null=True, blank=True
    )
    opened_at = models.DateTimeField()
    next_update_due_at = models.DateTimeField()
    clock_began_at = models.DateTimeField(
        null=True,
        blank=True,
        db_comment="Since when it runs, pauses taken out; null: since it was opened.",
    )
    question = models.TextField(blank=True, db_comment="Asked of the customer.")
    merged_into = models.ForeignKey(
        "self", models.PROTECT, related_name="merged", null=True, blank=True
    )

    class Meta:
        constraints = [
            one_of("status", CaseStatus, "recovery_case_status_known"),
            models.CheckConstraint(
                condition=Q(status="merged", merged_into__isnull=False)
                | (~Q(status="merged") & Q(merged_into__isnull=True)),
                name="recovery_case_merged_into_one",
            ),
            models.UniqueConstraint(
                fields=["event"],
                condition=~Q(status__in=sorted(status.value for status in CASE_ENDED)),
                name="recovery_case_one_open_per_event",
            ),
        ]
        indexes = [
            # The queue: what is due next among what is not ended.
            models.Index(
                fields=["next_update_due_at", "id"],
                condition=~Q(status__in=sorted(status.value for status in CASE_ENDED)),
                name="recovery_case_queue",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Decision(models.Model):
    """What is proposed or decided for one case and asset.

    `sealed` is the canonical text the second person approved, `content_digest` its
    SHA-256; the database refuses to change either, or the proposer, once written.
    """

    case = models.ForeignKey(RecoveryCase, models.PROTECT, related_name="decisions")
    kind = word_field(DecisionKind)
    status = word_field(DecisionStatus, default=DecisionStatus.PROPOSED)
    result = models.ForeignKey(AssessmentResult, models.PROTECT, related_name="+")
    asset = models.CharField(max_length=24)
    amount = amount_field(db_comment="Owed, or the deficit; 0 when nothing is owed.")
    reason = models.TextField()
    sealed = models.TextField()
    content_digest = models.CharField(max_length=64)
    proposer = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approver = models.ForeignKey(
        STAFF, models.PROTECT, related_name="+", null=True, blank=True
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            one_of("kind", DecisionKind, "recovery_decision_kind_known"),
            one_of("status", DecisionStatus, "recovery_decision_status_known"),
            never_negative("amount", "recovery_decision_amount_number"),
            models.CheckConstraint(
                condition=~Q(approver=F("proposer")),
                name="recovery_decision_approver_differs",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved") | Q(approver__isnull=False),
                name="recovery_decision_approved_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(status="proposed"),
                name="recovery_decision_one_proposed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.kind}"


class CaseNote(AppendOnly):
    """What staff wrote down, or what was said to and by the customer."""

    case = models.ForeignKey(RecoveryCase, models.PROTECT, related_name="notes")
    author = models.ForeignKey(STAFF, models.PROTECT, related_name="+", null=True)
    is_public = models.BooleanField(default=False)
    text = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.case} note {self.pk}"
