"""The product's core, fed with the files alone, finds the truth to the last digit."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from recovery.demo.times import DAY_MS, iso_text
from recovery.domain.assessment import assess_event
from recovery.domain.breaks import find_reason
from recovery.domain.detection import detect_events
from recovery.domain.history import Entry, gather_items
from recovery.domain.ledger import FundingRate, LedgerLine
from recovery.domain.opening import find_openings
from recovery.domain.policy_reading import parse_policy
from recovery.domain.rulebook import (
    FeeTerm,
    InstrumentTerm,
    Period,
    PolicyTerm,
    RuleBook,
    TierTerm,
)
from recovery.sheets.open_source import open_source
from recovery.venues.interpretation import Interpreter
from recovery.venues.loading import shipped_profiles
from recovery.venues.profile import VenueProfile
from recovery.venues.proofs import in_time_order
from recovery.venues.recognition import recognise
from tests.demo.reading import house_file, sources, truth_events

VENUES = ("house", "kraken_futures", "bybit")
LedgerOf = dict[tuple[str, str], list[LedgerLine]]
Rates = dict[tuple[str, datetime], Decimal]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


def day_of(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def read_all(folder: Path) -> tuple[LedgerOf, Rates]:
    ledgers: LedgerOf = defaultdict(list)
    rates: Rates = {}
    for venue in VENUES:
        for path, listed in sources(folder, venue):
            recognition = recognise(open_source(path))
            assert recognition.venue == venue
            assert recognition.layout.code == listed["layout"]
            assert recognition.layout.generation == listed["generation"]
            reader = Interpreter(recognition, account=listed["account"] or "")
            found = list(reader.interpret_all(open_source(path).records()))
            assert reader.notices.warning_count == 0
            lines = [one for one in found if isinstance(one, LedgerLine)]
            for line in in_time_order(lines, recognition.layout.order):
                ledgers[venue, line.account].append(line)
            for one in found:
                if isinstance(one, FundingRate):
                    rates[one.instrument, one.occurred_at] = one.funding_rate
    return ledgers, rates


def rule_book(profile: VenueProfile, tiers: list[TierTerm], rates: Rates) -> RuleBook:
    return RuleBook(
        policies=tuple(
            PolicyTerm(
                Period(midnight(line.valid_from), midnight(line.valid_to)),
                parse_policy(line.terms),
                line.terms,
                1,
                line.terms_reference,
            )
            for line in profile.policies
        ),
        fees=tuple(
            FeeTerm(
                Period(midnight(line.valid_from), midnight(line.valid_to)),
                line.tier,
                line.taker_rate,
                1,
                line.terms_reference,
            )
            for line in profile.fee_schedule
        ),
        tiers=tuple(tiers),
        instruments={
            one.code: InstrumentTerm(one.code, one.contract_size, one.settlement_asset)
            for one in profile.instruments
        },
        funding_rates=rates,
    )


def tiers_of(folder: Path) -> dict[tuple[str, str], list[TierTerm]]:
    tiers: dict[tuple[str, str], list[TierTerm]] = defaultdict(list)
    for row in house_file(folder, "house-fee-tiers").rows:
        start, end = day_of(row["valid_from"]), day_of(row["valid_to"])
        term = TierTerm(Period(midnight(start), midnight(end)), row["tier"])
        tiers[row["venue"], row["account"]].append(term)
    return tiers


def text_of(at: datetime) -> str:
    elapsed = at - EPOCH
    return iso_text(
        elapsed.days * DAY_MS + (elapsed.seconds * 1000) + at.microsecond // 1000
    )


def assessed(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the core finds, event by event, under the truth's own keys."""
    ledgers, rates = read_all(folder)
    tiers = tiers_of(folder)
    profiles = {profile.code: profile for profile in shipped_profiles()}
    for (venue, account), lines in ledgers.items():
        published = rates if venue == "house" else {}
        rules = rule_book(profiles[venue], tiers[venue, account], published)
        entries = [Entry(n, "file", "house", line) for n, line in enumerate(lines)]
        items = gather_items(entries)
        windows = detect_events(items)
        openings = find_openings(items, windows)
        for window, opening in zip(windows, openings, strict=True):
            result = assess_event(window, opening, rules)
            finding = find_reason(result)
            start = text_of(window.started_at)
            yield (
                f"{venue}:{account}:{window.instrument}:{start}",
                {
                    "kind": window.kind.value,
                    "ended_at": text_of(window.ended_at),
                    "expected_residual": result.residual,
                    "expected_deficit": result.deficit,
                    "received": result.received,
                    "variance": result.variance,
                    "primary_reason": finding.reason.value if finding.reason else None,
                    "parts": {part.reason.value: part.amount for part in finding.parts},
                },
            )


def told(event: dict[str, Any]) -> dict[str, Any]:
    amounts = ("expected_residual", "expected_deficit", "received", "variance")
    plain = {name: event[name] for name in ("kind", "ended_at", "primary_reason")}
    exact = {name: Decimal(event[name]) for name in amounts}
    parts = {name: Decimal(part) for name, part in event["parts"].items()}
    return plain | exact | {"parts": parts}


def test_assessments_equal_the_truth(crowd: Path) -> None:
    found = dict(assessed(crowd))
    truth = {event["key"]: told(event) for event in truth_events(crowd)}
    assert found.keys() == truth.keys()
    for key, answer in truth.items():
        assert found[key] == answer, key
