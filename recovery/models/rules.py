"""Policy as data: what was in force when. Periods cannot overlap (database)."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from accounts.models import TradingAccount
from recovery.models.fields import amount_field, never_negative, positive


class Instrument(models.Model):
    """A contract at a venue."""

    venue = models.CharField(max_length=32)
    symbol = models.CharField(max_length=40)
    product = models.CharField(max_length=16, default="linear")
    contract_size = amount_field(default=1)
    settle_asset = models.CharField(max_length=24)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "symbol"], name="recovery_instrument_once"
            ),
            positive("contract_size", "recovery_instrument_size_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.venue} {self.symbol}"


class InForce(models.Model):
    """A rule with a period, a version and the clause it rests on."""

    period = DateTimeRangeField(db_comment="Half open: [from, to).")
    version = models.PositiveIntegerField(default=1)
    terms_reference = models.CharField(max_length=200)
    is_confirmed = models.BooleanField(
        default=False, db_comment="False: confirm with the venue."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class FeeSchedule(InForce):
    """Trading and liquidation fee rates of one tier, as fractions."""

    venue = models.CharField(max_length=32)
    tier = models.CharField(max_length=24, default="base")
    taker_rate = amount_field()
    maker_rate = amount_field()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="recovery_fee_schedule_no_overlap",
                expressions=[
                    ("venue", RangeOperators.EQUAL),
                    ("tier", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            never_negative("taker_rate", "recovery_fee_schedule_taker_number"),
        ]

    def __str__(self) -> str:
        return f"{self.venue} {self.tier} v{self.version}"


class FeeTierMembership(models.Model):
    """Which tier an account was in, and when."""

    account = models.ForeignKey(
        TradingAccount, models.PROTECT, related_name="fee_tiers"
    )
    tier = models.CharField(max_length=24)
    period = DateTimeRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="recovery_fee_tier_no_overlap",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.tier}"


class LiquidationPolicy(InForce):
    """Surplus, deficit, takeover, liquidation fee, rounding: one venue, one period.

    `terms` is the policy grammar of the case format (CASES §4).
    """

    venue = models.CharField(max_length=32)
    product = models.CharField(max_length=16, default="linear")
    terms = models.JSONField()
    tolerance_amount = amount_field(default=0)

    class Meta:
        verbose_name_plural = "liquidation policies"
        constraints = [
            ExclusionConstraint(
                name="recovery_policy_no_overlap",
                expressions=[
                    ("venue", RangeOperators.EQUAL),
                    ("product", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            never_negative("tolerance_amount", "recovery_policy_tolerance_number"),
        ]

    def __str__(self) -> str:
        return f"{self.venue} {self.product} v{self.version}"
