"""Owed and not claimed: rules per asset, attempts to reach, releases on proof."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from recovery.domain.unclaimed import ContactWay
from recovery.models.append_only import AppendOnly
from recovery.models.cases import Decision, RecoveryCase
from recovery.models.fields import amount_field, never_negative, one_of, word_field
from recovery.models.rules import InForce

STAFF = settings.AUTH_USER_MODEL


class UnclaimedRule(InForce):
    """Of an asset: what is dust, and after how many days owed money is dormant.

    Neither is paid without a release on proof.
    """

    asset = models.CharField(max_length=24)
    dust_amount = amount_field(db_comment="Up to this an owed amount is dust.")
    dormant_days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="recovery_unclaimed_rule_no_overlap",
                expressions=[
                    ("asset", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            never_negative("dust_amount", "recovery_unclaimed_dust_number"),
        ]

    def __str__(self) -> str:
        return f"unclaimed {self.asset} v{self.version}"


class ContactAttempt(AppendOnly):
    """Somebody tried to reach a customer whose money lies still. Written once."""

    case = models.ForeignKey(
        RecoveryCase, models.PROTECT, related_name="contact_attempts"
    )
    way = word_field(ContactWay)
    was_reached = models.BooleanField()
    text = models.TextField(db_comment="Who spoke, or what came back.")
    by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            one_of("way", ContactWay, "recovery_contact_way_known"),
            models.CheckConstraint(
                condition=~Q(text=""), name="recovery_contact_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} {self.way} {self.at:%Y-%m-%d}"


class UnclaimedRelease(models.Model):
    """Dust or dormant money may be paid: proof by one, agreed by another."""

    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="unclaimed_release"
    )
    proof = models.TextField(db_comment="How it was proved whose money it is.")
    evidence = models.TextField(db_comment="Where the proof lies.")
    recorded_by = models.ForeignKey(STAFF, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    approver = models.ForeignKey(
        STAFF, models.PROTECT, related_name="+", null=True, blank=True
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(approver=F("recorded_by")),
                name="recovery_release_two_people",
            ),
            models.CheckConstraint(
                condition=Q(approver__isnull=True, approved_at__isnull=True)
                | Q(approver__isnull=False, approved_at__isnull=False),
                name="recovery_release_approved_whole",
            ),
            models.CheckConstraint(
                condition=~Q(proof="") & ~Q(evidence=""),
                name="recovery_release_has_proof",
            ),
        ]

    def __str__(self) -> str:
        return f"release of {self.decision}"
