"""Customers and their trading accounts."""

from django.db import models

from accounts.masks import masked_name
from accounts.roles import AccountKind, ClientClass, choices


class Customer(models.Model):
    """A customer of the platform. `email` is the mail on file: codes go there only."""

    uid = models.CharField("UID", max_length=40, unique=True)
    full_name = models.CharField(max_length=120)
    email = models.EmailField("mail on file")
    client_class = models.CharField(max_length=16, choices=choices(ClientClass))
    language = models.CharField(max_length=8, default="en")
    jurisdiction = models.CharField(max_length=2, db_comment="ISO 3166-1 alpha-2.")
    created_at = models.DateTimeField(auto_now_add=True)
    cooling_until = models.DateTimeField(
        null=True,
        blank=True,
        db_comment="The mail on file is new: no code and no money before this.",
    )

    def __str__(self) -> str:
        return f"{masked_name(self.full_name)} ({self.uid})"


class TradingAccount(models.Model):
    """One account at one venue; unlinked until somebody says whose it is."""

    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        related_name="trading_accounts",
        null=True,
        blank=True,
    )
    venue = models.CharField(max_length=32)
    number = models.CharField("account number", max_length=64)
    kind = models.CharField(
        max_length=20, choices=choices(AccountKind), default=AccountKind.UNKNOWN
    )
    first_seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "number"], name="accounts_account_once_per_venue"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.venue} {self.number}"
