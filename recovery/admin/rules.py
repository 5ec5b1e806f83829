"""Rules in force: schedules, tiers, policies, instruments. Read here."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.utils.safestring import SafeString

from recovery.admin.acts import Act, Data
from recovery.admin.base import DeskAdmin, all_facts
from recovery.admin.forms import AmountField, DeskForm
from recovery.admin.import_blocks import flat
from recovery.admin.pages import Fact, Page, Visit, heads, table_block
from recovery.admin.show import amount_cell, badge, moment, plain_amount, words
from recovery.domain.duties import Duty
from recovery.models import (
    FeeSchedule,
    FeeTierMembership,
    Instrument,
    LiquidationPolicy,
)
from recovery.services.actors import Actor
from recovery.services.rule_changes import fee_schedule_change


def period_text(period: Any) -> str:
    """From when until when a rule holds."""
    if period is None:
        return "—"
    start = moment(period.lower) if period.lower else "the beginning"
    end = f"before {moment(period.upper)}" if period.upper else "further notice"
    return f"{start} until {end}"


def rate_text(rate: Any) -> str:
    """A fraction as per cent."""
    return f"{plain_amount(rate * 100)} %"


class ScheduleForm(DeskForm):
    """New rates of a tier, from when, and the clause they rest on."""

    venue = forms.CharField(label="Venue", max_length=32)
    tier = forms.CharField(label="Tier", max_length=24, initial="base")
    taker_rate = AmountField(
        label="Taker rate", help_text="Share of the notional: 0.0005 is 0.05 %."
    )
    maker_rate = AmountField(label="Maker rate")
    valid_from = forms.DateTimeField(
        label="Valid from (UTC)",
        help_text="As 2026-12-01 00:00; the line in force ends there.",
    )
    terms_reference = forms.CharField(label="Clause of the terms", max_length=200)


def _schedule_change(actor: Actor, _none: object, data: Data, _now: datetime) -> str:
    line = fee_schedule_change(actor, **data)
    return f"{line} begins; events of {line.venue} are being assessed anew."


class PeriodAdmin(DeskAdmin):
    """A rule with a period."""

    @display(description="In force", ordering="period")
    def period_shown(self, rule: Any) -> str:
        """From when until when."""
        return period_text(rule.period)

    @display(description="Terms", ordering="is_confirmed")
    def confirmed_shown(self, rule: Any) -> SafeString:
        """Whether the venue confirmed it."""
        if rule.is_confirmed:
            return badge("confirmed", "good")
        return badge("confirm with the venue", "wait")

    def page(self, visit: Visit) -> Page:
        """Every field in words."""
        subject = visit.subject
        facts = all_facts(subject, "period", "terms")
        page = Page(
            title=str(subject),
            kind=str(self.opts.verbose_name).capitalize(),
            facts=[Fact("In force", period_text(subject.period)), *facts],
        )
        terms = getattr(subject, "terms", None)
        if terms:
            rows = [(words(str(key)), flat(value)) for key, value in terms.items()]
            page.blocks = [table_block("Terms", heads("Part", "Rule"), rows)]
        return page


@admin.register(FeeSchedule)
class FeeScheduleAdmin(PeriodAdmin):
    """Fee rates of a tier."""

    list_display = (
        "venue",
        "tier",
        "version",
        "taker_shown",
        "maker_shown",
        "period_shown",
        "terms_reference",
        "confirmed_shown",
    )
    list_filter = ("venue", "tier", "is_confirmed")
    ordering = ("venue", "tier", "-version")
    list_acts = (
        Act(
            "change",
            "Let new rates begin",
            _schedule_change,
            "Begun.",
            frozenset({Duty.ACTIVATE_RULES}),
            ScheduleForm,
            hint="Nothing is edited: the line in force ends where the new one begins.",
        ),
    )

    @display(description="Taker", ordering="taker_rate")
    def taker_shown(self, schedule: FeeSchedule) -> str:
        """Per cent."""
        return rate_text(schedule.taker_rate)

    @display(description="Maker", ordering="maker_rate")
    def maker_shown(self, schedule: FeeSchedule) -> str:
        """Per cent."""
        return rate_text(schedule.maker_rate)


@admin.register(LiquidationPolicy)
class PolicyAdmin(PeriodAdmin):
    """What a venue does with surplus and deficit."""

    list_display = (
        "venue",
        "product",
        "version",
        "period_shown",
        "terms_reference",
        "confirmed_shown",
    )
    list_filter = ("venue", "product", "is_confirmed")
    ordering = ("venue", "product", "-version")


@admin.register(FeeTierMembership)
class TierAdmin(PeriodAdmin):
    """Which tier an account was in."""

    list_display = ("account", "tier", "period_shown")
    list_filter = ("tier",)
    search_fields = ("account__number__exact",)
    search_help_text = "Account number"
    ordering = ("-id",)
    list_select_related = ("account",)


@admin.register(Instrument)
class InstrumentAdmin(DeskAdmin):
    """Contracts."""

    list_display = ("venue", "symbol", "product", "size_shown", "settle_asset")
    list_filter = ("venue", "product")
    search_fields = ("symbol",)
    ordering = ("venue", "symbol")

    @display(description="Contract size", ordering="contract_size")
    def size_shown(self, instrument: Instrument) -> SafeString:
        """In the underlying."""
        return amount_cell(instrument.contract_size)
