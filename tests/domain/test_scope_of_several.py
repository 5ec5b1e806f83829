"""Scopes of several positions and assets, assessed from ledger rows.

The usual case: a deposit of 100, long 10 at 100, closed by force.
"""

from decimal import Decimal
from typing import Any

import pytest

from recovery.domain.assessment_expected import marks_needed
from recovery.domain.breaks import find_reason
from recovery.domain.ledger import EventMarker, LedgerRole, Side
from recovery.domain.words import Basis, BreakReason
from tests.domain.free_rules import LIQUIDATED, free, line_of, only, opened, trade
from tests.domain.house_entries import Book, found

FUND = {"deficit_to": ["insurance_fund"]}


def beside(other: str = "ETHUSDT", pnl: str = "-120", deposit: str = "100") -> Book:
    """The usual position closed at 88, beside a long of 5 at 40 in another one."""
    book = opened(deposit)
    trade(book, "10", "100", "0")
    trade(book, "5", "40", "0", instrument=other)
    trade(book, "-10", "88", pnl, marker=LIQUIDATED)
    return book


# --- other positions ---------------------------------------------------------------


def test_wallet_below_zero_is_no_deficit_while_another_position_is_above() -> None:
    assessment = only(beside(), free({"ETHUSDT": "45"}))
    # -20 in the wallet, 5 x 2 x 5 on the other position.
    assert assessment.deficit == 0
    assert assessment.variance == 0
    assert assessment.facts.customer_owes == 0
    assert find_reason(assessment).reason is None


def test_scope_below_zero_is_a_deficit_of_the_whole() -> None:
    assessment = only(beside(), free({"ETHUSDT": "41"}))
    assert assessment.deficit == 10  # 20 less 10
    assert assessment.variance == 0


def test_without_a_mark_the_scope_cannot_be_proved_but_the_fills_can() -> None:
    book = beside(pnl="-119")
    assessment = only(book, free())
    assert assessment.deficit == 0
    assert line_of(assessment, "realised_pnl").difference == 1
    assert line_of(assessment, "realised_pnl").basis == Basis.COMPUTED


def test_marks_are_asked_for_the_others_at_the_end_and_the_own_at_the_start() -> None:
    ((window, opening, _),) = found(beside().entries, free())
    assert marks_needed(window, opening) == {
        "ETHUSDT": window.ended_at,
        "BTCUSDT": window.started_at,
    }


def test_position_alone_in_its_scope_asks_for_no_mark() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-10", "88", "-120", marker=LIQUIDATED)
    ((window, opening, _),) = found(book.entries, free())
    assert marks_needed(window, opening) == {}


@pytest.mark.parametrize("marks", [{}, {"ETHUSDT": "41"}])
def test_cover_of_a_scope_that_goes_on_is_not_verifiable(marks: dict[str, str]) -> None:
    book = beside()
    book.add(LedgerRole.INS, Decimal(20))
    assessment = only(book, free(marks))
    line = line_of(assessment, "cover_received")
    assert (line.expected, line.basis) == (Decimal(20), Basis.NOT_VERIFIABLE)
    assert line.note == "other positions of the scope are open"
    assert assessment.variance == 0


def test_fee_out_of_the_surplus_is_not_verifiable_without_the_whole_scope() -> None:
    book = beside(pnl="-50")
    book.add(LedgerRole.LIQFEE, Decimal(-7))
    fee = {"rule": "rate_capped_to_surplus", "rate": "0.01"}
    line = line_of(only(book, free(liquidation_fee=fee)), "liquidation_fee")
    assert (line.difference, line.basis) == (0, Basis.NOT_VERIFIABLE)


@pytest.mark.parametrize(
    ("marks", "basis", "difference"),
    [({}, Basis.NOT_VERIFIABLE, 0), ({"ETHUSDT": "45"}, Basis.COMPUTED, 30)],
)
def test_takeover_beside_others_needs_their_marks(
    marks: dict[str, str], basis: Basis, difference: int
) -> None:
    rules = free(marks, takeover_at_bankruptcy=True)
    line = line_of(only(beside(), rules), "takeover")
    # 100 and 50 of the other position are taken; 120 is booked.
    assert (line.basis, line.difference) == (basis, difference)


def test_position_in_another_asset_is_another_scope() -> None:
    assessment = only(beside("SOLUSDC"), free(**FUND))
    assert assessment.deficit == 20


def test_instrument_without_rules_is_no_part_of_the_scope() -> None:
    assert only(beside("XYZ"), free(**FUND)).deficit == 20


@pytest.mark.parametrize("is_stated", [True, False])
def test_other_position_of_unknown_entry_leaves_the_scope_unproved(
    is_stated: bool,
) -> None:
    book = opened()
    trade(book, "10", "100", "0")
    if is_stated:
        # The row states 7 after 5 more: 2 of an unknown price were there before.
        cells: dict[str, Any] = {"instrument": "ETHUSDT", "position_after": Decimal(7)}
        trade(book, "5", "40", "0", **cells)
    else:
        trade(book, "2", "40", "0", instrument="ETHUSDT")
        trade(book, "3", "0", "0", instrument="ETHUSDT")
    trade(book, "-10", "88", "-120", marker=LIQUIDATED)
    assert only(book, free({"ETHUSDT": "45"}, **FUND)).deficit == 0


def test_other_position_closed_while_the_event_runs_is_open_no_more() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "5", "40", "0", instrument="ETHUSDT")
    trade(book, "-4", "88", "-48", marker=LIQUIDATED, event_reference="E")
    cells = {"instrument": "ETHUSDT", "marker": LIQUIDATED, "event_reference": "F"}
    trade(book, "-5", "39", "-10", **cells)
    trade(book, "-6", "88", "-72", marker=LIQUIDATED, event_reference="E")
    book.add(LedgerRole.INS, Decimal(30), event_reference="E")
    first, second = (assessment for _, _, assessment in found(book.entries, free()))
    # 100 - 48 - 10 - 72 is 30 below 0, and nothing else is open.
    assert (first.deficit, first.variance) == (30, 0)
    line = line_of(first, "other_position")
    assert (line.recorded, line.difference) == (-10, 0)
    assert (line.basis, line.note) == (Basis.RECORDED, "ETHUSDT")
    assert (second.deficit, second.variance) == (0, 0)


def test_row_without_cash_of_another_position_moves_nothing() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-4", "95", "-20", marker=LIQUIDATED)
    book.add(
        LedgerRole.INFO,
        Decimal(3),
        asset="ETH",
        instrument="ETHUSDT",
        quantity=Decimal(3),
        side=Side.BUY,
        price=Decimal(40),
    )
    trade(book, "-6", "95", "-30", marker=LIQUIDATED)
    assert only(book, free()).residual == 50


def test_position_left_open_is_no_deficit() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-9", "88", "-108", marker=EventMarker.REDUCTION)
    assessment = only(book, free(**FUND))
    assert (assessment.deficit, assessment.residual) == (0, 0)
    assert assessment.facts.customer_owes == 0


# --- inverse -----------------------------------------------------------------------


def coin(*, pnl: str = "-0.25", fee: str = "") -> Book:
    """Two adds of 100 dollars each, at 100 and at 50; all closed at 50."""
    book = opened("5", "BTC")
    trade(book, "1", "100", "0", instrument="BTCUSD")
    trade(book, "1", "50", "0", instrument="BTCUSD")
    order = {"order_id": "O", "instrument": "BTCUSD"}
    trade(book, "-2", "50", pnl, marker=LIQUIDATED, **order)
    if fee:
        book.add(LedgerRole.FEE, Decimal(fee), quantity=Decimal(2), **order)
    return book


def test_inverse_position_is_reckoned_in_the_coin() -> None:
    book = coin(pnl="-1")
    ((_, opening, assessment),) = found(book.entries, free())
    # 200 / (100/100 + 100/50) is 66.6…: 200 x (1/66.6… - 1/50) = 3 - 4.
    assert opening.inverse_entry is not None
    assert round(opening.inverse_entry, 4) == Decimal("66.6667")
    assert opening.entry == 75
    assert abs(assessment.variance) <= Decimal("1e-17")
    assert round(assessment.residual, 10) == 4


def test_fee_of_an_inverse_fill_is_a_part_of_its_value_in_the_coin() -> None:
    assessment = only(coin(pnl="-1", fee="-0.04"), free(taker="0.01"))
    line = line_of(assessment, "trading_fee")
    assert (line.difference, line.note) == (0, "tier unknown, equals tier base")


def test_other_position_of_another_payoff_leaves_the_scope_unproved() -> None:
    book = opened("1", "BTC")
    trade(book, "1", "10", "0", instrument="ETHBTC")
    trade(book, "1", "100", "0", instrument="BTCUSD")
    trade(book, "-1", "40", "-1.5", marker=LIQUIDATED, instrument="BTCUSD")
    assert only(book, free({"ETHBTC": "11"}, **FUND)).deficit == 0


# --- what the policy needs and the records lack ---------------------------------------


def test_what_the_policy_needs_and_nobody_told_is_not_verifiable() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-10", "88", "-120", marker=LIQUIDATED)
    assessment = only(book, free(settle_per="fill"))
    line = line_of(assessment, "realised_pnl")
    assert (line.basis, line.note) == (Basis.NOT_VERIFIABLE, "mark_price: missing")
    assert assessment.variance == 0


@pytest.mark.parametrize("told", ["row", "rules"])
def test_mark_of_the_position_is_that_of_the_rules_or_of_the_row(told: str) -> None:
    book = opened()
    trade(book, "10", "100", "0")
    cells = {"mark_price": Decimal(92)} if told == "row" else {}
    trade(book, "-10", "88", "-120", marker=LIQUIDATED, **cells)
    marks = {"BTCUSDT": "92"} if told == "rules" else {}
    assessment = only(book, free(marks, settle_per="fill"))
    # 88 x 10 - (92 x 10 - 20) is 20 short: covered at once.
    assert assessment.deficit == 20
    assert line_of(assessment, "cover_received").expected == 20


# --- other assets --------------------------------------------------------------------


def test_fee_charged_in_another_asset_is_not_due_in_this_one() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    cells: dict[str, Any] = {"order_id": "O-7", "instrument": "BTCUSDT"}
    trade(book, "-10", "95", "-50", marker=LIQUIDATED, **cells)
    book.add(LedgerRole.FEE, Decimal("-0.01"), asset="BNB", **cells)
    assessment = only(book, free(taker="0.01"))
    assert (assessment.variance, assessment.residual) == (0, 50)
    (line,) = assessment.elsewhere
    assert (line.label, line.asset, line.recorded) == (
        "trading_fee",
        "BNB",
        Decimal("-0.01"),
    )


def test_conversion_is_told_in_both_assets_and_mixed_in_neither() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-4", "95", "-20", marker=LIQUIDATED)
    book.add(LedgerRole.CONV, Decimal(30))
    book.add(LedgerRole.SOLD, Decimal("-0.5"), asset="ETH")
    trade(book, "-6", "95", "-30", marker=LIQUIDATED)
    assessment = only(book, free())
    line = line_of(assessment, "conversion")
    assert (line.recorded, line.difference, line.basis) == (30, 0, Basis.RECORDED)
    assert [line.asset for line in assessment.elsewhere] == ["ETH"]
    assert assessment.residual == 80


def test_credit_in_another_asset_pays_nothing_of_this_one() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    named = {"event_reference": "E"}
    trade(book, "-10", "95", "-53", marker=LIQUIDATED, **named)
    book.add(LedgerRole.CREDIT, Decimal(3), asset="USDC", order_id="P", **named)
    assessment = only(book, free())
    assert assessment.variance == -3
    assert assessment.facts.credit_rows == 0
    (line,) = assessment.elsewhere
    assert (line.asset, line.note) == ("USDC", "reference P")


# --- transfers after the close --------------------------------------------------------


@pytest.mark.parametrize(
    ("moved", "pnl", "residual", "deficit"),
    [("-40", "-50", 50, 0), ("40", "-50", 50, 0), ("500", "-120", 0, 20)],
)
def test_own_transfer_after_the_close_is_not_the_events(
    moved: str, pnl: str, residual: int, deficit: int
) -> None:
    book = opened()
    trade(book, "10", "100", "0")
    named = {"event_reference": "E"}
    price = str(100 + Decimal(pnl) / 10)
    trade(book, "-10", price, pnl, marker=LIQUIDATED, **named)
    book.add(LedgerRole.XFER, Decimal(moved))
    if deficit:
        book.add(LedgerRole.INS, Decimal(deficit), **named)
    else:
        book.add(LedgerRole.LIQFEE, Decimal(0), **named)
    assessment = only(book, free(**FUND))
    assert (assessment.residual, assessment.deficit) == (residual, deficit)
    assert (assessment.received, assessment.variance) == (residual, 0)
    assert all(line.label != "transfer" for line in assessment.lines)


def test_own_transfer_before_the_close_is_the_scopes() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-4", "95", "-20", marker=LIQUIDATED)
    book.add(LedgerRole.XFER, Decimal(7))
    trade(book, "-6", "95", "-30", marker=LIQUIDATED)
    assessment = only(book, free())
    assert assessment.residual == 57
    assert line_of(assessment, "transfer").basis == Basis.RECORDED


def test_unmapped_row_holds_the_figures_back() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-4", "95", "-20", marker=LIQUIDATED)
    book.add(LedgerRole.UNKNOWN, Decimal(7))
    trade(book, "-6", "95", "-30", marker=LIQUIDATED)
    assessment = only(book, free())
    assert line_of(assessment, "unknown").basis == Basis.NOT_VERIFIABLE
    assert find_reason(assessment).reason == BreakReason.OPERATION_UNKNOWN
