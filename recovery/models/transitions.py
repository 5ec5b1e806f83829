"""Every step of every lifecycle, as a row."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from recovery.models.append_only import AppendOnly
from recovery.models.cases import RecoveryCase
from recovery.models.collections import Collection
from recovery.models.payments import Payment

STAFF = settings.AUTH_USER_MODEL


class Transition(AppendOnly):
    """One step of one lifecycle: who, from, to, why.

    `version` is the version of case, payment or collection that the step made: a row
    speaks of one change and no other (database).
    """

    case = models.ForeignKey(RecoveryCase, models.PROTECT, related_name="transitions")
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="transitions", null=True, blank=True
    )
    collection = models.ForeignKey(
        Collection, models.PROTECT, related_name="transitions", null=True, blank=True
    )
    version = models.PositiveIntegerField()
    action = models.CharField(max_length=32)
    from_status = models.CharField(max_length=24)
    to_status = models.CharField(max_length=24)
    actor = models.ForeignKey(
        STAFF, models.PROTECT, related_name="+", null=True, blank=True
    )
    actor_name = models.CharField(max_length=80)
    reason = models.TextField(blank=True)
    receipt_digest = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(payment__isnull=True) | Q(collection__isnull=True),
                name="recovery_transition_one_subject",
            ),
            models.UniqueConstraint(
                fields=["case", "version"],
                condition=Q(payment__isnull=True, collection__isnull=True),
                name="recovery_transition_case_version",
            ),
            models.UniqueConstraint(
                fields=["payment", "version"],
                name="recovery_transition_payment_version",
            ),
            models.UniqueConstraint(
                fields=["collection", "version"],
                name="recovery_transition_collect_version",
            ),
        ]
        indexes = [
            models.Index(fields=["case", "id"], name="recovery_transition_case"),
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.from_status} to {self.to_status}"
