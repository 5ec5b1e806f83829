"""Payments, the batches they leave in, and approvals."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Destination, RoleGrant
from recovery.domain.lifecycle import HELD_FROM, PAYMENT_VOID, PaymentStatus
from recovery.domain.words import PaymentKind
from recovery.models.append_only import AppendOnly
from recovery.models.cases import Decision, RecoveryCase
from recovery.models.events import Event
from recovery.models.fields import (
    amount_field,
    bounded,
    never_negative,
    one_of,
    positive,
    word_field,
)
from recovery.models.goodwill import GoodwillBudget, GoodwillReason
from recovery.models.payout_terms import Conversion, NetworkFeeRule

STAFF = settings.AUTH_USER_MODEL
_NEEDS_APPROVER = [
    status.value
    for status in PaymentStatus
    if status
    not in {PaymentStatus.PROPOSED, PaymentStatus.CANCELLED, PaymentStatus.HELD}
]
# What was once in a file names the batch it left in.
_LEFT = [
    "in_batch",
    "sent",
    "posted",
    "confirmed",
    "uncertain",
    "returned",
    "destination_needed",
    "replaced",
]


class PayoutBatch(models.Model):
    """Payments that leave in one file, with count, totals and hash total.

    Written by services.batches only. Released by somebody who built neither it nor
    any payment in it.
    """

    reference = models.CharField(max_length=24, unique=True)
    kind = word_field(PaymentKind)
    built_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    built_at = models.DateTimeField()
    released_by = models.ForeignKey(
        STAFF, models.PROTECT, related_name="+", null=True, blank=True
    )
    released_at = models.DateTimeField(null=True, blank=True)
    lines = models.PositiveIntegerField()
    totals = models.JSONField(db_comment="Decimal strings by asset.")
    hash_total = models.CharField(max_length=64)
    file_name = models.CharField(max_length=120, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "payout batches"
        constraints = [
            models.CheckConstraint(
                condition=~Q(released_by=F("built_by")),
                name="recovery_batch_releaser_differs",
            ),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True, released_at__isnull=True)
                | Q(released_by__isnull=False, released_at__isnull=False),
                name="recovery_batch_released_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Payment(models.Model):
    """One movement of one amount, with its own life.

    Written by services.payments and services.batches only. Amount, asset, kind,
    destination and proposer never change after the insert (database).
    """

    reference = models.CharField(max_length=24, unique=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(RecoveryCase, models.PROTECT, related_name="payments")
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="payments")
    event = models.ForeignKey(Event, models.PROTECT, related_name="payments")
    kind = word_field(PaymentKind)
    asset = models.CharField(max_length=24)
    amount = amount_field()
    destination = models.ForeignKey(
        Destination, models.PROTECT, related_name="+", null=True, blank=True
    )
    hold_reference = models.CharField(
        max_length=80, blank=True, db_comment="The wallet system's own hold."
    )
    status = word_field(PaymentStatus, default=PaymentStatus.PROPOSED)
    status_since = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    sealed = models.TextField()
    content_digest = models.CharField(max_length=64)
    proposer = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approvals_needed = models.PositiveSmallIntegerField(default=1)
    value_amount = amount_field(
        null=True, db_comment="In the reporting currency; null: no price was known."
    )
    value_currency = models.CharField(max_length=24, blank=True)
    approver = models.ForeignKey(
        STAFF, models.PROTECT, related_name="+", null=True, blank=True
    )
    batch = models.ForeignKey(
        PayoutBatch, models.PROTECT, related_name="payments", null=True, blank=True
    )
    confirmation_reference = models.CharField(max_length=120, blank=True)
    fee_amount = amount_field(
        default=0, db_comment="The customer's part of the network's fee."
    )
    house_fee_amount = amount_field(default=0)
    network_fee_rule = models.ForeignKey(
        NetworkFeeRule, models.PROTECT, related_name="+", null=True, blank=True
    )
    sent_amount = models.GeneratedField(
        expression=F("amount") - F("fee_amount"),
        output_field=amount_field(),
        db_persist=True,
        db_comment="What leaves, in the asset; the rest is the customer's fee.",
    )
    conversion = models.ForeignKey(
        Conversion, models.PROTECT, related_name="payments", null=True, blank=True
    )
    held_reason = models.TextField(blank=True, db_comment="For compliance only.")
    held_from = models.CharField(max_length=24, blank=True)
    replaces = models.OneToOneField(
        "self", models.PROTECT, related_name="replaced_by", null=True, blank=True
    )
    goodwill_budget = models.ForeignKey(
        GoodwillBudget, models.PROTECT, related_name="payments", null=True, blank=True
    )
    goodwill_reason = models.ForeignKey(
        GoodwillReason, models.PROTECT, related_name="+", null=True, blank=True
    )
    goodwill_words = models.TextField(
        blank=True, db_comment="Why, in the proposer's words; staff read it."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind="goodwill",
                    goodwill_budget__isnull=False,
                    goodwill_reason__isnull=False,
                    value_amount__isnull=False,
                    destination__isnull=True,
                )
                | Q(
                    ~Q(kind="goodwill"),
                    goodwill_budget__isnull=True,
                    goodwill_reason__isnull=True,
                ),
                name="recovery_payment_goodwill_whole",
            ),
            positive("amount", "recovery_payment_amount_positive"),
            never_negative("fee_amount", "recovery_payment_fee_number"),
            never_negative("house_fee_amount", "recovery_payment_house_fee_number"),
            models.CheckConstraint(
                condition=Q(fee_amount__lt=F("amount")),
                name="recovery_payment_something_is_sent",
            ),
            models.CheckConstraint(
                condition=Q(kind="withdrawal")
                | Q(
                    fee_amount=0,
                    house_fee_amount=0,
                    network_fee_rule__isnull=True,
                    conversion__isnull=True,
                ),
                name="recovery_payment_terms_of_withdrawal",
            ),
            models.UniqueConstraint(
                fields=["conversion"],
                condition=~Q(
                    status__in=sorted(status.value for status in PAYMENT_VOID)
                ),
                name="recovery_payment_conversion_serves_one",
            ),
            one_of("status", PaymentStatus, "recovery_payment_status_known"),
            one_of("kind", PaymentKind, "recovery_payment_kind_known"),
            models.CheckConstraint(
                condition=~Q(approver=F("proposer")),
                name="recovery_payment_approver_differs",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=_NEEDS_APPROVER) | Q(approver__isnull=False),
                name="recovery_payment_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(kind="withdrawal")
                | (Q(destination__isnull=False) & ~Q(hold_reference="")),
                name="recovery_payment_withdrawal_has_destination",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=_LEFT) | Q(batch__isnull=False),
                name="recovery_payment_sent_in_batch",
            ),
            models.CheckConstraint(
                condition=Q(approvals_needed__gte=1, approvals_needed__lte=2),
                name="recovery_payment_approvals_one_or_two",
            ),
            bounded("value_amount", "recovery_payment_value_number", null=True),
            models.CheckConstraint(
                condition=Q(
                    status="held",
                    held_from__in=sorted(status.value for status in HELD_FROM),
                )
                | (~Q(status="held") & Q(held_from="")),
                name="recovery_payment_held_from_somewhere",
            ),
            models.UniqueConstraint(
                fields=["hold_reference"],
                condition=~Q(hold_reference="")
                & ~Q(status__in=sorted(status.value for status in PAYMENT_VOID)),
                name="recovery_payment_hold_serves_one",
            ),
            models.UniqueConstraint(
                fields=["confirmation_reference"],
                condition=~Q(confirmation_reference=""),
                name="recovery_payment_confirmation_once",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Approval(AppendOnly):
    """One second person, one subject, one sealed content. Written once.

    The database moves a decision or payment to approved only when this row stands
    beside it with the same digest and two different people.
    """

    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="approval", null=True, blank=True
    )
    payment = models.ForeignKey(
        Payment, models.PROTECT, related_name="approvals", null=True, blank=True
    )
    number = models.PositiveSmallIntegerField(
        default=1, db_comment="The first or second approval of one payment."
    )
    proposer = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    approver = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    approver_role = models.CharField(max_length=16)
    content = models.TextField()
    content_digest = models.CharField(max_length=64)
    role_grant = models.ForeignKey(
        RoleGrant,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_comment="The grant that let the approver approve; by the database.",
    )
    grant_age = models.DurationField(
        null=True, blank=True, db_comment="How old that grant was."
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(approver=F("proposer")),
                name="recovery_approval_two_people",
            ),
            models.CheckConstraint(
                condition=Q(decision__isnull=False, payment__isnull=True)
                | Q(decision__isnull=True, payment__isnull=False),
                name="recovery_approval_one_subject",
            ),
            models.UniqueConstraint(
                fields=["payment", "number"], name="recovery_approval_numbered"
            ),
            models.UniqueConstraint(
                fields=["payment", "approver"], name="recovery_approval_once_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision or self.payment} by {self.approver}"
