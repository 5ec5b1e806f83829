"""Changes of the mail on file, and looks behind the mask of personal data."""

from enum import StrEnum

from django.db import models
from django.db.models import F, Q

from accounts.models.customers import Customer
from accounts.models.staff import User
from accounts.roles import choices


class ContactChangeStatus(StrEnum):
    """How far a change of the mail on file is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


class ContactChange(models.Model):
    """A new mail on file for a customer: proposed by one, approved by another.

    Written by recovery.services.contacts only; the database changes a customer's
    mail for an approved one and for nothing else (TRUST T18).
    """

    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="contact_changes"
    )
    old_mail = models.EmailField()
    new_mail = models.EmailField()
    how = models.TextField("how it was verified")
    status = models.CharField(
        max_length=10,
        choices=choices(ContactChangeStatus),
        default=ContactChangeStatus.PROPOSED.value,
    )
    proposed_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True
    )
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, blank=True
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None)
                | Q(proposed_by=None)
                | ~Q(decided_by=F("proposed_by")),
                name="accounts_contact_second_person",
            ),
            models.CheckConstraint(
                condition=Q(status="proposed") | Q(decided_by__isnull=False),
                name="accounts_contact_decided_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(status="proposed"),
                name="accounts_contact_one_proposed",
            ),
        ]

    def __str__(self) -> str:
        return f"new mail on file of {self.customer}"


class PersonalLook(models.Model):
    """Somebody asked to see a customer's personal data, and why (TRUST T19)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="looks")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="looks")
    reason = models.CharField(max_length=400)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["user", "at"], name="accounts_look_by_user"),
            models.Index(fields=["at"], name="accounts_look_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.customer}"
