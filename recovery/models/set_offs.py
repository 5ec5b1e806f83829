"""Set-offs: owed to the customer against owed by the customer, only by a policy."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Q

from recovery.domain.deficit_shares import PROTECTED_CLASSES
from recovery.domain.set_off import SetOffStatus
from recovery.models.cases import Decision
from recovery.models.collections import Collection
from recovery.models.fields import amount_field, one_of, positive, word_field
from recovery.models.rules import InForce

STAFF = settings.AUTH_USER_MODEL


class SetOffPolicy(InForce):
    """That set-off is allowed at all, at a venue, for which client classes."""

    venue = models.CharField(max_length=32)
    client_classes = ArrayField(models.CharField(max_length=16))

    class Meta:
        verbose_name_plural = "set-off policies"
        constraints = [
            ExclusionConstraint(
                name="recovery_set_off_policy_no_overlap",
                expressions=[
                    ("venue", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=~Q(client_classes__overlap=sorted(PROTECTED_CLASSES)),
                name="recovery_set_off_policy_spares_protected",
            ),
            models.CheckConstraint(
                condition=~Q(terms_reference=""),
                name="recovery_set_off_policy_has_clause",
            ),
        ]

    def __str__(self) -> str:
        return f"set-off at {self.venue} v{self.version}"


class SetOff(models.Model):
    """One amount taken from both sides, shown on both. Written by services.set_offs.

    Both amounts before it are sealed with it; it is reversed, never deleted.
    """

    reference = models.CharField(max_length=24, unique=True)
    policy = models.ForeignKey(SetOffPolicy, models.PROTECT, related_name="set_offs")
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="set_offs")
    collection = models.ForeignKey(Collection, models.PROTECT, related_name="set_offs")
    asset = models.CharField(max_length=24)
    amount = amount_field()
    owed_before_amount = amount_field(db_comment="Owed to the customer, unpaid.")
    due_before_amount = amount_field(db_comment="Owed by the customer, unpaid.")
    status = word_field(SetOffStatus, default=SetOffStatus.PROPOSED)
    reason = models.TextField()
    sealed = models.TextField()
    content_digest = models.CharField(max_length=64)
    proposer = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approver = models.ForeignKey(
        STAFF, models.PROTECT, related_name="+", null=True, blank=True
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        STAFF, models.PROTECT, related_name="+", null=True, blank=True
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.TextField(blank=True)

    class Meta:
        verbose_name = "set-off"
        verbose_name_plural = "set-offs"
        constraints = [
            positive("amount", "recovery_set_off_amount_positive"),
            one_of("status", SetOffStatus, "recovery_set_off_status_known"),
            models.CheckConstraint(
                condition=Q(amount__lte=F("owed_before_amount"))
                & Q(amount__lte=F("due_before_amount")),
                name="recovery_set_off_within_both",
            ),
            models.CheckConstraint(
                condition=~Q(approver=F("proposer")),
                name="recovery_set_off_two_people",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "withdrawn"])
                | Q(approver__isnull=False, approved_at__isnull=False),
                name="recovery_set_off_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["proposed", "approved"])
                | (Q(ended_at__isnull=False) & ~Q(ended_reason="")),
                name="recovery_set_off_ended_whole",
            ),
            # Who takes it back is neither who proposed nor who approved it.
            models.CheckConstraint(
                condition=~Q(status="reversed")
                | (
                    Q(ended_by__isnull=False)
                    & ~Q(ended_by=F("proposer"))
                    & ~Q(ended_by=F("approver"))
                ),
                name="recovery_set_off_reversed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.reference
