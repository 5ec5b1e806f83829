"""A random history, written as any layout writes it, comes back as the same entries.

The writer knows nothing of a venue but its profile: columns, forms of time, signs of
costs, row types. What the profile says is thereby tried both ways.
"""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recovery.domain.ledger import LedgerLine, LedgerRole
from recovery.venues.file_rules import ZONE_ASKED
from recovery.venues.loading import shipped_profiles
from recovery.venues.profile import Layout, LayoutKind, RowOrder
from recovery.venues.proofs import balance_gaps, in_time_order, zone_shift
from tests.venues.reports import lines_of, understood

START = datetime(2026, 3, 1, tzinfo=UTC)
FORMS = {
    "calendar": "%Y-%m-%d %H:%M:%S",
    "iso_z": "%Y-%m-%dT%H:%M:%SZ",
}


@dataclass(frozen=True)
class Move:
    """One entry of a history: what happened after how many minutes."""

    minutes: int
    operation: str
    amount: Decimal


def plain_layouts() -> list[Layout]:
    """Layouts whose amounts and assets stand in columns of their own."""
    found = []
    for profile in shipped_profiles():
        for layout in profile.layouts:
            derived = {column.name for column in layout.derived}
            direct = {layout.fields.get("amount"), layout.fields.get("asset")}
            is_direct = not (direct & derived) and not layout.shapes
            has_form = any(form in FORMS for form in layout.time.forms)
            if layout.kind is LayoutKind.LEDGER and is_direct and has_form:
                found.append(layout)
    return found


LAYOUTS = plain_layouts()
amounts = st.decimals("-9999", "9999", allow_nan=False, places=8)


def operations_of(layout: Layout) -> list[str]:
    known = layout.operations.items()
    plain = [name for name, rule in known if not rule.ignored and " / " not in name]
    return plain or ["whatever"]


def cells_of(layout: Layout, move: Move, at: datetime, balance: Decimal) -> list[str]:
    fields = layout.fields
    known = {column.name: column.columns for column in layout.derived}
    form = next(form for form in layout.time.forms if form in FORMS)
    cells = {
        layout.time.column: at.strftime(FORMS[form]),
        fields["asset"]: "USDT",
        fields["amount"]: format(move.amount, "f"),
    }
    operation = fields["operation"]
    cells[known.get(operation, (operation,))[-1]] = move.operation
    if layout.account.column in layout.columns:
        cells[layout.account.column] = "flex" if layout.account.wallets else "77"
    if layout.account.wallet_column in layout.columns:
        cells[layout.account.wallet_column] = "USD-M Futures"
    if "balance_after" in fields:
        cells[fields["balance_after"]] = format(balance, "f")
    rule = layout.operations.get(move.operation)
    if (
        rule
        and rule.role is LedgerRole.FUND
        and fields.get("funding") in layout.required
    ):
        is_flipped = layout.cost_signs["funding"] == "positive"
        paid = -move.amount if is_flipped else move.amount
        cells[fields["funding"]] = format(paid, "f")
    none = "" if "" in layout.numbers.none else layout.numbers.none[0]
    return [cells.get(name, none) for name in layout.required]


def text_of(layout: Layout, moves: list[Move], *, without: int = -1) -> str:
    """The history as a file of the layout, one row left out if asked."""
    at, balance, rows = START, Decimal(0), []
    for place, move in enumerate(moves):
        at += timedelta(minutes=move.minutes)
        balance += move.amount
        if place != without:
            rows.append(cells_of(layout, move, at, balance))
    if layout.order is RowOrder.NEWEST_FIRST:
        rows.reverse()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if layout.announced_as:
        out.write(f"#recovery-desk,{layout.announced_as},1\n")
    header = [name.removesuffix("#2") for name in layout.required]
    writer.writerows([header, *rows])
    return out.getvalue()


def entries(layout: Layout, text: str, **given: str) -> list[LedgerLine]:
    zone = "UTC" if layout.time.zone == ZONE_ASKED else ""
    account = "" if layout.account.column in ("account", "account_id") else "77"
    if layout.venue == "kraken_futures":
        account = "77"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "f.csv"
        path.write_text(text, encoding="utf-8", newline="")
        said = {"account": account, "zone": zone, "name": "f", **given}
        outcomes, interpreter = understood(path, **said)
    assert interpreter.recognition.layout is layout
    lines = lines_of(outcomes)
    assert len(lines) == len(outcomes), outcomes
    return in_time_order(lines, layout.order)


def histories(layout: Layout) -> st.SearchStrategy[list[Move]]:
    names = st.sampled_from(operations_of(layout))
    move = st.builds(Move, st.integers(1, 900), names, amounts.filter(bool))
    return st.lists(move, min_size=4, max_size=8)


quick = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
every_layout = pytest.mark.parametrize(
    "layout", LAYOUTS, ids=lambda one: f"{one.venue}-{one.code}-{one.generation}"
)


def test_enough_layouts_are_tried() -> None:
    assert len(LAYOUTS) >= 15
    assert len({layout.venue for layout in LAYOUTS}) >= 4


@every_layout
@quick
@given(data=st.data())
def test_history_comes_back_as_it_was(layout: Layout, data: st.DataObject) -> None:
    moves = data.draw(histories(layout))
    lines = entries(layout, text_of(layout, moves))
    assert [line.amount for line in lines] == [move.amount for move in moves]
    assert [line.operation.split(" / ")[-1] for line in lines] == [
        move.operation for move in moves
    ]
    assert {line.asset for line in lines} == {"USDT"}


@pytest.mark.parametrize(
    "layout",
    [one for one in LAYOUTS if one.has_running_balance],
    ids=lambda one: f"{one.venue}-{one.code}-{one.generation}",
)
@quick
@given(data=st.data())
def test_row_left_out_is_the_exact_gap(layout: Layout, data: st.DataObject) -> None:
    moves = data.draw(histories(layout))
    missing = data.draw(st.integers(1, len(moves) - 2))
    whole = entries(layout, text_of(layout, moves))
    assert list(balance_gaps(whole)) == []
    lines = entries(layout, text_of(layout, moves, without=missing))
    (gap,) = balance_gaps(lines)
    assert gap.amount == moves[missing].amount
    numbers = [line.row_number for line in lines]
    at = numbers.index(gap.after_row)
    assert (at, numbers[at + 1]) == (missing - 1, gap.before_row)


def funding_name(layout: Layout) -> str:
    names = operations_of(layout)
    return next(
        (name for name in names if layout.operations.get(name)
         and layout.operations[name].role is LedgerRole.FUND),
        "",
    )  # fmt: skip


@pytest.mark.parametrize(
    "layout",
    [one for one in LAYOUTS if funding_name(one) and "%" not in one.time.forms[0]],
    ids=lambda one: f"{one.venue}-{one.code}-{one.generation}",
)
@pytest.mark.parametrize("hours", [0, 2, -3, 4])
def test_shifted_zone_shows_in_the_hours_of_funding(layout: Layout, hours: int) -> None:
    name = funding_name(layout)
    moves = [Move(480, name, Decimal("-0.1")) for _ in range(5)]
    text = text_of(layout, moves)
    zone = f"{'-' if hours > 0 else '+'}{abs(hours):02}:00" if hours else "UTC"
    if "iso_z" in layout.time.forms:
        assert zone_shift(entries(layout, text)) == timedelta(0)
        return
    assert zone_shift(entries(layout, text, zone=zone)) == timedelta(hours=hours)
