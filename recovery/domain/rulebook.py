"""The rules of one venue and account, each with the time it was in force."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from recovery.domain.errors import NotReadyError
from recovery.domain.instruments import Product
from recovery.domain.ledger import ZERO
from recovery.domain.policy import Policy


class Period(NamedTuple):
    """Half open: from `start` up to, not including, `end`."""

    start: datetime | None
    end: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies inside."""
        return (self.start is None or self.start <= at) and (
            self.end is None or at < self.end
        )


class FeeTerm(NamedTuple):
    """Trading fee rates of one tier, as fractions of the notional."""

    period: Period
    tier: str
    taker_rate: Decimal
    version: int
    terms_reference: str


class TierTerm(NamedTuple):
    """The tier the account was in."""

    period: Period
    tier: str


class PolicyTerm(NamedTuple):
    """What the venue does with surplus, deficit, takeover and liquidation fee."""

    period: Period
    policy: Policy
    terms: Mapping[str, object]
    version: int
    terms_reference: str
    tolerance: Decimal = ZERO


class InstrumentTerm(NamedTuple):
    """What a contract is."""

    symbol: str
    contract_size: Decimal
    settle_asset: str
    product: str = "linear"


class MarkAt(NamedTuple):
    """A mark price of an instrument."""

    at: datetime
    price: Decimal


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Everything an assessment may ask for; nothing is looked up elsewhere.

    Attributes:
        marks: By instrument, oldest first; needed for scopes of several positions
            and where fee cap and cover act at every fill.
    """

    policies: tuple[PolicyTerm, ...]
    fees: tuple[FeeTerm, ...]
    tiers: tuple[TierTerm, ...]
    instruments: Mapping[str, InstrumentTerm]
    funding_rates: Mapping[tuple[str, datetime], Decimal] = field(default_factory=dict)
    marks: Mapping[str, Sequence[MarkAt]] = field(default_factory=dict)

    def mark_at(self, instrument: str, at: datetime) -> Decimal | None:
        """The last mark price told at or before an instant; None where none was."""
        told = self.marks.get(instrument, ())
        place = bisect_right(told, at, key=lambda mark: mark.at)
        return told[place - 1].price if place else None

    def product_of(self, instrument: str) -> Product:
        """The payoff of a contract; linear where nobody said."""
        term = self.instruments.get(instrument)
        return Product(term.product) if term else Product.LINEAR

    def policy_at(self, at: datetime) -> PolicyTerm:
        """The policy in force.

        Raises:
            NotReadyError: None was; nothing may be assessed without one.
        """
        for term in self.policies:
            if term.period.holds(at):
                return term
        raise NotReadyError(f"No liquidation policy was in force at {at:%Y-%m-%d}.")

    def tier_at(self, at: datetime) -> str | None:
        """The account's tier; None when nobody said."""
        for term in self.tiers:
            if term.period.holds(at):
                return term.tier
        return None

    def fees_at(self, at: datetime) -> list[FeeTerm]:
        """Every tier's rates in force."""
        return [term for term in self.fees if term.period.holds(at)]
