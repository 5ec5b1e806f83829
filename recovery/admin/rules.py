"""Rules in force: schedules, tiers, policies, instruments. Read here."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.utils.safestring import SafeString

from recovery.admin.base import DeskAdmin, all_facts
from recovery.admin.imports import flat
from recovery.admin.pages import Fact, Page, Visit, heads, table_block
from recovery.admin.show import amount_cell, badge, moment, plain_amount, words
from recovery.models import (
    FeeSchedule,
    FeeTierMembership,
    Instrument,
    LiquidationPolicy,
)


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
