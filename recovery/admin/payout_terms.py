"""On what terms withdrawals leave: fees of networks, conversions for banks."""

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
from recovery.admin.show import amount_cell, moment_cell, words
from recovery.domain.duties import Duty
from recovery.domain.network_fees import FeeBearer
from recovery.models import Conversion, NetworkFeeRule
from recovery.services.actors import Actor
from recovery.services.network_fees import NetworkFee, network_fee_change


class NetworkFeeForm(DeskForm):
    """What a network takes for an asset, who bears it, and the clause."""

    asset = forms.CharField(label="Asset", max_length=24)
    network = forms.CharField(
        label="Network", help_text="As TRON; BANK for an IBAN.", max_length=24
    )
    fee = AmountField(label="Fee", help_text="In the asset that is paid out.")
    bearer = forms.ChoiceField(
        label="Borne by", choices=[(one.value, words(one)) for one in FeeBearer]
    )
    cap = AmountField(
        label="House bears up to", help_text="Of a split only.", required=False
    )
    valid_from = forms.DateTimeField(
        label="Valid from (UTC)", help_text="As 2026-12-01 00:00, not in the past."
    )
    terms_reference = forms.CharField(label="Clause of the terms", max_length=200)


def _change(actor: Actor, _none: object, data: Data, now: datetime) -> str:
    fee = NetworkFee(
        data["asset"],
        data["network"],
        FeeBearer(data["bearer"]),
        data["fee"],
        data["cap"],
    )
    rule = network_fee_change(
        actor,
        fee,
        valid_from=data["valid_from"],
        terms_reference=data["terms_reference"],
        now=now,
    )
    return f"{rule} begins; what is proposed already keeps its fee."


@admin.register(NetworkFeeRule)
class NetworkFeeRuleAdmin(PeriodAdmin):
    """Who bears what a network takes."""

    list_display = (
        "__str__",
        "fee_shown",
        "bearer_shown",
        "cap_shown",
        "period_shown",
        "terms_reference",
    )
    list_filter = ("asset", "network", "bearer")
    ordering = ("asset", "network", "-version")
    list_acts = (
        Act(
            "change",
            "Let a new rule begin",
            _change,
            "Begun.",
            frozenset({Duty.ACTIVATE_RULES}),
            NetworkFeeForm,
            hint="The rule in force ends where the new one begins.",
        ),
    )

    @display(description="Fee", ordering="fee_amount")
    def fee_shown(self, rule: NetworkFeeRule) -> SafeString:
        """In the asset."""
        return amount_cell(rule.fee_amount, rule.asset)

    @display(description="Borne by", ordering="bearer")
    def bearer_shown(self, rule: NetworkFeeRule) -> str:
        """Customer, house or both."""
        return words(rule.bearer)

    @display(description="House up to", ordering="house_cap_amount")
    def cap_shown(self, rule: NetworkFeeRule) -> Any:
        """Of a split."""
        if rule.house_cap_amount is None:
            return "—"
        return amount_cell(rule.house_cap_amount, rule.asset)


@admin.register(Conversion)
class ConversionAdmin(DeskAdmin):
    """Rates at which owed money was turned into a currency; written once."""

    list_display = (
        "__str__",
        "from_shown",
        "to_shown",
        "source",
        "quoted_shown",
        "until_shown",
        "recorded_by",
    )
    list_filter = ("from_asset", "to_asset")
    ordering = ("-id",)
    list_select_related = ("recorded_by",)

    @display(description="Gives up", ordering="from_amount")
    def from_shown(self, one: Conversion) -> SafeString:
        """In the asset of the decision."""
        return amount_cell(one.from_amount, one.from_asset)

    @display(description="Gives", ordering="to_amount")
    def to_shown(self, one: Conversion) -> SafeString:
        """In the currency of the bank, rounded down."""
        return amount_cell(one.to_amount, one.to_asset)

    @display(description="Quoted at", ordering="quoted_at")
    def quoted_shown(self, one: Conversion) -> Any:
        """When."""
        return moment_cell(one.quoted_at)

    @display(description="Valid until", ordering="valid_until")
    def until_shown(self, one: Conversion) -> Any:
        """Until when it may be approved."""
        return moment_cell(one.valid_until)
