"""Claims customers file, and the codes that let them in."""

from django.db import models

from accounts.models import Customer
from recovery.models.cases import RecoveryCase


class Claim(models.Model):
    """What a stranger filed. Whether it matched is never told to the filer."""

    reference = models.CharField(max_length=32, unique=True)
    account_number = models.CharField(max_length=64)
    transaction_id = models.CharField(max_length=80, blank=True)
    instrument = models.CharField(max_length=40, blank=True)
    happened_at = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True)
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="claims", null=True, blank=True
    )
    case = models.ForeignKey(
        RecoveryCase, models.PROTECT, related_name="claims", null=True, blank=True
    )
    filed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.reference


class ClaimCode(models.Model):
    """One mailed code: short-lived, single use, five tries, stored as a hash."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="codes")
    session_hash = models.CharField(max_length=64)
    code_hash = models.CharField(max_length=128)
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["claim", "-made_at"], name="recovery_code_new")]

    def __str__(self) -> str:
        return f"code {self.pk} of {self.claim}"
