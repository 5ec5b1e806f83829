"""Goodwill: what may be given though nothing is owed, why, and how much in a month."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models

from recovery.models.fields import amount_field, bounded, never_negative, positive
from recovery.models.rules import InForce


class GoodwillReason(models.Model):
    """One reason for which goodwill may be given. Ended, never deleted.

    `told` is what the customer reads.
    """

    code = models.SlugField(max_length=40, unique=True)
    told = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.told


class GoodwillBudget(InForce):
    """How much goodwill a calendar month of UTC may hold, in the reporting currency.

    The row in force is the lock under which a month's goodwill is added up (database).
    Another version for the rest of a month counts what was given under the one before.
    """

    currency = models.CharField(max_length=24)
    month_amount = amount_field()
    each_amount = amount_field(db_comment="The most in one payment.")
    customer_amount = amount_field(db_comment="The most to one customer in a month.")
    two_above = amount_field(null=True, db_comment="Above it two people approve.")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="recovery_goodwill_budget_no_overlap",
                expressions=[("period", RangeOperators.OVERLAPS)],
            ),
            never_negative("month_amount", "recovery_goodwill_month_number"),
            positive("each_amount", "recovery_goodwill_each_positive"),
            positive("customer_amount", "recovery_goodwill_customer_positive"),
            bounded("two_above", "recovery_goodwill_two_number", null=True),
        ]

    def __str__(self) -> str:
        return f"goodwill budget v{self.version}"
