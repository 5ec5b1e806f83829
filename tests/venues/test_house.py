from datetime import UTC, datetime
from decimal import Decimal

import pytest

from recovery.domain.ledger import (
    ZERO,
    EngineStep,
    EventMarker,
    FundingRate,
    LedgerLine,
    LedgerRole,
    MarkPrice,
    RowProblem,
    Side,
)
from tests.venues.conftest import Understand
from tests.venues.samples import ENGINE, HOUSE_ROW, MARKS, RATES, house


def test_ledger_row_is_understood_in_full(understand: Understand) -> None:
    (line,), _ = understand(house(HOUSE_ROW))
    assert line == LedgerLine(
        row_number=3,
        account="A1",
        occurred_at=datetime(2026, 10, 10, 0, 0, 0, 125000, UTC),
        asset="USDT",
        role=LedgerRole.PNL,
        operation="liquidation",
        amount=Decimal("-12.5"),
        instrument="BTCUSDT",
        marker=EventMarker.LIQUIDATION,
        side=Side.SELL,
        quantity=Decimal("0.5"),
        price=Decimal("60000.5"),
        position_after=Decimal("-1.5"),
        balance_after=Decimal("987.5"),
        source_id="R1",
        order_id="O1",
        event_reference="E1",
        raw_time="2026-10-10T00:00:00.125Z",
    )


@pytest.mark.parametrize(
    ("operation", "role", "marker"),
    [
        ("deposit", "XFER", ""),
        ("withdrawal", "XFER", ""),
        ("transfer_in", "XFER", ""),
        ("transfer_out", "XFER", ""),
        ("trade", "PNL", ""),
        ("trading_fee", "FEE", ""),
        ("funding", "FUND", ""),
        ("liquidation", "PNL", "liquidation"),
        ("reduction", "PNL", "reduction"),
        ("adl", "ADL", "adl"),
        ("liquidation_fee", "LIQFEE", ""),
        ("surplus_taken", "INS", ""),
        ("insurance_cover", "INS", "cover"),
        ("clawback", "CLAW", ""),
        ("credit", "CREDIT", ""),
        ("adjustment", "CREDIT", ""),
        (" trade ", "PNL", ""),
        ("gift", "UNKNOWN", ""),
        ("", "UNKNOWN", ""),
    ],
)
def test_every_row_type_has_its_role(
    understand: Understand, operation: str, role: str, marker: str
) -> None:
    text = house(HOUSE_ROW.replace("liquidation", operation))
    (line,), interpreter = understand(text)
    assert isinstance(line, LedgerLine)
    assert (line.role, line.marker) == (role, marker)
    assert line.operation == operation.strip()
    assert line.amount == Decimal("-12.5")
    unknown = interpreter.notices.unknown_operations
    assert dict(unknown) == ({operation: 1} if role == "UNKNOWN" else {})


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("-12.5", "", "amount"),
        ("-12.5", "NaN", "amount"),
        ("-12.5", "1_000", "amount"),
        ("-12.5", "12.5-", "amount"),
        ("-12.5", "=1+1", "amount"),
        ("-12.5", "1e1000000", "amount"),
        ("-12.5", "１２", "amount"),
        ("-12.5", "9" * 60, "amount"),
        ("987.5", "x", "balance_after"),
        ("0.5,", "x,", "quantity"),
        ("60000.5", "#REF!", "price"),
        ("-1.5", "--", "position_after"),
        ("2026-10-10T", "2026-02-30T", "time_utc"),
        ("2026-10-10T", "10/10/2026T", "time_utc"),
        ("2026-10-10T", "1999-10-10T", "time_utc"),
        ("A1,", ",", "account"),
        ("USDT,-", ",-", "asset"),
        ("USDT,-", "US\u0414T,-", "asset"),
        ("BTCUSDT", "<b>", "instrument"),
        ("R1,", "R" * 200 + ",", "row_id"),
        ("O1,", "O" * 200 + ",", "order_id"),
    ],
)
def test_unreadable_cells_are_row_problems_with_their_column(
    understand: Understand, old: str, new: str, column: str
) -> None:
    (problem, line), _ = understand(house(HOUSE_ROW.replace(old, new, 1), HOUSE_ROW))
    assert isinstance(problem, RowProblem)
    assert (problem.row_number, problem.column) == (3, column)
    assert problem.reason
    assert len(problem.value) <= 80
    assert isinstance(line, LedgerLine)


@pytest.mark.parametrize("row", [HOUSE_ROW + ",more", "A1,R1"])
def test_rows_longer_or_shorter_than_the_header_are_problems(
    understand: Understand, row: str
) -> None:
    (problem,), _ = understand(house(row))
    assert isinstance(problem, RowProblem)
    assert "cells instead of 14" in problem.reason


def test_nul_in_a_used_column_is_a_problem(understand: Understand) -> None:
    (problem,), _ = understand(house(HOUSE_ROW.replace("O1", "O\x001")))
    assert isinstance(problem, RowProblem)
    assert (problem.column, problem.reason) == ("order_id", "holds a NUL character")


def test_nul_in_an_unused_column_does_not_matter(understand: Understand) -> None:
    row = HOUSE_ROW.replace("O1", "O\x001")
    text = "note," + house(f"no\x00te,{HOUSE_ROW}", f"no\x00te,{row}", preamble="")
    (line, problem), _ = understand(text)
    assert isinstance(line, LedgerLine)
    assert isinstance(problem, RowProblem)


@pytest.mark.parametrize("zero", ["-0", "0E-18", "0.", "+0.000"])
def test_written_zeros_are_zero(understand: Understand, zero: str) -> None:
    (line,), _ = understand(house(HOUSE_ROW.replace("-12.5", zero)))
    assert isinstance(line, LedgerLine)
    assert line.amount == ZERO
    assert not line.amount.is_signed()


def test_columns_are_found_by_name_not_by_place(understand: Understand) -> None:
    swapped = house(HOUSE_ROW.replace("A1,R1", "R1,A1"))
    (line,), _ = understand(swapped.replace("account,row_id", "Row_ID , ACCOUNT"))
    assert isinstance(line, LedgerLine)
    assert (line.account, line.source_id) == ("A1", "R1")


def test_rows_of_another_account_are_problems_when_one_is_given(
    understand: Understand,
) -> None:
    (problem,), _ = understand(house(HOUSE_ROW), account="A2")
    assert isinstance(problem, RowProblem)
    assert problem.column == "account"
    (line,), _ = understand(house(HOUSE_ROW), account="A1")
    assert isinstance(line, LedgerLine)


def test_engine_step_is_understood(understand: Understand) -> None:
    (step,), _ = understand(ENGINE)
    assert isinstance(step, EngineStep)
    assert (step.event_reference, step.step, step.action) == ("E1", 1, "close")
    assert step.takeover_price is None
    assert step.fund_movement == Decimal("1.25")
    assert step.side is Side.SELL


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        (",1,close", ",x,close", "step"),
        (",1,close", ",1,explode", "action"),
        ("58900", "much", "fill_price"),
        ("BTCUSDT", "", "instrument"),
    ],
)
def test_unreadable_engine_steps_are_row_problems(
    understand: Understand, old: str, new: str, column: str
) -> None:
    (problem,), _ = understand(ENGINE.replace(old, new))
    assert isinstance(problem, RowProblem)
    assert problem.column == column


def test_short_engine_rows_are_row_problems(understand: Understand) -> None:
    (problem,), _ = understand(ENGINE.replace(",USDT\n", "\n"))
    assert isinstance(problem, RowProblem)


def test_prices_and_rates_are_understood(understand: Understand) -> None:
    (mark,), _ = understand(MARKS)
    assert mark == MarkPrice(
        3, "BTCUSDT", datetime(2026, 10, 10, tzinfo=UTC), Decimal("60000.5")
    )
    (rate,), _ = understand(RATES)
    assert rate == FundingRate(
        3, "BTCUSDT", datetime(2026, 10, 10, 8, tzinfo=UTC), Decimal("-0.0001")
    )


def test_unreadable_price_is_a_row_problem(understand: Understand) -> None:
    (problem,), _ = understand(MARKS.replace("60000.5", ""))
    assert isinstance(problem, RowProblem)
    assert problem.column == "mark_price"
