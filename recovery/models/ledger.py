"""Records understood: ledger entries and the platform's own logs beside them."""

from django.db import models

from accounts.models import TradingAccount
from recovery.domain.ledger import EventMarker, LedgerRole, Side
from recovery.models.append_only import AppendOnly
from recovery.models.fields import amount_field, bounded, one_of, word_field
from recovery.models.source_files import SourceFile


class FromSourceFile(AppendOnly):
    """A row that can name its file and line."""

    source_file = models.ForeignKey(
        SourceFile, models.PROTECT, related_name="+", db_index=False
    )
    row_number = models.BigIntegerField()

    class Meta:
        abstract = True


class LedgerEntry(FromSourceFile):
    """One record understood. Loaded by COPY, written once.

    Identity inside an account is (`fingerprint`, `ordinal`): the source's own row id
    where there is one, else the content and how many equal rows stand before it in
    the same file. `sequence` is the order in time inside one file.
    """

    account = models.ForeignKey(
        TradingAccount, models.PROTECT, related_name="ledger_entries", db_index=False
    )
    sequence = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    asset = models.CharField(max_length=24)
    role = word_field(LedgerRole)
    operation = models.CharField(max_length=80)
    amount = amount_field()
    fee_amount = amount_field(default=0)
    funding_amount = amount_field(default=0)
    liquidation_fee_amount = amount_field(default=0)
    instrument = models.CharField(max_length=40, blank=True)
    marker = word_field(EventMarker, blank=True)
    side = word_field(Side, blank=True)
    quantity = amount_field(null=True)
    price = amount_field(null=True)
    mark_price = amount_field(null=True)
    entry_price = amount_field(null=True)
    position_after = amount_field(null=True)
    balance_after = amount_field(null=True)
    source_id = models.CharField(max_length=80, blank=True)
    order_id = models.CharField(max_length=80, blank=True)
    event_reference = models.CharField(max_length=80, blank=True)
    raw_time = models.CharField(max_length=40)
    fingerprint = models.BinaryField(max_length=16)
    ordinal = models.IntegerField(default=0)

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "fingerprint", "ordinal"],
                name="recovery_ledger_entry_once",
            ),
            one_of("role", LedgerRole, "recovery_ledger_entry_role_known"),
            bounded("amount", "recovery_ledger_entry_amount_number"),
            bounded("fee_amount", "recovery_ledger_entry_fee_number"),
            bounded("funding_amount", "recovery_ledger_entry_funding_number"),
            bounded("liquidation_fee_amount", "recovery_ledger_entry_liqfee_number"),
        ]
        indexes = [
            # Detection, assessment and wallet replay read an account in time order.
            models.Index(
                fields=["account", "occurred_at", "id"], name="recovery_entry_in_time"
            ),
            # The desk searches by the platform's event id.
            models.Index(
                fields=["event_reference"],
                condition=~models.Q(event_reference=""),
                name="recovery_entry_event",
            ),
            # The few rows nobody has said the meaning of are listed by row type.
            models.Index(
                fields=["source_file", "operation"],
                condition=models.Q(role="UNKNOWN"),
                name="recovery_entry_unknown",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occurred_at:%Y-%m-%d %H:%M:%S} {self.operation} {self.amount}"


class EngineEntry(FromSourceFile):
    """One row of the platform's liquidation-engine log."""

    event_reference = models.CharField(max_length=80)
    account = models.ForeignKey(TradingAccount, models.PROTECT, related_name="+")
    instrument = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    step = models.IntegerField()
    action = models.CharField(max_length=24)
    margin_mode = models.CharField(max_length=80, blank=True)
    asset = models.CharField(max_length=24)
    trigger_mark_price = amount_field(null=True)
    margin_level = amount_field(null=True)
    bankruptcy_price = amount_field(null=True)
    takeover_price = amount_field(null=True)
    side = word_field(Side, blank=True)
    quantity = amount_field(null=True)
    fill_price = amount_field(null=True)
    entry_price = amount_field(null=True)
    position_after = amount_field(null=True)
    fund_movement = amount_field(null=True)

    class Meta:
        verbose_name_plural = "engine entries"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "event_reference", "step", "action"],
                name="recovery_engine_entry_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_reference} step {self.step}"


class PositionEntry(FromSourceFile):
    """What an account held at an instant, as stated; signed contracts.

    Two files that state different positions of one instant are both kept: each is held
    against the replay, and one of them differs.
    """

    account = models.ForeignKey(TradingAccount, models.PROTECT, related_name="+")
    instrument = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    position = amount_field()
    entry_price = amount_field(null=True)
    mark_price = amount_field(null=True)

    class Meta:
        verbose_name_plural = "stated positions"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "instrument", "occurred_at", "position"],
                name="recovery_position_once",
            ),
            bounded("position", "recovery_position_number"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument} {self.position}"


class MarkPriceEntry(FromSourceFile):
    """One stated mark price."""

    venue = models.CharField(max_length=32)
    instrument = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    mark_price = amount_field()

    class Meta:
        verbose_name_plural = "mark prices"
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "instrument", "occurred_at"],
                name="recovery_mark_price_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument} {self.mark_price}"


class FundingRateEntry(FromSourceFile):
    """One published funding rate."""

    venue = models.CharField(max_length=32)
    instrument = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    funding_rate = amount_field()

    class Meta:
        verbose_name_plural = "funding rates"
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "instrument", "occurred_at"],
                name="recovery_funding_rate_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument} {self.funding_rate}"
