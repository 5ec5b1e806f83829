"""Deficits: who bears them, and what becomes of the customer's part."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from recovery.domain.lifecycle import CollectionStatus
from recovery.domain.policy_words import Bearer
from recovery.models.append_only import AppendOnly
from recovery.models.cases import Decision, RecoveryCase
from recovery.models.fields import amount_field, one_of, positive, word_field

STAFF = settings.AUTH_USER_MODEL


class Collection(models.Model):
    """A deficit that was decided, run to an end. Written by services.collections only.

    `amount` is what the customer would bear; the parts borne by others are shares.
    """

    reference = models.CharField(max_length=24, unique=True)
    case = models.ForeignKey(RecoveryCase, models.PROTECT, related_name="collections")
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="collection")
    asset = models.CharField(max_length=24)
    deficit_amount = amount_field()
    status = word_field(CollectionStatus, default=CollectionStatus.DUE)
    status_since = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    write_off_proposer = models.ForeignKey(
        STAFF, models.PROTECT, related_name="+", null=True, blank=True
    )
    write_off_approver = models.ForeignKey(
        STAFF, models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            positive("deficit_amount", "recovery_collection_amount_positive"),
            one_of("status", CollectionStatus, "recovery_collection_status_known"),
            models.CheckConstraint(
                condition=~Q(write_off_approver=F("write_off_proposer")),
                name="recovery_collection_written_off_by_two",
            ),
            models.CheckConstraint(
                condition=~Q(status="written_off")
                | Q(
                    write_off_proposer__isnull=False,
                    write_off_approver__isnull=False,
                ),
                name="recovery_collection_written_off_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class DeficitShare(AppendOnly):
    """Who bears how much of a deficit, and the clause that says so."""

    collection = models.ForeignKey(Collection, models.PROTECT, related_name="shares")
    bearer = word_field(Bearer)
    amount = amount_field()
    terms_reference = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            positive("amount", "recovery_share_amount_positive"),
            one_of("bearer", Bearer, "recovery_share_bearer_known"),
            models.UniqueConstraint(
                fields=["collection", "bearer"], name="recovery_share_once_a_bearer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.collection} {self.bearer}"


class Instalment(models.Model):
    """One agreed part of a collection: due on a day, paid or not."""

    collection = models.ForeignKey(
        Collection, models.PROTECT, related_name="instalments"
    )
    round = models.PositiveSmallIntegerField(
        default=1, db_comment="Counts the arrangements of one collection."
    )
    number = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    amount = amount_field()
    paid_at = models.DateTimeField(null=True, blank=True)
    paid_reference = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            positive("amount", "recovery_instalment_amount_positive"),
            models.UniqueConstraint(
                fields=["collection", "round", "number"],
                name="recovery_instalment_numbered",
            ),
            models.UniqueConstraint(
                fields=["paid_reference"],
                condition=~Q(paid_reference=""),
                name="recovery_instalment_paid_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.collection} instalment {self.number}"
