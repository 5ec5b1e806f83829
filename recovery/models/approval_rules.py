"""How many eyes and how much money: approval policies, prices, counters."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from recovery.models.append_only import AppendOnly
from recovery.models.fields import amount_field, never_negative, positive
from recovery.models.rules import InForce


class ApprovalPolicy(InForce):
    """Limits and head count of one period; `terms` as in domain.approval_rules."""

    terms = models.JSONField()

    class Meta:
        verbose_name_plural = "approval policies"
        constraints = [
            ExclusionConstraint(
                name="recovery_approval_policy_no_overlap",
                expressions=[("period", RangeOperators.OVERLAPS)],
            ),
        ]

    def __str__(self) -> str:
        return f"approval policy v{self.version}"


class AssetPrice(AppendOnly):
    """What one unit of an asset was worth at an instant, and who says so."""

    asset = models.CharField(max_length=24)
    currency = models.CharField(max_length=24)
    price = amount_field()
    priced_at = models.DateTimeField()
    source = models.CharField(max_length=120)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            positive("price", "recovery_asset_price_positive"),
            models.UniqueConstraint(
                fields=["asset", "currency", "priced_at"],
                name="recovery_asset_price_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset}/{self.currency} {self.price}"


class SpendCounter(models.Model):
    """What somebody approved or proposed in one period: the lock under limits.

    The database refuses a total above the limit it was last counted against.
    """

    scope = models.CharField(max_length=80, db_comment="approves:12, customer:7, …")
    period = models.CharField(max_length=10, db_comment="A day or a month of UTC.")
    currency = models.CharField(max_length=24)
    total_amount = amount_field(default=0)
    limit_amount = amount_field(null=True)
    unpriced_count = models.PositiveIntegerField(
        default=0, db_comment="Amounts without a price: beside the total, never as 0."
    )

    class Meta:
        constraints = [
            never_negative("total_amount", "recovery_spend_total_number"),
            models.UniqueConstraint(
                fields=["scope", "period", "currency"], name="recovery_spend_once"
            ),
            models.CheckConstraint(
                condition=Q(limit_amount__isnull=True)
                | Q(total_amount__lte=F("limit_amount")),
                name="recovery_spend_within_limit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.period}"
