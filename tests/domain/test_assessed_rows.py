"""From rows to reasons: what is trailing, doubted, small, missing or short.

The usual case: a deposit of 100, long 10 at 100, closed by force.
"""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from recovery.domain.assessment import EventAssessment, _check_assessment
from recovery.domain.assessment_draft import Draft
from recovery.domain.breaks import find_reason
from recovery.domain.case_errors import InvariantBrokenError
from recovery.domain.history import Entry, in_booked_order
from recovery.domain.ledger import EventMarker, LedgerRole, Side
from recovery.domain.rulebook import FeeTerm, Period, RuleBook, TierTerm
from recovery.domain.words import Basis, BreakReason, EventKind
from tests.domain.free_rules import (
    LIQUIDATED,
    doubted,
    free,
    later,
    line_of,
    only,
    opened,
    trade,
)
from tests.domain.house_entries import ALWAYS, START, Book, found

ZERO = Decimal(0)
FEE = {"rule": "rate_of_notional", "rate": "0.01"}


def closed(pnl: str = "-50", **cells: Any) -> Book:
    """The usual case, closed at 95 in one fill."""
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-10", "95", pnl, marker=LIQUIDATED, **cells)
    return book


def reason(book: Book, rules: RuleBook) -> BreakReason | None:
    """The primary reason of the one event."""
    return find_reason(only(book, rules)).reason


# --- invariants ----------------------------------------------------------------------


def test_parts_that_are_not_the_variance_are_a_defect() -> None:
    assessment = replace(only(closed(), free()), received=Decimal(7))
    with pytest.raises(InvariantBrokenError):
        find_reason(assessment)


def test_lines_that_are_not_the_rows_are_a_defect() -> None:
    ((window, _, assessment),) = found(closed().entries, free())
    draft = Draft("USDT", recorded={("realised_pnl", 0): Decimal(-49)})
    with pytest.raises(InvariantBrokenError) as broken:
        _check_assessment(draft, window, assessment)
    assert broken.value.invariant == "cash of the rows"


def test_differences_that_are_not_the_variance_are_a_defect() -> None:
    ((window, _, assessment),) = found(closed().entries, free())
    draft = Draft("USDT", recorded={("realised_pnl", 0): Decimal(-50)})
    wrong = replace(assessment, received=Decimal(51))
    with pytest.raises(InvariantBrokenError) as broken:
        _check_assessment(draft, window, wrong)
    assert (broken.value.invariant, broken.value.difference) == (
        "sum of the differences",
        -1,
    )


# --- which rows belong to an event ---------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "instrument", "residual"),
    [(0, "", 45), (0, "BTCUSDT", 45), (2, "", 50)],
)
def test_fee_row_of_the_same_instant_trails_the_event(
    seconds: int, instrument: str, residual: int
) -> None:
    book = closed()
    later(book, seconds)
    book.add(LedgerRole.LIQFEE, Decimal(-5), instrument=instrument)
    assessment = only(book, free())
    assert assessment.received == residual


def test_fee_row_before_any_event_trails_nothing() -> None:
    book = opened()
    book.add(LedgerRole.FEE, Decimal(-1))
    assert found(book.entries, free()) == []


def test_credit_of_an_unknown_event_is_nobodys() -> None:
    book = closed()
    book.add(LedgerRole.CREDIT, Decimal(5), event_reference="E-9")
    assert only(book, free()).received == 50


@pytest.mark.parametrize(("fee", "residual"), [("", 200), ("-11", 189)])
def test_close_against_anothers_bankruptcy_pays_a_fee_only_if_it_carries_one(
    fee: str, residual: int
) -> None:
    book = opened()
    trade(book, "10", "100", "0")
    order = {"order_id": "O", "instrument": "BTCUSDT"}
    adl = {"marker": EventMarker.ADL, "role": LedgerRole.ADL, **order}
    trade(book, "-10", "110", "100", **adl)
    if fee:
        book.add(LedgerRole.FEE, Decimal(fee), **order)
    ((window, _, assessment),) = found(book.entries, free(taker="0.01"))
    assert window.kind == EventKind.ADL
    assert (assessment.residual, assessment.variance) == (residual, 0)


def test_own_fill_after_an_event_without_a_number_ends_it() -> None:
    book = opened("1000")
    trade(book, "10", "100", "0")
    trade(book, "-4", "95", "-20", marker=LIQUIDATED)
    trade(book, "-1", "95", "-5")
    trade(book, "-5", "95", "-25", marker=LIQUIDATED)
    first, second = found(book.entries, free())
    assert (first[0].kind, second[0].kind) == (
        EventKind.POSITION_REDUCTION,
        EventKind.LIQUIDATION,
    )
    assert [one[2].variance for one in (first, second)] == [0, 0]


def test_row_without_cash_inside_an_event_has_no_line() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-4", "95", "-20", marker=LIQUIDATED)
    book.add(LedgerRole.INFO, ZERO)
    book.add(LedgerRole.CREDIT, Decimal(3))
    trade(book, "-6", "95", "-30", marker=LIQUIDATED)
    assessment = only(book, free())
    assert [line.label for line in assessment.lines] == [
        "opening_balance",
        "realised_pnl",
        "realised_pnl",
    ]


def test_one_number_over_several_positions_is_an_event_of_each() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "5", "40", "0", instrument="ETHUSDT")
    named: dict[str, Any] = {"marker": LIQUIDATED, "event_reference": "E"}
    trade(book, "-10", "95", "-50", **named)
    trade(book, "-5", "41", "10", instrument="ETHUSDT", **named)
    book.add(LedgerRole.LIQFEE, Decimal(-1), instrument="BTCUSDT", event_reference="E")
    book.add(LedgerRole.CREDIT, Decimal(2), event_reference="E")
    book.add(LedgerRole.CREDIT, Decimal(3), event_reference="E-9")
    first, second = found(book.entries, free())
    assert [window.instrument for window, _, _ in (first, second)] == [
        "BTCUSDT",
        "ETHUSDT",
    ]
    assert (first[2].variance, second[2].variance) == (-1, 2)
    assert line_of(first[2], "other_position").recorded == 10


def test_reduction_leaves_the_position_where_a_liquidation_would_take_it() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-4", "95", "-20", marker=EventMarker.REDUCTION)
    assessment = only(book, free(takeover_at_bankruptcy=True))
    # The policy writes such a fill as a takeover; the result alone is expected.
    assert assessment.residual == 80


def test_policy_of_another_time_is_passed_over() -> None:
    rules = free()
    (policy,) = rules.policies
    early = policy._replace(period=Period(None, START), version=7)
    assessment = only(closed(), replace(rules, policies=(early, policy)))
    assert assessment.policy.version == 1


# --- order and gaps ------------------------------------------------------------------


def test_files_without_balances_keep_the_order_of_their_rows() -> None:
    book = opened()
    book.add(LedgerRole.XFER, Decimal(1))
    book.add(LedgerRole.XFER, Decimal(2))
    entries = [
        Entry(
            entry.id,
            f"file{entry.id % 2}",
            "house",
            entry.line._replace(occurred_at=START, balance_after=None),
        )
        for entry in book.entries
    ]
    entries.sort(key=lambda entry: entry.file)
    assert [entry.id for entry in in_booked_order(entries)] == [2, 1, 3]


def test_balance_that_is_not_stated_is_carried_on() -> None:
    book = opened()
    book.add(LedgerRole.XFER, Decimal(1))
    book.add(LedgerRole.XFER, Decimal(2))
    book.add(LedgerRole.XFER, Decimal(4))
    first, second, third, fourth = book.entries
    silent = second._replace(line=second.line._replace(balance_after=None))
    at = third.line.occurred_at
    one = third._replace(file="b")
    two = fourth._replace(file="a", line=fourth.line._replace(occurred_at=at))
    entries = [first, silent, two, one]
    assert [entry.id for entry in in_booked_order(entries)] == [1, 2, 3, 4]


def test_doubted_file_holds_the_figures_back() -> None:
    book = closed()
    doubted(book)
    assessment = only(book, free())
    assert assessment.facts.gap == "file: its manifest and its rows disagree"
    assert find_reason(assessment).reason == BreakReason.CHAIN_INCOMPLETE


def test_row_in_another_asset_opens_no_gap() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-4", "95", "-20", marker=LIQUIDATED)
    book.add(LedgerRole.XFER, Decimal(5), asset="ETH")
    trade(book, "-6", "95", "-30", marker=LIQUIDATED)
    assert only(book, free()).facts.gap == ""


def test_balance_nobody_states_is_not_verifiable() -> None:
    book = closed()
    rows = [
        entry._replace(line=entry.line._replace(balance_after=None))
        for entry in book.entries[2:]
    ]
    ((_, opening, assessment),) = found(rows, free())
    assert opening.balance is None
    assert assessment.lines[1].basis == Basis.NOT_VERIFIABLE


def test_event_without_any_amount_has_no_verified_share() -> None:
    book = Book()
    trade(book, "10", "100", "0")
    trade(book, "-10", "100", "0", marker=LIQUIDATED)
    rows = book.entries[1:]
    ((_, _, assessment),) = found(rows, free())
    assert assessment.verified_share == 0


# --- openings ------------------------------------------------------------------------


def test_entry_a_row_states_stands_in_for_rows_nobody_sent() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-4", "95", "-20", entry_price=Decimal(100), marker=LIQUIDATED)
    trade(book, "-6", "95", "-30", marker=LIQUIDATED)
    del book.entries[1]
    ((_, opening, assessment),) = found(book.entries, free())
    assert opening.entry == opening.inverse_entry == 100
    assert assessment.residual == 50


def test_entry_a_row_states_is_kept_for_the_rows_after_it() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-4", "95", "-20", entry_price=Decimal(100))
    trade(book, "-6", "95", "-30", marker=LIQUIDATED)
    del book.entries[1]
    ((_, opening, _),) = found(book.entries, free())
    assert (opening.size, opening.entry) == (6, 100)


def test_event_whose_rows_state_no_position_is_replayed() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-10", "95", "-50", marker=LIQUIDATED, position_after=None)
    ((window, opening, assessment),) = found(book.entries, free())
    assert window.position_after is None
    assert (opening.size, assessment.residual) == (10, 50)


def test_asset_of_a_position_leg_is_not_the_settlement_asset() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    leg: dict[str, Any] = {
        "instrument": "BTCUSDT",
        "marker": LIQUIDATED,
        "side": Side.SELL,
        "quantity": Decimal(10),
        "price": Decimal(95),
        "position_after": ZERO,
    }
    book.add(LedgerRole.INFO, Decimal(-10), asset="btcusdt", **leg)
    book.add(LedgerRole.PNL, Decimal(-50), instrument="BTCUSDT")
    assert only(book, free()).residual == 50


def test_event_without_a_cash_row_is_told_in_the_asset_of_its_rows() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    leg: dict[str, Any] = {
        "instrument": "BTCUSDT",
        "marker": LIQUIDATED,
        "side": Side.SELL,
        "quantity": Decimal(10),
        "price": Decimal(100),
    }
    book.add(LedgerRole.INFO, ZERO, asset="XBT", **leg)
    ((_, opening, assessment),) = found(book.entries, free())
    assert assessment.asset == "XBT"
    assert opening.balance is None


# --- fees and funding ----------------------------------------------------------------


def tiered(*tiers: TierTerm) -> RuleBook:
    """A base tier of 1 % and a better one of 0.5 %."""
    base, better = (
        FeeTerm(ALWAYS, name, Decimal(rate), 1, "Fees 1")
        for name, rate in (("base", "0.01"), ("vip", "0.005"))
    )
    return replace(free(), fees=(base, better), tiers=tiers)


def charged(fee: str) -> Book:
    """The usual case with a fee row."""
    book = closed(order_id="O-1")
    cells = {"instrument": "BTCUSDT", "order_id": "O-1", "quantity": Decimal(10)}
    book.add(LedgerRole.FEE, Decimal(fee), **cells)
    return book


@pytest.mark.parametrize(
    ("fee", "tiers", "difference", "basis", "note"),
    [
        ("-9.5", (), "0", Basis.COMPUTED, "tier unknown, equals tier base"),
        ("-4.75", (), "0", Basis.RECORDED, "tier unknown, equals tier vip"),
        ("-10", (), "-0.5", Basis.COMPUTED, "tier unknown, base tier taken"),
        ("-9.5", (TierTerm(ALWAYS, "vip"),), "-4.75", Basis.COMPUTED, "tier vip"),
        (
            "-9.5",
            (TierTerm(Period(None, START), "vip"), TierTerm(ALWAYS, "base")),
            "0",
            Basis.COMPUTED,
            "tier base",
        ),
        (
            "-9.5",
            (TierTerm(Period(datetime(2030, 1, 1, tzinfo=UTC), None), "vip"),),
            "0",
            Basis.COMPUTED,
            "tier unknown, equals tier base",
        ),
    ],
)
def test_fee_is_held_against_the_tier_in_force(
    fee: str, tiers: tuple[TierTerm, ...], difference: str, basis: Basis, note: str
) -> None:
    line = line_of(only(charged(fee), tiered(*tiers)), "trading_fee")
    assert (line.difference, line.basis, line.note) == (
        Decimal(difference),
        basis,
        note,
    )


@pytest.mark.parametrize(
    ("rate", "price", "basis", "difference"),
    [
        ("0.01", "90", Basis.COMPUTED, "-0.6"),
        ("0.01", "", Basis.RECORDED, "0"),
        ("", "90", Basis.RECORDED, "0"),
    ],
)
def test_funding_is_reckoned_where_rate_and_price_are_known(
    rate: str, price: str, basis: Basis, difference: str
) -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-4", "95", "-20", marker=LIQUIDATED)
    cells = {"price": Decimal(price)} if price else {}
    book.add(LedgerRole.FUND, Decimal(-6), instrument="BTCUSDT", **cells)
    rates = {("BTCUSDT", book.at): Decimal(rate)} if rate else {}
    trade(book, "-6", "95", "-30", marker=LIQUIDATED)
    rules = replace(free(), funding_rates=rates)
    line = line_of(only(book, rules), "funding")
    assert (line.basis, line.difference) == (basis, Decimal(difference))


def test_funding_inside_a_fill_row_stands_as_recorded() -> None:
    book = closed("-52", funding_amount=Decimal(-2))
    assessment = only(book, free())
    assert line_of(assessment, "funding").basis == Basis.RECORDED
    assert assessment.variance == 0


def test_liquidation_fee_in_a_row_of_its_own_is_one_line_of_the_event() -> None:
    book = closed()
    book.add(LedgerRole.LIQFEE, Decimal("-9.5"))
    line = line_of(only(book, free(liquidation_fee=FEE)), "liquidation_fee")
    assert line.difference == 0


def test_liquidation_fee_inside_the_fill_row_is_a_line_of_the_fill() -> None:
    book = closed("-59.5", liquidation_fee_amount=Decimal("-9.5"))
    line = line_of(only(book, free(liquidation_fee=FEE)), "liquidation_fee")
    assert line.difference == 0


def test_row_of_a_role_without_a_name_is_no_proof() -> None:
    book = opened()
    trade(book, "10", "100", "0")
    trade(book, "-4", "95", "-20", marker=LIQUIDATED)
    book.add(LedgerRole.LOAN, Decimal(5))
    trade(book, "-6", "95", "-30", marker=LIQUIDATED)
    assert line_of(only(book, free()), "other").basis == Basis.NOT_VERIFIABLE


# --- reasons -------------------------------------------------------------------------

FUND = {"deficit_to": ["insurance_fund"]}
OWES = {"deficit_to": ["customer"]}


def ended(price: str, *rows: tuple[LedgerRole, str]) -> Book:
    """The usual case closed at a price, and rows of the event after it."""
    book = opened()
    trade(book, "10", "100", "0")
    pnl = str((Decimal(price) - 100) * 10)
    trade(book, "-10", price, pnl, marker=LIQUIDATED, event_reference="E")
    for role, amount in rows:
        book.add(role, Decimal(amount), event_reference="E")
    return book


@pytest.mark.parametrize(
    ("book", "terms", "found_reason"),
    [
        (ended("95"), {}, None),
        (ended("88"), OWES, BreakReason.DEFICIT_OPEN),
        (ended("88", (LedgerRole.INS, "20")), FUND, BreakReason.DEFICIT_COVERED),
        (ended("88", (LedgerRole.INS, "15")), FUND, BreakReason.DEFICIT_OVERCHARGED),
        (ended("88", (LedgerRole.INS, "25")), FUND, BreakReason.CREDIT_OVER),
        (
            ended("95", (LedgerRole.INS, "-50")),
            {"surplus_to": "insurance_fund"},
            BreakReason.POLICY_TO_FUND,
        ),
        (ended("95", (LedgerRole.INS, "-50")), {}, BreakReason.CREDIT_MISSING),
        (ended("95", (LedgerRole.INS, "-5")), {}, BreakReason.CREDIT_SHORT),
        (ended("95", (LedgerRole.CREDIT, "5")), {}, BreakReason.CREDIT_OVER),
        (
            ended("95", (LedgerRole.CREDIT, "0.01")),
            {"rounding": {"money": {"decimals": "2", "mode": "down"}}},
            BreakReason.ROUNDING,
        ),
    ],
)
def test_reason_follows_from_what_was_expected_and_what_came(
    book: Book, terms: dict[str, Any], found_reason: BreakReason | None
) -> None:
    assert reason(book, free(**terms)) == found_reason


def test_small_difference_is_within_the_tolerance_of_the_policy() -> None:
    rules = free()
    (policy,) = rules.policies
    rules = replace(rules, policies=(policy._replace(tolerance=Decimal(5)),))
    book = ended("95", (LedgerRole.CREDIT, "5"))
    assert reason(book, rules) == BreakReason.WITHIN_TOLERANCE


def test_differences_that_meet_have_no_part_left() -> None:
    book = charged("-9.5")
    assessment: EventAssessment = only(book, free(taker="0.01"))
    assert find_reason(assessment).parts == ()
    assert not find_reason(assessment).is_break
