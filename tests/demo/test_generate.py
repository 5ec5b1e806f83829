"""The demo as a whole: repeatable, complete, quick."""

import ast
import time
from collections import Counter
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from recovery.demo.generate import DEFAULT_EVENTS, write_demo
from recovery.demo.plan import DEFAULT_WEIGHTS, scenario_counts
from tests.demo.reading import house_file, truth_events

REASONS = {
    "clean": {None},
    "reduction_saved": {None},
    "reduction_failed": {None},
    "fee_wrong": {"FEE_VARIANCE"},
    "funding_wrong": {"FUNDING_VARIANCE"},
    "fee_and_funding": {"FEE_VARIANCE", "FUNDING_VARIANCE"},
    "missing": {"CREDIT_MISSING"},
    "over": {"CREDIT_OVER"},
    "to_fund": {"POLICY_TO_FUND"},
    "deficit_covered": {"DEFICIT_COVERED"},
}


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_demo(tmp_path / name, seed=11, events=60)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


def test_another_seed_gives_another_demo(tmp_path: Path) -> None:
    for seed in (1, 2):
        write_demo(tmp_path / str(seed), seed=seed, events=12)
    assert bytes_of(tmp_path / "1") != bytes_of(tmp_path / "2")


def test_the_default_demo_has_every_scenario(demo: Path) -> None:
    events = truth_events(demo)
    assert len(events) == DEFAULT_EVENTS
    found = {(event["scenario"], event["venue"]) for event in events}
    assert found == {(scenario, venue) for scenario, venue, _ in DEFAULT_WEIGHTS}


def test_twelve_events_are_enough_for_every_scenario(tmp_path: Path) -> None:
    size = write_demo(tmp_path, seed=3, events=len(DEFAULT_WEIGHTS))
    assert set(size.scenarios) == set(REASONS)


@given(events=st.integers(min_value=1, max_value=20_000))
def test_scenario_counts_share_out_exactly_the_events(events: int) -> None:
    counts = scenario_counts(events, DEFAULT_WEIGHTS)
    assert sum(count for _, _, count in counts) == events
    assert all(count >= 1 for _, _, count in counts)


def test_a_weight_of_nothing_leaves_a_scenario_out(tmp_path: Path) -> None:
    weights = [("clean", "house", 1), ("missing", "house", 0)]
    size = write_demo(tmp_path, seed=3, events=7, weights=weights)
    assert size.scenarios == {"clean": 7}


def test_parts_add_up_to_the_variance(crowd: Path) -> None:
    for event in truth_events(crowd):
        parts = [Decimal(part) for part in event["parts"].values()]
        variance = Decimal(event["received"]) - Decimal(event["expected_residual"])
        assert sum(parts, Decimal(0)) == variance == Decimal(event["variance"])


def test_reasons_are_those_of_the_scenarios(crowd: Path) -> None:
    seen: dict[str, set[str | None]] = {}
    for event in truth_events(crowd):
        reason, parts = event["primary_reason"], event["parts"]
        seen.setdefault(event["scenario"], set()).add(reason)
        if parts:
            assert reason == max(parts, key=lambda name: abs(Decimal(parts[name])))
    assert seen == REASONS


def test_residual_and_deficit_are_never_both_above_zero(crowd: Path) -> None:
    for event in truth_events(crowd):
        residual = Decimal(event["expected_residual"])
        deficit = Decimal(event["expected_deficit"])
        assert min(residual, deficit) == 0
        assert (deficit > 0) == (event["scenario"] == "deficit_covered")
        assert (residual == 0) == (event["scenario"] in {"to_fund", "deficit_covered"})


def test_a_variance_is_large_enough_to_be_seen(crowd: Path) -> None:
    parts = [p for event in truth_events(crowd) for p in event["parts"].values()]
    assert min(abs(Decimal(part)) for part in parts) >= Decimal("0.25")


def test_event_keys_are_unique(crowd: Path) -> None:
    keys = Counter(event["key"] for event in truth_events(crowd))
    assert max(keys.values()) == 1


def test_longs_and_shorts_isolated_and_cross_and_both_tiers_occur(crowd: Path) -> None:
    events = truth_events(crowd)
    house = [event for event in events if event["venue"] == "house"]
    assert {event["position_side"] for event in events} == {"long", "short"}
    assert {event["margin_mode"] for event in house} == {"isolated", "cross"}
    assert {event["tier"] for event in house} == {"base", "vip1"}
    assert not all(event["is_tier_known"] for event in house)
    assert {event["instrument"] for event in house} == {"BTCUSDT", "ETHUSDT", "SOLUSDT"}


def test_every_account_has_one_customer_with_a_reserved_mail(crowd: Path) -> None:
    customers = house_file(crowd, "house-customers").rows
    accounts = house_file(crowd, "house-accounts").rows
    owned = [f"{row['venue']}:{row['account']}" for row in accounts]
    traded = {f"{e['venue']}:{e['account']}" for e in truth_events(crowd)}
    assert sorted(owned) == sorted(traded)
    assert len({row["uid"] for row in customers}) == len(customers)
    assert {row["uid"] for row in accounts} == {row["uid"] for row in customers}
    assert len({row["mail"] for row in customers}) == len(customers)
    reserved = {"example.com", "example.org", "example.net"}
    assert {row["mail"].split("@")[1] for row in customers} == reserved


def test_the_generator_knows_no_float() -> None:
    for path in Path("recovery/demo").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_number = isinstance(node, ast.Constant)
            assert not (is_number and isinstance(node.value, float)), path
            assert not (isinstance(node, ast.Name) and node.id == "float"), path


@pytest.mark.slow
def test_ten_thousand_events_take_less_than_twenty_seconds(tmp_path: Path) -> None:
    started = time.process_time()
    size = write_demo(tmp_path, seed=8, events=10_000)
    assert time.process_time() - started < 20
    assert size.events == 10_000


def test_the_command_writes_files_and_says_how_many(tmp_path: Path) -> None:
    out = StringIO()
    call_command("demo_data", out=tmp_path / "files", seed=4, events=13, stdout=out)
    assert out.getvalue().startswith("13 events of ")
    assert len(truth_events(tmp_path / "files")) == 13
