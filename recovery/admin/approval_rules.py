"""Approval policies and the prices their limits are measured with."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data
from recovery.admin.base import DeskAdmin
from recovery.admin.forms import AmountField, DeskForm
from recovery.admin.rules import PeriodAdmin
from recovery.admin.show import amount_cell, moment_cell
from recovery.domain.duties import Duty
from recovery.models import ApprovalPolicy, AssetPrice
from recovery.services.actors import Actor
from recovery.services.approval_policies import (
    approval_policy_change,
    asset_price_record,
)


class ApprovalPolicyForm(DeskForm):
    """Head count, levels and limits, from when, and the house rule behind them."""

    terms = forms.JSONField(
        label="Terms",
        help_text='{"currency": "USD", "headcount": 3, "two_above": "10000", '
        '"limits": {"approves": {"each": "50000", "day": "200000"}}, '
        '"roles": {"support": {"proposes_amount": {"each": "500"}}, '
        '"checker": {"approves": {"each": "20000"}}}}',
    )
    valid_from = forms.DateTimeField(
        label="Valid from (UTC)", help_text="As 2026-12-01 00:00, not in the past."
    )
    terms_reference = forms.CharField(label="House rule", max_length=200)


class AssetPriceForm(DeskForm):
    """What one unit was worth, when, and who says so."""

    asset = forms.CharField(label="Asset", max_length=24)
    currency = forms.CharField(label="Reporting currency", max_length=24)
    price = AmountField(label="Price of one unit")
    priced_at = forms.DateTimeField(label="As of (UTC)")
    source = forms.CharField(label="Source", max_length=120)


def _change(actor: Actor, _none: object, data: Data, now: datetime) -> str:
    policy = approval_policy_change(actor, **data, now=now)
    return f"{policy} begins; what is proposed already keeps its level."


def _record(actor: Actor, _none: object, data: Data, now: datetime) -> str:
    return f"Recorded: {asset_price_record(actor, **data, now=now)}."


@admin.register(ApprovalPolicy)
class ApprovalPolicyAdmin(PeriodAdmin):
    """How many eyes, and how much one person may let through."""

    list_display = ("__str__", "period_shown", "terms_reference", "created_by")
    ordering = ("-version",)
    list_acts = (
        Act(
            "change",
            "Let a new policy begin",
            _change,
            "Begun.",
            frozenset({Duty.ACTIVATE_RULES}),
            ApprovalPolicyForm,
            hint="The policy in force ends where the new one begins.",
        ),
    )


@admin.register(AssetPrice)
class AssetPriceAdmin(DeskAdmin):
    """Prices by time; never changed, never guessed."""

    list_display = ("asset", "currency", "price_shown", "at_shown", "source")
    list_filter = ("asset", "currency")
    ordering = ("-priced_at",)
    list_acts = (
        Act(
            "record",
            "Record a price",
            _record,
            "Recorded.",
            frozenset({Duty.ACTIVATE_RULES}),
            AssetPriceForm,
        ),
    )

    @display(description="Price", ordering="price")
    def price_shown(self, price: AssetPrice) -> SafeString:
        """In the reporting currency."""
        return amount_cell(price.price, price.currency)

    @display(description="As of", ordering="priced_at")
    def at_shown(self, price: AssetPrice) -> Any:
        """Of which instant."""
        return moment_cell(price.priced_at)
