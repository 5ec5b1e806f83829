"""Where a customer's money may go: proposed, verified, approved, cooled down."""

from enum import StrEnum

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models.customers import Customer
from accounts.models.staff import User
from accounts.roles import ClientClass, choices


class DestinationStatus(StrEnum):
    """How far a destination is."""

    PROPOSED = "proposed"
    VERIFIED = "verified"  # By staff, out of band.
    APPROVED = "approved"  # By a second person; usable once it has cooled down.
    REVOKED = "revoked"


class ScreeningResult(StrEnum):
    """What a screening of an address or account found."""

    CLEAR = "clear"
    HIT = "hit"


class Destination(models.Model):
    """Where a customer's withdrawal may go. Another address is another destination.

    Written by recovery.services.destinations only; the database holds the steps and
    that no two of them are one person's.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="destinations")
    asset = models.CharField(max_length=16)
    network = models.CharField(max_length=24)
    address = models.CharField(max_length=120)
    memo = models.CharField(max_length=256, blank=True)
    is_checked = models.BooleanField(
        default=False, db_comment="A check figure stood against mistyping."
    )
    status = models.CharField(
        max_length=10,
        choices=choices(DestinationStatus),
        default=DestinationStatus.PROPOSED.value,
    )
    proposed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True
    )
    proposed_at = models.DateTimeField(default=timezone.now)
    verified_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True
    )
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_how = models.TextField("how it was verified", blank=True)
    evidence = models.TextField(blank=True, db_comment="Where the proof lies.")
    screening = models.CharField(
        max_length=8, choices=choices(ScreeningResult), blank=True
    )
    screened_by = models.CharField("screening provider", max_length=80, blank=True)
    screened_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    usable_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "asset", "network", "address", "memo"],
                condition=~Q(status="revoked"),
                name="accounts_destination_live_once",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None)
                | (
                    ~Q(approved_by=F("verified_by"))
                    & (Q(proposed_by=None) | ~Q(approved_by=F("proposed_by")))
                ),
                name="accounts_destination_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(status="approved")
                | Q(
                    approved_by__isnull=False,
                    verified_by__isnull=False,
                    usable_at__isnull=False,
                ),
                name="accounts_destination_approved_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.address[:6]}…{self.address[-4:]}"


class CoolDown(models.Model):
    """How long a destination rests before money may go there, by client class."""

    client_class = models.CharField(max_length=16, choices=choices(ClientClass))
    hours = models.PositiveSmallIntegerField()
    valid_from = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client_class", "valid_from"], name="accounts_cool_down_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client_class}: {self.hours} h from {self.valid_from:%Y-%m-%d}"
