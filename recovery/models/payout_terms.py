"""On what terms a withdrawal leaves: who bears the network's fee, and at what rate."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from recovery.domain.network_fees import FeeBearer
from recovery.models.append_only import AppendOnly
from recovery.models.cases import Decision
from recovery.models.fields import (
    amount_field,
    never_negative,
    one_of,
    positive,
    word_field,
)
from recovery.models.rules import InForce


class NetworkFeeRule(InForce):
    """What a network takes for carrying an asset, and who bears it."""

    asset = models.CharField(max_length=24)
    network = models.CharField(max_length=24)
    bearer = word_field(FeeBearer)
    fee_amount = amount_field(db_comment="In the asset; as sealed into payments.")
    house_cap_amount = amount_field(
        null=True, db_comment="Of a split: the most that the house bears."
    )

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="recovery_network_fee_no_overlap",
                expressions=[
                    ("asset", RangeOperators.EQUAL),
                    ("network", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            one_of("bearer", FeeBearer, "recovery_network_fee_bearer_known"),
            never_negative("fee_amount", "recovery_network_fee_number"),
            models.CheckConstraint(
                condition=Q(bearer="split", house_cap_amount__gte=0)
                | (~Q(bearer="split") & Q(house_cap_amount__isnull=True)),
                name="recovery_network_fee_cap_of_split",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset} on {self.network} v{self.version}"


class Conversion(AppendOnly):
    """A rate at which owed money is turned into a currency for a bank. Written once.

    `rate` is how much of `to_asset` one unit of `from_asset` gives.
    """

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="conversions")
    from_asset = models.CharField(max_length=24)
    from_amount = amount_field()
    to_asset = models.CharField(max_length=24)
    to_amount = amount_field(db_comment="Rounded down to the step.")
    rate = amount_field()
    step = amount_field()
    source = models.CharField(max_length=120)
    quoted_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            positive("from_amount", "recovery_conversion_from_positive"),
            positive("to_amount", "recovery_conversion_to_positive"),
            positive("rate", "recovery_conversion_rate_positive"),
            positive("step", "recovery_conversion_step_positive"),
            models.CheckConstraint(
                condition=~Q(from_asset=F("to_asset")),
                name="recovery_conversion_two_assets",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("quoted_at"))
                & Q(recorded_at__gte=F("quoted_at"))
                & ~Q(source=""),
                name="recovery_conversion_quoted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_asset} to {self.to_asset} at {self.rate.normalize():f}"
