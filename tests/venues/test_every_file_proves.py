"""What every golden file proves of itself, whatever its layout looks like.

The random histories of `test_histories` are written for layouts whose amounts stand in
columns of their own. Here the files themselves are spoilt: a row taken out, a zone that
is not theirs.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from recovery.domain.ledger import LedgerLine, LedgerRole
from recovery.domain.money import format_amount
from recovery.sheets.open_source import open_source
from recovery.venues.file_proofs import FileProofs
from recovery.venues.profile import Layout
from recovery.venues.time_forms import form_reader
from tests.venues.golden_files import FILES, case_of
from tests.venues.reports import lines_of, understood
from tests.venues.variations import Table, table_of, written

WRITTEN = {
    "calendar": "%Y-%m-%d %H:%M:%S",
    "iso_z": "%Y-%m-%dT%H:%M:%SZ",
    "minute_first": "%H:%M %Y-%m-%d",
    "month_first": "%m/%d/%Y, %H:%M:%S",
}
# Days that no order of day and month can take for another.
FIRST = datetime(2026, 3, 14, tzinfo=UTC)


def read(path: Path) -> tuple[list[LedgerLine], Layout]:
    outcomes, interpreter = understood(path, **case_of(path).given)
    return lines_of(outcomes), interpreter.recognition.layout


def told(lines: list[LedgerLine], layout: Layout) -> list[str]:
    proofs = FileProofs(layout)
    assert list(proofs.watched(lines)) == lines
    return proofs.told()


def between_others(lines: list[LedgerLine]) -> list[LedgerLine]:
    """Rows that moved money, with rows of their account and asset on both sides."""
    chains: dict[tuple[str, str], list[LedgerLine]] = {}
    for line in sorted(lines, key=lambda one: one.occurred_at):
        if line.balance_after is not None:
            chains.setdefault((line.account, line.asset), []).append(line)
    return [
        line
        for chain in chains.values()
        for line in chain[1:-1]
        if line.amount
        # Inside one instant the balances may close over a row that is gone.
        and sum(one.occurred_at == line.occurred_at for one in chain) == 1
    ]


PROVING = [
    path
    for path in FILES
    for lines, layout in [read(path)]
    if layout.has_running_balance and not told(lines, layout) and between_others(lines)
]


def test_most_layouts_with_balances_have_a_file_that_is_tried() -> None:
    assert len({path.name.split(".")[0] for path in PROVING}) >= 5


@pytest.mark.parametrize("path", PROVING, ids=lambda path: path.name)
def test_any_row_left_out_is_told_with_its_amount(path: Path) -> None:
    lines, layout = read(path)
    for gone in between_others(lines):
        (gap,) = told([line for line in lines if line is not gone], layout)
        assert f"by {format_amount(gone.amount)} {gone.asset} without" in gap
        assert f"account {gone.account}" in gap


def funding_table(path: Path) -> tuple[Table, Layout, int] | None:
    """The table with its first row of funding only, and where its time stands."""
    if path.suffix == ".json" or not open_source(path).header:
        return None
    outcomes, interpreter = understood(path, **case_of(path).given)
    layout, columns = interpreter.recognition.layout, interpreter.recognition.columns
    if layout.time.forms[0].startswith("epoch"):  # An instant is in no zone.
        return None
    records = list(open_source(path).records())
    table = table_of(path, open_source(path))
    for record, outcome in zip(records, outcomes, strict=True):
        is_line = isinstance(outcome, LedgerLine)
        if is_line and outcome.role is LedgerRole.FUND and outcome.asset:
            return (
                Table(table.above, table.header, (record.cells,)),
                layout,
                columns[layout.time.column],
            )
    return None


FUNDED = {
    path.name: found for path in FILES for found in [funding_table(path)] if found
}


def text_of(table: Table, layout: Layout, at: int) -> str:
    form = layout.time.forms[0]
    pattern = WRITTEN.get(form, form)
    rows = []
    for slot in range(6):
        moment = FIRST + timedelta(hours=8 * slot)
        cells = list(table.rows[0])
        cells[at] = moment.strftime(pattern)
        rows.append(tuple(cells))
    assert all(a[at] != b[at] for a, b in pairwise(rows))
    return written(Table(table.above, table.header, tuple(rows)))


def test_most_venues_with_funding_in_their_files_are_tried() -> None:
    assert len({name.split(".")[0] for name in FUNDED}) >= 6


@pytest.mark.parametrize("hours", [0, 2, -3, 4])
@pytest.mark.parametrize("name", FUNDED)
def test_shifted_zone_is_told_by_the_hours_of_funding(
    name: str, hours: int, tmp_path: Path
) -> None:
    table, layout, at = FUNDED[name]
    given = {"name": name, **case_of(Path(__file__).parent / "golden" / name).given}
    given["zone"] = f"{'-' if hours > 0 else '+'}{abs(hours):02}:00" if hours else "UTC"
    path = tmp_path / "funding"
    path.write_text(text_of(table, layout, at), "utf-8")
    lines = lines_of(understood(path, **given)[0])
    assert len(lines) == 6
    assert {abs(line.amount) for line in lines} != {Decimal(0)} or layout.cost_signs
    states_zone = form_reader(layout.time.forms[0])("2026-03-14T00:00:00Z", UTC)
    shown = [one for one in told(lines, layout) if "Funding rows stand" in one]
    if hours == 0 or states_zone:
        assert shown == []
    else:
        side = "after" if hours > 0 else "before"
        (said,) = shown
        assert f"{abs(hours)} hours {side}" in said
