"""Customers, their trading accounts and where their money may go."""

from django.db import models

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

    def __str__(self) -> str:
        return f"{self.full_name} ({self.uid})"


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


class Destination(models.Model):
    """Where a customer's withdrawal may go; on file only once verified."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="destinations")
    asset = models.CharField(max_length=16)
    network = models.CharField(max_length=24)
    address = models.CharField(max_length=120)
    memo = models.CharField(max_length=64, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "asset", "network", "address", "memo"],
                name="accounts_destination_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.address[:6]}…{self.address[-4:]}"
