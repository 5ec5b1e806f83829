"""The truth held against the files alone: replayed here with nothing but the rows."""

from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest

from recovery.demo.book import Fact
from recovery.demo.market import INSTRUMENTS
from recovery.demo.truth import Outcome, TruthContradictionError, truth_of
from tests.demo.reading import (
    Row,
    amount,
    house_file,
    sources,
    truth_events,
    venue_rows,
)

TAKER = {"base": Decimal("0.0005"), "vip1": Decimal("0.0004")}
PUBLISHED = {*TAKER.values(), Decimal("0.0002")}
LIQUIDATION_RATE = Decimal("0.005")
FILLS = {"trade", "liquidation", "reduction"}
FORCED = {"liquidation", "reduction"}


def outcome(scenario: str, *facts: Fact) -> Outcome:
    return Outcome(
        scenario=scenario,
        kind="liquidation",
        event_id="EV-1",
        margin_mode="isolated",
        leverage=10,
        opening=Decimal(100),
        facts=facts,
    )


def test_a_sum_without_its_reason_is_refused() -> None:
    swept = Fact(0, "surplus_taken", INSTRUMENTS[0], other=Decimal(-30))
    with pytest.raises(TruthContradictionError):
        truth_of(outcome("clean", swept))


def test_the_larger_part_is_the_primary_reason() -> None:
    fill = Fact(
        0,
        "liquidation",
        INSTRUMENTS[0],
        side=-1,
        fee=Decimal(-5),
        fee_due=Decimal(-2),
        funding=Decimal(-9),
        funding_due=Decimal(-4),
    )
    truth = truth_of(outcome("fee_and_funding", fill))
    assert truth.primary_reason == "FUNDING_VARIANCE"
    assert truth.parts == {"FEE_VARIANCE": -3, "FUNDING_VARIANCE": -5}
    assert truth.variance == -8


class Ledger:
    """The house ledger of one account, replayed row by row."""

    def __init__(self) -> None:
        self.balance = self.size = self.entry = Decimal(0)
        self.due: dict[str, Decimal] = {}
        self.opening: dict[str, Decimal] = {}
        self.booked: dict[str, Decimal] = {}
        self.open_event = ""
        self.fee = ("", Decimal(0))

    def read(
        self, row: Row, tier: str | None, rates: dict[tuple[str, str], str]
    ) -> None:
        event = row["event_id"]
        if row["type"] in FORCED and event not in self.opening:
            self.opening[event] = self.balance
            self.due[event] = self.booked[event] = Decimal(0)
            self.open_event = event
        due = self.due_of(row, tier, rates)
        self.balance += Decimal(row["amount"])
        target = event or (self.open_event if row["type"] == "funding" else "")
        if target:
            self.due[target] += due
            self.booked[target] += Decimal(row["amount"])
        is_over = self.size == 0 and row["type"] == "liquidation_fee"
        if is_over or row["type"] == "trade":
            self.open_event = ""

    def due_of(
        self, row: Row, tier: str | None, rates: dict[tuple[str, str], str]
    ) -> Decimal:
        quantity, price = amount(row["quantity"]), amount(row["price"])
        if row["type"] in FILLS:
            return self.fill(row, quantity, price)
        if row["type"] == "trading_fee":
            charged = Decimal(row["amount"])
            if tier is None:
                assert -charged / (quantity * price) in PUBLISHED
                return charged
            return -quantity * price * TAKER[tier]
        if row["type"] == "liquidation_fee":
            return -quantity * price * LIQUIDATION_RATE
        if row["type"] == "funding":
            rate = Decimal(rates[row["time_utc"], row["instrument"]])
            return -self.size * rate * price
        return Decimal(0)

    def fill(self, row: Row, quantity: Decimal, price: Decimal) -> Decimal:
        sign = 1 if row["side"] == "buy" else -1
        pnl = Decimal(0)
        if self.size * sign < 0:
            pnl = -sign * quantity * (price - self.entry)
        else:
            spent = self.entry * abs(self.size) + price * quantity
            self.entry = spent / (abs(self.size) + quantity)
        self.size += sign * quantity
        assert pnl == Decimal(row["amount"])
        return pnl


def tier_of(memberships: list[Row], account: str, day: str) -> str | None:
    for row in memberships:
        has_ended = row["valid_to"] and row["valid_to"] <= day
        if row["account"] == account and row["valid_from"] <= day and not has_ended:
            return row["tier"]
    return None


def replayed(folder: Path) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """Opening, due and booked sums of every house event, from the files alone."""
    rate_rows = house_file(folder, "house-funding-rates").rows
    rates = {(r["time_utc"], r["instrument"]): r["funding_rate"] for r in rate_rows}
    memberships = house_file(folder, "house-fee-tiers").rows
    ledgers: dict[str, Ledger] = {}
    for row in house_file(folder, "house-ledger").rows:
        ledger = ledgers.setdefault(row["account"], Ledger())
        tier = tier_of(memberships, row["account"], row["time_utc"][:10])
        ledger.read(row, tier, rates)
    return {
        event: (opening, ledger.due[event], ledger.booked[event])
        for ledger in ledgers.values()
        for event, opening in ledger.opening.items()
    }


def test_house_truth_follows_from_the_files_alone(crowd: Path) -> None:
    with localcontext(prec=60):
        found = replayed(crowd)
    house = [event for event in truth_events(crowd) if event["venue"] == "house"]
    assert len(found) == len(house)
    for event in house:
        opening, due, booked = found[event["event_reference"]]
        assert opening == Decimal(event["opening_balance"])
        residual = max(opening + due, Decimal(0))
        assert residual == Decimal(event["expected_residual"]), event["key"]
        assert max(-opening - due, Decimal(0)) == Decimal(event["expected_deficit"])
        assert opening + booked == Decimal(event["received"])


KRAKEN_TAKER = Decimal("0.0005")


def kraken_due(position: Row, cash: Row) -> Decimal:
    """What a cash leg should have been, with the size told by its position leg."""
    change = Decimal(cash["change"])
    if cash["type"] != "futures liquidation":
        return change
    notional = abs(Decimal(position["change"])) * Decimal(cash["trade price"])
    return change + Decimal(cash["fee"]) - notional * KRAKEN_TAKER


def kraken_event(path: Path, event: dict[str, Any]) -> list[tuple[Row, Row]]:
    """Each cash leg of an event with the row booked before it."""
    first, last = (
        event[name][:19].replace("T", " ") for name in ("started_at", "ended_at")
    )
    rows = venue_rows(path)
    pairs = [
        (before, row)
        for before, row in zip([{}, *rows], rows, strict=False)
        if row["symbol"] == "usd" and first <= row["dateTime"] <= last
    ]
    while pairs[0][1]["type"] != "futures liquidation":
        pairs.pop(0)
    return pairs


def test_kraken_truth_follows_from_the_log_alone(crowd: Path) -> None:
    logs = {
        source["account"]: path for path, source in sources(crowd, "kraken_futures")
    }
    for event in truth_events(crowd):
        if event["venue"] != "kraken_futures":
            continue
        pairs = kraken_event(logs[event["account"]], event)
        cash = [row for _, row in pairs]
        opening = Decimal(cash[0]["new balance"]) - Decimal(cash[0]["change"])
        due = sum((kraken_due(*pair) for pair in pairs), Decimal(0))
        assert opening == Decimal(event["opening_balance"])
        assert opening + due == Decimal(event["expected_residual"])
        assert Decimal(cash[-1]["new balance"]) == Decimal(event["received"])


def bankruptcy_price(event: dict[str, Any]) -> Decimal:
    """MATH 2.5, isolated, the closing fee inside."""
    fills = event["fills"]
    size = sum((Decimal(fill["quantity"]) for fill in fills), Decimal(0))
    sign = 1 if event["position_side"] == "long" else -1
    entry, margin = Decimal(fills[0]["entry_price"]), Decimal(event["opening_balance"])
    return (entry - sign * margin / size) / (1 - sign * Decimal("0.00055"))


def test_bybit_takes_over_at_the_bankruptcy_price(crowd: Path) -> None:
    for event in truth_events(crowd):
        if event["venue"] != "bybit":
            continue
        with localcontext(prec=60):
            price = bankruptcy_price(event).quantize(Decimal("1e-30"))
        assert {Decimal(fill["price"]) for fill in event["fills"]} == {price}
        mark = Decimal(event["mark_at_close"])
        is_long = event["position_side"] == "long"
        assert mark > price if is_long else mark < price
        assert Decimal(event["balance_at_end"]) == 0


def levels(folder: Path) -> dict[str, list[Row]]:
    steps: dict[str, list[Row]] = {}
    for row in house_file(folder, "house-engine-log").rows:
        steps.setdefault(row["event_id"], []).append(row)
    return steps


def test_a_reduction_that_saved_restores_the_level_and_no_more(crowd: Path) -> None:
    steps = levels(crowd)
    for event in truth_events(crowd):
        if event["scenario"] != "reduction_saved":
            continue
        rows = steps[event["event_reference"]]
        assert event["kind"] == "position_reduction"
        assert rows[-1]["action"] == "restored"
        assert Decimal(rows[0]["margin_level"]) < Decimal("0.5")
        assert 1 <= Decimal(rows[-1]["margin_level"]) < Decimal("1.02")
        assert Decimal(event["fills"][-1]["position_after"]) != 0


def test_a_reduction_that_failed_is_one_liquidation(crowd: Path) -> None:
    steps = levels(crowd)
    for event in truth_events(crowd):
        if event["scenario"] != "reduction_failed":
            continue
        rows = steps[event["event_reference"]]
        actions = [row["action"] for row in rows]
        assert event["kind"] == "liquidation"
        assert actions[0] == "reduce"
        assert actions[-1] == "close"
        assert event["started_at"] == rows[0]["time_utc"]
        assert len(event["fundings"]) == 1
        first_close = rows[actions.index("close")]
        assert Decimal(first_close["margin_level"]) <= Decimal("0.3")


def test_liquidations_begin_at_or_below_their_trigger(crowd: Path) -> None:
    for rows in levels(crowd).values():
        limit = Decimal("0.5") if rows[0]["action"] == "reduce" else Decimal("0.3")
        assert Decimal(rows[0]["margin_level"]) <= limit


def test_wrong_funding_is_charged_on_more_than_the_open_size(crowd: Path) -> None:
    for event in truth_events(crowd):
        if event["scenario"] in {"funding_wrong", "fee_and_funding"}:
            (funding,) = event["fundings"]
            charged = Decimal(funding["charged_quantity"])
            assert charged > abs(Decimal(funding["open_size"]))
            assert Decimal(event["parts"]["FUNDING_VARIANCE"]) < 0
