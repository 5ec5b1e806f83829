"""Rules in force: shipped defaults become rows, rows become rule books."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal

from django.db import transaction

from accounts.models import TradingAccount
from recovery.domain.policy_reading import parse_policy
from recovery.domain.rulebook import (
    FeeTerm,
    InstrumentTerm,
    Period,
    PolicyTerm,
    RuleBook,
    TierTerm,
)
from recovery.models import (
    FeeSchedule,
    FeeTierMembership,
    FundingRateEntry,
    Instrument,
    LiquidationPolicy,
)
from recovery.venues.instruments import known_instruments
from recovery.venues.loading import shipped_profiles
from recovery.venues.profile import VenueProfile


@transaction.atomic
def rules_ship() -> None:
    """Write the shipped defaults of venues that have no rows yet.

    What staff or an earlier version wrote is never touched. Every line keeps its
    clause and stays marked "confirm with the venue".
    """
    for profile in shipped_profiles():
        _ship_instruments(profile)
        if not FeeSchedule.objects.filter(venue=profile.code).exists():
            _ship_fees(profile)
        if not LiquidationPolicy.objects.filter(venue=profile.code).exists():
            _ship_policies(profile)


def _ship_instruments(profile: VenueProfile) -> None:
    Instrument.objects.bulk_create(
        [
            Instrument(
                venue=profile.code,
                symbol=line.code,
                product=line.product,
                contract_size=line.contract_size,
                settle_asset=line.settlement_asset,
            )
            for line in profile.instruments
        ],
        ignore_conflicts=True,
    )


def _ship_fees(profile: VenueProfile) -> None:
    FeeSchedule.objects.bulk_create(
        FeeSchedule(
            venue=profile.code,
            tier=line.tier,
            taker_rate=line.taker_rate,
            maker_rate=line.maker_rate,
            period=_period(line.valid_from, line.valid_to),
            terms_reference=line.terms_reference,
        )
        for line in profile.fee_schedule
    )


def _ship_policies(profile: VenueProfile) -> None:
    LiquidationPolicy.objects.bulk_create(
        LiquidationPolicy(
            venue=profile.code,
            terms=dict(line.terms),
            period=_period(line.valid_from, line.valid_to),
            terms_reference=line.terms_reference,
        )
        for line in profile.policies
    )


def _period(first: date, end: date | None) -> tuple[datetime, datetime | None]:
    return _midnight(first), _midnight(end) if end else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


class RuleLoader:
    """Rule books of many accounts with few queries: rows of a venue are read once."""

    def __init__(self) -> None:
        self._venues: dict[str, RuleBook] = {}

    def books(self, accounts: Iterable[TradingAccount]) -> dict[int, RuleBook]:
        """The rule book of each account, by account id."""
        accounts = list(accounts)
        tiers: dict[int, list[TierTerm]] = {}
        members = FeeTierMembership.objects.filter(account__in=accounts)
        for row in members.order_by("period"):
            term = TierTerm(Period(row.period.lower, row.period.upper), row.tier)
            tiers.setdefault(row.account_id, []).append(term)
        books = {}
        for account in accounts:
            venue = self.venue_book(account.venue)
            books[account.pk] = RuleBook(
                policies=venue.policies,
                fees=venue.fees,
                tiers=tuple(tiers.get(account.pk, ())),
                instruments=venue.instruments,
                funding_rates=venue.funding_rates,
            )
        return books

    def venue_book(self, venue: str) -> RuleBook:
        """What a venue's rules say where no account's own tier is known."""
        if venue not in self._venues:
            self._venues[venue] = _venue_book(venue)
        return self._venues[venue]


def _venue_book(venue: str) -> RuleBook:
    policies = LiquidationPolicy.objects.filter(venue=venue).order_by("period")
    fees = FeeSchedule.objects.filter(venue=venue).order_by("period", "tier")
    rates = FundingRateEntry.objects.filter(venue=venue)
    return RuleBook(
        policies=tuple(_policy_term(row) for row in policies),
        fees=tuple(
            FeeTerm(
                Period(row.period.lower, row.period.upper),
                row.tier,
                row.taker_rate,
                row.version,
                row.terms_reference,
            )
            for row in fees
        ),
        tiers=(),
        instruments=known_instruments(
            venue,
            {
                row.symbol: InstrumentTerm(
                    row.symbol, row.contract_size, row.settle_asset, row.product
                )
                for row in Instrument.objects.filter(venue=venue)
            },
        ),
        funding_rates=_funding_rates(
            rates.values_list("instrument", "occurred_at", "funding_rate").iterator()
        ),
    )


def _funding_rates(
    rows: Iterable[tuple[str, datetime, Decimal]],
) -> dict[tuple[str, datetime], Decimal]:
    return {(instrument, at): rate for instrument, at, rate in rows}


def _policy_term(row: LiquidationPolicy) -> PolicyTerm:
    return PolicyTerm(
        period=Period(row.period.lower, row.period.upper),
        policy=parse_policy(row.terms),
        terms=row.terms,
        version=row.version,
        terms_reference=row.terms_reference,
        tolerance=row.tolerance_amount,
    )
