"""A random history, told in every layout there is, comes back as the same entries.

Each golden file lends its kinds of rows, and the layout those it knows by name; order,
times and amounts are drawn. So layouts whose amounts are made from several columns are
tried, and the answers of interfaces.
"""

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from recovery.domain.ledger import ZERO, LedgerLine, LedgerRole
from recovery.domain.money import format_amount
from recovery.venues.file_proofs import FileProofs
from recovery.venues.loading import shipped_profiles
from recovery.venues.profile import Layout, LayoutKind
from recovery.venues.proofs import in_time_order
from tests.venues.golden_files import FILES, case_of
from tests.venues.rendering import Kind, Move, Sample, with_balances
from tests.venues.test_histories import plain_layouts

# A day that no order of day and month can take for another.
START = datetime(2026, 3, 14, tzinfo=UTC)
SIZES = st.decimals("0.000001", "9999", allow_nan=False, places=6)
SAME = (
    "account", "asset", "operation", "role", "marker", "instrument", "side",
    "liquidation_fee_amount",
)  # fmt: skip
# The file whose rows are all left out.
SILENT = {"kucoin.futures-pnl.1.broken.csv"}


def one_per_layout() -> list[Path]:
    """The file of each layout that shows most; of equals the first."""
    found: dict[tuple[str, str], Path] = {}
    for path in FILES:
        said = case_of(path).expected
        key = (said["venue"], said["layout"])
        if path.name not in SILENT and said["sums"] | {"": said["events"]}:
            held = found.get(key)
            if held is None or said["records"] > case_of(held).expected["records"]:
                found[key] = path
    return list(found.values())


SAMPLED = [path for path in one_per_layout() if not path.name.startswith("house.")]
sample = cache(Sample)
quick = settings(
    max_examples=int(os.environ.get("PROPERTY_EXAMPLES", "3")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def of_each(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.name)


def is_still(one: Sample) -> bool:
    """Whether rows of the layout tell of acts and move no money."""
    made = {column.name: column.how for column in one.layout.derived}
    return made.get(one.layout.fields["amount"]) == "text"


def histories(one: Sample, **least: int) -> st.SearchStrategy[list[Move]]:
    """Rows of the file's own kinds, a minute apart or more."""
    shown = st.sampled_from(one.kinds)
    steps = st.lists(st.tuples(shown, st.integers(1, 300), SIZES), **least)
    return steps.map(lambda told: moves_of(one, told))


def moves_of(one: Sample, told: list[tuple[Kind, int, object]]) -> list[Move]:
    """Each kind the file shows once, for its columns; then what was drawn."""
    at, moves = START, []
    first = [(kind, 1, 1) for kind in one.shown]
    for kind, minutes, size in [*first, *told]:
        at += timedelta(minutes=minutes)
        signed = -size if kind.line.amount < 0 else +size  # type: ignore[operator]
        moves.append(Move(kind, at, ZERO if is_still(one) else ZERO + signed))
    return with_balances(moves)


# Why a layout that holds money is not tried here.
ELSEWHERE = {("house", "house-ledger 1"): "test_histories writes it from its profile"}


def ledgers() -> dict[tuple[str, str], Layout]:
    """Every layout shipped that holds money, verified or not."""
    return {
        (one.venue, one.name): one
        for profile in shipped_profiles()
        for one in profile.layouts
        if one.kind is LayoutKind.LEDGER
    }


def names_of(paths: list[Path]) -> set[tuple[str, str]]:
    return {(sample(path).layout.venue, sample(path).layout.name) for path in paths}


def test_every_layout_is_tried_also_unverified_ones() -> None:
    assert ledgers().keys() - names_of(SAMPLED) == ELSEWHERE.keys()
    assert {(one.venue, one.name) for one in plain_layouts()} >= ELSEWHERE.keys()
    assert all(sample(path).kinds for path in SAMPLED)


def test_every_layout_with_balances_is_tried_for_gaps() -> None:
    proving = {key for key, one in ledgers().items() if one.has_running_balance}
    assert proving - names_of(BALANCED) == ELSEWHERE.keys()


@of_each(SAMPLED)
@quick
@given(data=st.data())
def test_history_comes_back_as_it_was(
    path: Path, tmp_path: Path, data: st.DataObject
) -> None:
    one = sample(path)
    moves = data.draw(histories(one, min_size=3, max_size=8))
    lines = one.read(one.written(moves), tmp_path)
    for line, move in zip(lines, moves, strict=True):
        assert (line.occurred_at, line.amount) == (move.at, move.amount)
        # The size is written into one of the two, whichever the layout has.
        was = move.kind.line
        assert (
            line.fee_amount == was.fee_amount
            or line.principal_amount == was.principal_amount
        )
        for name in SAME:
            assert getattr(line, name) == getattr(move.kind.line, name), name
        if one.layout.has_running_balance:
            assert line.balance_after == move.balance
    ids = [line.source_id for line in lines if line.source_id]
    assert len({*ids}) == len(ids)


# --- what a file proves -------------------------------------------------------------


def told(lines: list[LedgerLine], layout: Layout) -> list[str]:
    proofs = FileProofs(layout)
    assert list(proofs.watched(lines)) == lines
    return [one for one in proofs.told() if "Funding rows" not in one]


def inside(moves: list[Move], place: int) -> bool:
    """Whether rows of the same balance stand on both sides."""
    places = [
        at
        for at, move in enumerate(moves)
        if move.balance is not None and key_of(move) == key_of(moves[place])
    ]
    return place in places[1:-1]


def key_of(move: Move) -> tuple[str, str]:
    return move.kind.line.account, move.kind.line.asset


BALANCED = [path for path in SAMPLED if sample(path).layout.has_running_balance]


@of_each(BALANCED)
@quick
@given(data=st.data())
def test_row_left_out_is_told_with_its_amount(
    path: Path, tmp_path: Path, data: st.DataObject
) -> None:
    one = sample(path)
    moves = data.draw(histories(one, min_size=5, max_size=9))
    whole = one.read(one.written(moves), tmp_path)
    assert told(in_time_order(whole, one.layout.order), one.layout) == []
    places = [at for at in range(len(one.shown), len(moves)) if inside(moves, at)]
    assume(places)
    gone = data.draw(st.sampled_from(places))
    left = [*moves[:gone], *moves[gone + 1 :]]
    lines = one.read(one.written(left), tmp_path)
    (gap,) = told(lines, one.layout)
    missing = moves[gone]
    account, asset = key_of(missing)
    assert f"by {format_amount(missing.amount)} {asset} without a row" in gap
    assert f"account {account}:" in gap
    numbers = {move.at: line.row_number for move, line in zip(left, lines, strict=True)}
    same = [move.at for move in left if key_of(move) == (account, asset)]
    before = max(at for at in same if at < missing.at)
    after = min(at for at in same if at > missing.at)
    assert f"Between rows {numbers[before]} and {numbers[after]}," in gap


def funding_of(one: Sample) -> Kind | None:
    kinds = (kind for kind in one.kinds if kind.line.role is LedgerRole.FUND)
    return next(kinds, None)


FUNDED = [path for path in SAMPLED if funding_of(sample(path))]


_DAILY = "funding is a part of the settlement of each day"
_SUMMED = "a row tells the sum of its fundings, not their hours"
_HOURLY = "settles every hour, so no hour is wrong"
# Why a layout that tells of funding is not tried for its zone.
NO_HOURS = {
    ("deribit", "transaction-log 1"): _DAILY,
    ("deribit", "transaction-log 2"): _DAILY,
    ("deribit", "transaction-log 3"): _DAILY,
    ("deribit", "transaction-log 4"): _DAILY,
    ("deribit", "transaction-log API"): _DAILY,
    ("gateio", "position-close API"): _SUMMED,
    ("house", "house-ledger 1"): ELSEWHERE["house", "house-ledger 1"],
    ("kraken_futures", "account-log API"): _HOURLY,
    ("kraken_futures", "account-log symbol"): _HOURLY,
    ("kraken_futures", "positions API"): _SUMMED,
    ("kucoin", "futures-pnl 1"): _SUMMED,
    ("kucoin", "futures-pnl API"): _SUMMED,
    ("okx", "positions-history 1"): _SUMMED,
    ("okx", "positions-history API"): _SUMMED,
}


def test_every_layout_with_rows_of_funding_is_tried_for_its_zone() -> None:
    telling = {
        key
        for key, one in ledgers().items()
        if "funding" in one.fields
        or any(rule.role is LedgerRole.FUND for rule in one.operations.values())
    }
    assert telling - names_of(FUNDED) == NO_HOURS.keys()


@of_each(FUNDED)
@pytest.mark.parametrize("hours", [0, 2, -3])
def test_shifted_zone_is_told_by_the_hours_of_funding(
    path: Path, hours: int, tmp_path: Path
) -> None:
    one = sample(path)
    kind = funding_of(one)
    assert kind
    slots = [START + timedelta(hours=8 * slot + hours) for slot in range(1, 7)]
    # Columns that other kinds need stand there too: an answer is known by its keys.
    others = [
        Move(other, START - timedelta(minutes=9 - at), other.line.amount)
        for at, other in enumerate(one.shown)
        if other.line.role is not LedgerRole.FUND
    ]
    size = -ZERO - 1 if kind.line.amount < 0 else ZERO + 1
    moves = with_balances([*others, *(Move(kind, at, size) for at in slots)])
    lines = one.read(one.written(moves), tmp_path)
    proofs = FileProofs(one.layout)
    list(proofs.watched(lines))
    shown = [said for said in proofs.told() if "Funding rows stand" in said]
    side = "after" if hours > 0 else "before"
    assert [f"{abs(hours)} hours {side}" in said for said in shown] == [True] * bool(
        hours
    )
