"""The truth about one event, computed from the book by plain sums.

Variance = received - expected residual; negative means the customer is short.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from recovery.demo.book import FORCED_KINDS, ZERO, Fact
from recovery.demo.text import plain
from recovery.demo.times import iso_text

FEE_VARIANCE = "FEE_VARIANCE"
FUNDING_VARIANCE = "FUNDING_VARIANCE"
CREDIT_MISSING = "CREDIT_MISSING"
CREDIT_OVER = "CREDIT_OVER"
POLICY_TO_FUND = "POLICY_TO_FUND"
DEFICIT_COVERED = "DEFICIT_COVERED"
_REASON_OF_SCENARIO = {
    "to_fund": POLICY_TO_FUND,
    "deficit_covered": DEFICIT_COVERED,
    "missing": CREDIT_MISSING,
    "over": CREDIT_OVER,
}


class TruthContradictionError(Exception):
    """The generator's own sums do not agree; nothing may be written."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one event was, and what the account's book held around it.

    Attributes:
        facts: from the first forced fill to the last row of the event.
        opening: balance of the scope just before the first of them.
        credits: what was credited for the event later.
    """

    scenario: str
    kind: str
    event_id: str
    margin_mode: str
    leverage: int
    opening: Decimal
    facts: Sequence[Fact]
    credits: Decimal = ZERO
    mark_at_close: Decimal = ZERO

    @property
    def forced(self) -> list[Fact]:
        """The forced fills."""
        return [fact for fact in self.facts if fact.kind in FORCED_KINDS]


@dataclass(frozen=True, slots=True)
class Truth:
    """The answer the product must find for one event."""

    expected_residual: Decimal
    expected_deficit: Decimal
    balance_at_end: Decimal
    received: Decimal
    variance: Decimal
    primary_reason: str | None
    parts: dict[str, Decimal] = field(default_factory=dict)


def truth_of(outcome: Outcome) -> Truth:
    """Sum up one event: what was due, what was booked, and why they differ.

    Raises:
        TruthContradictionError: the parts do not add up to the variance.
    """
    facts = outcome.facts
    due = outcome.opening + sum((fact.amount_due for fact in facts), ZERO)
    balance = outcome.opening + sum((fact.amount for fact in facts), ZERO)
    residual = max(due, ZERO)
    received = balance + outcome.credits
    variance = received - residual
    parts = _parts(outcome, variance)
    if sum(parts.values(), ZERO) != variance:
        message = f"{outcome.scenario}: {parts} do not sum to {variance}"
        raise TruthContradictionError(message)
    return Truth(
        expected_residual=residual,
        expected_deficit=max(-due, ZERO),
        balance_at_end=balance,
        received=received,
        variance=variance,
        primary_reason=_primary_reason(outcome.scenario, parts),
        parts=parts,
    )


def _parts(outcome: Outcome, variance: Decimal) -> dict[str, Decimal]:
    if outcome.scenario == "missing":
        return {CREDIT_MISSING: variance}
    fee = funding = ZERO
    for fact in outcome.facts:
        fee += fact.fee - fact.fee_due
        fee += fact.liquidation_fee - fact.liquidation_fee_due
        funding += fact.funding - fact.funding_due
    named = {
        FEE_VARIANCE: fee,
        FUNDING_VARIANCE: funding,
        CREDIT_OVER: outcome.credits,
    }
    return {reason: amount for reason, amount in named.items() if amount}


def _primary_reason(scenario: str, parts: dict[str, Decimal]) -> str | None:
    named = _REASON_OF_SCENARIO.get(scenario)
    if named or not parts:
        return named
    return max(parts, key=lambda reason: abs(parts[reason]))


def _sum(facts: Sequence[Fact], name: str) -> str:
    return plain(sum((getattr(fact, name) for fact in facts), ZERO))


def _fill_document(fact: Fact) -> dict[str, str]:
    return {
        "at": iso_text(fact.at_ms),
        "kind": fact.kind,
        "side": "buy" if fact.side > 0 else "sell",
        "quantity": plain(fact.quantity),
        "price": plain(fact.price),
        "mark_price": plain(fact.mark),
        "entry_price": plain(fact.entry),
        "position_after": plain(fact.size_after),
        "pnl": plain(fact.pnl),
        "trading_fee": plain(fact.fee),
        "trading_fee_due": plain(fact.fee_due),
        "liquidation_fee": plain(fact.liquidation_fee),
        "liquidation_fee_due": plain(fact.liquidation_fee_due),
    }


def _funding_document(fact: Fact) -> dict[str, str]:
    return {
        "at": iso_text(fact.at_ms),
        "open_size": plain(fact.size_after),
        "charged_quantity": plain(fact.quantity),
        "reference_price": plain(fact.price),
        "rate": plain(fact.rate),
        "amount": plain(fact.funding),
        "amount_due": plain(fact.funding_due),
    }


def _lines_document(facts: Sequence[Fact]) -> dict[str, dict[str, str]]:
    expected = {
        "pnl": _sum(facts, "pnl"),
        "trading_fee": _sum(facts, "fee_due"),
        "liquidation_fee": _sum(facts, "liquidation_fee_due"),
        "funding": _sum(facts, "funding_due"),
    }
    recorded = {
        "pnl": expected["pnl"],
        "trading_fee": _sum(facts, "fee"),
        "liquidation_fee": _sum(facts, "liquidation_fee"),
        "funding": _sum(facts, "funding"),
        "insurance_fund": _sum(facts, "other"),
    }
    return {"expected": expected, "recorded": recorded}


def outcome_document(venue: str, account: str, outcome: Outcome) -> dict[str, object]:
    """One event of truth.json: amounts as decimal texts, instants in UTC."""
    truth = truth_of(outcome)
    first = outcome.forced[0]
    instrument = first.instrument
    started_at = iso_text(outcome.facts[0].at_ms)
    return {
        "key": f"{venue}:{account}:{instrument.name}:{started_at}",
        "venue": venue,
        "account": account,
        "instrument": instrument.name,
        "asset": instrument.asset,
        "kind": outcome.kind,
        "scenario": outcome.scenario,
        "event_reference": outcome.event_id or None,
        "started_at": started_at,
        "last_fill_at": iso_text(outcome.forced[-1].at_ms),
        "ended_at": iso_text(outcome.facts[-1].at_ms),
        "position_side": "long" if first.size_before > 0 else "short",
        "margin_mode": outcome.margin_mode,
        "leverage": outcome.leverage,
        "mark_at_close": plain(outcome.mark_at_close),
        "opening_balance": plain(outcome.opening),
        "balance_at_end": plain(truth.balance_at_end),
        "credited": plain(outcome.credits),
        "expected_residual": plain(truth.expected_residual),
        "expected_deficit": plain(truth.expected_deficit),
        "received": plain(truth.received),
        "variance": plain(truth.variance),
        "primary_reason": truth.primary_reason,
        "parts": {reason: plain(amount) for reason, amount in truth.parts.items()},
        "lines": _lines_document(outcome.facts),
        "fills": [_fill_document(fact) for fact in outcome.forced],
        "fundings": [
            _funding_document(fact) for fact in outcome.facts if fact.kind == "funding"
        ],
    }
